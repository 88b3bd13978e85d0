#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the tool prints with --json, against Documentation/schema, where there is
# no module: sources and readers are those of a script (scripted_netlink.c, named
# by SCRIPTED), the rest is real.  kernel.sh has the same with the module.
# 'tool-json.sh [PROGRAM]' takes the built tool by default.
set -u
[ $# -eq 0 ] || FRAKTOR=$(readlink -f -- "$1")
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/healthy-host.sh
. "$(dirname -- "$0")/healthy-host.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
SCRIPTED=$(readlink -f -- "${SCRIPTED:-$tree/build/tests/fraktor}")
fits() {
	err=$("$tree/scripts/check-json" "$1" "$tap_dir/out" 2>&1) && return
	out=$(cut -c1-300 "$tap_dir/out" | head -n 5)
	return 1
}

# document SCHEMA WHAT COMMAND...: its output has the schema.
document() {
	document_schema=$1 document_what=$2
	shift 2
	run "$@"
	ok "$document_schema: $document_what" fits "$document_schema"
}

echo "TAP version 13"

ok "schemas: closed, described, units in names, a word for each of the module's" \
	"$tree/scripts/check-json" --schemas "$FRAKTOR"
ok "schemas: what is wrong with one is noticed" "$tree/scripts/check-json" --self-test

document list "three sources" "$SCRIPTED" list --json
document list "none" env SCRIPT_SOURCES=0 "$SCRIPTED" list --json
document list "names that no kernel would let pass" env SCRIPT_HOSTILE=1 "$SCRIPTED" list --json
document stat "a source that stopped among eleven" env SCRIPT_SOURCES=11 "$SCRIPTED" stat --json
document stat "names that no kernel would let pass" env SCRIPT_HOSTILE=1 "$SCRIPTED" stat --json
document stat "again and again" "$SCRIPTED" stat --json --watch=0.1 --count=2
document readers "one that stalls among five" env SCRIPT_SOURCES=5 "$SCRIPTED" readers --json
document doctor "this host" "$FRAKTOR" doctor --json
document doctor "one check" "$FRAKTOR" doctor --json timer-slack
healthy_host "$tap_dir/host" 0.1.0
document doctor "a host of files" "$FRAKTOR" doctor --json --root="$tap_dir/host"
mkdir "$tap_dir/empty"
document doctor "a host where nothing can be looked at" "$FRAKTOR" doctor --json --root="$tap_dir/empty"
document version "without the module" "$FRAKTOR" version --json
document latency "without the module" "$FRAKTOR" latency --path=timerfd --ticks=100 --priority=0 --json
document latency "alone" "$FRAKTOR" latency --path=timerfd --alone --ticks=20 --priority=0 --json

"$tree/tools/tests/recording.py" "$tap_dir/run.rec"
document replay "ticks and an event" "$FRAKTOR" replay --json "$tap_dir/run.rec"
document replay-report "with a gap" "$FRAKTOR" replay --report --json "$tap_dir/run.rec"
head -c 700 "$tap_dir/run.rec" >"$tap_dir/cut.rec"
document replay-report "that was cut" "$FRAKTOR" replay --report --json "$tap_dir/cut.rec"
"$tree/tools/tests/recording.py" "$tap_dir/none.rec" 0
document replay-report "without a tick" "$FRAKTOR" replay --report --json "$tap_dir/none.rec"

plan

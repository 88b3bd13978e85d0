#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Names that would tell a terminal what to do or end a JSON string, a thousand
# sources, and readers of the output that have had enough: for each subcommand.
# The module is one that a script has (scripted_netlink.c): a real one lets no
# such name pass, which vm-control.sh shows.  SCRIPTED names that program.
set -u
[ $# -eq 0 ] || FRAKTOR=$1
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
SCRIPTED=$(readlink -f -- "${SCRIPTED:-$tree/build/tests/fraktor}")
export LC_ALL=C.UTF-8

# Nothing but newlines and what can be seen: no control of either kind, and
# whole characters.
is_harmless() {
	python3 -c '
import sys, unicodedata
for file in sys.argv[1:]:
    for character in open(file, encoding="utf-8").read():
        if character != "\n" and unicodedata.category(character)[0] == "C":
            sys.exit(f"{file}: {character!r}")
' "$tap_dir/out" "$tap_dir/err"
}
# json_names NAME: every line is an object, and each source in it is called so.
json_names() {
	python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    what = json.loads(line)
    for source in what.get("sources", [what]):
        name = source.get("name", source.get("sources", [{}])[0].get("name") if "sources" in source else None)
        if not name or not all(part in name for part in sys.argv[2:]):
            sys.exit(repr(name))
' "$tap_dir/out" "$@"
}

something() { [ -n "$out$err" ]; }

echo "TAP version 13"

hostile=$(printf '\033[2J\033]0;x\a1\377\302\2331m')
export SCRIPT_HOSTILE=1
for command in list 'list --names' stat 'stat --watch=0.1 --count=2' readers 'export --prometheus' \
	'stat NAME' 'start NAME' 'stop NAME' 'stat no-such' 'start no-such' 'stop no-such'; do
	words=()
	for word in $command; do
		case $word in
		NAME) words+=("$hostile") ;;
		*) words+=("$word") ;;
		esac
	done
	run "$SCRIPTED" "${words[@]}"
	ok "hostile names: $command prints nothing that a terminal obeys" all is_harmless something 'status_is 0 || status_is 1'
done
for command in 'list --json' 'stat --json' 'stop --json NAME'; do
	words=()
	for word in $command; do
		[ "$word" = NAME ] && word=$hostile
		words+=("$word")
	done
	run "$SCRIPTED" "${words[@]}"
	ok "hostile names: $command is JSON that has the name" all 'status_is 0' is_harmless "json_names '[2J' '$(printf '\033')'"
done
for name in '"},{"id":9' "a'b" "\\" "$(printf 'a\nb')" "$(printf '%0300d' 7)" "$(printf '\302\2331m')" "$(printf '\342\200\256x')"; do
	run "$SCRIPTED" stat "$name"
	ok "hostile names: an unknown one is told without harm, $(printf %q "${name:0:12}")" all 'status_is 1' out_empty \
		is_harmless 'err_has "there is no source"'
done
unset SCRIPT_HOSTILE

# --- a thousand sources

export SCRIPT_SOURCES=1000
run "$SCRIPTED" list
ok "1,000 sources: list" all 'status_is 0' 'out_lines 1001' 'out_has "^line-1000 "'
run "$SCRIPTED" list --names
ok "1,000 sources: list --names" all 'status_is 0' 'out_lines 1000'
run "$SCRIPTED" stat
ok "1,000 sources: stat" all 'status_is 0' 'out_lines 1001' 'out_has "^line-1000 "'
run "$SCRIPTED" stat --json
ok "1,000 sources: stat --json" all 'status_is 0' 'out_lines 1' 'json_names line-'
run "$SCRIPTED" readers
ok "1,000 sources: readers" all 'status_is 0' 'out_lines 1001'
run "$SCRIPTED" export --prometheus
ok "1,000 sources: export" all 'status_is 0' 'out_has "source=\"line-1000\""'
run "$SCRIPTED" stop nobody
ok "1,000 sources: not all are named where one is missing" all 'status_is 1' 'err_has " and 988 more$"'

# --- nobody reads any more

# first_line COMMAND...: its first line of output, whose reader then goes; $status
# is the command's own.
first_line() {
	out=$({ timeout 20 "$@" 2>"$tap_dir/err"; echo $? >"$tap_dir/status"; } | head -n 1)
	status=$(cat "$tap_dir/status")
	err=$(cat "$tap_dir/err")
}
doctor_found() { [ "${command%% *}" = doctor ] && status_is 1; }
for command in --help list 'list --json' 'list --names' stat 'stat --json' 'stat line-1' 'stat --watch=0.1' 'stat --json --watch=0.1' \
	readers 'readers --json' 'export --prometheus' 'start line-1' 'stop --json line-1' 'completion bash' 'completion zsh' \
	version 'version --json' doctor 'doctor --json' 'doctor --list' 'latency --path=timerfd --duration=0.2 --rounds=1'; do
	# shellcheck disable=SC2086 # words on purpose
	first_line "$SCRIPTED" $command
	# 141: by SIGPIPE.
	ok "closed pipe: $command ends without a word" all 'out_some' err_empty \
		'status_is 0 || status_is 141 || doctor_found'
	# shellcheck disable=SC2086,SC2317
	first_line sh -c 'trap "" PIPE; exec "$@"' sh "$SCRIPTED" $command
	ok "closed pipe: $command ends where SIGPIPE is ignored" all 'out_some' 'status_is 0 || status_is 1'
done

plan

# SPDX-License-Identifier: MIT
#
# What the tests with a module share: a program that makes a source, and
# waiting.  Sourced after tap.sh; plain sh.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the variables are the interface

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
module=${FRAKTOR_KO:-$tree/build/kmod/$(uname -r)/fraktor.ko}

uptime_s() { cut -d. -f1 /proc/uptime; }

# wait_for SECONDS CONDITION...: until it holds.
wait_for() {
	end=$(($(uptime_s) + $1))
	shift
	until "$@"; do
		[ "$(uptime_s)" -lt $end ] || return 1
		sleep 0.1
	done
}

source_name() {
	"$FRAKTOR" stat --json 2>/dev/null | grep -o '"name":"[^"]*"' | head -n 1 | cut -d'"' -f4
}
has_source() { [ -n "$(source_name)" ]; }

# start_source: the quickstart as $program, its source as $name.
start_source() {
	FRAKTOR_DURATION_S=600 "$tree/build/examples/quickstart" >"$tap_dir/program" 2>&1 &
	program=$!
	wait_for 60 has_source
	name=$(source_name)
}

# stop_source: until the program is gone, and with it what holds the module.
stop_source() {
	kill "$program"
	wait "$program" 2>/dev/null
}

# keep FILE NAME: the host takes it from here (scripts/vm --out).
keep() { [ ! -d /out ] || cp -- "$1" "/out/$2"; }

# examples PAGE: the commands of its manual page, one on a line.
examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH "SEE/p' "$tree/Documentation/man/$1.1" |
		sed -n '/^\.nf/,/^\.fi/s/^\(fraktor .*\)/\1/p' |
		sed 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\e/\\/g'
}

# run_examples PAGE [PATTERN]: each with the source there is, but those that match;
# one that goes on until Ctrl-C gets that after some seconds.
run_examples() {
	examples "$1" | grep -v -e "${2:-^$}" | sed "s/quickstart/$name/g" >"$tap_dir/examples"
	while IFS= read -r example <&3; do
		PATH=$(dirname -- "$FRAKTOR"):$PATH setsid sh -c "$example" >"$tap_dir/example.out" 2>"$tap_dir/example.err" 3<&- &
		example_pid=$!
		wait_for 15 example_ended || kill -INT -- "-$example_pid" 2>/dev/null
		run wait $example_pid
		out=$(cat "$tap_dir/example.out") err=$(cat "$tap_dir/example.err")
		ok "man $1: $example" status_is 0
	done 3<"$tap_dir/examples"
	ok "man $1: has examples" [ -s "$tap_dir/examples" ]
}
example_ended() { ! kill -0 "$example_pid" 2>/dev/null; }

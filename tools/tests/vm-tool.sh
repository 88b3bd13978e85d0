#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tool with the module, as root in a guest: 'vm-tool.sh PROGRAM...' runs
# PROGRAM (default: the quickstart for some minutes; it is killed at the end) as
# the source and reads it from outside.  The module must be loaded; it is unloaded and loaded again
# for one test.  Netlink side of R3.6.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
module=${FRAKTOR_KO:-$tree/build/kmod/$(uname -r)/fraktor.ko}
[ $# -gt 0 ] || set -- env FRAKTOR_DURATION_S=300 "$tree/build/examples/quickstart"

# Values of a key in the JSON of a snapshot, one on a line.
json_values() { printf '%s\n' "$out" | grep -o "\"$1\":[^],}]*" | cut -d: -f2- | tr -d '"'; }
json_is() { [ "$(json_values "$1" | head -n 1)" = "$2" ]; }
json_above() { [ "$(json_values "$1" | head -n 1)" -gt "$2" ]; }
first_source() { run "$FRAKTOR" stat --json; json_values name | head -n 1; }

# wait_for SECONDS CONDITION...: until it holds.
wait_for() {
	left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}
# Sockets of generic netlink (16) that have joined a group: who is listening.
listeners_are() {
	[ "$(awk '$2 == 16 && $4 !~ /^0*$/' /proc/net/netlink | wc -l)" -ge "$1" ]
}
has_source() { [ -n "$(first_source)" ]; }
no_source() { ! has_source; }
has_rate() { run "$FRAKTOR" stat --json; [ "$(json_values ticks_last_second | head -n 1)" != 0 ]; }

# keep FILE: the host takes it from here (scripts/vm --out) to a real parser.
keep() { [ ! -d /out ] || printf '%s\n' "$out" >"/out/$1"; }

echo "TAP version 13"

run "$FRAKTOR" stat
ok "stat: no source yet is no error" all 'status_is 0' 'out_has "^no sources"'
run "$FRAKTOR" stat --json
ok "stat --json: no source is an empty array" all 'status_is 0' 'out_has "\"sources\":\[\]}$"'
run "$FRAKTOR" stat nobody
ok "stat NAME: says that there is no source at all" all 'status_is 1' out_empty \
	'err_has "no source \"nobody\"; there is none at all"'
run "$FRAKTOR" monitor --timeout=0.2
ok "monitor: --timeout alone ends well" all 'status_is 0' out_empty err_empty
run "$FRAKTOR" monitor --timeout=0.2 --until=started
ok "monitor: --until in vain fails and says so" all 'status_is 1' out_empty \
	'err_has "no source started in time"'

"$FRAKTOR" monitor >"$tap_dir/events" &
events=$!
"$FRAKTOR" monitor --json --until=stopped --timeout=300 >"$tap_dir/events.json" &
until_stopped=$!
"$FRAKTOR" monitor --until=started --timeout=300 >"$tap_dir/started" &
until_started=$!
ok "monitor: joins the group" wait_for 30 listeners_are 3
"$@" >"$tap_dir/program" 2>&1 &
program=$!
ok "source: the program makes one" wait_for 60 has_source
name=$(first_source)
wait_for 60 has_rate

run wait $until_started
ok "monitor: --until=started saw the start" all 'status_is 0' \
	"grep -q ' $name started, 0 ticks, 0 dropped$' '$tap_dir/started'"
run "$FRAKTOR" stat
ok "stat: a table with a head and the source" all 'status_is 0' \
	'out_has "^NAME .*STATE .*TICKS/S .*DRIFT .*MISSED .*DROPPED"' \
	"out_has '^$name  *running  *[0-9.]* [mu]s  *[0-9,]*  *[+-][0-9.]* ppm '"
run "$FRAKTOR" stat "$name"
ok "stat NAME: the page has numbers in units people say" all 'status_is 0' \
	"out_has '^$name: running for [0-9.]* s$'" 'out_has "^  period .* ticks/s), clock monotonic$"' \
	'out_has "^  drift .* ppm (.* ppm in the last second)$"' 'out_has "mean .* [mu]*s, min .*, max "'
ok "stat NAME: the page fits 80x24" sh -c "
	[ \$(wc -l <'$tap_dir/out') -le 23 ] && ! grep -q '.\{81\}' '$tap_dir/out'"
ok "stat NAME: the histogram has bars" out_has '^  *< [0-9.]* [mu]*s  *[0-9,]*  ##*$'
run env LC_ALL=C.UTF-8 "$FRAKTOR" stat "$name"
ok "stat NAME: works in a UTF-8 locale" all 'status_is 0' "out_has '^$name: running'"

run "$FRAKTOR" stat --json
keep stat.json
ok "stat --json: one object on one line" all 'status_is 0' 'out_lines 1' 'out_has "^{.*}$"'
ok "stat --json: R3.6 says driver, state, clock, period, start" all "json_is name '$name'" \
	'json_is driver hrtimer' 'json_is state running' 'json_is reason none' \
	'json_is clock monotonic' 'json_above period_ns 0' 'json_above running_ns 0' 'json_above readers 0'
ok "stat --json: statistics" all 'json_above ticks 0' 'json_above ticks_last_second 0' \
	'json_above lateness_max_ns 0' 'json_above missed -1' 'json_above dropped -1'
ok "stat --json: the histogram counts every tick" sh -c "
	ticks=\$(grep -o '\"ticks\":[0-9]*' '$tap_dir/out' | head -n 1 | cut -d: -f2)
	sum=\$(grep -o 'histogram\":\[[0-9,]*' '$tap_dir/out' | head -n 1 | cut -d'[' -f2 | tr , '\n' |
		awk '{ sum += \$1; rows++ } END { if (rows == 32) print sum }')
	[ \"\$ticks\" = \"\$sum\" ]"
before=$(json_values ticks | head -n 1)
sleep 0.5
run "$FRAKTOR" stat "$name" --json
ok "stat --json: ticks go on" json_above ticks "$before"

run "$FRAKTOR" stat nobody
ok "stat NAME: an unknown source names those there are" all 'status_is 1' out_empty \
	"err_has 'no source \"nobody\"; there is.* $name'"
run "$FRAKTOR" stat 0123456789012345678901234567890123456789
ok "stat NAME: a name that cannot be is just unknown" all 'status_is 1' 'err_has "there is no source"'
run "$FRAKTOR" stat ''
ok "stat NAME: so is an empty one" all 'status_is 1' 'err_has "there is no source"'

run "$FRAKTOR" stat "$name" --watch=0.2 --count=2
ok "stat --watch --count=2: two lines in a pipe" all 'status_is 0' 'out_lines 2' \
	"out_has '^[0-9:]* $name running, '"
run "$FRAKTOR" stat --json --watch=0.2 --count=3
ok "stat --json --watch: an object on each line" all 'status_is 0' 'out_lines 3' \
	"test $(printf '%s\n' "$out" | grep -c '^{"monotonic_ns":.*}$') -eq 3"
run sh -c "'$FRAKTOR' stat --watch=0.1 | head -n 1"
ok "stat --watch: ends when nobody reads" all 'status_is 0' err_empty
# With SIGPIPE ignored the pipe's end is an error of write().
run sh -c "trap '' PIPE; timeout 10 '$FRAKTOR' stat --watch=0.1 2>'$tap_dir/pipe' | head -n 1; cat '$tap_dir/pipe' >&2"
ok "stat --watch: so it does where SIGPIPE is ignored" all 'status_is 0' err_empty
for signal in INT TERM; do
	rm -f "$tap_dir/watch"
	"$FRAKTOR" stat --watch >"$tap_dir/watch" 2>&1 &
	watch=$!
	wait_for 30 test -s "$tap_dir/watch"
	kill -$signal $watch
	run wait $watch
	ok "stat --watch: SIG$signal ends it with status 0" status_is 0
done
# Whoever reads needs no permission: nobody without a capability can do it.
run unshare -U "$FRAKTOR" stat
ok "stat: works without privileges" all 'status_is 0' "out_has '^$name '"
run unshare -U "$FRAKTOR" monitor --timeout=0.2
ok "monitor: works without privileges" status_is 0
run unshare -n "$FRAKTOR" stat
ok "stat: another network namespace has no family" all 'status_is 1' 'err_has "not loaded"'

kill $program
run wait $until_stopped
out=$(cat "$tap_dir/events.json")
keep events.json
ok "monitor: --until=stopped saw the end" all 'status_is 0' \
	'out_has "\"event\":\"started\".*\"reason\":\"none\",\"ticks\":0,"' \
	'out_has "\"event\":\"stopped\".*\"reason\":\"\(asked\|owner-closed\)\",\"ticks\":[1-9]"'
ok "source: it is gone with its program" wait_for 30 no_source
kill -INT $events
run wait $events
out=$(cat "$tap_dir/events")
ok "monitor: Ctrl-C ends it with status 0" status_is 0
ok "monitor: lines with wall and monotonic time" all \
	"out_has '^20..-..-.. ..:..:..\.......  [0-9]*\.[0-9]\{9\}  $name started, '" \
	"out_has '  $name stopped (.*), [1-9][0-9,]* ticks, [0-9,]* dropped$'"

if [ -f "$module" ]; then
	rm -f "$tap_dir/watch"
	"$FRAKTOR" stat --watch=0.2 >"$tap_dir/watch" 2>"$tap_dir/watch.err" &
	watch=$!
	"$FRAKTOR" monitor >"$tap_dir/monitor" 2>"$tap_dir/monitor.err" &
	monitor=$!
	wait_for 30 listeners_are 1
	wait_for 30 test -s "$tap_dir/watch"
	run rmmod fraktor
	ok "rmmod: neither watcher keeps the module" status_is 0
	run wait $watch
	err=$(cat "$tap_dir/watch.err")
	ok "stat --watch: says that the module was unloaded" all 'status_is 1' \
		'err_has "^fraktor: the kernel module was unloaded: modprobe fraktor"'
	run wait $monitor
	err=$(cat "$tap_dir/monitor.err")
	ok "monitor: says that the module was unloaded" all 'status_is 1' \
		'err_has "^fraktor: the kernel module was unloaded: modprobe fraktor"'
	run insmod "$module"
	ok "insmod: it comes back" status_is 0
else
	skip "rmmod: watchers see it" "no $module"
fi

plan

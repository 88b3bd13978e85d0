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
run "$FRAKTOR" list
ok "list: no source yet is no error" all 'status_is 0' 'out_has "^no sources"'
run "$FRAKTOR" list --json
ok "list --json: no source is an empty array" all 'status_is 0' 'out_has "\"sources\":\[\]}$"'
run "$FRAKTOR" list --names
ok "list --names: no source is no name" all 'status_is 0' out_empty err_empty
run "$FRAKTOR" stat nobody
ok "stat NAME: says that there is no source at all" all 'status_is 1' out_empty \
	'err_has "no source \"nobody\"; there is none at all"'
run "$FRAKTOR" monitor --timeout=0.2
ok "monitor: --timeout alone ends well" all 'status_is 0' out_empty err_empty
run "$FRAKTOR" monitor --timeout=0.2 --until=started
ok "monitor: --until in vain fails and says so" all 'status_is 1' out_empty \
	'err_has "no event \"started\" in time"'
run "$FRAKTOR" readers
ok "readers: no reader yet is no error" all 'status_is 0' 'out_has "^no readers"'
run "$FRAKTOR" readers --json
ok "readers --json: no reader is an empty array" all 'status_is 0' 'out_has "\"readers\":\[\]}$"'
run "$FRAKTOR" set nobody period=2ms
ok "set: says that there is no source at all" all 'status_is 1' out_empty \
	'err_has "no source \"nobody\"; there is none at all"'

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
run "$FRAKTOR" list
ok "list: a table with a head and the source" all 'status_is 0' \
	'out_has "^NAME *STATE *DRIVER *CLOCK *PERIOD *CPU *READERS *OWNER *ID$"' \
	"out_has '^$name *running *hrtimer *monotonic *[0-9.]* [mu]s *[0-9]* *[1-9] *$program *[0-9]*$'"
run "$FRAKTOR" list --names
ok "list --names: the name alone" test "$out" = "$name"
run "$FRAKTOR" list --json
keep list.json
ok "list --json: R3.6 what it is, and no statistics" all 'status_is 0' 'out_lines 1' \
	"json_is name '$name'" 'json_is driver hrtimer' 'json_is state running' 'json_is clock monotonic' \
	"json_is owner_pid $program" '! out_has "\"ticks\""'
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

run "$FRAKTOR" readers
ok "readers: a table with a head and the program" all 'status_is 0' \
	'out_has "^ID *SOURCE *STATE *PID *SLOTS *MADE *BEHIND *DROPPED *IDLE *WOKEN$"' \
	"out_has '^[0-9][0-9]* *$name *reads, owner *$program *[0-9,]* '"
run "$FRAKTOR" readers --json
keep readers.json
ok "readers --json: R2.3 says who is how far behind" all 'status_is 0' 'out_lines 1' \
	"out_has '\"sources\":\[{\"id\":[1-9][0-9]*,\"name\":\"$name\"}\]'" "json_is pid $program" \
	'json_is owner true' 'json_is stalled false' 'json_above slots 1' 'json_above made 0' \
	'json_above behind -1' 'json_is poisoned 0'
run "$FRAKTOR" stat --json
ok "stat --json: the owner is known to root" json_is owner_pid "$program"
run su nobody -c "'$FRAKTOR' stat --json"
ok "stat --json: and to nobody else" all 'json_is owner_pid 0' "json_is name '$name'"
run su nobody -c "'$FRAKTOR' readers --json"
ok "readers --json: nor is the reader's" all 'status_is 0' 'json_is pid 0' 'json_above made 0'

# Stopped by a signal it cannot catch: the kernel alone must notice.
"$FRAKTOR" monitor --json --until=reader-stalled --timeout=300 >"$tap_dir/stalled.json" &
until_stalled=$!
"$FRAKTOR" monitor --until=reader-resumed --timeout=300 >"$tap_dir/resumed" &
until_resumed=$!
wait_for 30 listeners_are 4
kill -STOP $program
run wait $until_stalled
out=$(cat "$tap_dir/stalled.json")
ok "monitor: R2.3 a reader that hangs is seen" all 'status_is 0' \
	"out_has '\"event\":\"reader-stalled\",.*\"name\":\"$name\".*\"reader\":[1-9][0-9]*,\"pid\":$program,\"behind\":[1-9]'"
run "$FRAKTOR" readers
ok "readers: R2.3 says that it is stalled" out_has " $name *stalled, owner *$program "
run "$FRAKTOR" readers --json
keep readers.stalled.json
ok "readers --json: and how far behind" all 'json_is stalled true' 'json_above behind 1' 'json_above idle_ns 0'
kill -CONT $program
run wait $until_resumed
ok "monitor: it reads again" all 'status_is 0' \
	"grep -q ' $name reader-resumed, .*, reader [1-9][0-9]* (pid $program)' '$tap_dir/resumed'"

# What is changed here is put back, for the tests below.
period=$("$FRAKTOR" stat "$name" --json | grep -o '"period_ns":[0-9]*' | cut -d: -f2)
has_period() { run "$FRAKTOR" stat "$name" --json; json_is period_ns "$1"; }
"$FRAKTOR" monitor --json --until=changed --timeout=300 >"$tap_dir/changed.json" &
until_changed=$!
wait_for 30 listeners_are 3
run "$FRAKTOR" set "$name" period=4ms missed=skip late=2ms drift=20000 stall=200 flags=drift-stops
ok "set: R1.5 changes a source that runs" all 'status_is 0' out_empty err_empty
ok "set: the period changes at a tick" wait_for 30 has_period 4000000
run wait $until_changed
out=$(cat "$tap_dir/changed.json")
ok "monitor: --until=changed saw it" all 'status_is 0' \
	"out_has '\"event\":\"changed\".*\"name\":\"$name\".*\"period_ns\":4000000,'"
run "$FRAKTOR" stat "$name" --json
ok "set: the rest is in effect too" all 'json_is missed_policy skip' 'json_is late_ns 2000000' \
	'json_is drift_budget_ppb 20000000' 'json_is stall_periods 200' \
	'out_has "\"flags\":\[\"drift-stops\"\]"' 'json_is state running'
run "$FRAKTOR" stat "$name"
ok "stat NAME: the page says so" all 'out_has "^  period *4 ms (250 ticks/s)"' \
	'out_has "^  policy *skip from 2 ms late, drift budget 20000.0 ppm, stall 200 periods$"' \
	'out_has "^ *drift-stops$"'
run "$FRAKTOR" set "$name" period=1ns
ok "set: what cannot be is refused in words" all 'status_is 1' out_empty 'err_has "^fraktor: [^ ].* [^ ]"'
run "$FRAKTOR" set "$name" phase=1ms
ok "set: a phase needs a grid" all 'status_is 1' out_empty 'err_has "^fraktor: "'
run "$FRAKTOR" set nobody period=2ms
ok "set: an unknown source names those there are" all 'status_is 1' out_empty \
	"err_has 'no source \"nobody\"; there is.* $name'"
run unshare -U "$FRAKTOR" set "$name" late=1ms
ok "set: needs CAP_NET_ADMIN and says so" all 'status_is 1' out_empty 'err_has "CAP_NET_ADMIN"'
run "$FRAKTOR" set "$name" period="$period" missed=delay late=0 drift=0 stall=0 flags=none
ok "set: 0 is the module's own" all 'status_is 0' "wait_for 30 has_period $period"

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
keep stat.watch.json
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
run su nobody -c "'$FRAKTOR' list"
ok "list: works without privileges, and names no process" all 'status_is 0' "out_has '^$name .* -  *[0-9]*$'"
run unshare -U "$FRAKTOR" stat
ok "stat: works without privileges" all 'status_is 0' "out_has '^$name '"
run unshare -U "$FRAKTOR" monitor --timeout=0.2
ok "monitor: works without privileges" status_is 0
run unshare -n "$FRAKTOR" stat
ok "stat: another network namespace has no family" all 'status_is 1' 'err_has "not loaded"'

kill $program
run wait $until_stopped
out=$(cat "$tap_dir/events.json")
keep monitor.json
ok "monitor: --until=stopped saw the end" all 'status_is 0' \
	'out_has "\"event\":\"created\".*\"reason\":\"none\",\"ticks\":0,"' \
	'out_has "\"event\":\"started\".*\"reason\":\"none\",\"ticks\":0,"' \
	'out_has "\"event\":\"changed\".*\"reason\":\"none\",\"ticks\":[1-9]"' \
	'out_has "\"event\":\"stopped\".*\"reason\":\"\(asked\|owner-closed\|owner-died\)\",\"ticks\":[1-9]"'
ok "source: it is gone with its program" wait_for 30 no_source
ok "monitor: it was removed" wait_for 30 grep -q "  $name removed (" "$tap_dir/events"
kill -INT $events
run wait $events
out=$(cat "$tap_dir/events")
ok "monitor: Ctrl-C ends it with status 0" status_is 0
ok "monitor: lines with wall and monotonic time" all \
	"out_has '^20..-..-.. ..:..:..\.......  [0-9]*\.[0-9]\{9\}  $name started, '" \
	"out_has '  $name created, 0 ticks, 0 dropped, period [0-9.]* [mu]s$'" \
	"out_has '  $name changed, [1-9][0-9,]* ticks, [0-9,]* dropped, period 4 ms$'" \
	"out_has '  $name stopped (.*), [1-9][0-9,]* ticks, [0-9,]* dropped'"

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

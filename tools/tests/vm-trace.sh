#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor trace with the module, as root in a guest.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/guest.sh
. "$(dirname -- "$0")/guest.sh"

instances=/sys/kernel/tracing/instances
no_instance() { [ -z "$(ls "$instances")" ]; }
is_on() { [ "$(cat "$instances"/fraktor-*/events/fraktor/enable 2>/dev/null)" = 1 ]; }

echo "TAP version 13"

run "$FRAKTOR" trace --duration=0.2
ok "trace: no source yet is no error" all 'status_is 0' out_empty err_empty no_instance
# A trace of somebody else, which has to stay as it is.
echo 1 >/sys/kernel/tracing/events/fraktor/fraktor_stop/enable
"$FRAKTOR" trace >"$tap_dir/all" 2>"$tap_dir/all.err" &
tracer=$!
wait_for 30 is_on
start_source
sleep 1
run "$FRAKTOR" trace "$name" --duration=1
ok "trace: R1.5 ticks with their lateness, of a source by its name" all 'status_is 0' err_empty \
	"out_has '^[0-9]*\.[0-9]\{9\}  CPU [0-9]*  *$name tick [0-9.]* [mun]*s late'"
ok "trace: R2.2 in the order of time" sh -c "
	[ -s '$tap_dir/out' ] && cut -d' ' -f1 '$tap_dir/out' | sort -c -n"
run "$FRAKTOR" trace nobody
ok "trace: an unknown source names those there are" all 'status_is 1' out_empty \
	"err_has 'no source \"nobody\"; there is.* $name'"
run "$FRAKTOR" trace --duration=1 --chrome="$tap_dir/trace.json"
ok "trace: --chrome writes a file and says so" all 'status_is 0' out_empty \
	'err_has "^fraktor: [1-9][0-9,]* things that happened are in .*trace.json: open it at"'
keep "$tap_dir/trace.json" trace.json
run sh -c "'$FRAKTOR' trace | head -n 1"
ok "trace: ends when nobody reads" all 'status_is 0' err_empty
run "$FRAKTOR" trace --duration=1 --chrome=/dev/full
ok "trace: says that the disk is full" all 'status_is 1' 'err_has "^fraktor: cannot write /dev/full: No space"'
run su nobody -c "'$FRAKTOR' trace"
ok "trace: without permission says so" all 'status_is 1' 'err_has "no permission for .*: tracing is for root"'
cd "$tap_dir" || exit 1
run_examples fraktor-trace
for signal in TERM HUP QUIT; do
	"$FRAKTOR" trace >/dev/null 2>&1 &
	other=$!
	wait_for 30 test -d "$instances/fraktor-$other"
	# A shell's children in the background ignore SIGQUIT, as nohup's do SIGHUP.
	kill -$signal $other
	[ $signal != QUIT ] || kill -TERM $other
	run wait $other
	ok "trace: SIG$signal leaves nothing behind" all 'status_is 0' "[ ! -d '$instances/fraktor-$other' ]"
done
"$FRAKTOR" trace >/dev/null 2>&1 &
other=$!
wait_for 30 test -d "$instances/fraktor-$other"
kill -KILL $other
wait $other 2>/dev/null
run "$FRAKTOR" trace --duration=0.2
ok "trace: removes what a killed one left" all 'status_is 0' "[ ! -d '$instances/fraktor-$other' ]"

stop_source
sleep 1
kill -INT $tracer
run wait $tracer
out=$(cat "$tap_dir/all")
ok "trace: Ctrl-C ends it with status 0" all 'status_is 0' no_instance
ok "trace: R2.3 has start, stop and events in one line of time" all \
	"out_has 'CPU [0-9]*  *$name start, period 1 ms$'" "out_has 'CPU [0-9]*  *$name stop (asked\|owner-'" \
	"out_has 'event  $name started, 0 ticks, 0 dropped$'" "out_has 'event  $name stopped ('"
ok "trace: another's trace is as it was" grep -q 'fraktor_stop: source=' /sys/kernel/tracing/trace

plan

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor record and replay with the module, as root in a guest.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/guest.sh
. "$(dirname -- "$0")/guest.sh"

file=$tap_dir/run.rec
report_value() { printf '%s\n' "$out" | grep -o "\"$1\":[^],}]*" | head -n 1 | cut -d: -f2- | tr -d '"'; }
report_is() { [ "$(report_value "$1")" = "$2" ]; }
report_above() { [ "$(report_value "$1")" -gt "$2" ]; }
is_growing() { [ -f "$1" ] && [ "$(wc -c <"$1")" -gt 160 ]; }

echo "TAP version 13"

run "$FRAKTOR" record "$file"
ok "record: says that there is no source" all 'status_is 1' out_empty 'err_has "there is no source: start a program"' \
	"[ ! -e '$file' ]"
start_source
run "$FRAKTOR" record "$file" nobody
ok "record: an unknown source names those there are" all 'status_is 1' out_empty \
	"err_has 'no source \"nobody\"; there is.* $name'" "[ ! -e '$file' ]"
run "$FRAKTOR" record "$tap_dir/none/run.rec"
ok "record: says that the file cannot be made" all 'status_is 1' 'err_has "cannot create .*: No such file"'

run "$FRAKTOR" record "$file" "$name" --duration=2
ok "record: says what it has" all 'status_is 0' out_empty \
	'err_has "^fraktor: [1-9][0-9,]* ticks and [0-9]* events* in 2\.[0-9] s, 0 dropped$"'
run "$FRAKTOR" replay "$file" --report
ok "replay: R1.5 a page with drift, lateness, what was lost" all 'status_is 0' err_empty \
	"out_has '^$name: recorded from 20.* on for 2\.[0-9] s (time)$'" 'out_has "^  drift  *[+-][0-9.]* ppm$"' \
	'out_has "^  lateness  mean .*, min .*, max "' 'out_has "^  lost  *[0-9,]* missed, 0 dropped by the recorder in 0 gaps$"'
run "$FRAKTOR" replay "$file" --report --json
cp "$file" "$tap_dir/keep.rec"
keep "$tap_dir/keep.rec" run.rec
keep "$tap_dir/out" replay-report.json
ok "replay: --json has the same in whole numbers" all 'status_is 0' 'out_lines 1' \
	"report_is name '$name'" 'report_is ended time' 'report_above ticks 0' 'report_is dropped 0' \
	'report_is damage ""' 'report_above lateness_max_ns 0' 'report_above lateness_p50_ns 0'
ticks=$(report_value ticks)
run sh -c "'$FRAKTOR' replay '$file' | grep -c '^[0-9]* [0-9]* [0-9]* [1-9][0-9]* 0x'"
ok "replay: R2.2 a line for each tick" all "out_has '^$ticks$'"
run sh -c "'$FRAKTOR' replay '$file' | awk '/^#/ { next } last && \$1 != last + 1 { bad = 1 } { last = \$1 } END { exit bad || !last }'"
ok "replay: R2.2 in their order, none missing" status_is 0
run sh -c "'$FRAKTOR' replay --json '$file' | head -n 1"
ok "replay: ends when nobody reads" all 'status_is 0' err_empty 'out_has "^{\"seq\":"'
run sh -c "'$FRAKTOR' record - '$name' --duration=0.5 2>'$tap_dir/said' | '$FRAKTOR' replay - --report --json"
ok "record: - is a pipe" all 'status_is 0' err_empty 'report_above ticks 0' 'report_is ended time'
run sh -c "'$FRAKTOR' record - '$name' | head -c 10 >/dev/null"
ok "record: ends when nobody reads" all 'status_is 0' err_empty
run "$FRAKTOR" record /dev/full "$name"
ok "record: says that the disk is full" all 'status_is 1' \
	'err_has "^fraktor: cannot write /dev/full: No space left on device; up to there"'
head -c 300 "$file" >"$tap_dir/cut.rec"
run "$FRAKTOR" replay "$tap_dir/cut.rec" --report
ok "replay: a recording that was cut is read, and that is said" all 'status_is 0' \
	"out_has '^$name: recorded from .* on, cut$'" 'err_has "was read only in part: it was cut$"'

# What happens to the source is in it: it changes, and it goes.
rm -f "$file"
"$FRAKTOR" record "$file" 2>"$tap_dir/said" &
recorder=$!
wait_for 30 is_growing "$file"
"$FRAKTOR" set "$name" period=4ms
sleep 1
run "$FRAKTOR" readers
ok "record: is a reader that does not stall" all "out_has ' $name *reads  *$recorder '"
kill -KILL "$program"
wait "$program" 2>/dev/null
run wait $recorder
ok "record: R2.3 ends when the source is gone for good" status_is 0
run "$FRAKTOR" replay "$file" --report --json
keep "$tap_dir/out" replay-report.end.json
ok "replay: R2.3 has the end and what went before" all 'report_is ended source-gone' 'report_is changes 1' \
	'out_has "\"event\":\"changed\",.*\"period_ns\":4000000,"' 'out_has "\"event\":\"\(stopped\|owner-died\)\""'
run "$FRAKTOR" replay "$file" --json
keep "$tap_dir/out" replay.json
ok "replay: --json has a line for each" all 'status_is 0' 'out_has "^{\"seq\":"' 'out_has "\"event\":\"stopped\""'
run "$FRAKTOR" replay "$file" --report
ok "replay: and when, in a page" all 'out_has "^  *+[0-9.]* s  changed, [0-9,]* ticks, .*period 4 ms$"' \
	'out_has "^  *+[0-9.]* s  stopped (owner-"'

start_source
cd "$tap_dir" || exit 1
run_examples fraktor-record
run_examples fraktor-replay
# There is no gnuplot here: the pictures are drawn in tool-plot.sh.
run_examples fraktor-plot --output
run "$FRAKTOR" plot "$name" --duration=1
ok "plot: R1.5 a source as it ticks" all 'status_is 0' err_empty 'out_lines 23' \
	"out_has '^$name: [1-9][0-9,]* ticks in [01]\.[0-9] s, period 1 ms, [0-9,]* missed, 0 dropped$'" \
	'out_has "#.*"' 'out_has "^ *drift "'
run "$FRAKTOR" plot --duration=1 --output=now.png
ok "plot: says at once that gnuplot is missing" all 'status_is 1' out_empty '[ ! -e now.png ]' \
	'err_has "^fraktor: --output needs the program gnuplot, .* apt install gnuplot-nox$"'
run "$FRAKTOR" plot nobody
ok "plot: an unknown source names those there are" all 'status_is 1' "err_has 'no source \"nobody\"; there is.* $name'"
"$FRAKTOR" plot >"$tap_dir/plot" 2>&1 &
plotter=$!
sleep 1.5
kill -INT $plotter
run wait $plotter
ok "plot: Ctrl-C ends it with what it has" all 'status_is 0' "grep -q '^$name: [1-9]' '$tap_dir/plot'"
rm -f "$file"
"$FRAKTOR" record "$file" "$name" 2>"$tap_dir/said" &
recorder=$!
wait_for 30 is_growing "$file"
kill -INT $recorder
run wait $recorder
ok "record: Ctrl-C ends it with what it has" status_is 0
run "$FRAKTOR" replay "$file" --report --json
ok "replay: and that is a whole recording" all 'status_is 0' err_empty 'report_is ended asked' 'report_above ticks 0'
rm -f "$file"
"$FRAKTOR" record "$file" "$name" 2>/dev/null &
recorder=$!
wait_for 30 is_growing "$file"
kill -KILL $recorder
wait $recorder 2>/dev/null
run "$FRAKTOR" replay "$file" --report --json
ok "replay: what a killed recorder wrote can be read" all 'status_is 0' 'report_is ended cut' 'report_above ticks 0' \
	'err_has "it was cut$"'
chmod 600 /dev/fraktor
run su nobody -c "'$FRAKTOR' record /tmp/nobody.rec '$name'"
ok "record: without permission names the group" all 'status_is 1' \
	'err_has "no permission for /dev/fraktor: your user is not in the group \"fraktor\""'
stop_source

plan

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor latency where there may be no module: misuse, formats, its end.  No
# time is compared, for the machine may be busy; vm-realtime.sh has the paths
# of the module.  'tool-latency.sh [PROGRAM]'.
set -u
[ $# -eq 0 ] || FRAKTOR=$(readlink -f -- "$1")
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

documentation=$(dirname -- "$0")/../../Documentation
chmod 0755 "$tap_dir"
drawn_twice() { [ "$(printf '%s\n' "$out" | grep -c 'PATH  *MIN')" -ge 2 ]; }
latency() { run "$FRAKTOR" latency "$@"; }

# json EXPRESSION: a Python expression about the object d holds of the output.
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not ($1))" "$tap_dir/out"; }

echo "TAP version 13"

latency --help
ok "latency: --help lists options and paths" all 'status_is 0' err_empty 'out_has "^Usage: fraktor latency"' \
	'out_has "--plot"' 'out_has "^  timerfd  "' 'out_has "^  nanosleep  "'
for option in --period=9us --period=2s --period=0 --period=x --period= --duration=0 --duration=x \
	--ticks=0 --ticks=x --ticks=-1 --ticks=1e3 --ticks=2000000000 --priority=100 --priority=-1 --priority=x \
	--cpu=-1 --cpu=x --cpu=4096 --path=teleport --path= --path=auto,auto --path=uring,poll,block,spin,hybrid,lead,low,lowest --rounds=0 --rounds=x --plot=file.pdf \
	--plot=.png --bogus; do
	latency "$option"
	ok "latency: $option is misuse" all 'status_is 2' out_empty "err_has '^fraktor latency: .*${option%%=*}'"
done
latency --ticks=5 --duration=1
ok "latency: ticks and a duration are misuse" all 'status_is 2' 'err_has "not both"'
latency --duration=0.1 --period=1s
ok "latency: a duration below the period is misuse" all 'status_is 2' 'err_has "shorter"'
latency --duration=1000000 --period=10us
ok "latency: a duration of too many periods is misuse" all 'status_is 2' 'err_has "more than 1000000000 periods"'
latency something
ok "latency: an argument is misuse" all 'status_is 2' out_empty 'err_has something'

latency --path=timerfd --ticks=303 --rounds=7 --period=500us --priority=0 --json
ok "latency --json: is JSON on one line" all 'status_is 0' 'out_lines 1' 'json "d[\"schema\"] == 1"' err_empty
ok "latency --json: every path has its ticks, and the histogram counts each" \
	json '[(p["path"], p["ticks"]) for p in d["paths"]] == [("timerfd", 303), ("nanosleep", 303)] and all(sum(n for _, n in p["histogram"]) == 303 for p in d["paths"])'
ok "latency --json: the figures are in order" \
	json 'all(p["min_ns"] <= p["p50_ns"] <= p["p99_ns"] <= p["p999_ns"] <= p["max_ns"] and p["min_ns"] <= p["mean_ns"] <= p["max_ns"] for p in d["paths"])'
ok "latency --json: the histogram is that of the figures" \
	json 'all(h == sorted(h) and h[0][0] <= p["min_ns"] <= h[0][0] * 1.01 + 1 and h[-1][0] <= p["max_ns"] <= h[-1][0] * 1.01 + 1 for p in d["paths"] for h in [p["histogram"]])'
ok "latency --json: ratios are of the figures" \
	json 'all(abs(p["ratio_p50_permille"] - 1000 * p["p50_ns"] / d["paths"][-1]["p50_ns"]) <= 1 for p in d["paths"])'
ok "latency --json: R1.2 no tick is early" json 'all(p["early"] == 0 for p in d["paths"])'
ok "latency --json: says what was measured" \
	json 'd["period_ns"] == 500000 and d["rounds"] == 7 and d["priority"] == 0 and d["cpu"] == -1 and not d["interrupted"] and d["paths"][0]["driver"] == "timerfd" and d["paths"][1]["waits_by"] == "clock_nanosleep"'
latency --path=nanosleep,timerfd --ticks=10 --alone --json --priority=0
ok "latency --alone: in the order asked for" json '[p["path"] for p in d["paths"]] == ["nanosleep", "timerfd"]'
latency --path=timerfd --ticks=10 --alone --json --priority=0
ok "latency --alone: without a floor there is no ratio" json '[p["ratio_p50_permille"] for p in d["paths"]] == [0]'

run env LC_ALL=C "$FRAKTOR" latency --path=timerfd --ticks=50 --priority=0
ok "latency: a table, and bars" all 'status_is 0' err_empty \
	'out_has "^period 1 ms, 100 of 100 ticks, no real-time priority$"' \
	'out_has "^PATH  *MIN  *P50  *P99  *P99.9  *MAX  *MISSED  *xP50  *xP99$"' 'out_has "^timerfd  .* [um]s  "' \
	'out_has "^nanosleep .* 1\.00  *1\.00$"' 'out_has "^  *LATENESS  timerfd  *nanosleep$"' 'out_has "^  *< .* [um]s  *#"'
ok "latency: fits 80 columns and 24 lines" sh -c "! grep -q '.\{81\}' '$tap_dir/out' && [ \$(wc -l <'$tap_dir/out') -le 24 ]"
latency --path=timerfd --duration=1.2 --period=10ms --priority=0
ok "latency: a line every second in a pipe" all 'status_is 0' \
	'out_has "^[0-9][0-9]:[0-9][0-9]:[0-9][0-9] timerfd [0-9,]* ticks, p50 .*; nanosleep [0-9,]* ticks, "'
run sh -c "TERM=xterm script -qec \"stty columns 80 rows 24; '$FRAKTOR' latency --path=timerfd --duration=0.7 --priority=0\" /dev/null"
ok "latency: renewed in place on a terminal" all 'status_is 0' "out_has '$(printf '\033')\[[0-9]*A'" \
	drawn_twice

# Its end.
for signal in INT TERM; do
	"$FRAKTOR" latency --path=timerfd --duration=1000 --priority=0 --json >"$tap_dir/out" 2>"$tap_dir/err" &
	program=$!
	sleep 1
	kill -$signal $program
	wait $program
	status=$?
	out=$(cat "$tap_dir/out")
	ok "latency: SIG$signal ends it with what there is" all 'status_is 0' 'out_lines 1' \
		'json "d[\"interrupted\"] and d[\"paths\"][0][\"ticks\"] == sum(n for _, n in d[\"paths\"][0][\"histogram\"]) > 0"'
done
run timeout 20 sh -c "'$FRAKTOR' latency --path=timerfd --duration=1000 --priority=0 | head -n 1"
ok "latency: ends when nobody reads" all 'status_is 0' err_empty 'out_lines 1'
if [ -c /dev/full ]; then
	run sh -c "'$FRAKTOR' latency --path=timerfd --ticks=5 --priority=0 --json >/dev/full"
	ok "latency: a full disk is told" all 'status_is 1' 'err_has "cannot write to standard output"'
fi

# What cannot be had.
latency --path=timerfd --ticks=5 --cpu=1023
ok "latency: a CPU that is not there fails" all 'status_is 1' out_empty 'err_has "CPU 1023 does not exist"'
if [ "$(id -u)" -eq 0 ]; then
	cp -- "$FRAKTOR" "$tap_dir/fraktor"
	run prlimit --rtprio=0 --memlock=0 setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tap_dir/fraktor" latency --path=timerfd --ticks=5 --priority=10
	ok "latency: R1.3 memory that may not be locked fails in words" all 'status_is 1' out_empty \
		'err_has "may be locked: needs CAP_IPC_LOCK"' 'err_has "mlockall: EPERM"'
	run prlimit --rtprio=0 --memlock=0 setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tap_dir/fraktor" latency --path=timerfd --ticks=5
	ok "latency: without being asked for it is a remark" all 'status_is 0' 'out_has "no real-time priority"' \
		'err_has "not all of it is real-time"'
else
	skip "latency: R1.3 memory that may not be locked fails in words" "only root can give up privileges by setpriv"
fi
if [ -e /dev/fraktor ]; then
	skip "latency: without the module" "it is loaded here"
else
	latency --path=uring --ticks=5
	ok "latency: the module's path without the module fails" all 'status_is 1' out_empty 'err_has "modprobe fraktor"'
	latency --ticks=5
	ok "latency: auto without the module says what it takes" all 'status_is 0' 'out_has "^timerfd "' \
		'err_has "modprobe fraktor.*; measuring the timerfd driver"'
fi

# Plots.
run env PATH=/nonexistent "$FRAKTOR" latency --path=timerfd --duration=1000 --plot="$tap_dir/no.png"
ok "latency --plot: says at once that gnuplot is missing" all 'status_is 1' out_empty 'err_has "needs the program gnuplot"'
latency --path=timerfd --duration=1000 --plot=/nonexistent/a.png
ok "latency --plot: says at once that the file cannot be written" all 'status_is 1' out_empty 'err_has "/nonexistent/a.png"'
latency --path=timerfd --ticks=50 --priority=0 --plot="$tap_dir/it's.png"
ok "latency --plot: a PNG, whatever its name" all 'status_is 0' err_empty \
	"test '$(head -c 4 "$tap_dir/it's.png" | od -An -c | tr -d ' ')' = '211PNG'"
latency --path=timerfd --ticks=50 --priority=0 --plot="$tap_dir/a.svg"
ok "latency --plot: an SVG that names the paths" all 'status_is 0' err_empty \
	"grep -q '<svg' '$tap_dir/a.svg'" "grep -q 'timerfd' '$tap_dir/a.svg'" "grep -q 'nanosleep' '$tap_dir/a.svg'"

examples "$documentation/man/fraktor-latency.1" >"$tap_dir/examples"
ok "latency: the man page has examples" test -s "$tap_dir/examples"
while IFS= read -r example; do
	run_example "$example"
	ok "latency: the example '$example' works" all 'status_is 0' out_some
done <"$tap_dir/examples"

plan

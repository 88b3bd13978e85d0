# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The bench, as short as it can be: that it measures every path, that what it
# says makes sense, and that the same data gives the same plots.

BENCH_OUT=build/bench-check

# All peers are installed by scripts/setup --for check, so each has figures but
# where a kernel lacks one; nothing is early, nothing is missing (--strict), and
# each path is as near as it was.
bench_measures() {
	rm -rf -- "$BENCH_OUT"
	scripts/bench --quick --strict --out "$BENCH_OUT" --json "$BENCH_OUT.json" 6.1 6.1-rt 7 7-rt
}

# One path a little later than it may be is noticed.
bench_notices_what_is_late() {
	python3 - "$BENCH_OUT.json" "$BENCH_OUT-late.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    data = json.load(file)
for run in data["runs"]:
    if run["path"] == "device+wait" and run["kernel"] == "6.1-rt" and run["measure"] == "paths":
        run["p50_ns"] = run["p50_ns"] * 106 // 100
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(data, file)
PYTHON
	! scripts/benches/targets "$BENCH_OUT-late.json"
}

# All expire in time, in half of libuv's instructions (--strict); what the machine's
# speed decides is shown only.
bench_timers() {
	scripts/bench-timers --quick --strict --out "$BENCH_OUT/timers" --json "$BENCH_OUT-timers.json"
}

# The same results with all runtimes, with little work: how fast is not asked here.
bench_actors() {
	scripts/bench-actors --quick --strict --out "$BENCH_OUT/actors"
}

# bench_json_is_documented FILE PAGE: every line has the documented fields, and
# those alone.
bench_json_is_documented() {
	python3 - "$1" "$2" <<'PYTHON'
import json
import re
import sys

with open(sys.argv[2], encoding="utf-8") as file:
    documented = set(re.findall(r"^``(\w+)``$", file.read(), re.M))
with open(sys.argv[1], encoding="utf-8") as file:
    data = json.load(file)
assert data["schema"] == 1 and data["runs"], "no runs"
for run in data["runs"]:
    assert run.keys() <= documented, f"not documented: {run.keys() - documented}"
print(f"{len(data['runs'])} runs, {len(documented)} fields")
PYTHON
}

# Data that makes no sense is refused.
bench_refuses_nonsense() {
	local bad dir line
	dir=$(mktemp -d)
	line=$(grep -h '"path":"timerfd+read"' "$BENCH_OUT"/icount/6.1.jsonl | head -n 1)
	for bad in 's/"early":0/"early":1/' 's/"p50_ns":[0-9]*,//' 's/"note"/"tone"/' \
		's/"p99_ns":[0-9]*/"p99_ns":1/' 's/}$//' 's/,"ticks.*"note":"[^"]*"/,"error":-5,"note":""/'; do
		sed "$bad" <<<"$line" >"$dir/one.jsonl"
		if cmp -s "$dir/one.jsonl" <(printf '%s\n' "$line") ||
			scripts/benches/report --out "$dir" "$dir/one.jsonl" >/dev/null 2>&1; then
			echo "taken for good: $bad"
			rm -rf -- "$dir"
			return 1
		fi
	done
	rm -rf -- "$dir"
}

# Drawn again, every plot is the same, byte for byte, and has something in it.
bench_plots_repeat() {
	local dir plot drawn=0
	dir=$(mktemp -d)
	cp -- "$BENCH_OUT"/icount/*.csv "$BENCH_OUT/icount/kernels" "$dir/"
	scripts/benches/plot "$dir" || return 1
	for plot in "$dir"/*.svg "$dir"/*.png; do
		cmp "$plot" "$BENCH_OUT/icount/${plot##*/}" || return 1
		(($(stat -c %s "$plot") > 8000)) || { echo "$plot is empty"; return 1; }
		drawn=$((drawn + 1))
	done
	rm -rf -- "$dir"
	echo "$drawn plots"
	((drawn == 10))
}

# What a record of a backlog costs, taken from the ring in batches of 64.
bench_drain() {
	local said

	said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--toggle-collect=frki_feed_drain build/bench/drain 64 2>&1) || return 1
	awk '/^[0-9]+$/ { records = $1 } /Collected/ { instructions = $NF }
		END {
			if (!records || !instructions) exit 1
			printf "%.1f instructions a record\n", instructions / records
			exit instructions > 20 * records
		}' <<<"$said"
}

check_bench() {
	tally_begin "the bench: 6.1 6.1-rt 7 7-rt"
	tally_run bench/measures_every_path_or_says_why bench_measures
	tally_run bench/notices_a_path_that_is_later bench_notices_what_is_late
	tally_run bench/json_has_the_documented_fields bench_json_is_documented \
		"$BENCH_OUT.json" Documentation/performance.rst
	tally_run bench/report_refuses_nonsense bench_refuses_nonsense
	tally_run bench/plots_repeat_to_the_byte bench_plots_repeat
	tally_run bench/r2_2_a_record_of_a_backlog_takes_20_instructions bench_drain
	tally_run bench/s2_timers_meet_their_targets bench_timers
	tally_run bench/timers_json_has_the_documented_fields bench_json_is_documented \
		"$BENCH_OUT-timers.json" Documentation/timers.rst
	tally_run bench/s3_actors_and_their_peers_have_the_right_results bench_actors
	tally_run bench/actors_json_has_the_documented_fields bench_json_is_documented \
		"$BENCH_OUT/actors/actors.json" Documentation/performance.rst
}

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The module, in virtual machines: Debian's kernels, and our debug kernels
# with lockdep, KASAN and kmemleak.  After every run the kernel log is
# searched; a warning fails the run (scripts/vm sees to that).

# kernel_release TREE: what uname -r says in it.
kernel_release() {
	sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$1/include/generated/utsrelease.h"
}

# kernel_module NAME [VARIANT]: the module built for one of Debian's kernels.
kernel_module() {
	printf 'build/kmod/%s%s/fraktor.ko' "$(scripts/lab/kernel --get release "$1")" "${2:-}"
}

# The quickstart with the numbers a deterministic machine must give.
kernel_quickstart() {
	local name=$1 module=$2 line
	line=$(scripts/vm --kernel "$name" --icount --module "$module" \
		--env FRAKTOR_DURATION_S=10 -- build/examples/quickstart | grep '^fraktor: ') || return 1
	echo "$line"
	grep -qE '^fraktor: driver=kernel kernel=6\.1\.[^ ]+ ticks=10000 seconds=10\.000 drift_ppm=[+-]0\.0 missed=0 dropped=0 lateness_ns p50=[0-9]+ p99=[0-9]+ max=[0-9]+$' <<<"$line"
}

# In one boot: what most event loops do must be this much later than we are.
kernel_ratio() {
	local name=$1 module=$2 wanted=$3
	scripts/vm --kernel "$name" --icount --module "$module" -- build/bench/lateness --json \
		timerfd+epoll fraktor-kernel |
		sed -n 's/.*"path":"\([^"]*\)".*"p50_ns":\([0-9]*\).*/\1 \2/p' |
		awk -v wanted="$wanted" '
			{ median[$1] = $2 }
			END {
				if (!median["fraktor-kernel"]) exit 1
				ratio = median["timerfd+epoll"] / median["fraktor-kernel"]
				printf "timerfd+epoll / fraktor-kernel = %.2f\n", ratio
				exit ratio < wanted
			}'
}

# The same machine twice gives the same figures, to the instruction.
kernel_repeats() {
	local name=$1 module=$2 first second
	first=$(scripts/vm --kernel "$name" --icount --module "$module" -- build/bench/lateness --json fraktor-kernel) || return 1
	second=$(scripts/vm --kernel "$name" --icount --module "$module" -- build/bench/lateness --json fraktor-kernel) || return 1
	printf '%s\n%s\n' "$first" "$second"
	[[ -n $first && $first == "$second" ]]
}

# The library's tests of the kernel driver need the module.
kernel_tick_suite() {
	scripts/vm --kernel "$1" --smp 2 --module "$2" --env FRAKTOR_TEST_KERNEL=1 -- \
		build/tests/tick_test --tap --quiet -j1 --filter '@(driver_kernel|rt|rt_memory)/*' |
		grep -v -e '# SKIP test was skipped' -e '# SKIP the module is loaded'
}

# A process that is stopped while the module ticks on.
kernel_pause_suite() {
	scripts/vm --kernel "$1" --smp 2 --module "$2" --env FRAKTOR_TEST_KERNEL=1 -- \
		build/tests/system_test --tap --quiet -j1 --filter 'pause/*' |
		grep -v '# SKIP test was skipped'
}

# Workers with a line each.
kernel_lines_suite() {
	scripts/vm --kernel "$1" --smp 2 --module "$2" --env FRAKTOR_TEST_KERNEL=1 -- \
		build/tests/system_test --tap --quiet -j1 --filter 'crew_lines_kernel/*' |
		grep -v '# SKIP test was skipped'
}

# What the library makes of the module's netlink family.
kernel_netlink_suite() {
	scripts/vm --kernel "$1" --smp 2 --module "$2" --env FRAKTOR_TEST_KERNEL=1 -- \
		build/tests/netlink_test --tap --quiet -j1 --filter '@(module|bridge)/*' |
		grep -v -e '# SKIP test was skipped' -e '# SKIP the module is loaded'
}

# kernel_export NAME MODULE: the exporter, and Prometheus which scrapes it.
kernel_export() {
	scripts/vm --kernel "$1" --smp 2 --mem 2048 --timeout 400 --with prometheus \
		--out build/vm/export --module "$2" -- tools/tests/vm-export.sh
}

# kernel_promtool: what it printed there, by the rules for names and units.
kernel_promtool() {
	grep -c '^fraktor_' build/vm/export/metrics.txt &&
		promtool check metrics <build/vm/export/metrics.txt
}

# kernel_record NAME MODULE: a recording, which stays here for another reader.
kernel_record() {
	scripts/vm --kernel "$1" --timeout 400 --out build/vm/record --module "$2" -- \
		tools/tests/vm-record.sh
}

# kernel_record_reader: the reader of record.rst finds in it what the tool does.
kernel_record_reader() {
	Documentation/examples/record_reader.py build/vm/record/run.rec >build/vm/record/reader.json &&
		python3 - build/vm/record/reader.json build/vm/record/replay-report.json <<'END'
import json, sys
reader, tool = (json.load(open(name)) for name in sys.argv[1:])
print(reader)
assert reader["whole"] and reader["ticks"] > 0
for key in "name", "period_ns", "ticks", "missed", "dropped":
    assert reader[key] == tool[key], key
assert reader["events"] == len(tool["events"])
# What a tick that stands for more than one is late by, only the tool knows.
assert reader["missed"] or reader["lateness_ns"] // reader["ticks"] == tool["lateness_mean_ns"]
END
}

# kernel_tool NAME MODULE: the commands that only look; what they said stays here.
kernel_tool() {
	scripts/vm --kernel "$1" --out build/vm/tool --module "$2" -- tools/tests/vm-tool.sh
}

# kernel_control NAME MODULE: those that do something.
kernel_control() {
	scripts/vm --kernel "$1" --out build/vm/control --module "$2" -- tools/tests/vm-control.sh
}

# kernel_foreign NAME MODULE: a netlink client that knows the specification only.
kernel_foreign() {
	scripts/vm --kernel "$1" --timeout 500 --python pyroute2 --python yaml --module "$2" -- \
		tools/tests/vm-netlink.py
}

# kernel_realtime NAME MODULE: doctor and latency, on a CPU that is kept free.
kernel_realtime() {
	scripts/vm --kernel "$1" --smp 2 --append "isolcpus=1 nohz_full=1 irqaffinity=0" \
		--out build/vm/realtime --module "$2" -- tools/tests/vm-realtime.sh
}

# kernel_json TEST SCHEMA...: what stayed of it, as SCHEMA.json and
# SCHEMA.WHAT.json, fits its schema.
kernel_json() {
	local from=build/vm/$1 name
	shift
	for name; do
		scripts/check-json "$name" "$from/$name".*json || return 1
	done
}

# kernel_trace NAME MODULE: ticks and events, and what viewers are given.
kernel_trace() {
	scripts/vm --kernel "$1" --smp 2 --one-thread --timeout 400 --out build/vm/trace --module "$2" -- \
		tools/tests/vm-trace.sh
}

# Ticks made by hand, in the build of the module that can.
kernel_manual() {
	scripts/lab/build-module "$1" build --test >&2 || return 1
	scripts/vm --kernel "$1" --module "$(kernel_module "$1" -test)" -- \
		selftests/run build/selftests manual
}

# What the matrix does not: the parts together, and figures that a machine
# without a clock of its own gives exactly.
check_kernel() {
	local name module
	for name in 6.1 6.1-rt; do
		tally_begin "Debian's kernel $name"
		tally_run "kernel-$name/build" make kmod KDIR="$name"
		module=$(kernel_module "$name")
		tally_run "kernel-$name/r1_2_quickstart_10000_ticks_exact" \
			kernel_quickstart "$name" "$module"
		tally_tap "kernel-$name/driver" 38 kernel_tick_suite "$name" "$module"
		tally_tap "kernel-$name/pause" 3 kernel_pause_suite "$name" "$module"
		tally_tap "kernel-$name/lines" 3 kernel_lines_suite "$name" "$module"
		tally_tap "kernel-$name/netlink" 6 kernel_netlink_suite "$name" "$module"
		tally_run "kernel-$name/ring_reader_of_the_documentation" scripts/vm --kernel "$name" \
			--module "$module" -- build/examples/ring_reader
		tally_tap "kernel-$name/tool" 61 kernel_tool "$name" "$module"
		tally_run "kernel-$name/tool_json_fits_its_schemas" kernel_json tool list stat readers monitor
		tally_tap "kernel-$name/tool-control" 67 kernel_control "$name" "$module"
		tally_run "kernel-$name/tool-control_json_fits_its_schemas" \
			kernel_json control create start stop version
		tally_tap "kernel-$name/foreign_client" 17 kernel_foreign "$name" "$module"
		tally_tap "kernel-$name/realtime" 45 kernel_realtime "$name" "$module"
		tally_run "kernel-$name/realtime_json_fits_its_schemas" kernel_json realtime doctor latency
		tally_tap "kernel-$name/export" 29 kernel_export "$name" "$module"
		tally_run "kernel-$name/promtool_finds_no_fault" kernel_promtool
		tally_tap "kernel-$name/record" 36 kernel_record "$name" "$module"
		tally_run "kernel-$name/record_json_fits_its_schemas" kernel_json record replay replay-report
		tally_run "kernel-$name/record_reader_of_the_documentation" kernel_record_reader
		tally_tap "kernel-$name/trace" 19 kernel_trace "$name" "$module"
		tally_run "kernel-$name/trace_event_format" tools/tests/trace-event.py build/vm/trace/trace.json
		# Where nothing else takes time, a wait must end within 100 ms and
		# not a multiple of it, and no period may be missed.
		tally_tap "kernel-$name/icount" 150 scripts/vm --kernel "$name" --icount \
			--timeout 600 --module "$module" --env T_SLACK=1 --env T_ICOUNT=1 -- \
			selftests/run build/selftests wait_read wait_poll wait_uring \
			wait_uring_read uring_exit rate lead accuracy
	done
	tally_run kernel-6.1-rt/io_uring_is_2.5_times_closer_than_timerfd_epoll \
		kernel_ratio 6.1-rt "$module" 2.5
	tally_run kernel-6.1-rt/icount_runs_repeat_exactly kernel_repeats 6.1-rt "$module"
	tally_tap kernel-6.1/tool-many 30 scripts/vm --kernel 6.1 --timeout 600 \
		--module "$(kernel_module 6.1)" -- tools/tests/vm-many.sh
	tally_tap kernel-6.1/manual 13 kernel_manual 6.1
}

debug_selftests() {
	local tree
	tree=$(scripts/lab/debug-kernel --get build "$1") || return 1
	make kmod KDIR="$tree" >&2 || return 1
	scripts/vm --kernel "$1" --debug-kernel --smp 2 --timeout 1500 \
		--module "build/kmod/$(kernel_release "$tree")/fraktor.ko" -- \
		selftests/run build/selftests
}

# check_debug KERNEL...: lockdep, KASAN, kmemleak, debugobjects.
check_debug() {
	local name
	tally_begin "debug kernels $*"
	for name; do
		tally_run "debug-$name/kernel" scripts/lab/debug-kernel "$name"
		tally_start "debug-$name" debug_selftests "$name"
	done
	for name; do
		tally_tap "debug-$name/selftests" 50 tally_job "debug-$name"
	done
}

# Data races, where the module's concurrency is: two CPUs, everything at once.
check_kcsan() {
	local tree
	tally_begin "KCSAN"
	tally_run kcsan/kernel scripts/lab/debug-kernel 6.12-kcsan
	tree=$(scripts/lab/debug-kernel --get build 6.12-kcsan)
	tally_run kcsan/build make kmod KDIR="$tree"
	tally_tap kcsan/selftests 50 scripts/vm --kernel 6.12-kcsan --debug-kernel --smp 2 \
		--timeout 900 --module "build/kmod/$(kernel_release "$tree")/fraktor.ko" -- \
		selftests/run build/selftests lifecycle uring_exit uring_rings fusion sharing stop change watch idle
}

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The module, in virtual machines: Debian's kernels, and our debug kernels
# with lockdep, KASAN and kmemleak.  After every run the kernel log is
# searched; a warning fails the run (scripts/vm sees to that).

kernel_tree() {
	scripts/lab/kernel "$1" 2>/dev/null | sed -n 's/^build=//p'
}

kernel_module() {
	local tree
	tree=$("$@" | sed -n 's/^build=//p')
	printf 'build/kmod/%s/fraktor.ko' \
		"$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$tree/include/generated/utsrelease.h")"
}

kernel_build() {
	make kmod KDIR="$("$@" | sed -n 's/^build=//p')"
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
		build/tests/tick_test --tap --quiet -j1 --filter 'driver_kernel/*' |
		grep -v -e '# SKIP test was skipped' -e '# SKIP the module is loaded'
}

check_kernel() {
	local name module
	for name in 6.1 6.1-rt; do
		tally_begin "Debian's kernel $name"
		tally_run "kernel-$name/build" kernel_build scripts/lab/kernel "$name"
		tally_run "kernel-$name/build_w1_sparse" \
			scripts/lab/build-module "$(kernel_tree "$name")" build --check
		module=$(kernel_module scripts/lab/kernel "$name")
		tally_run "kernel-$name/r1_2_quickstart_10000_ticks_exact" \
			kernel_quickstart "$name" "$module"
		tally_tap "kernel-$name/driver" 6 kernel_tick_suite "$name" "$module"
		tally_run "kernel-$name/ring_reader_of_the_documentation" scripts/vm --kernel "$name" \
			--module "$module" -- build/examples/ring_reader
		tally_tap "kernel-$name/tool" 38 scripts/vm --kernel "$name" \
			--module "$module" -- tools/tests/vm-tool.sh
		# Where nothing else takes time, a wait must end within 100 ms and
		# not a multiple of it, and no period may be missed.
		tally_tap "kernel-$name/icount" 150 scripts/vm --kernel "$name" --icount \
			--timeout 600 --module "$module" --env T_SLACK=1 --env T_ICOUNT=1 -- \
			selftests/run build/selftests wait_read wait_poll wait_uring uring_exit rate
		tally_tap "kernel-$name/selftests" 50 scripts/vm --kernel "$name" --smp 2 \
			--timeout 600 --module "$module" -- selftests/run build/selftests
	done
	tally_run kernel-6.1-rt/io_uring_is_2.5_times_closer_than_timerfd_epoll \
		kernel_ratio 6.1-rt "$module" 2.5
	tally_run kernel-6.1-rt/icount_runs_repeat_exactly kernel_repeats 6.1-rt "$module"
}

check_debug_kernel() {
	local name=$1 module
	tally_begin "debug kernel $name (lockdep, KASAN, kmemleak, debugobjects)"
	tally_run "debug-$name/kernel" scripts/lab/debug-kernel "$name"
	tally_run "debug-$name/build" kernel_build scripts/lab/debug-kernel "$name"
	module=$(kernel_module scripts/lab/debug-kernel "$name")
	tally_tap "debug-$name/selftests" 50 scripts/vm --kernel "$name" --debug-kernel \
		--smp 2 --timeout 900 --module "$module" -- selftests/run build/selftests
}

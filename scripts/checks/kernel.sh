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
		build/tests/tick_test --tap --quiet -j1 --filter 'driver_kernel/*' |
		grep -v -e '# SKIP test was skipped' -e '# SKIP the module is loaded'
}

# What the library makes of the module's netlink family.
kernel_netlink_suite() {
	scripts/vm --kernel "$1" --smp 2 --module "$2" --env FRAKTOR_TEST_KERNEL=1 -- \
		build/tests/netlink_test --tap --quiet -j1 --filter 'module/*' |
		grep -v '# SKIP test was skipped'
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
		tally_tap "kernel-$name/driver" 12 kernel_tick_suite "$name" "$module"
		tally_tap "kernel-$name/netlink" 6 kernel_netlink_suite "$name" "$module"
		tally_run "kernel-$name/ring_reader_of_the_documentation" scripts/vm --kernel "$name" \
			--module "$module" -- build/examples/ring_reader
		tally_tap "kernel-$name/tool" 61 scripts/vm --kernel "$name" \
			--module "$module" -- tools/tests/vm-tool.sh
		# Where nothing else takes time, a wait must end within 100 ms and
		# not a multiple of it, and no period may be missed.
		tally_tap "kernel-$name/icount" 150 scripts/vm --kernel "$name" --icount \
			--timeout 600 --module "$module" --env T_SLACK=1 --env T_ICOUNT=1 -- \
			selftests/run build/selftests wait_read wait_poll wait_uring uring_exit rate
	done
	tally_run kernel-6.1-rt/io_uring_is_2.5_times_closer_than_timerfd_epoll \
		kernel_ratio 6.1-rt "$module" 2.5
	tally_run kernel-6.1-rt/icount_runs_repeat_exactly kernel_repeats 6.1-rt "$module"
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
		selftests/run build/selftests lifecycle uring_exit uring_rings fusion sharing stop change watch
}

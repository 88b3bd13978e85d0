# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The module and what happens to a whole machine: CPUs that go and come, sleep,
# clocks that are set, pauses, loading and unloading, a device that interrupts,
# tracing, failing allocations.  Each needs a machine of a kind of its own, so
# none of it is part of the selftests that run everywhere.

# Programs that need nothing but two CPUs and, for pulse, the device edu.
SYSTEM_PROGRAMS=(hotplug clock_step timens pause pulse torture churn)

# system_machine NAME MODULE: two CPUs and a device.
system_machine() {
	scripts/vm --kernel "$1" --smp 2 --mem 1024 --timeout 600 --device edu --module "$2" -- \
		selftests/run build/selftests "${SYSTEM_PROGRAMS[@]}"
}

# system_trace NAME MODULE: tracepoints that are turned on while lines tick.
system_trace() {
	scripts/vm --kernel "$1" --smp 2 --one-thread --module "$2" -- \
		selftests/run build/selftests trace
}

# system_standstill NAME MODULE [OPTION...]: one that sleeps and is stopped.
system_standstill() {
	local name=$1 module=$2
	shift 2
	scripts/vm --kernel "$name" --smp 2 --mem 1024 --timeout 600 --sleep 3 --pause 2 "$@" \
		--env T_SUSPEND=lab --env T_PAUSE=1 --module "$module" -- \
		selftests/run build/selftests suspend vm_pause
}

# system_pulse NAME MODULE: the path from the device's interrupt to the ring,
# where an instruction is a nanosecond.
system_pulse() {
	scripts/vm --kernel "$1" --icount --mem 1024 --timeout 600 --device edu --env T_ICOUNT=1 \
		--module "$2" -- selftests/run build/selftests pulse
}

# system_tracing NAME MODULE: the examples of Documentation/tracing.rst.
system_tracing() {
	scripts/vm --kernel "$1" --smp 2 --one-thread --mem 2048 --timeout 600 --with trace-cmd --with bpftrace \
		--module "$2" -- selftests/tracing.sh build/selftests
}

check_system() {
	local name module kernels=(6.1 6.1-rt)
	tally_begin "a whole machine: ${kernels[*]}"
	for name in "${kernels[@]}"; do
		tally_run "system-$name/build" make kmod KDIR="$name"
		module=$(kernel_module "$name")
		tally_start "system-$name" system_machine "$name" "$module"
		tally_start "standstill-$name" system_standstill "$name" "$module"
		tally_start "trace-$name" system_trace "$name" "$module"
		tally_tap "system-$name/selftests" 40 tally_job "system-$name"
		tally_tap "system-$name/standstill" 8 tally_job "standstill-$name"
		tally_tap "system-$name/trace" 5 tally_job "trace-$name"
	done
	tally_start pulse-icount system_pulse 6.1-rt "$module"
	tally_tap system-6.1-rt/pulse_icount 12 tally_job pulse-icount
}

# With real tools, of which bpftrace takes minutes to begin on a busy machine.
check_tracing() {
	tally_begin "trace-cmd and bpftrace on 6.1"
	tally_run tracing/build make kmod KDIR=6.1
	tally_tap tracing/tracing_rst 14 system_tracing 6.1 "$(kernel_module 6.1)"
}

# faults_machine MODULE: where every allocation can be made to fail, and what is
# lost, locked or freed wrongly is found.
faults_machine() {
	scripts/vm --kernel 6.1 --debug-kernel --smp 2 --timeout 900 --device edu --module "$1" \
		--env T_SOURCES=150 --env T_CYCLES=1500 --env T_ROUNDS=12 -- \
		selftests/run build/selftests failnth churn hotplug pulse torture
}

check_faults() {
	local tree module
	tally_begin "faults, on the debug kernel 6.1"
	tree=$(scripts/lab/debug-kernel --get build 6.1)
	tally_run faults-6.1/build make kmod KDIR="$tree"
	module=build/kmod/$(kernel_release "$tree")/fraktor.ko
	tally_start faults faults_machine "$module"
	tally_start faults-standstill system_standstill 6.1 "$module" --debug-kernel
	tally_tap faults-6.1/selftests 40 tally_job faults
	tally_tap faults-6.1/standstill 8 tally_job faults-standstill
}

# SPDX-License-Identifier: MIT
#
# A host on which nothing stands in the way, as files: what fraktor doctor
# --root looks at.  Sourced by the tests that plant faults in it.
# shellcheck shell=sh

# put FILE LINE...: a file below $host.
put() {
	put_file=$host$1
	shift
	mkdir -p "${put_file%/*}"
	printf '%s\n' "$@" >"$put_file"
}

# healthy_host DIR VERSION: four CPUs, 2 and 3 isolated; the module of VERSION.
healthy_host() {
	host=$1
	rm -rf -- "${host:?}"
	put /proc/version "Linux version 6.1.0-rt (gcc) #1 SMP PREEMPT_RT Debian"
	put /proc/sys/kernel/osrelease 6.1.0-rt
	put /sys/kernel/realtime 1
	put /boot/config-6.1.0-rt CONFIG_HZ=1000 '# CONFIG_KASAN is not set' CONFIG_PREEMPT_RT=y
	put /proc/cpuinfo 'processor	: 0' 'flags		: fpu tsc constant_tsc nonstop_tsc'
	put /proc/cmdline 'quiet isolcpus=2-3 nohz_full=2-3'
	put /proc/timer_list '  .hres_active    : 1'
	put /proc/sys/kernel/sched_rt_runtime_us -1
	put /proc/sys/kernel/sched_rt_period_us 1000000
	put /proc/sys/kernel/nmi_watchdog 0
	put /proc/sys/kernel/soft_watchdog 0
	put /proc/sys/kernel/watchdog_cpumask 0-3
	put /sys/kernel/tracing/current_tracer nop
	put /sys/kernel/tracing/events/enable 0
	put /sys/devices/system/cpu/vulnerabilities/meltdown 'Not affected'
	put /sys/devices/system/cpu/vulnerabilities/mds Vulnerable
	put /sys/devices/system/clocksource/clocksource0/current_clocksource tsc
	put /proc/self/timerslack_ns 1
	put /proc/self/status 'Name:	doctor' 'Gid:	1000	1000	1000	1000' 'Groups:	1000 1001' \
		'CapEff:	0000000000000000' 'Seccomp:	0'
	put /proc/self/limits 'Limit                     Soft Limit           Hard Limit           Units' \
		'Max locked memory         unlimited            unlimited            bytes' \
		'Max realtime priority     99                   99                   '
	put /proc/sys/kernel/io_uring_disabled 0
	put /proc/sys/kernel/io_uring_group -1
	for healthy_cpu in 0 1 2 3; do
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpufreq/scaling_governor performance
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state0/name POLL
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state0/latency 0
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state0/disable 0
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state1/name C6
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state1/latency 133
		put /sys/devices/system/cpu/cpu$healthy_cpu/cpuidle/state1/disable 1
	done
	put /sys/devices/system/cpu/smt/active 0
	put /sys/devices/system/cpu/online 0-3
	put /sys/devices/system/cpu/isolated 2-3
	put /sys/devices/system/cpu/nohz_full 2-3
	put /proc/irq/default_smp_affinity 3
	put /proc/irq/9/effective_affinity_list 0
	put /proc/irq/10/effective_affinity_list 1
	put /proc/1/comm systemd
	put /proc/swaps 'Filename				Type		Size		Used		Priority'
	put /sys/kernel/mm/transparent_hugepage/enabled 'always [madvise] never'
	put /proc/sys/kernel/numa_balancing 0
	put /sys/kernel/mm/ksm/run 0
	put /sys/module/fraktor/version "$2"
	put /dev/fraktor ''
}

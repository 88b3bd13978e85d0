#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor doctor: every fault there is a check for is planted in a host that is
# healthy otherwise, and must be the only one that is found.  vm-realtime.sh plants
# those that need the module.  'tool-doctor.sh [PROGRAM]'.
set -u
[ $# -eq 0 ] || FRAKTOR=$(readlink -f -- "$1")
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/healthy-host.sh
. "$(dirname -- "$0")/healthy-host.sh"

version=$("$FRAKTOR" --version | cut -d' ' -f2)
root=$tap_dir/host
cpu=/sys/devices/system/cpu
planted=''

# found: ids of what a report in JSON found.
found() {
	printf '%s\n' "$out" | grep -o '"id":"[^"]*","severity":"[^"]*","verdict":"found"' |
		cut -d'"' -f4 | tr '\n' ' '
}
found_is() { [ "$(found)" = "$1" ]; }
text_has() { printf '%s\n' "$out" | grep -o '"verdict":"found","text":"[^"]*"' | grep -qe "$1"; }
doctor() { run "$FRAKTOR" doctor --root "$root" "$@"; }

# plant ID STATUS TEXT FILE LINE...: a fault in a healthy host.
plant() {
	plant_id=$1 plant_status=$2 plant_text=$3
	shift 3
	healthy_host "$root" "$version"
	put "$@"
	check_planted "$plant_id" "$plant_status" "$plant_text"
}
check_planted() {
	planted="$planted $1"
	doctor --json
	ok "doctor: finds $1 alone: $3" all "status_is $2" "found_is '$1 '" "text_has '$3'" err_empty
}

echo "TAP version 13"

healthy_host "$root" "$version"
doctor
ok "doctor: nothing is found on a healthy host" all 'status_is 0' err_empty 'out_lines 1' \
	'out_has "^0 problems, 0 warnings, 0 notes in [0-9]* checks"'
doctor --json
ok "doctor --json: nothing either" all 'status_is 0' 'found_is ""' 'out_lines 1' \
	'out_has "\"schema\":1,.*\"problems\":0,\"warnings\":0,\"notes\":0,"'

# What the kernel is.
healthy_host "$root" "$version"
rm "$root/sys/kernel/realtime"
doctor --json
ok "doctor: 7.x tells PREEMPT_RT by its version only" all 'status_is 0' 'found_is ""'
put /proc/version 'Linux version 6.1.0 #1 SMP PREEMPT_DYNAMIC Debian'
put /proc/sys/kernel/osrelease 6.1.0
put /boot/config-6.1.0 CONFIG_HZ=1000
check_planted kernel-rt 1 '6.1.0 is not PREEMPT_RT'
plant kernel-debug 1 'built with PROVE_LOCKING, KASAN' /boot/config-6.1.0-rt CONFIG_HZ=1000 \
	CONFIG_PROVE_LOCKING=y CONFIG_KASAN=y CONFIG_LOCK_STAT=m
plant kernel-debug 1 PROVE_LOCKING /proc/lockdep 'all lock classes:'
plant kernel-hz 0 'HZ is 250: a jiffy is 4 ms' /boot/config-6.1.0-rt CONFIG_HZ=250
plant virtual-machine 1 'virtual machine' /proc/cpuinfo 'flags		: fpu tsc hypervisor'
plant virtual-machine 1 'guest of xen' /sys/hypervisor/type xen

# What it was told.
plant rt-throttling 1 'after 950000 of every 1000000 us' /proc/sys/kernel/sched_rt_runtime_us 950000
plant watchdog 1 nmi_watchdog /proc/sys/kernel/nmi_watchdog 1
plant watchdog 1 soft_watchdog /proc/sys/kernel/soft_watchdog 1
put /proc/sys/kernel/watchdog_cpumask 0-1
doctor --json
ok "doctor: a watchdog that keeps off isolated CPUs is fine" all 'status_is 0' 'found_is ""'
plant tracing 1 'tracer function' /sys/kernel/tracing/current_tracer function
plant tracing 1 'trace events' /sys/kernel/tracing/events/enable X
plant mitigations 0 'of 1 CPU flaws' $cpu/vulnerabilities/mds 'Mitigation: Clear CPU buffers'

# Time.
plant clocksource 1 hpet /sys/devices/system/clocksource/clocksource0/current_clocksource hpet
plant timer-highres 1 'are off' /proc/timer_list '  .hres_active    : 0'
plant timer-highres 1 'are off' /proc/cmdline 'quiet highres=off'
plant timer-slack 0 'up to 50 us' /proc/self/timerslack_ns 50000

# CPUs.
plant cpu-governor 1 '1 of 4 CPUs have the governor powersave' $cpu/cpu1/cpufreq/scaling_governor powersave
plant cpu-idle 1 'C6, which takes 133 us' $cpu/cpu2/cpuidle/state1/disable 0
printf '\005\000\000\000' >"$root/dev/cpu_dma_latency"
doctor --json
ok "doctor: an idle state that somebody forbids is fine" all 'status_is 0' 'found_is ""'
plant cpu-smt 1 SMT $cpu/smt/active 1
plant cpu-isolation 1 'none of the CPUs 0-3' $cpu/isolated ''
put $cpu/online 0
doctor --json
ok "doctor: one CPU cannot be isolated" all 'status_is 1' 'found_is "cpu-isolation "' 'text_has "one CPU"'
put /sys/fs/cgroup/rt.slice/cpuset.cpus.partition isolated
doctor --json
ok "doctor: a partition of a cgroup is an isolated CPU" all 'status_is 0' 'found_is ""'
plant cpu-nohz 0 'isolated CPUs 2-3' $cpu/nohz_full '(null)'
plant irq-affinity 1 '1 interrupts of devices go to the isolated CPUs 2-3' /proc/irq/9/effective_affinity_list 3
plant irq-affinity 1 'new devices may go' /proc/irq/default_smp_affinity ff
plant irqbalance 1 'irqbalance is running' /proc/77/comm irqbalance

# Memory.
plant swap 1 'swap is on: /dev/sda2' /proc/swaps 'Filename Type' '/dev/sda2 partition 976896 0 -2'
plant hugepages 1 'made always' /sys/kernel/mm/transparent_hugepage/enabled '[always] madvise never'
plant numa-balancing 1 NUMA /proc/sys/kernel/numa_balancing 1
plant ksm 1 merged /sys/kernel/mm/ksm/run 1

# What this user may do.
plant limit-rtprio 1 'RLIMIT_RTPRIO is 0' /proc/self/limits \
	'Max locked memory         unlimited            unlimited            bytes' \
	'Max realtime priority     0                    0                    '
put /proc/self/status 'CapEff:	0000000000800000'
doctor --json
ok "doctor: CAP_SYS_NICE needs no limit" all 'status_is 0' 'found_is ""'
plant limit-memlock 1 'may lock 8192 KiB' /proc/self/limits \
	'Max locked memory         8388608              8388608              bytes' \
	'Max realtime priority     99                   99                   '
put /proc/self/status 'CapEff:	0000000000004000'
doctor --json
ok "doctor: CAP_IPC_LOCK needs no limit" all 'status_is 0' 'found_is ""'
plant uring-disabled 1 'io_uring_disabled is 2' /proc/sys/kernel/io_uring_disabled 2
plant uring-disabled 1 'io_uring_disabled is 1' /proc/sys/kernel/io_uring_disabled 1
put /proc/sys/kernel/io_uring_group 1001
doctor --json
ok "doctor: who is in kernel.io_uring_group may use it" all 'status_is 0' 'found_is ""'

# fraktor itself.
healthy_host "$root" "$version"
rm -r "$root/sys/module/fraktor" "$root/dev/fraktor"
check_planted module-loaded 1 'not loaded'
plant module-version 1 "the module is 0.0.9, the library $version" /sys/module/fraktor/version 0.0.9
healthy_host "$root" "$version"
rm "$root/dev/fraktor"
check_planted device-missing 1 'no /dev/fraktor'
healthy_host "$root" "$version"
chmod 0600 "$root/dev/fraktor"
chmod 0755 "$tap_dir"
if [ "$(id -u)" -eq 0 ]; then
	planted="$planted device-access"
	cp -- "$FRAKTOR" "$tap_dir/fraktor"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$tap_dir/fraktor" doctor --root "$root" --json
	ok "doctor: finds device-access alone, with the group and the mode" all 'status_is 1' \
		'found_is "device-access "' 'text_has "(group root, mode 0600)"'
else
	chmod 0000 "$root/dev/fraktor"
	check_planted device-access 1 'mode 0000'
fi

# On the host itself: a filter that is really there.
cat >"$tap_dir/filter.py" <<'PY'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *r) for r in rules))
class Prog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
prog = Prog(len(rules), ctypes.addressof(code))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(prog), 0, 0):
    sys.exit("filter: error: no seccomp filter can be set")
os.execv(sys.argv[1], sys.argv[1:])
PY
planted="$planted uring-refused"
run python3 "$tap_dir/filter.py" "$FRAKTOR" doctor --brief uring-refused
ok "doctor: finds uring-refused where seccomp forbids io_uring" all 'status_is 1' err_empty \
	'out_has "uring-refused: io_uring_setup fails with EPERM, and a seccomp filter is in effect"'
run python3 "$tap_dir/filter.py" "$FRAKTOR" doctor timer-highres
ok "doctor: one check alone makes no other" all 'status_is 0' 'out_lines 1' 'out_has "in 1 check$"'
run prlimit --rtprio=0 --memlock=65536 setpriv --bounding-set=-all --inh-caps=-all \
	--reuid=65534 --regid=65534 --clear-groups "$tap_dir/fraktor" doctor --brief limit-rtprio limit-memlock
if [ "$(id -u)" -eq 0 ]; then
	ok "doctor: finds limits that are really there" all 'status_is 1' 'out_lines 3' \
		'out_has "^problem  limit-rtprio: .*RLIMIT_RTPRIO is 0"' \
		'out_has "^problem  limit-memlock: .* 64 KiB"'
else
	skip "doctor: finds limits that are really there" "only root can give up privileges by setpriv"
fi

# Every check has had its fault; those that need the module have it in the guest.
"$FRAKTOR" doctor --list | cut -d' ' -f1 | sort >"$tap_dir/list"
# shellcheck disable=SC2086 # words on purpose
printf '%s\n' $planted module-line module-path | sort -u >"$tap_dir/planted"
run diff "$tap_dir/list" "$tap_dir/planted"
ok "doctor: every check of --list was planted here or in the guest" all 'status_is 0' out_empty
for id in module-line module-path; do
	run grep -c "doctor: finds $id" "$(dirname -- "$0")/vm-realtime.sh"
	ok "doctor: $id is planted in the guest" status_is 0
done
documentation=$(dirname -- "$0")/../../Documentation
undocumented() {
	"$FRAKTOR" doctor --list | while read -r id severity _; do
		grep -qxF "\`\`$id\`\` ($severity)" "$documentation/realtime.rst" || echo "$id"
	done
}
run undocumented
ok "doctor: every check of --list is documented in realtime.rst" all out_empty err_empty

# The examples of the man page, as they stand there.
examples "$documentation/man/fraktor-doctor.1" >"$tap_dir/examples"
ok "doctor: the man page has examples" test -s "$tap_dir/examples"
while IFS= read -r example; do
	run_example "$example"
	ok "doctor: the example '$example' works" all '! status_is 2' err_empty out_some
done <"$tap_dir/examples"

# How it looks.
healthy_host "$root" "$version"
put /proc/self/timerslack_ns 50000
put $cpu/smt/active 1
put /proc/sys/kernel/io_uring_disabled 2
doctor
ok "doctor: the worst comes first, with why and what to do" all 'status_is 1' \
	'out_has "^problem  uring-disabled: kernel.io_uring_disabled is 2$"' 'out_has "^         why  "' \
	'out_has "^         do   "' "test '$(printf '%s\n' "$out" | grep -o '^[a-z]*  ' | grep -o '[a-z]*' | tr '\n' ' ')' = 'problem warning note '"
ok "doctor: no line is longer than 80 columns" sh -c "! grep -q '.\{81\}' '$tap_dir/out'"
ok "doctor: no colour in a file" sh -c "! grep -q '$(printf '\033')' '$tap_dir/out'"
doctor --brief
ok "doctor --brief: a line each" all 'status_is 1' 'out_lines 4' 'out_has "^1 problem, 1 warning, 1 note in "'
doctor --all
ok "doctor --all: also what is fine and what is unknown" all 'status_is 1' 'out_has "^fine     kernel-rt$"' \
	'out_has "^unknown  module-line: it can be tried on the host itself only$"'
put /proc/swaps Filename "/$(printf '\033')[31mred partition"
doctor --brief swap
ok "doctor: what a file says cannot steer the terminal" all 'status_is 1' 'out_has "swap is on: /?\[31mred"'
doctor --json swap
ok "doctor --json: nor break the JSON" sh -c "python3 -m json.tool <'$tap_dir/out' >/dev/null"

# A terminal: script(1) gives one.
colours() { TERM=$1 NO_COLOR=$2 script -qec "stty columns 80; '$FRAKTOR' doctor --root '$root' --brief; exit 0" /dev/null; }
run colours xterm ''
ok "doctor: colours on a terminal" out_has "^$(printf '\033')\[1;31mproblem$(printf '\033')\[0m  uring-disabled"
run colours xterm 1
ok "doctor: none where NO_COLOR is set" all 'out_has "^problem  uring-disabled"' "! out_has '$(printf '\033')'"
run colours dumb ''
ok "doctor: none on a dumb terminal" all 'out_has "^problem  uring-disabled"' "! out_has '$(printf '\033')'"

# Misuse.
run "$FRAKTOR" doctor --help
ok "doctor: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor doctor"' 'out_has "--json"'
run "$FRAKTOR" doctor --bogus
ok "doctor: an unknown option is misuse" all 'status_is 2' out_empty 'err_has "^fraktor doctor: .*--bogus"'
run "$FRAKTOR" doctor bogus
ok "doctor: an unknown check is misuse" all 'status_is 2' out_empty 'err_has "no check \"bogus\": --list names them"'
for dir in /nonexistent /dev/null ''; do
	run "$FRAKTOR" doctor --root="$dir"
	ok "doctor: --root='$dir' is misuse" all 'status_is 2' out_empty 'err_has "a directory is needed"'
done
for option in --all --brief --list; do
	run "$FRAKTOR" doctor --json $option
	ok "doctor: --json with $option is misuse" all 'status_is 2' out_empty 'err_has "not with"'
done
mkdir "$tap_dir/empty"
run "$FRAKTOR" doctor --root "$tap_dir/empty" --json
ok "doctor: a root without files is no crash and finds only what is missing" all 'status_is 1' \
	'found_is "module-loaded cpu-isolation "'
run sh -c "'$FRAKTOR' doctor --root '$root' | true; exit 0"
ok "doctor: a pipe that nobody reads is no complaint" all 'status_is 0' err_empty

plan

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor doctor and fraktor latency with the module, as root in a guest: faults
# that are really there, and every path that is measured.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
module=${FRAKTOR_KO:-$tree/build/kmod/$(uname -r)/fraktor.ko}
chmod 0755 "$tap_dir"

is_rt() { uname -v | grep -q PREEMPT_RT; }
found() { out_has "^[a-z]*  *$1: "; }
doctor() { run "$FRAKTOR" doctor --brief "$@"; }
as_nobody() { run su -s /bin/sh nobody -c "$*"; }
keep() { [ ! -d /out ] || printf '%s\n' "$out" >"/out/$1"; }

echo "TAP version 13"

# What is there before anything was planted.
doctor
ok "doctor: sees the module, the device and a line" all '! found module-loaded' '! found module-version' \
	'! found device-missing' '! found device-access' '! found module-line' 'found virtual-machine' \
	'! found limit-rtprio' '! found limit-memlock' '! found uring-refused' err_empty
if is_rt; then
	ok "doctor: this kernel is PREEMPT_RT" all '! found kernel-rt'
else
	ok "doctor: this kernel is not PREEMPT_RT" all 'found kernel-rt' 'status_is 1'
fi
run "$FRAKTOR" doctor --json
keep doctor.json
ok "doctor --json: one object" all 'out_lines 1' 'out_has "^{\"schema\":1,.*}$"' err_empty

# planted ID TEXT: the fault is there; cured ID: it is gone again.
planted() {
	doctor "$1"
	ok "doctor: finds $1: $2" all 'status_is 1' "found $1" "out_has '$2'"
}
cured() {
	doctor "$1"
	ok "doctor: $1 is fine afterwards" all 'status_is 0' "! found $1"
}
put() { echo "$1" >"$2"; }

put 950000 /proc/sys/kernel/sched_rt_runtime_us
planted rt-throttling 'after 950000 of every 1000000'
put -1 /proc/sys/kernel/sched_rt_runtime_us
cured rt-throttling
put 950000 /proc/sys/kernel/sched_rt_runtime_us
# With nohz_full= it keeps off those CPUs by itself.
watched=$(cat /proc/sys/kernel/watchdog_cpumask)
cat /sys/devices/system/cpu/online >/proc/sys/kernel/watchdog_cpumask
put 1 /proc/sys/kernel/soft_watchdog
planted watchdog soft_watchdog
put 0 /proc/sys/kernel/watchdog
cured watchdog
put "$watched" /proc/sys/kernel/watchdog_cpumask
clock=/sys/devices/system/clocksource/clocksource0
before=$(cat $clock/current_clocksource)
put acpi_pm $clock/current_clocksource
planted clocksource 'is acpi_pm'
put "$before" $clock/current_clocksource
cured clocksource
# Debian's PREEMPT_RT kernels have none, and that is fine.
huge=/sys/kernel/mm/transparent_hugepage/enabled
if [ -e $huge ]; then
	put always $huge
	planted hugepages always
	put madvise $huge
fi
cured hugepages
# One that never happens here, and without the names of tasks, for which the
# scheduler is traced: an emulator that runs code while it is patched may hang.
put 0 /sys/kernel/tracing/options/record-cmd
put 1 /sys/kernel/tracing/events/module/enable
planted tracing 'trace events'
put 0 /sys/kernel/tracing/events/module/enable
put 1 /sys/kernel/tracing/options/record-cmd
cured tracing
put 1 /sys/kernel/mm/ksm/run
planted ksm merged
put 0 /sys/kernel/mm/ksm/run
cured ksm
cp -- "$FRAKTOR" "$tap_dir/irqbalance"
"$tap_dir/irqbalance" monitor >/dev/null &
impostor=$!
sleep 0.2
planted irqbalance running
kill $impostor
wait $impostor
cured irqbalance
# On a machine that was booted with isolcpus=1 nohz_full=1 irqaffinity=0.
if [ "$(cat /sys/devices/system/cpu/isolated)" = 1 ]; then
	cured cpu-isolation
	cured cpu-nohz
	cured irq-affinity
	put 3 /proc/irq/default_smp_affinity
	planted irq-affinity 'isolated CPUs 1'
	put 1 /proc/irq/default_smp_affinity
	cured irq-affinity
else
	planted cpu-isolation CPU
fi
run sh -c "echo 50000 >/proc/self/timerslack_ns; exec '$FRAKTOR' doctor --brief timer-slack"
ok "doctor: finds timer-slack" all 'status_is 0' 'found timer-slack'
run sh -c "echo 1 >/proc/\$\$/timerslack_ns && exec '$FRAKTOR' doctor --brief timer-slack"
ok "doctor: timer-slack is fine afterwards" all 'status_is 0' '! found timer-slack'

# Who may not.
as_nobody "ulimit -r 0; '$FRAKTOR' doctor --brief limit-rtprio"
ok "doctor: finds limit-rtprio" all 'status_is 1' 'out_has "RLIMIT_RTPRIO is 0"'
as_nobody "ulimit -l 64; '$FRAKTOR' doctor --brief limit-memlock"
ok "doctor: finds limit-memlock" all 'status_is 1' 'out_has "64 KiB of memory"'
chmod 0660 /dev/fraktor
as_nobody "'$FRAKTOR' doctor --brief device-access"
ok "doctor: finds device-access" all 'status_is 1' 'out_has "(group root, mode 0660)"'
chmod 0666 /dev/fraktor
as_nobody "'$FRAKTOR' doctor --brief device-access module-line"
ok "doctor: device-access is fine afterwards" all 'status_is 0' '! found device-access' '! found module-line'
as_nobody "ulimit -l 0; '$FRAKTOR' doctor --brief module-line"
ok "doctor: finds module-line where no ring may be locked" all 'status_is 1' 'out_has "raise RLIMIT_MEMLOCK"'
chmod 0600 /dev/fraktor
run env FRAKTOR_NO_URING=1 "$FRAKTOR" doctor --brief module-path
ok "doctor: finds module-path where io_uring is not used" all 'status_is 1' \
	'out_has "readers wait by poll: FRAKTOR_NO_URING is set"'
mv /dev/fraktor /dev/away
planted device-missing 'no /dev/fraktor'
mv /dev/away /dev/fraktor
cured device-missing

# latency: values of a key in its JSON, one on a line.
values() { printf '%s\n' "$out" | grep -o "\"$1\":[^],}]*" | cut -d: -f2- | tr -d '"'; }
first_is() { [ "$(values "$1" | head -n 1)" = "$2" ]; }
first_is_some() { [ "$(values ticks | head -n 1)" -gt 0 ]; }
# Ticks with a lead, of the path of that name.
lead_was_made() {
	printf '%s\n' "$out" | sed 's/.*"path":"lead"//' | grep -o '"lead_ticks":[0-9]*' |
		head -n 1 | grep -q ':[1-9]'
}
all_are() { [ "$(values "$1" | sort -u)" = "$2" ]; }
# The counts of a histogram are its ticks: for each path.
sums_are() {
	printf '%s\n' "$out" | grep -o '"histogram":\[[][0-9,]*' | sed 's/"histogram"://' | tr -d '[' |
		awk -F'[],]+' -v want="$1" '
			{ sum = 0; for (i = 2; i <= NF; i += 2) sum += $i; if (sum != want) exit 1; n++ }
			END { exit !n }'
}

run "$FRAKTOR" latency --period 2ms --ticks 200 --rounds 4 --path auto,poll,timerfd --json
keep latency.json
ok "latency: auto is the module, through io_uring" all 'status_is 0' 'out_lines 1' 'first_is path uring' \
	'first_is driver kernel' 'out_has "\"waits_by\":\"io_uring uring_cmd\""' \
	'out_has "\"path\":\"poll\",\"driver\":\"kernel\",\"waits_by\":\"poll\""' \
	'out_has "\"path\":\"timerfd\",\"driver\":\"timerfd\""' 'out_has "\"waits_by\":\"clock_nanosleep\""'
ok "latency: every path has all its ticks" all 'all_are ticks 200' 'sums_are 200'
ok "latency: R1.2 no tick is early" all 'all_are early 0'
ok "latency: at a real-time priority" all 'first_is priority 80' 'first_is remark ""'
run taskset 1 "$FRAKTOR" latency --ticks 20 --path spin
ok "latency: spin does not take the only CPU" all 'status_is 1' out_empty 'err_has "the only CPU this may run on"'
run "$FRAKTOR" latency --ticks 50 --path spin --priority 0 --json
ok "latency: spin at an ordinary priority" all 'status_is 0' 'out_has "\"waits_by\":\"spin"' 'all_are ticks 50' \
	'all_are early 0'
if [ "$(cat /sys/devices/system/cpu/isolated)" = 1 ]; then
	run "$FRAKTOR" latency --ticks 50 --path spin --cpu 1 --json
	ok "latency: spin on an isolated CPU" all 'status_is 0' 'first_is cpu 1' 'first_is priority 80' \
		'all_are ticks 50' 'all_are early 0'
fi
run "$FRAKTOR" latency --ticks 100 --path uring --cpu 0 --priority 50
ok "latency: a table" all 'status_is 0' 'out_has "^period 1 ms, 200 of 200 ticks, SCHED_FIFO 50, CPU 0$"' \
	'out_has "^PATH  *MIN  *P50 .* xP50  *xP99$"' 'out_has "^uring "' 'out_has "^nanosleep .* 1\.00  *1\.00$"' \
	'out_has "^  *< [0-9.]* [um]s  *#"'
"$FRAKTOR" latency --duration 1000 --json >"$tap_dir/int" 2>"$tap_dir/int.err" &
latency=$!
sleep 2
kill -INT $latency
run wait $latency
out=$(cat "$tap_dir/int")
ok "latency: SIGINT ends it with what there is" all 'status_is 0' 'out_lines 1' 'first_is interrupted true' \
	first_is_some
run "$FRAKTOR" stat
ok "latency: leaves no source behind" out_has '^no sources'
as_nobody "ulimit -r 0; '$FRAKTOR' latency --ticks 20 --json"
ok "latency: without permission it measures timerfd and says so" all 'status_is 0' 'first_is path timerfd' \
	'err_has "no permission for /dev/fraktor: .*; measuring the timerfd driver"' \
	'err_has "not all of it is real-time: "' 'first_is priority 0' 'all_are ticks 20'
as_nobody "ulimit -r 0; ulimit -l unlimited; '$FRAKTOR' latency --ticks 20 --priority 10"
ok "latency: a priority that was asked for must be given" all 'status_is 1' out_empty \
	'err_has "sched_setscheduler: EPERM"' 'err_has "rtprio limit of at least 10, which is 0"'
run env FRAKTOR_NO_URING=1 "$FRAKTOR" latency --ticks 20 --path auto
ok "latency: says why a path is not the best" all 'status_is 0' 'err_has "uring waits by poll: .*FRAKTOR_NO_URING is set"'
run "$FRAKTOR" latency --ticks 60 --rounds 2 --path block,hybrid,lead,powersave,balanced,low,lowest --json
keep latency.ways.json
ok "latency: every way of the library has all its ticks" all 'status_is 0' 'all_are ticks 60' 'sums_are 60' \
	'out_has "\"path\":\"block\",\"driver\":\"kernel\""' 'out_has "\"choice\":\"[^\"]"'
ok "latency: R1.2 no tick is early, also with a lead" all 'all_are early 0' lead_was_made

run "$tree/build/examples/realtime" 300
ok "realtime: R4.6 the template runs at a real-time priority" all 'status_is 0' err_empty \
	'out_has "^[0-9][0-9]* periods, lateness p50 [0-9]* ns, "'
as_nobody "ulimit -r 0; ulimit -l unlimited; '$tree/build/examples/realtime' 10"
ok "realtime: R1.3 and says what it needs where it may not" all 'status_is 1' out_empty \
	'err_has "rtprio limit of at least 80, which is 0.*(sched_setscheduler: EPERM)$"'

# Without the module, at last.
if [ -f "$module" ]; then
	run rmmod fraktor
	ok "rmmod: nothing holds the module" status_is 0
	planted module-loaded 'not loaded'
	run "$FRAKTOR" latency --ticks 20 --path uring
	ok "latency: uring without the module fails" all 'status_is 1' out_empty 'err_has "modprobe fraktor"'
	run "$FRAKTOR" latency --ticks 20 --json
	ok "latency: auto is timerfd then, and says so" all 'status_is 0' 'first_is path timerfd' 'err_has "modprobe fraktor"'
	run insmod "$module"
	ok "insmod: it comes back" status_is 0
	cured module-loaded
else
	skip "doctor: finds module-loaded" "no $module"
fi

plan

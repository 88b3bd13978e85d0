# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Starts QEMU for scripts/vm and watches over it: which flags make which kind
# of machine, how a run that takes too long is ended so that its kernel log
# tells why, how nothing is left behind.  It must not know what runs inside.

qemu_pid='' watchdog_pid='' pauser_pid='' waker_pid='' tracer_pid='' reader_pid=''

# one_cpu: have all threads of QEMU on one CPU of those that are ours.  It moves
# the guest's clock forward while the guest sleeps, in another thread than the
# guest's; with two CPUs, that one now and then sees the guest asleep before its
# last instructions are counted, and a tick comes some nanoseconds later.
one_cpu() {
	local cpus

	cpus=$(taskset -cp "$BASHPID") || return 0
	cpus=${cpus##*: }
	taskset -cp "${cpus##*[-,]}" "$BASHPID" >/dev/null
}

# machine_args ACCEL SMP BOARD THREADS: the machine, once per kind.  The flags of an
# icount machine are fixed to the letter: any change shifts what it measures.
# THREADS, single or multi, is how an emulator runs its CPUs.
machine_args() {
	# shellcheck disable=SC2034 # used by scripts/vm
	if [[ $1 == icount ]]; then
		machine=(-M q35 -cpu 'qemu64,+rdrand' -accel 'tcg,thread=single'
			-icount 'shift=0,sleep=off' -smp 1 -seed 1
			-rtc 'clock=vm,base=2024-01-01')
		one_cpu
	elif [[ $1 == kvm ]]; then
		machine=(-M "$3" -cpu host -accel kvm -smp "$2")
	else
		machine=(-M "$3" -cpu 'qemu64,+rdrand' -accel "tcg,thread=$4" -smp "$2")
	fi
}

# start_qemu WORK TERMINAL ARG...: TERMINAL is "stdio" for an interactive
# guest; else the command's output goes to this process's stdout.  QEMU gets
# a pipe, never our stdout itself: it would truncate a file and set a terminal
# non-blocking.  Writes to the pipe block, so a slow reader stops the guest's
# clock instead of changing what happens in it.
start_qemu() {
	local work=$1 terminal=$2 common

	shift 2
	common=(-nodefaults -no-user-config -display none -no-reboot
		-chardev "file,id=console,path=$work/console" -serial chardev:console)
	mkfifo "$work/monitor.in" "$work/monitor.out"
	exec {monitor}<>"$work/monitor.in" {answers}<>"$work/monitor.out"
	if [[ $terminal == stdio ]]; then
		common+=(-chardev 'stdio,id=command,mux=on,signal=off')
	else
		exec {output}> >(exec cat)
		reader_pid=$!
		common+=(-chardev "file,id=command,path=/dev/fd/$output")
	fi
	common+=(-serial chardev:command
		-chardev "file,id=result,path=$work/result" -serial chardev:result
		-chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor)
	if [[ $terminal == stdio ]]; then
		# The terminal must be QEMU's, so it gets no background job's stdin.
		setpriv --pdeathsig KILL qemu-system-x86_64 "${common[@]}" "$@" <&0 2>"$work/qemu.log" &
	else
		setpriv --pdeathsig KILL qemu-system-x86_64 "${common[@]}" "$@" \
			</dev/null >/dev/null 2>"$work/qemu.log" &
	fi
	qemu_pid=$!
	[[ $terminal == stdio ]] || exec {output}>&-
}

# start_watchdog WORK SECONDS: end the machine when its time is over.  First an
# NMI, on which the guest's kernel panics and prints its whole log; then, three
# seconds later, the end.
start_watchdog() {
	local pid=$qemu_pid

	mkfifo "$1/never"
	(
		trap - EXIT INT TERM
		exec {never}<>"$1/never"
		read -rt "$2" -u "$never" || true
		: >"$1/timed-out"
		echo nmi >&"$monitor"
		read -rt 3 -u "$never" || true
		kill -KILL "$pid" 2>/dev/null || true
	) </dev/null >/dev/null &
	watchdog_pid=$!
}

# start_pauser WORK SECONDS: whenever the guest asks for it on its console, stop
# QEMU itself, so that the guest's clocks go on: what a host does that swaps or
# is short of CPUs.
start_pauser() {
	local pid=$qemu_pid console=$1/console asked

	: >>"$console"
	mkfifo "$1/pauser"
	(
		trap - EXIT INT TERM
		exec {never}<>"$1/pauser"
		for ((asked = 1; ; asked++)); do
			until (($(grep -ac 'fraktor-lab: pause' "$console" || true) >= asked)); do
				read -rt 0.1 -u "$never" || true
			done
			kill -STOP "$pid"
			read -rt "$2" -u "$never" || true
			kill -CONT "$pid"
		done
	) </dev/null >/dev/null 2>&1 &
	pauser_pid=$!
}

# machine_status: what the monitor says of the machine: running, suspended ...
machine_status() {
	local line=''

	echo 'info status' >&"$monitor"
	until [[ $line == *'VM status:'* ]]; do
		read -rt 5 -u "$answers" line || return 1
	done
	printf '%s\n' "$line"
}

# start_tracer WORK FILE MB: when the guest asks for it, by the device that tells
# of panics and stops the machine, write a line for each instruction that it
# executes, until FILE has so many megabytes.  One instruction a translation
# block, not chained: what is logged is what runs.
start_tracer() {
	local pid=$qemu_pid trace

	trace=$(realpath -m -- "$2")
	mkfifo "$1/tracer"
	(
		trap - EXIT INT TERM
		exec {never}<>"$1/tracer"
		until [[ $(machine_status) == *panicked* ]]; do
			read -rt 0.1 -u "$never" || true
		done
		printf '%s\n' "logfile $trace" 'singlestep on' 'log exec,nochain' cont >&"$monitor"
		while kill -0 "$pid" 2>/dev/null &&
			(($(stat -c %s -- "$trace" 2>/dev/null || echo 0) < $3 << 20)); do
			read -rt 0.1 -u "$never" || true
		done
		printf '%s\n' 'log none' 'singlestep off' >&"$monitor"
	) </dev/null >/dev/null 2>&1 &
	tracer_pid=$!
}

# machine_sleeps: whether the guest is suspended to RAM.
machine_sleeps() {
	[[ $(machine_status) == *suspended* ]]
}

# start_waker WORK SECONDS: wake the guest up so long after it fell asleep.  The
# alarm of its own clock would do, but in this QEMU only for the first time.
start_waker() {
	mkfifo "$1/waker"
	(
		trap - EXIT INT TERM
		exec {never}<>"$1/waker"
		while :; do
			read -rt 0.3 -u "$never" || true
			machine_sleeps || continue
			read -rt "$2" -u "$never" || true
			echo system_wakeup >&"$monitor"
		done
	) </dev/null >/dev/null 2>&1 &
	waker_pid=$!
}

# wait_qemu: until the machine is off and all its output is written.
wait_qemu() {
	local status=0

	wait "$qemu_pid" || status=$?
	qemu_pid=''
	stop_qemu
	return "$status"
}

# stop_helper PID: end a process of ours, if it is one.
stop_helper() {
	[[ -n $1 ]] || return 0
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# stop_qemu: end whatever still runs; for traps, may be called at any time.
stop_qemu() {
	if [[ -n $qemu_pid ]]; then
		kill -KILL "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
		qemu_pid=''
	fi
	stop_helper "$watchdog_pid"
	stop_helper "$pauser_pid"
	stop_helper "$waker_pid"
	stop_helper "$tracer_pid"
	watchdog_pid='' pauser_pid='' waker_pid='' tracer_pid=''
	if [[ -n $reader_pid ]]; then
		wait "$reader_pid" 2>/dev/null || true
		reader_pid=''
	fi
}

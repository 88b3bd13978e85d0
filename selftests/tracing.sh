#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every line of Documentation/tracing.rst that calls trace-cmd or bpftrace,
# while the program busy makes all of it happen, and looks for what it should
# have printed.  It knows the page's lines by how they begin, nothing else.
set -u

usage() {
	cat <<'END_OF_USAGE'
usage: selftests/tracing.sh DIR

Run the examples of Documentation/tracing.rst.  DIR has the test programs.
As root, with the module loaded; prints TAP.  Exit status: 0, or 1 if an
example printed nothing of what it is for.
END_OF_USAGE
}

case ${1:-} in
'' | -h | --help) usage; [[ ${1:-} ]]; exit ;;
esac
page=$(dirname -- "$(readlink -f -- "$0")")/../Documentation/tracing.rst
busy=$(readlink -f -- "$1")/busy
work=$(mktemp -d)
number=0 failed=0
busy_pid=''

finish() {
	[[ -z $busy_pid ]] || kill "$busy_pid" 2>/dev/null
	rm -rf -- "$work"
}
trap finish EXIT

for need in trace-cmd bpftrace "$busy"; do
	if ! type -P "$need" >/dev/null; then
		echo "Bail out! $need is not here"
		exit 1
	fi
done

# examples TOOL: the page's lines for it.
examples() {
	sed -n "s/^   \($1 .*\)/\1/p" "$page"
}

# judge NAME FILE PATTERN: one result.
judge() {
	number=$((number + 1))
	if grep -qE -- "$3" "$2"; then
		echo "ok $number $1"
	else
		failed=$((failed + 1))
		echo "not ok $number $1"
		head -n 20 "$2" | sed 's/^/# /'
	fi
}

# event_of LINE: the tracepoint it is about, or nothing if about all.
event_of() {
	grep -oE 'fraktor_[a-z]+' <<<"$1" | head -n 1
}

run_trace_cmd() {
	local line event

	while IFS= read -r line; do
		event=$(event_of "$line")
		# What happens once a second may fall between two recordings.
		for _ in {1..4}; do
			(cd "$work" && bash -c "$line") >"$work/out" 2>&1 </dev/null
			grep -qE "${event:-fraktor_tick}: +source=" "$work/out" && break
		done
		judge "trace-cmd ${event:-all of them}" "$work/out" "${event:-fraktor_tick}: +source="
	done < <(examples trace-cmd)
}

# events_of PID: how many files of events it has.
events_of() {
	find "/proc/$1/fd" -lname '*perf_event*' 2>/dev/null | wc -l
}

# is_attached PID: bpftrace has an event for each CPU, to print by, and those of
# its probes; what they are is its own affair, but it opens no more of them, and
# it is done when it sleeps.
is_attached() {
	local before

	before=$(events_of "$1")
	((before > $(nproc))) || return 1
	sleep 1
	(($(events_of "$1") == before)) && grep -q '^State:.*sleeping' "/proc/$1/status"
}

# end_all PID...: by Ctrl-C, which a program hears once it asks for it; who does
# not is killed, and has printed nothing then.
end_all() {
	local end=$((SECONDS + 60)) pid

	while kill -INT "$@" 2>/dev/null && ((SECONDS < end)); do
		sleep 0.5
	done
	for pid; do
		! kill -KILL "$pid" 2>/dev/null || echo "# killed: $pid did not end"
	done
	wait "$@" 2>/dev/null
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

# They take long to begin, so all of them at once; and none begins while a CPU
# is away, so the line moves only when all have.
run_bpftrace() {
	local lines=() pids=() i event
	local wanted='^(busy, source [0-9]|source [0-9]|@[a-z_]+\[[0-9])'

	mapfile -t lines < <(examples bpftrace)
	for i in "${!lines[@]}"; do
		bash -c "exec ${lines[i]/bpftrace/bpftrace -B line}" >"$work/bpf.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	for i in "${!lines[@]}"; do
		until_true 240 is_attached "${pids[i]}" || echo "# not attached in time: ${lines[i]}"
	done
	kill -USR1 "$busy_pid"
	# Those that print as they go have printed then; the others do in the end.
	for i in "${!lines[@]}"; do
		[[ ${lines[i]} != *printf* ]] || until_true 60 grep -qE "$wanted" "$work/bpf.$i"
	done
	end_all "${pids[@]}"
	for i in "${!lines[@]}"; do
		event=$(event_of "${lines[i]}")
		judge "bpftrace $event" "$work/bpf.$i" "$wanted"
	done
}

"$busy" &
busy_pid=$!
run_bpftrace
run_trace_cmd
if ! kill -0 "$busy_pid" 2>/dev/null; then
	number=$((number + 1))
	failed=$((failed + 1))
	echo "not ok $number busy ended"
fi
echo "1..$number"
((number > 0 && failed == 0))

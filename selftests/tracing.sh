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
		(cd "$work" && bash -c "$line") >"$work/out" 2>&1 </dev/null
		judge "trace-cmd ${event:-all of them}" "$work/out" "${event:-fraktor_tick}: +source="
	done < <(examples trace-cmd)
}

# They take long to begin, so all of them at once.  Those that print as they go
# tell when the kernel is traced; the others show what they have in the end.
run_bpftrace() {
	local lines=() pids=() i event
	local wanted='^(busy, source [0-9]|source [0-9]|@[a-z_]+\[[0-9])'

	mapfile -t lines < <(examples bpftrace)
	for i in "${!lines[@]}"; do
		bash -c "exec ${lines[i]/bpftrace/bpftrace -B line}" >"$work/bpf.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	for i in "${!lines[@]}"; do
		[[ ${lines[i]} == *printf* ]] || continue
		for _ in {1..600}; do
			grep -qE "$wanted" "$work/bpf.$i" && break
			sleep 0.1
		done
	done
	kill -INT "${pids[@]}" 2>/dev/null
	wait "${pids[@]}"
	for i in "${!lines[@]}"; do
		event=$(event_of "${lines[i]}")
		judge "bpftrace $event" "$work/bpf.$i" "$wanted"
	done
}

"$busy" &
busy_pid=$!
run_trace_cmd
run_bpftrace
if ! kill -0 "$busy_pid" 2>/dev/null; then
	number=$((number + 1))
	failed=$((failed + 1))
	echo "not ok $number busy ended"
fi
echo "1..$number"
((number > 0 && failed == 0))

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Storms of actors that begin, fail, ask, end and are replaced: every message is
# accounted for, and the process does not grow.  Ten minutes are for hands.

# check_soak SECONDS WORKERS...
check_soak() {
	local seconds=$1 workers
	shift
	tally_begin "storms of actors, $seconds s"
	for workers; do
		tally_run "soak/s1_s4_s5_every_message_is_accounted_for_workers_$workers" \
			timeout $((seconds + 120)) build/bench/soak --seconds "$seconds" --workers "$workers"
	done
	tally_run soak/s1_s4_s5_every_message_is_accounted_for_with_a_line_each \
		timeout $((seconds + 120)) build/bench/soak --seconds "$seconds" --workers 2 --lines
	tally_run soak/refuses_nonsense soak_refuses_nonsense
}

soak_refuses_nonsense() {
	local bad said status
	for bad in '--seconds 0' '--workers 65' '--seconds many' '--hours 1' 'now'; do
		status=0
		# shellcheck disable=SC2086
		said=$(build/bench/soak $bad 2>&1 >/dev/null) || status=$?
		if ((status != 2)) || [[ ! $said ]]; then
			echo "$bad: $status $said"
			return 1
		fi
	done
}

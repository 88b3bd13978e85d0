# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The fuzzer and the KUnit suites, on debug kernels.  One seed is fixed, so that
# a run can be compared with the last one; the other is the time, so that runs
# add up.  Ten minutes at a time are for hands: scripts/fuzz --seconds 600.

FUZZ_SEED=20240229

# check_fuzz KERNEL SECONDS
check_fuzz() {
	local name=$1 seconds=$2 now=${EPOCHREALTIME/./}
	tally_begin "KUnit and the fuzzer on the debug kernel $name (seeds $FUZZ_SEED and $now)"
	tally_tap "kunit-$name" 40 scripts/kunit --kernel "$name"
	tally_run "fuzz-$name/seed_$FUZZ_SEED" scripts/fuzz --kernel "$name" --debug-kernel --seed "$FUZZ_SEED" --seconds "$seconds"
	tally_run "fuzz-$name/seed_$now" scripts/fuzz --kernel "$name" --debug-kernel --seed "$now" --seconds "$seconds"
}

# Ten minutes, for who has them.
check_fuzz_long() {
	local now=${EPOCHREALTIME/./}
	tally_begin "the fuzzer, ten minutes (seed $now)"
	tally_run "fuzz-6.1/ten_minutes_seed_$now" scripts/fuzz --kernel 6.1 --debug-kernel --seed "$now" --seconds 600
}

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The fuzzer and the KUnit suites, on debug kernels.  One seed is fixed, so that
# a run can be compared with the last one; the other is the time, so that runs
# add up.  Ten minutes at a time are for hands: scripts/fuzz --seconds 600.

FUZZ_SEED=20240229

check_fuzz() {
	local now=${EPOCHREALTIME/./}
	tally_begin "fuzzer and KUnit, on debug kernels (seeds $FUZZ_SEED and $now)"
	tally_tap "kunit-6.1" 40 scripts/kunit --kernel 6.1
	tally_tap "kunit-6.12-rt" 40 scripts/kunit --kernel 6.12-rt
	tally_run "fuzz-6.1/seed_$FUZZ_SEED" scripts/fuzz --kernel 6.1 --debug-kernel --seed "$FUZZ_SEED" --seconds 30
	tally_run "fuzz-6.1/seed_$now" scripts/fuzz --kernel 6.1 --debug-kernel --seed "$now" --seconds 30
	tally_run "fuzz-6.12-rt/seed_$FUZZ_SEED" scripts/fuzz --kernel 6.12-rt --debug-kernel --seed "$FUZZ_SEED" --seconds 15
	tally_run "fuzz-6.12-rt/seed_$now" scripts/fuzz --kernel 6.12-rt --debug-kernel --seed "$now" --seconds 15
}

# Ten minutes, for who has them.
check_fuzz_long() {
	local now=${EPOCHREALTIME/./}
	tally_begin "the fuzzer, ten minutes (seed $now)"
	tally_run "fuzz-6.1/ten_minutes_seed_$now" scripts/fuzz --kernel 6.1 --debug-kernel --seed "$now" --seconds 600
}

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Tests in user space: Criterion suites under AddressSanitizer and UBSan, race
# tests under ThreadSanitizer (plain mains: Criterion aborts under it), the
# command line of the tool.

# Criterion's TAP; LeakSanitizer's findings do not reach its exit status, so
# they go into files, and a file is a failure.
unit_suite() {
	local program=$1 logs status=0
	logs=$(mktemp -d)
	# Criterion itself leaks a few bytes now and then.
	LSAN_OPTIONS=suppressions=scripts/checks/lsan.supp:print_suppressions=0 \
	ASAN_OPTIONS=log_path=$logs/asan:detect_leaks=1 \
	UBSAN_OPTIONS=print_stacktrace=1:log_path=$logs/ubsan \
		timeout 300 "$program" --tap --quiet -j2 >"$logs.tap" ||
		status=$?
	# What needs the module runs in the virtual machine: kernel.sh.
	grep -v '# SKIP FRAKTOR_TEST_KERNEL is not 1' "$logs.tap" || true
	rm -f "$logs.tap"
	if [[ -n $(ls -A "$logs") ]]; then
		cat "$logs"/*
		echo "not ok - sanitizer report of $(basename "$program")"
	fi
	rm -rf "$logs"
	return $status
}

unit_at_hand() {
	FRKI_TEST_HAND=1 unit_suite build/asan/tests/actor_test
}

unit_bare_notices() {
	local said
	! said=$(build/tests/bare malloc 2>&1) && [[ $said == 'bare: malloc was called' ]]
}

unit_model_notices() {
	local said
	! said=$(build/tests/handoff_model careless 2>&1) && [[ $said == *'somebody sleeps for ever'* ]]
}

check_unit() {
	local program cpu
	tally_begin "unit tests (ASan, UBSan)"
	tally_run unit/build make -j"$(nproc)" O=build/asan SAN=address,undefined tests-plain
	for program in build/asan/tests/*_test; do
		tally_tap "unit/$(basename "$program" _test)" 1 unit_suite "$program"
	done
	# Once more, by the shorter ways of the one thread that runs all actors.
	tally_tap unit/actor-at-hand 1 unit_at_hand

	tally_begin "without an operating system"
	tally_run freestanding/s11_static_arrays_and_a_bare_loop_need_no_malloc build/tests/bare
	tally_run freestanding/a_malloc_would_be_noticed unit_bare_notices
	for cpu in cortex-m0plus cortex-m4 cortex-m33; do
		tally_run "freestanding/s11_compiles_and_links_for_$cpu" scripts/freestanding --cpu "$cpu" \
			--out "build/freestanding-$cpu"
	done

	tally_begin "race tests (TSan)"
	tally_run race/build make -j"$(nproc)" races
	for program in build/tests/race/*; do
		tally_run "race/$(basename "$program")" timeout 120 "$program"
	done

	tally_begin "every order of sending and turns"
	tally_run model/build make models
	tally_run model/s1_s5_no_order_loses_a_message_or_a_turn timeout 300 build/tests/handoff_model
	tally_run model/one_that_is_lost_would_be_found unit_model_notices

	tally_begin "the tool"
	for program in tools/tests/tool-*.sh; do
		tally_tap "tool/$(basename "$program" .sh)" 1 env SCRIPTED=build/asan/tests/fraktor bash "$program" build/tools/fraktor
	done
}

// SPDX-License-Identifier: MIT
/*
 * profile_test.c - the profiles.
 */
#include <criterion/criterion.h>

#include "sched/profile.h"

Test(profile, s2_is_found_by_name)
{
	cr_assert_eq(frki_profile_find("tiny")->timers, 2048);
	cr_assert_eq(frki_profile_find(NULL), frki_profile_find("standard"));
	cr_assert_null(frki_profile_find("Standard"));
	cr_assert_null(frki_profile_find(""));
}

Test(profile, s2_is_the_smallest_that_has_so_many)
{
	cr_assert_str_eq(frki_profile_for(0)->name, "tiny");
	cr_assert_str_eq(frki_profile_for(2048)->name, "tiny");
	cr_assert_str_eq(frki_profile_for(2049)->name, "small");
	cr_assert_str_eq(frki_profile_for(1048576)->name, "huge");
	cr_assert_str_eq(frki_profile_for(UINT32_MAX)->name, "huge");
}

Test(profile, r2_2_feeds_are_powers_of_two)
{
	for (uint32_t timers = 1; timers && timers <= 1048576; timers *= 2) {
		uint32_t slots = frki_profile_for(timers)->slots;

		cr_assert_eq(slots & (slots - 1), 0);
		cr_assert_geq(slots, timers / 16);
	}
}

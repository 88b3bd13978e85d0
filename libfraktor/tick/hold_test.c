/* SPDX-License-Identifier: MIT */
/*
 * hold_test.c - spinning ends when the clock says so, and never before.
 */
#include <criterion/criterion.h>

#include <fraktor/base.h>

#include "tick/clock.h"
#include "tick/hold.h"

static void hold_often(struct frki_hold *hold, clockid_t clockid)
{
	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t now_ns = frki_clock_now_ns(clockid);
		uint64_t when_ns = now_ns + 20000 + i % 7 * 1000, end_ns;

		end_ns = frki_hold_until(hold, clockid, now_ns, when_ns);
		cr_assert_geq(end_ns, when_ns);
		cr_assert_geq(frki_clock_now_ns(clockid), end_ns);
	}
}

Test(hold, r1_2_never_ends_early)
{
	struct frki_hold hold;

	frki_hold_init(&hold);
	hold_often(&hold, CLOCK_MONOTONIC);
}

Test(hold, r1_2_never_ends_early_by_the_clock_alone)
{
	struct frki_hold hold = { 0 };

	hold_often(&hold, CLOCK_BOOTTIME);
}

/* As after a suspend, or on a machine that is not this one any more. */
Test(hold, r1_2_a_counter_that_jumped_neither_hangs_nor_ends_early, .timeout = 10)
{
	static const uint64_t jumps[] = { 0, 1, UINT64_MAX, 1ULL << 62 };

	for (unsigned int i = 0; i < 400; i++) {
		uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
		struct frki_hold hold = { true, now_ns - FRK_US(1) * (i + 1) * 20,
					  jumps[i % 4], i % 3 * 60 };

		cr_assert_geq(frki_hold_until(&hold, CLOCK_MONOTONIC, now_ns,
					      now_ns + 10000), now_ns + 10000);
	}
}

Test(hold, what_is_past_does_not_spin)
{
	struct frki_hold hold = { 0 };

	cr_assert_eq(frki_hold_until(&hold, CLOCK_MONOTONIC, 7, 7), 7);
	cr_assert_eq(frki_hold_until(&hold, CLOCK_MONOTONIC, 8, 7), 8);
}

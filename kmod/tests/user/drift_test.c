// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's drift arithmetic, with made-up clocks.
 */
#include <criterion/criterion.h>
#include <limits.h>

#include "drift.h"

#define MS 1000000ULL
#define S 1000000000ULL

/* Ticks of @nominal that really take @actual; returns the reference time. */
static u64 run(struct fraktor_drift *drift, u64 now, u64 actual, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		now += actual;
		fraktor_drift_tick(drift, now, 1);
	}
	return now;
}

Test(drift, nothing_before_the_second_tick)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), 0);
	fraktor_drift_tick(&drift, 5 * S, 1);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), 0);
}

Test(drift, r1_2_exact_grid_has_no_drift)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS, 10001);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), 0);
	cr_assert_eq(drift.last_ppb, 0);
	cr_assert_eq(drift.last_ticks, 1000);
}

Test(drift, first_second_is_whole_with_its_thousandth_tick)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS, 999);
	cr_assert_eq(drift.last_ticks, 0);
	run(&drift, 999 * MS, MS, 1);
	cr_assert_eq(drift.last_ticks, 1000);
	cr_assert_eq(drift.last_ppb, 0);
}

Test(drift, r1_2_slow_line_is_positive_fast_line_negative)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS + 1000, 3001);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), 1000000);
	cr_assert_eq(drift.last_ppb, 1000000);
	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS - 50000, 3001);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), -50000000);
}

Test(drift, window_forgets_what_was_before)
{
	struct fraktor_drift drift;
	u64 now;

	fraktor_drift_reset(&drift, MS);
	now = run(&drift, 0, MS + 10, 2000);
	run(&drift, now, MS, 1000);
	cr_assert_eq(drift.last_ppb, 0);
	cr_assert_gt(fraktor_drift_total_ppb(&drift), 0);
}

Test(drift, missed_periods_count_as_time)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 0, 1);
	for (u64 i = 1; i <= 200; i++)
		fraktor_drift_tick(&drift, i * 10 * MS, 10);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), 0);
	cr_assert_eq(drift.last_ticks, 100);
}

Test(drift, a_day_late_does_not_overflow)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 0, 1);
	fraktor_drift_tick(&drift, 86400 * S, 1);
	cr_assert_gt(fraktor_drift_total_ppb(&drift), 1000000000LL);
	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 86400 * S, 1);
	fraktor_drift_tick(&drift, 86400 * S + 1, 86400 * 1000);
	/* A day's periods in no time: the rate is off by all of it. */
	cr_assert_geq(fraktor_drift_total_ppb(&drift), -1000000000LL);
	cr_assert_lt(fraktor_drift_total_ppb(&drift), -999000000LL);
}

Test(drift, extremes_saturate)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, 1);
	fraktor_drift_tick(&drift, 0, 1);
	fraktor_drift_tick(&drift, INT64_MAX, 1);
	cr_assert_eq(fraktor_drift_total_ppb(&drift), INT64_MAX);
}

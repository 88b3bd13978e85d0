// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's drift arithmetic, with made-up clocks.
 */
#include <linux/limits.h>

#include "../drift.h"
#include "unit.h"

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

UNIT(drift, nothing_before_the_second_tick)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	unit_eq(fraktor_drift_total_ppb(&drift), 0);
	fraktor_drift_tick(&drift, 5 * S, 1);
	unit_eq(fraktor_drift_total_ppb(&drift), 0);
}

UNIT(drift, r1_2_exact_grid_has_no_drift)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS, 10001);
	unit_eq(fraktor_drift_total_ppb(&drift), 0);
	unit_eq(drift.last_ppb, 0);
	unit_eq(drift.last_ticks, 1000);
}

UNIT(drift, first_second_is_whole_with_its_thousandth_tick)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS, 999);
	unit_eq(drift.last_ticks, 0);
	run(&drift, 999 * MS, MS, 1);
	unit_eq(drift.last_ticks, 1000);
	unit_eq(drift.last_ppb, 0);
}

UNIT(drift, r1_2_slow_line_is_positive_fast_line_negative)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS + 1000, 3001);
	unit_eq(fraktor_drift_total_ppb(&drift), 1000000);
	unit_eq(drift.last_ppb, 1000000);
	fraktor_drift_reset(&drift, MS);
	run(&drift, 0, MS - 50000, 3001);
	unit_eq(fraktor_drift_total_ppb(&drift), -50000000);
}

UNIT(drift, window_forgets_what_was_before)
{
	struct fraktor_drift drift;
	u64 now;

	fraktor_drift_reset(&drift, MS);
	now = run(&drift, 0, MS + 10, 2000);
	run(&drift, now, MS, 1000);
	unit_eq(drift.last_ppb, 0);
	unit_gt(fraktor_drift_total_ppb(&drift), 0);
}

UNIT(drift, missed_periods_count_as_time)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 0, 1);
	for (u64 i = 1; i <= 200; i++)
		fraktor_drift_tick(&drift, i * 10 * MS, 10);
	unit_eq(fraktor_drift_total_ppb(&drift), 0);
	unit_eq(drift.last_ticks, 100);
}

UNIT(drift, a_day_late_does_not_overflow)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 0, 1);
	fraktor_drift_tick(&drift, 86400 * S, 1);
	unit_gt(fraktor_drift_total_ppb(&drift), 1000000000LL);
	fraktor_drift_reset(&drift, MS);
	fraktor_drift_tick(&drift, 86400 * S, 1);
	fraktor_drift_tick(&drift, 86400 * S + 1, 86400 * 1000);
	/* A day's periods in no time: the rate is off by all of it. */
	unit_ge(fraktor_drift_total_ppb(&drift), -1000000000LL);
	unit_lt(fraktor_drift_total_ppb(&drift), -999000000LL);
}

UNIT(drift, window_says_when_it_closes)
{
	struct fraktor_drift drift;
	unsigned int closed = 0;

	fraktor_drift_reset(&drift, 10 * MS);
	for (u64 i = 1; i <= 300; i++)
		closed += fraktor_drift_tick(&drift, i * 10 * MS, 1);
	unit_eq(closed, 3);
}

/* A pulsed line without a nominal period: seconds of the reference. */
UNIT(drift, without_a_period_there_is_none)
{
	struct fraktor_drift drift;
	unsigned int closed = 0;

	fraktor_drift_reset(&drift, 0);
	for (u64 i = 0; i <= 300; i++)
		closed += fraktor_drift_tick(&drift, i * 10 * MS, 1);
	unit_eq(closed, 3);
	unit_eq(drift.last_ppb, 0);
	unit_eq(drift.last_ticks, 100);
	unit_eq(fraktor_drift_total_ppb(&drift), 0);
}

UNIT(drift, extremes_saturate)
{
	struct fraktor_drift drift;

	fraktor_drift_reset(&drift, 1);
	fraktor_drift_tick(&drift, 0, 1);
	fraktor_drift_tick(&drift, S64_MAX, 1);
	unit_eq(fraktor_drift_total_ppb(&drift), S64_MAX);
}

UNIT_SUITE(drift,
	   UNIT_CASE(drift, nothing_before_the_second_tick),
	   UNIT_CASE(drift, r1_2_exact_grid_has_no_drift),
	   UNIT_CASE(drift, first_second_is_whole_with_its_thousandth_tick),
	   UNIT_CASE(drift, r1_2_slow_line_is_positive_fast_line_negative),
	   UNIT_CASE(drift, window_forgets_what_was_before),
	   UNIT_CASE(drift, missed_periods_count_as_time),
	   UNIT_CASE(drift, a_day_late_does_not_overflow),
	   UNIT_CASE(drift, window_says_when_it_closes),
	   UNIT_CASE(drift, without_a_period_there_is_none),
	   UNIT_CASE(drift, extremes_saturate));

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's counters: R1.5's metric arithmetic on the kernel side.
 */
#include <linux/limits.h>

#include "../stats.h"
#include "unit.h"

#define MS 1000000ULL

UNIT(stats, r1_5_buckets_are_powers_of_two)
{
	unit_eq(fraktor_stats_bucket(0), 0);
	unit_eq(fraktor_stats_bucket(1), 1);
	unit_eq(fraktor_stats_bucket(2), 2);
	unit_eq(fraktor_stats_bucket(3), 2);
	unit_eq(fraktor_stats_bucket(4), 3);
	unit_eq(fraktor_stats_bucket(1023), 10);
	unit_eq(fraktor_stats_bucket(1024), 11);
	unit_eq(fraktor_stats_bucket(U64_MAX), FRAKTOR_HISTOGRAM_BUCKETS - 1);
}

UNIT(stats, r1_5_min_mean_max_and_histogram_agree)
{
	struct fraktor_stats stats;
	u64 sum = 0;

	fraktor_stats_reset(&stats, MS);
	for (u64 i = 1; i <= 1000; i++)
		fraktor_stats_tick(&stats, i, 1, i * MS);
	for (unsigned int i = 0; i < FRAKTOR_HISTOGRAM_BUCKETS; i++)
		sum += stats.histogram[i];
	unit_eq(stats.ticks, 1000);
	unit_eq(sum, 1000);
	unit_eq(stats.lateness_min_ns, 1);
	unit_eq(stats.lateness_max_ns, 1000);
	unit_eq(stats.lateness_sum_ns, 500500);
	unit_eq(stats.missed, 0);
}

UNIT(stats, missed_is_periods_beyond_the_record)
{
	struct fraktor_stats stats;

	fraktor_stats_reset(&stats, MS);
	fraktor_stats_tick(&stats, 0, 1, MS);
	fraktor_stats_tick(&stats, 0, 5, 6 * MS);
	unit_eq(stats.ticks, 2);
	unit_eq(stats.missed, 4);
}

UNIT(stats, reset_forgets_everything)
{
	struct fraktor_stats stats;

	fraktor_stats_reset(&stats, MS);
	fraktor_stats_tick(&stats, 77, 3, MS);
	fraktor_stats_reset(&stats, MS);
	unit_eq(stats.ticks, 0);
	unit_eq(stats.missed, 0);
	unit_eq(stats.lateness_min_ns, U64_MAX);
	unit_eq(stats.lateness_max_ns, 0);
}

/* Counting later comes to the same, seconds of drift included. */
UNIT(stats, r1_5_put_off_and_settled_is_as_counted_at_once)
{
	static struct fraktor_stats at_once, later;	/* too large for a stack */
	unsigned int seconds = 0, settled = 0;

	fraktor_stats_reset(&at_once, MS);
	fraktor_stats_reset(&later, MS);
	for (u64 i = 1; i <= 2503; i++) {
		u64 late = i * 37 % 1000;

		seconds += fraktor_stats_tick(&at_once, late, 1, i * MS + late);
		fraktor_stats_put_off(&later, late, i * MS + late);
		if (fraktor_stats_is_full(&later)) {
			settled += fraktor_stats_settle(&later);
			unit_eq(fraktor_stats_restart(&later),
				FRAKTOR_STATS_PUT_OFF);
		} else if (i % 5 == 0) {
			/* Somebody looks, which restarts nothing. */
			settled += fraktor_stats_settle(&later);
		}
	}
	unit_eq(later.nr_put_off, 2503 % FRAKTOR_STATS_PUT_OFF);
	settled += fraktor_stats_settle(&later);
	unit_false(fraktor_stats_settle(&later));
	unit_eq(fraktor_stats_restart(&later), 2503 % FRAKTOR_STATS_PUT_OFF);
	unit_eq(settled, seconds);
	unit_eq(later.ticks, at_once.ticks);
	unit_eq(later.expiries, 2503);
	unit_eq(later.lateness_sum_ns, at_once.lateness_sum_ns);
	unit_eq(later.lateness_max_ns, at_once.lateness_max_ns);
	unit_eq(later.drift.last_ppb, at_once.drift.last_ppb);
	unit_eq(later.drift.last_ticks, at_once.drift.last_ticks);
}

UNIT_SUITE(stats,
	   UNIT_CASE(stats, r1_5_put_off_and_settled_is_as_counted_at_once),
	   UNIT_CASE(stats, r1_5_buckets_are_powers_of_two),
	   UNIT_CASE(stats, r1_5_min_mean_max_and_histogram_agree),
	   UNIT_CASE(stats, missed_is_periods_beyond_the_record),
	   UNIT_CASE(stats, reset_forgets_everything));

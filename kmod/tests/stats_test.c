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

UNIT_SUITE(stats,
	   UNIT_CASE(stats, r1_5_buckets_are_powers_of_two),
	   UNIT_CASE(stats, r1_5_min_mean_max_and_histogram_agree),
	   UNIT_CASE(stats, missed_is_periods_beyond_the_record),
	   UNIT_CASE(stats, reset_forgets_everything));

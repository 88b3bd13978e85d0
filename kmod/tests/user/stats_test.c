// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's counters: R1.5's metric arithmetic on the kernel side.
 */
#include <criterion/criterion.h>

#include "stats.h"

#define MS 1000000ULL

Test(stats, r1_5_buckets_are_powers_of_two)
{
	cr_assert_eq(fraktor_stats_bucket(0), 0);
	cr_assert_eq(fraktor_stats_bucket(1), 1);
	cr_assert_eq(fraktor_stats_bucket(2), 2);
	cr_assert_eq(fraktor_stats_bucket(3), 2);
	cr_assert_eq(fraktor_stats_bucket(4), 3);
	cr_assert_eq(fraktor_stats_bucket(1023), 10);
	cr_assert_eq(fraktor_stats_bucket(1024), 11);
	cr_assert_eq(fraktor_stats_bucket(UINT64_MAX), FRAKTOR_HISTOGRAM_BUCKETS - 1);
}

Test(stats, r1_5_min_mean_max_and_histogram_agree)
{
	struct fraktor_stats stats;
	u64 sum = 0;

	fraktor_stats_reset(&stats, MS);
	for (u64 i = 1; i <= 1000; i++)
		fraktor_stats_tick(&stats, i, 1, i * MS);
	for (unsigned int i = 0; i < FRAKTOR_HISTOGRAM_BUCKETS; i++)
		sum += stats.histogram[i];
	cr_assert_eq(stats.ticks, 1000);
	cr_assert_eq(sum, 1000);
	cr_assert_eq(stats.lateness_min_ns, 1);
	cr_assert_eq(stats.lateness_max_ns, 1000);
	cr_assert_eq(stats.lateness_sum_ns, 500500);
	cr_assert_eq(stats.missed, 0);
}

Test(stats, missed_is_periods_beyond_the_record)
{
	struct fraktor_stats stats;

	fraktor_stats_reset(&stats, MS);
	fraktor_stats_tick(&stats, 0, 1, MS);
	fraktor_stats_tick(&stats, 0, 5, 6 * MS);
	cr_assert_eq(stats.ticks, 2);
	cr_assert_eq(stats.missed, 4);
}

Test(stats, reset_forgets_everything)
{
	struct fraktor_stats stats;

	fraktor_stats_reset(&stats, MS);
	fraktor_stats_tick(&stats, 77, 3, MS);
	fraktor_stats_reset(&stats, MS);
	cr_assert_eq(stats.ticks, 0);
	cr_assert_eq(stats.missed, 0);
	cr_assert_eq(stats.lateness_min_ns, UINT64_MAX);
	cr_assert_eq(stats.lateness_max_ns, 0);
}

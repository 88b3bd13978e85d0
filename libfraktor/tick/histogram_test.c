/* SPDX-License-Identifier: MIT */
/*
 * histogram_test.c - buckets over 64 bits, and what percentiles promise.
 */
#include <criterion/criterion.h>

#include "tick/histogram.h"

static struct frki_histogram histogram;

/* The upper edge of the only value's bucket. */
static uint64_t upper_of(uint64_t value)
{
	histogram = (struct frki_histogram){ 0 };
	frki_histogram_record(&histogram, value);
	return frki_histogram_percentile(&histogram, 500);
}

Test(histogram, an_empty_one_says_zero)
{
	cr_assert_eq(frki_histogram_percentile(&histogram, 500), 0);
	cr_assert_eq(frki_histogram_mean(&histogram), 0);
}

Test(histogram, small_values_are_exact)
{
	for (uint64_t value = 0; value < 64; value++)
		cr_assert_eq(upper_of(value), value);
}

Test(histogram, every_value_is_known_to_one_in_32)
{
	uint64_t value, upper;
	int shift, step;

	for (shift = 5; shift < 64; shift++) {
		for (step = -1; step <= 1; step++) {
			value = (1ULL << shift) + (uint64_t)(int64_t)step;
			upper = upper_of(value);
			cr_assert(upper >= value);
			cr_assert(upper - value <= value / 32);
		}
	}
	cr_assert_eq(upper_of(UINT64_MAX), UINT64_MAX);
}

Test(histogram, buckets_are_in_order)
{
	uint64_t value, last = 0;

	for (value = 1; value < 1ULL << 62; value += value / 37 + 1) {
		cr_assert(upper_of(value) >= last);
		last = upper_of(value);
	}
}

Test(histogram, percentiles_of_a_hundred)
{
	uint64_t value;

	for (value = 1; value <= 100; value++)
		frki_histogram_record(&histogram, value);
	cr_assert_eq(frki_histogram_percentile(&histogram, 0), 1);
	cr_assert_eq(frki_histogram_percentile(&histogram, 10), 1);
	cr_assert_eq(frki_histogram_percentile(&histogram, 500), 50);
	cr_assert_eq(frki_histogram_percentile(&histogram, 990), 99);
	cr_assert(frki_histogram_percentile(&histogram, 1000) >= 100);
	cr_assert_eq(histogram.min, 1);
	cr_assert_eq(histogram.max, 100);
	cr_assert_eq(frki_histogram_mean(&histogram), 50);
}

Test(histogram, one_slow_value_in_a_thousand_moves_the_max_only)
{
	for (int i = 0; i < 999; i++)
		frki_histogram_record(&histogram, 10);
	frki_histogram_record(&histogram, 1000000);
	cr_assert_eq(frki_histogram_percentile(&histogram, 990), 10);
	cr_assert_eq(histogram.max, 1000000);
}

// SPDX-License-Identifier: MIT
/*
 * spread_test.c - buckets that leave no gap, percentiles that are what they say.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/spread.h"

static struct spread spread, copy;

Test(spread, buckets_leave_no_gap)
{
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		uint64_t low = spread_low(i), high = spread_high(i);

		cr_assert_leq(low, high);
		cr_assert_eq(spread_bucket(low), i);
		cr_assert_eq(spread_bucket(high), i);
		if (i)
			cr_assert_eq(spread_high(i - 1) + 1, low);
		/* Within one per cent. */
		cr_assert_leq(high - low, low / 100 + 1);
	}
	cr_assert_eq(spread_bucket(UINT64_MAX), SPREAD_BUCKETS - 1);
	cr_assert_eq(spread_bucket(0), 0);
}

Test(spread, nothing_is_zero)
{
	cr_assert_eq(spread_quantile(&spread, 50000), 0);
}

Test(spread, one_is_all_percentiles)
{
	spread_add(&spread, 4321);
	for (unsigned int p = 0; p <= 100000; p += 1000)
		cr_assert_eq(spread_quantile(&spread, p), 4321);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against sorting them all. */
Test(spread, percentiles_are_within_one_per_cent)
{
	enum { N = 20000 };
	static const unsigned int asked[] = { 1, 1000, 50000, 90000, 99000, 99900, 100000 };
	static uint64_t ns[N];
	uint64_t seed = 12345, sum = 0;

	for (int i = 0; i < N; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		ns[i] = (seed >> 33) % 1000000 >> (seed >> 60);
		spread_add(&spread, ns[i]);
	}
	qsort(ns, N, sizeof(*ns), compare);
	cr_assert_eq(spread.min_ns, ns[0]);
	cr_assert_eq(spread.max_ns, ns[N - 1]);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		uint64_t exact = ns[((uint64_t)N * asked[i] + 99999) / 100000 - 1];
		uint64_t told = spread_quantile(&spread, asked[i]);

		cr_assert(told >= exact && told <= exact + exact / 100 + 1,
			  "%u of 100000: %zu, not %zu", asked[i], (size_t)told, (size_t)exact);
	}
	for (size_t i = 0; i < SPREAD_BUCKETS; i++)
		sum += spread.bucket[i];
	cr_assert_eq(sum, N);
	spread_copy(&spread, &copy);
	cr_assert_arr_eq(&copy, &spread, sizeof(copy));
}

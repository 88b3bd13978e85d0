// SPDX-License-Identifier: MIT
/*
 * How times are spread.  Buckets are written by one thread and read by others
 * without a lock: each is a word of its own, and no more is promised.
 */
#include <string.h>

#include "common/spread.h"

#define SPREAD_BITS	7	/* of SPREAD_PARTS */

size_t spread_bucket(uint64_t ns)
{
	unsigned int shift;

	if (ns < SPREAD_PARTS)
		return ns;
	shift = 63 - SPREAD_BITS - (unsigned int)__builtin_clzll(ns);
	return (size_t)(shift + 1) * SPREAD_PARTS + (ns >> shift) - SPREAD_PARTS;
}

uint64_t spread_low(size_t bucket)
{
	if (bucket < SPREAD_PARTS)
		return bucket;
	return (SPREAD_PARTS + (uint64_t)bucket % SPREAD_PARTS)
	       << (bucket / SPREAD_PARTS - 1);
}

uint64_t spread_high(size_t bucket)
{
	return bucket + 1 < SPREAD_BUCKETS ? spread_low(bucket + 1) - 1 : UINT64_MAX;
}

static void spread_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

void spread_add(struct spread *spread, uint64_t ns)
{
	uint64_t *bucket = &spread->bucket[spread_bucket(ns)];

	if (!spread->count || ns < spread->min_ns)
		spread_store(&spread->min_ns, ns);
	if (ns > spread->max_ns)
		spread_store(&spread->max_ns, ns);
	spread_store(bucket, *bucket + 1);
	spread_store(&spread->sum_ns, spread->sum_ns + ns);
	spread_store(&spread->count, spread->count + 1);
}

void spread_copy(const struct spread *spread, struct spread *ret_copy)
{
	ret_copy->sum_ns = __atomic_load_n(&spread->sum_ns, __ATOMIC_RELAXED);
	ret_copy->min_ns = __atomic_load_n(&spread->min_ns, __ATOMIC_RELAXED);
	ret_copy->max_ns = __atomic_load_n(&spread->max_ns, __ATOMIC_RELAXED);
	ret_copy->count = 0;
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		ret_copy->bucket[i] = __atomic_load_n(&spread->bucket[i], __ATOMIC_RELAXED);
		ret_copy->count += ret_copy->bucket[i];
	}
}

uint64_t spread_quantile(const struct spread *spread, unsigned int per_100000)
{
	uint64_t want, seen = 0, high;

	if (!spread->count)
		return 0;
	/* The rank, from 1: at least so many of 100,000 are at or below it. */
	want = (uint64_t)(((unsigned __int128)spread->count * per_100000 + 99999) / 100000);
	if (!want)
		return spread->min_ns;
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		seen += spread->bucket[i];
		if (seen < want)
			continue;
		high = spread_high(i);
		return high < spread->max_ns ? high : spread->max_ns;
	}
	return spread->max_ns;
}

/* SPDX-License-Identifier: MIT */
/*
 * How times are spread: counts of buckets that are narrow enough to tell a
 * percentile to within one per cent, and fixed in number.  One thread adds
 * while others read.  Knows no ticks.
 */
#ifndef TOOL_SPREAD_H
#define TOOL_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Each power of two is cut into so many; below that every ns has its own. */
#define SPREAD_PARTS	128U
#define SPREAD_BUCKETS	(SPREAD_PARTS * (64 - 7 + 1))

struct spread {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t min_ns, max_ns;	/* exact; of no meaning if count is 0 */
	uint64_t bucket[SPREAD_BUCKETS];
};

/* Bucket of a time; the smallest and the largest time of a bucket. */
size_t spread_bucket(uint64_t ns);
uint64_t spread_low(size_t bucket);
uint64_t spread_high(size_t bucket);

/* The one thread that adds. */
void spread_add(struct spread *spread, uint64_t ns);

/* Any thread; the copy counts what is in its buckets. */
void spread_copy(const struct spread *spread, struct spread *ret_copy);

/*
 * The time that so many of 100,000 did not exceed: 50000 is the median.  At
 * most one per cent too large, never beyond the maximum; 0 without any.
 */
uint64_t spread_quantile(const struct spread *spread, unsigned int per_100000);

#endif /* TOOL_SPREAD_H */

/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - how durations are spread: buckets that are linear within a
 * power of two and as wide as 1/32 of their value, over all 64 bits.  Fixed
 * size, no allocation, recording in constant time.  It knows no unit and no
 * clock.
 */
#ifndef FRKI_TICK_HISTOGRAM_H
#define FRKI_TICK_HISTOGRAM_H

#include <stdint.h>

/* 2^5 buckets in each power of two: a value is known to 1/32. */
#define FRKI_HISTOGRAM_BITS 5
#define FRKI_HISTOGRAM_BUCKETS ((64 - FRKI_HISTOGRAM_BITS + 1) << FRKI_HISTOGRAM_BITS)

/**
 * struct frki_histogram - values by size; all zeroes is an empty one
 * @count: values recorded.
 * @sum: of all values; wraps after 584 years of nanoseconds.
 * @min: smallest value, exact; meaningless when @count is 0.
 * @max: largest value, exact.
 * @bucket: how many values fell into each bucket.
 *
 * One thread records.  Others may call frki_histogram_percentile() at the same
 * time and see counts that are a few values apart, never a torn one; the other
 * members need whatever the owner protects them with.
 */
struct frki_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint64_t bucket[FRKI_HISTOGRAM_BUCKETS];
};

/**
 * frki_histogram_record() - count a value
 * @histogram: the histogram.
 * @value: any value.
 */
void frki_histogram_record(struct frki_histogram *histogram, uint64_t value);

/**
 * frki_histogram_percentile() - the value that a share of all do not exceed
 * @histogram: the histogram.
 * @per_mille: the share: 500 for the median, 990 for the 99th percentile.
 *
 * Return: the upper edge of the bucket, so at most 1/32 above the true value
 * and never below it; 0 if nothing was recorded.
 */
uint64_t frki_histogram_percentile(const struct frki_histogram *histogram,
				   unsigned int per_mille);

/**
 * frki_histogram_mean() - mean of all values, rounded down; 0 if there is none
 * @histogram: the histogram.
 */
uint64_t frki_histogram_mean(const struct frki_histogram *histogram);

#endif /* FRKI_TICK_HISTOGRAM_H */

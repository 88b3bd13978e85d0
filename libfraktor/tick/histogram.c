/* SPDX-License-Identifier: MIT */
/*
 * histogram.c - log-linear buckets.  Values below 32 have a bucket each; the
 * values from 2^e on, 32 buckets of width 2^(e-5).
 */
#include "tick/histogram.h"

#define LINEAR (1U << FRKI_HISTOGRAM_BITS)

static unsigned int histogram_index(uint64_t value)
{
	unsigned int shift;

	if (value < LINEAR)
		return (unsigned int)value;
	shift = 63U - FRKI_HISTOGRAM_BITS - (unsigned int)__builtin_clzll(value);
	/* The leading bit of value >> shift is the "+ 1" of the row. */
	return shift * LINEAR + (unsigned int)(value >> shift);
}

/* The largest value that falls into a bucket. */
static uint64_t histogram_upper(unsigned int index)
{
	unsigned int shift;

	if (index < 2 * LINEAR)
		return index;
	shift = index / LINEAR - 1;
	return ((uint64_t)(index % LINEAR + LINEAR) << shift) + ((1ULL << shift) - 1);
}

/* One writer: a store is enough.  Pairs with the load in percentile. */
static void histogram_add(uint64_t *bucket)
{
	__atomic_store_n(bucket, *bucket + 1, __ATOMIC_RELAXED);
}

void frki_histogram_record(struct frki_histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->count++;
	histogram->sum += value;
	histogram_add(&histogram->bucket[histogram_index(value)]);
}

/* Pairs with histogram_add(). */
static uint64_t histogram_bucket(const struct frki_histogram *histogram,
				 unsigned int index)
{
	return __atomic_load_n(&histogram->bucket[index], __ATOMIC_RELAXED);
}

static uint64_t histogram_total(const struct frki_histogram *histogram)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < FRKI_HISTOGRAM_BUCKETS; i++)
		total += histogram_bucket(histogram, i);
	return total;
}

/* How many values are the share, rounded up, without overflow. */
static uint64_t histogram_rank(uint64_t total, unsigned int per_mille)
{
	uint64_t rank =
		total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;

	return rank ? rank : 1;
}

uint64_t frki_histogram_percentile(const struct frki_histogram *histogram,
				   unsigned int per_mille)
{
	/* Not the member: a writer may be ahead of it, buckets only grow. */
	uint64_t total = histogram_total(histogram);
	uint64_t rank = histogram_rank(total, per_mille);
	unsigned int i;

	if (!total)
		return 0;
	for (i = 0; i < FRKI_HISTOGRAM_BUCKETS - 1; i++) {
		uint64_t here = histogram_bucket(histogram, i);

		if (rank <= here)
			break;
		rank -= here;
	}
	return histogram_upper(i);
}

uint64_t frki_histogram_mean(const struct frki_histogram *histogram)
{
	return histogram->count ? histogram->sum / histogram->count : 0;
}

// SPDX-License-Identifier: MIT
/*
 * Slices of time.  What a recording says of its times may be nonsense: no
 * difference has a sign, and none is an index before it was bounded.
 */
#include <string.h>

#include "plot/series.h"

/* So short that the first ticks have slices of their own. */
#define SERIES_SLICE_NS	UINT64_C(100000)

static void series_merge(struct series_slice *into, const struct series_slice *slice)
{
	if (!slice->count)
		return;
	if (!into->count || slice->min_ns < into->min_ns)
		into->min_ns = slice->min_ns;
	if (!into->count || slice->max_ns > into->max_ns)
		into->max_ns = slice->max_ns;
	into->count += slice->count;
	into->sum_ns += slice->sum_ns;
	into->real_ns = slice->real_ns;
	into->nominal_ns = slice->nominal_ns;
}

struct series_slice series_join(const struct series *series, size_t from, size_t n)
{
	struct series_slice joined = { 0 };

	for (size_t i = from; i < from + n && i < series->count; i++)
		series_merge(&joined, &series->slice[i]);
	return joined;
}

static void series_halve(struct series *series)
{
	for (size_t i = 0; i < SERIES_SLICES; i += 2)
		series->slice[i / 2] = series_join(series, i, 2);
	memset(&series->slice[SERIES_SLICES / 2], 0,
	       sizeof(series->slice[0]) * SERIES_SLICES / 2);
	series->count = (series->count + 1) / 2;
	series->slice_ns *= 2;
}

void series_add(struct series *series, uint64_t time_ns, uint64_t late_ns,
		uint64_t real_ns, uint64_t nominal_ns)
{
	struct series_slice tick = {
		.count = 1, .sum_ns = late_ns, .min_ns = late_ns, .max_ns = late_ns,
		.real_ns = real_ns, .nominal_ns = nominal_ns,
	};
	uint64_t since_ns;
	size_t at;

	if (!series->slice_ns) {
		series->slice_ns = SERIES_SLICE_NS;
		series->begin_ns = time_ns;
	}
	since_ns = time_ns - series->begin_ns;
	if (since_ns > INT64_MAX)
		since_ns = 0;
	while (since_ns / series->slice_ns >= SERIES_SLICES)
		series_halve(series);
	at = since_ns / series->slice_ns;
	series_merge(&series->slice[at], &tick);
	if (at >= series->count)
		series->count = at + 1;
}

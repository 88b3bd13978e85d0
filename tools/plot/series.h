/* SPDX-License-Identifier: MIT */
/*
 * Lateness and drift in the course of time, in a fixed number of slices: as
 * time goes on they get twice as long, two becoming one.  Knows no picture.
 */
#ifndef TOOL_PLOT_SERIES_H
#define TOOL_PLOT_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_SLICES	1024	/* at most; half of them at least, from then on */

/* All ticks of a slice; of no meaning if @count is 0. */
struct series_slice {
	uint64_t count;
	uint64_t sum_ns, min_ns, max_ns;	/* of the lateness */
	uint64_t real_ns, nominal_ns;		/* between ticks, so far, at its end */
};

struct series {
	uint64_t slice_ns;		/* 0 before the first tick */
	uint64_t begin_ns;		/* of the first slice */
	size_t count;			/* up to the last one with a tick */
	struct series_slice slice[SERIES_SLICES];
};

/**
 * series_add() - one tick
 * @series: all zero before the first one.
 * @time_ns: of the interrupt; what is before the first one is the first slice's.
 * @late_ns: its lateness.
 * @real_ns: between all ticks up to here, it was.
 * @nominal_ns: likewise, it should have been.
 */
void series_add(struct series *series, uint64_t time_ns, uint64_t late_ns,
		uint64_t real_ns, uint64_t nominal_ns);

/* Slices from @from on, @n of them, as one. */
struct series_slice series_join(const struct series *series, size_t from, size_t n);

#endif /* TOOL_PLOT_SERIES_H */

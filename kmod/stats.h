/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of a tick line: ticks, missed periods, lateness.
 * Arithmetic only.
 */
#ifndef FRAKTOR_STATS_H
#define FRAKTOR_STATS_H

#include <linux/types.h>
#include <linux/fraktor_netlink.h>

#include "drift.h"

/**
 * struct fraktor_stats - counters since a start
 * @ticks: records made.
 * @missed: periods without a record of their own.
 * @late: ticks at or beyond the source's threshold.
 * @widened: periods passed over by overload.
 * @callback_max_ns: longest tick interrupt.
 * @lateness_min_ns: smallest lateness; U64_MAX before the first tick.
 * @lateness_max_ns: largest lateness.
 * @lateness_sum_ns: sum of all.
 * @histogram: lateness by powers of two, see FRAKTOR_HISTOGRAM_BUCKETS.
 * @drift: rate against CLOCK_MONOTONIC.
 */
struct fraktor_stats {
	u64 ticks;
	u64 missed;
	u64 late;
	u64 widened;
	u64 callback_max_ns;
	u64 lateness_min_ns;
	u64 lateness_max_ns;
	u64 lateness_sum_ns;
	u64 histogram[FRAKTOR_HISTOGRAM_BUCKETS];
	struct fraktor_drift drift;
};

/**
 * fraktor_stats_reset() - begin to count anew
 * @stats: the counters.
 * @period_ns: period of the line.
 */
void fraktor_stats_reset(struct fraktor_stats *stats, u64 period_ns);

/**
 * fraktor_stats_tick() - count a tick
 * @stats: the counters.
 * @lateness_ns: how late it was.
 * @periods: periods it stands for.
 * @monotonic_ns: when it fired, on CLOCK_MONOTONIC.
 *
 * Return: whether this tick ended a second, so that there are new figures of
 * drift and of ticks.
 */
bool fraktor_stats_tick(struct fraktor_stats *stats, u64 lateness_ns,
			u64 periods, u64 monotonic_ns);

/**
 * fraktor_stats_bucket() - bucket of the histogram for a lateness
 * @lateness_ns: the lateness.
 */
unsigned int fraktor_stats_bucket(u64 lateness_ns);

#endif /* FRAKTOR_STATS_H */

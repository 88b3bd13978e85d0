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

/* Ticks whose counting may be put off. */
#define FRAKTOR_STATS_PUT_OFF	8

/**
 * struct fraktor_stats - counters since a start
 * @ticks: records made.
 * @missed: periods without a record of their own, but for those of @idled.
 * @late: ticks at or beyond the source's threshold.
 * @widened: periods passed over by overload.
 * @idled: periods passed over because nobody needed them.
 * @callback_max_ns: longest tick interrupt of those timed: one in eight of the
 *	usual ones, and all others.
 * @early: records made before their deadline.
 * @lead_missed: records that a lead did not bring before it.
 * @expiries: of the line's timer.
 * @shared: those in an interrupt that another line had.
 * @lateness_min_ns: smallest lateness; U64_MAX before the first tick.
 * @lateness_max_ns: largest lateness.
 * @lateness_sum_ns: sum of all.
 * @histogram: lateness by powers of two, see FRAKTOR_HISTOGRAM_BUCKETS.
 * @drift: rate against CLOCK_MONOTONIC.
 * @nr_put_off: ticks whose counting was put off since the last restart.
 * @nr_settled: how many of them have been counted since.
 * @put_off_late_ns: how late each of them was.
 * @put_off_at_ns: when it fired, on CLOCK_MONOTONIC.
 */
struct fraktor_stats {
	u64 ticks;
	u64 missed;
	u64 late;
	u64 widened;
	u64 idled;
	u64 callback_max_ns;
	u64 early;
	u64 lead_missed;
	u64 expiries;
	u64 shared;
	u64 lateness_min_ns;
	u64 lateness_max_ns;
	u64 lateness_sum_ns;
	u64 histogram[FRAKTOR_HISTOGRAM_BUCKETS];
	struct fraktor_drift drift;
	u32 nr_put_off;
	u32 nr_settled;
	u64 put_off_late_ns[FRAKTOR_STATS_PUT_OFF];
	u64 put_off_at_ns[FRAKTOR_STATS_PUT_OFF];
};

/**
 * fraktor_stats_reset() - begin to count anew
 * @stats: the counters.
 * @period_ns: period of the line.
 */
void fraktor_stats_reset(struct fraktor_stats *stats, u64 period_ns);

/**
 * fraktor_stats_tick() - count a tick
 * @stats: the counters; nothing is put off.
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
 * fraktor_stats_put_off() - count a tick of one period later
 * @stats: the counters; fewer than FRAKTOR_STATS_PUT_OFF are put off.
 * @lateness_ns: as in fraktor_stats_tick().
 * @monotonic_ns: likewise.
 */
static inline void fraktor_stats_put_off(struct fraktor_stats *stats,
					 u64 lateness_ns, u64 monotonic_ns)
{
	u32 i = stats->nr_put_off++;

	stats->put_off_late_ns[i] = lateness_ns;
	stats->put_off_at_ns[i] = monotonic_ns;
}

/**
 * fraktor_stats_is_full() - has as much been put off as can be?
 * @stats: the counters.
 *
 * Return: whether it is time for fraktor_stats_settle() and
 * fraktor_stats_restart().
 */
static inline bool fraktor_stats_is_full(const struct fraktor_stats *stats)
{
	return stats->nr_put_off == FRAKTOR_STATS_PUT_OFF;
}

/**
 * fraktor_stats_last_ns() - when did the last tick that was put off fire?
 * @stats: the counters; one was, since the last restart.
 *
 * Return: the time, on CLOCK_MONOTONIC.
 */
static inline u64 fraktor_stats_last_ns(const struct fraktor_stats *stats)
{
	return stats->put_off_at_ns[stats->nr_put_off - 1];
}

/**
 * fraktor_stats_settle() - count what was put off
 * @stats: the counters.
 *
 * Return: as fraktor_stats_tick(), for any of them.
 */
bool fraktor_stats_settle(struct fraktor_stats *stats);

/**
 * fraktor_stats_restart() - put off from the start again
 * @stats: the counters; all that was put off is settled.
 *
 * Return: how many ticks have been put off since this was called last.
 */
static inline u32 fraktor_stats_restart(struct fraktor_stats *stats)
{
	u32 n = stats->nr_put_off;

	stats->nr_put_off = 0;
	stats->nr_settled = 0;
	return n;
}

/**
 * fraktor_stats_bucket() - bucket of the histogram for a lateness
 * @lateness_ns: the lateness.
 */
unsigned int fraktor_stats_bucket(u64 lateness_ns);

#endif /* FRAKTOR_STATS_H */

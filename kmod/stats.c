// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting, in the tick interrupt: no division.
 */
#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "stats.h"

void fraktor_stats_reset(struct fraktor_stats *stats, u64 period_ns)
{
	*stats = (struct fraktor_stats) { .lateness_min_ns = U64_MAX };
	fraktor_drift_reset(&stats->drift, period_ns);
}

unsigned int fraktor_stats_bucket(u64 lateness_ns)
{
	return min_t(unsigned int, fls64(lateness_ns),
		     FRAKTOR_HISTOGRAM_BUCKETS - 1);
}

bool fraktor_stats_tick(struct fraktor_stats *stats, u64 lateness_ns,
			u64 periods, u64 monotonic_ns)
{
	stats->ticks++;
	stats->missed += periods - 1;
	stats->lateness_min_ns = min(stats->lateness_min_ns, lateness_ns);
	stats->lateness_max_ns = max(stats->lateness_max_ns, lateness_ns);
	stats->lateness_sum_ns += lateness_ns;
	stats->histogram[fraktor_stats_bucket(lateness_ns)]++;
	return fraktor_drift_tick(&stats->drift, monotonic_ns, periods);
}

bool fraktor_stats_settle(struct fraktor_stats *stats)
{
	bool second = false;
	u32 i;

	while (stats->nr_settled < stats->nr_put_off) {
		i = stats->nr_settled++;
		/* Each had an expiry of its own. */
		stats->expiries++;
		second |= fraktor_stats_tick(stats, stats->put_off_late_ns[i], 1,
					     stats->put_off_at_ns[i]);
	}
	return second;
}

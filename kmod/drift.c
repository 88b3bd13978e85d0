// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drift arithmetic, called from the tick interrupt: a few additions a tick,
 * two divisions a second.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "drift.h"

/* |elapsed - nominal| that can be multiplied by 10^9 in 63 bits. */
#define DRIFT_EXACT_NS	(9LL * NSEC_PER_SEC)

static s64 drift_ppb(u64 elapsed_ns, u64 nominal_ns)
{
	s64 off = (s64)(elapsed_ns - nominal_ns);

	if (!nominal_ns)
		return 0;
	if (off > -DRIFT_EXACT_NS && off < DRIFT_EXACT_NS)
		return div64_s64(off * (s64)NSEC_PER_SEC, (s64)nominal_ns);
	/* Nine seconds off: whole millionths say it well enough. */
	off = div64_s64(off, (s64)div64_u64(nominal_ns, 1000000) ?: 1);
	if (off > S64_MAX / 1000)
		return S64_MAX;
	return off * 1000;
}

void fraktor_drift_reset(struct fraktor_drift *drift, u64 period_ns)
{
	*drift = (struct fraktor_drift) { .period_ns = period_ns };
}

static void drift_open_window(struct fraktor_drift *drift, u64 now_ns)
{
	drift->window_ns = now_ns;
	drift->window_periods = 0;
	drift->window_counted = 0;
	drift->window_ticks = 0;
}

/* Is it a second, on the line's own scale? */
static bool drift_window_is_over(const struct fraktor_drift *drift, u64 now_ns)
{
	if (!drift->period_ns)
		return now_ns - drift->window_ns >= NSEC_PER_SEC;
	return drift->window_counted * drift->period_ns >= NSEC_PER_SEC;
}

bool fraktor_drift_tick(struct fraktor_drift *drift, u64 now_ns, u64 periods)
{
	drift->last_ns = now_ns;
	if (drift->started) {
		drift->periods += periods;
		drift->window_periods += periods;
	} else {
		drift->started = true;
		drift->first_ns = now_ns;
		drift_open_window(drift, now_ns);
	}
	drift->window_counted += periods;
	drift->window_ticks++;

	if (!drift_window_is_over(drift, now_ns))
		return false;
	drift->last_ppb = drift_ppb(now_ns - drift->window_ns,
				    drift->window_periods * drift->period_ns);
	drift->last_ticks = drift->window_ticks;
	drift_open_window(drift, now_ns);
	return true;
}

s64 fraktor_drift_total_ppb(const struct fraktor_drift *drift)
{
	return drift_ppb(drift->last_ns - drift->first_ns,
			 drift->periods * drift->period_ns);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drift: how far a tick line's rate is from nominal against a reference
 * clock, over the last second and since its start.  Arithmetic only: the
 * caller says what time it is.
 */
#ifndef FRAKTOR_DRIFT_H
#define FRAKTOR_DRIFT_H

#include <linux/types.h>

/**
 * struct fraktor_drift - state of the measurement
 * @period_ns: nominal period.
 * @first_ns: reference time of the first tick.
 * @last_ns: reference time of the newest tick.
 * @periods: periods since the first tick.
 * @window_ns: reference time at which the running window began.
 * @window_periods: periods since @window_ns.
 * @window_counted: periods in the running window: one more in the first
 *	window, where the first tick has none before it to be measured from.
 * @window_ticks: ticks in the running window.
 * @last_ppb: drift over the last whole window.
 * @last_ticks: ticks in the last whole window.
 * @started: the first tick was seen.
 *
 * A window is closed when its periods add up to a second, so that ticks are
 * counted on the line's own scale and drift against the reference's.  Without
 * a period it is a second of the reference's.
 */
struct fraktor_drift {
	u64 period_ns;
	u64 first_ns;
	u64 last_ns;
	u64 periods;
	u64 window_ns;
	u64 window_periods;
	u64 window_counted;
	u64 window_ticks;
	s64 last_ppb;
	u64 last_ticks;
	bool started;
};

/**
 * fraktor_drift_reset() - begin a new measurement
 * @drift: the measurement.
 * @period_ns: nominal period; 0 if there is none, and then no drift either.
 */
void fraktor_drift_reset(struct fraktor_drift *drift, u64 period_ns);

/**
 * fraktor_drift_tick() - account for a tick
 * @drift: the measurement.
 * @now_ns: reference time of the tick.
 * @periods: periods the tick stands for.
 *
 * Return: whether this tick closed a window.
 */
bool fraktor_drift_tick(struct fraktor_drift *drift, u64 now_ns, u64 periods);

/**
 * fraktor_drift_total_ppb() - drift since the first tick
 * @drift: the measurement.
 *
 * Return: parts per 10^9, positive when periods take too long; 0 before the
 * second tick.
 */
s64 fraktor_drift_total_ppb(const struct fraktor_drift *drift);

#endif /* FRAKTOR_DRIFT_H */

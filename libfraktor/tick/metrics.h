/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - how well a tick line does, from the ticks as they are drained.
 * It asks no clock: every time comes with a tick, so that made-up ones give
 * figures that can be worked out by hand.
 */
#ifndef FRKI_TICK_METRICS_H
#define FRKI_TICK_METRICS_H

#include <fraktor/tick.h>

#include "tick/histogram.h"

/**
 * struct frki_metrics_point - a place on the line, to measure drift from
 * @fired_ns: when the tick there fired, on the reference clock.
 * @periods: logical time there, in periods.
 */
struct frki_metrics_point {
	uint64_t fired_ns;
	uint64_t periods;
};

/* struct frk_metrics as atomic words: all its members are 64 bits wide. */
#define FRKI_METRICS_WORDS (sizeof(struct frk_metrics) / sizeof(uint64_t))

/**
 * struct frki_metrics - the account of one line
 * @published: number of the newest snapshot.
 * @snapshot: snapshot n stands in n modulo 2.
 * @now: the figures, before they are published.
 * @period_ns: period of the line.
 * @next_period_ns: its period from the next tick with FRK_TICK_CHANGED on.
 * @lateness: deadline to hand-over of every tick.
 * @first: where drift since the start, or the last change, counts from.
 * @last: the newest tick.
 * @second: where drift over the current second counts from.
 * @second_end_ns: deadline at which the current second of the line ends.
 * @second_ticks: ticks of the current second so far.
 * @seq: number of the newest tick.
 * @next_deadline_ns: when the next tick is due if none is lost.
 * @driver: whose ticks are periods: those of the first that came.
 *
 * One thread records.  Others see @published, @snapshot and the buckets of
 * @lateness; the rest is the recording thread's own.
 */
struct frki_metrics {
	uint64_t published;
	uint64_t snapshot[2][FRKI_METRICS_WORDS];
	struct frk_metrics now;
	uint64_t period_ns;
	uint64_t next_period_ns;
	struct frki_histogram lateness;
	struct frki_metrics_point first;
	struct frki_metrics_point last;
	struct frki_metrics_point second;
	uint64_t second_end_ns;
	uint64_t second_ticks;
	uint64_t seq;
	uint64_t next_deadline_ns;
	uint16_t driver;
};

/**
 * frki_metrics_init() - an empty account
 * @metrics: the account.
 * @period_ns: period of the line, not 0.
 */
void frki_metrics_init(struct frki_metrics *metrics, uint64_t period_ns);

/**
 * frki_metrics_change() - the line's period changes
 * @metrics: the account.
 * @period_ns: its period from the next tick with FRK_TICK_CHANGED on; 0 is
 *	ignored.
 *
 * The recording thread only.
 */
void frki_metrics_change(struct frki_metrics *metrics, uint64_t period_ns);

/**
 * frki_metrics_record() - account for a batch of ticks
 * @metrics: the account.
 * @ticks: the batch, in order; notes in it only take their number.
 * @n: how many.
 * @now_ns: when they were handed over, on the line's clock.
 * @skew_ns: the line's clock minus the reference clock; 0 if they are one.
 *
 * The recording thread only; constant time for each tick.
 */
void frki_metrics_record(struct frki_metrics *metrics, const struct frk_tick *ticks,
			 size_t n, uint64_t now_ns, int64_t skew_ns);

/**
 * frki_metrics_get() - a consistent snapshot
 * @metrics: the account.
 * @ret_metrics: the snapshot; @timestamp_ns and @dropped_total are left 0.
 *
 * Any thread.  Never delays the recording thread and never waits for it;
 * copies again only if that one has published meanwhile.
 */
void frki_metrics_get(const struct frki_metrics *metrics,
		      struct frk_metrics *ret_metrics);

/**
 * frki_metrics_drift_ppb() - rate of a line against the reference clock
 * @elapsed_ns: what the reference clock says has passed.
 * @periods: periods of the line in that time.
 * @period_ns: length of one.
 *
 * Return: parts per 10^9, positive when the line is too slow; 0 if no period
 * has passed.
 */
int64_t frki_metrics_drift_ppb(uint64_t elapsed_ns, uint64_t periods, uint64_t period_ns);

#endif /* FRKI_TICK_METRICS_H */

/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.h - a tick line in use: a driver that was checked, opened and
 * started, with its state and its metrics.  This is all of tick/ that the
 * folders above it need; they never call a driver's table themselves.
 *
 * Knows no driver by name, no wheel, no actor.
 */
#ifndef FRKI_TICK_BOOTSTRAP_H
#define FRKI_TICK_BOOTSTRAP_H

#include <stddef.h>

#include <fraktor/tick.h>

struct frki_line;

/**
 * frki_line_open() - check and open a driver
 * @ret_line: the line; close it.  Untouched on failure.
 * @ops: the driver's table, borrowed until frki_line_close().
 * @opts: what to open it with; copied, the name too.
 * @error: where to say why not; may be NULL.
 *
 * Allocates the line and the driver's state; may block.  On failure nothing
 * is left behind.
 *
 * Return: 0; -EINVAL for an incomplete table, a period of 0, an unknown clock,
 * a CPU or priority out of range, slots not a power of two; -ENOMEM; what the
 * driver's open failed with.
 */
int frki_line_open(struct frki_line **ret_line, const struct frk_driver_ops *ops,
		   const struct frk_driver_opts *opts, struct frk_error *error);

/**
 * frki_line_start() - begin to tick
 * @line: an open line.
 * @error: where to say why not; may be NULL.
 *
 * A line that was started is left as it is, ticking or stopped: it starts
 * once.  Not concurrently with stop or close.
 *
 * Return: 0; -EALREADY if it was started before, successfully; what the
 * driver's start failed with, and then it may be tried again.
 */
int frki_line_start(struct frki_line *line, struct frk_error *error);

/**
 * frki_line_drain() - take ticks in arrival order and account for them
 * @line: a started line.
 * @ret_ticks: room for @n ticks.
 * @n: how many at most, from 1.
 *
 * Reads the clock once if there are ticks, never if there are none.  Never
 * blocks, never allocates.  Only the one reader thread.
 *
 * Return: how many ticks and notes; 0 for none; -ESHUTDOWN when the line has
 * stopped and is empty; -EINVAL if @n is 0.
 */
int frki_line_drain(struct frki_line *line, struct frk_tick *ret_ticks, size_t n);

/**
 * frki_line_wait() - block until drain may return something
 * @line: a started line.
 *
 * Returns too when the line was woken or stopped; spurious returns are fine.
 * Only the one reader thread, which must stay the same one: a driver may bind
 * its means of waiting to the thread that waits first.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
int frki_line_wait(struct frki_line *line);

/**
 * frki_line_wake() - end the wait in progress, or else the next one
 * @line: an open line.
 *
 * Any thread, async-signal-safe, never blocks.
 */
void frki_line_wake(struct frki_line *line);

/**
 * frki_line_stop() - no tick is made after it returned
 * @line: an open line.
 *
 * What is in the feed stays there, to be drained.  Idempotent; before start
 * it does nothing.  Ends a wait in progress.  Any one thread, not concurrently
 * with start or close.
 *
 * Return: 0 or what the driver's stop failed with.
 */
int frki_line_stop(struct frki_line *line);

/**
 * frki_line_close() - stop if need be, release everything, free the line
 * @line: the line, or NULL.  No other call may be in progress.
 */
void frki_line_close(struct frki_line *line);

/**
 * frki_line_get_metrics() - a consistent snapshot of how well the line does
 * @line: an open line.
 * @ret_metrics: the snapshot.
 *
 * Any thread; never delays the reader thread.
 */
void frki_line_get_metrics(struct frki_line *line, struct frk_metrics *ret_metrics);

/**
 * frki_line_get_info() - the driver in effect
 * @line: an open line.
 * @ret_info: its description, with @start_ns and @ticks_total.
 *
 * Any thread.
 */
void frki_line_get_info(struct frki_line *line, struct frk_driver_info *ret_info);

#endif /* FRKI_TICK_BOOTSTRAP_H */

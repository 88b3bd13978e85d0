/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.c - a driver in use: checked, opened, started once, stopped once,
 * and accounted for tick by tick.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tick/bootstrap.h"
#include "tick/clock.h"
#include "tick/metrics.h"

/* 64 MiB of records: what is more is a mistake, not a wish. */
#define LINE_SLOTS_MAX (1U << 21)

/**
 * struct frki_line - a tick line in use
 * @ops: its driver.
 * @state: the driver's private state.
 * @clockid: clock of its ticks.
 * @started: the driver's start succeeded.
 * @stopped: the driver's stop succeeded after that.
 * @start_ns: CLOCK_MONOTONIC then.
 * @metrics: written by the reader thread.
 */
struct frki_line {
	const struct frk_driver_ops *ops;
	void *state;
	clockid_t clockid;
	bool started;
	bool stopped;
	uint64_t start_ns;
	struct frki_metrics metrics;
};

/* --- what is refused --------------------------------------------------- */

/* Name of the first function that is missing, or NULL. */
static const char *line_missing(const struct frk_driver_ops *ops)
{
	return !ops->open    ? "open" :
	       !ops->start   ? "start" :
	       !ops->drain   ? "drain" :
	       !ops->wait    ? "wait" :
	       !ops->wake    ? "wake" :
	       !ops->stop    ? "stop" :
	       !ops->close   ? "close" :
	       !ops->info    ? "info" :
	       !ops->dropped ? "dropped" :
			       NULL;
}

static int line_check_ops(const struct frk_driver_ops *ops, struct frk_error *error)
{
	const char *missing;

	if (!ops)
		return frki_error_set(error, -EINVAL, NULL, "open",
				      "no tick driver given");
	if (ops->size < sizeof(*ops) || !ops->name || !*ops->name)
		return frki_error_set(error, -EINVAL, NULL, "open",
				      "the driver's table has a wrong size or "
				      "no name");
	missing = line_missing(ops);
	if (missing)
		return frki_error_set(error, -EINVAL, ops->name, "open",
				      "the driver has no function '%s'", missing);
	return 0;
}

static bool line_knows_clock(int clockid)
{
	return clockid == CLOCK_MONOTONIC || clockid == CLOCK_BOOTTIME ||
	       clockid == CLOCK_TAI;
}

static int line_check_opts(const char *driver, const struct frk_driver_opts *opts,
			   struct frk_error *error)
{
	if (!opts || opts->size < sizeof(*opts) || !opts->name)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "the options have a wrong size or no "
				      "name");
	if (!opts->period_ns)
		return frki_error_set(error, -EINVAL, driver, "open", "the period is 0");
	if (!line_knows_clock(opts->clockid))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "clock %d is not CLOCK_MONOTONIC, "
				      "CLOCK_BOOTTIME or CLOCK_TAI",
				      opts->clockid);
	if (opts->slots < 2 || opts->slots > LINE_SLOTS_MAX ||
	    opts->slots & (opts->slots - 1))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "%u slots are not a power of two from 2 "
				      "to %u",
				      opts->slots, LINE_SLOTS_MAX);
	if (opts->rt_priority < 0 || opts->rt_priority > 99)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "real-time priority %d is not within 0 "
				      "to 99",
				      opts->rt_priority);
	if (opts->cpu > INT_MAX)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "there is no CPU %u", opts->cpu - 1);
	return 0;
}

/* --- open, start, stop, close ------------------------------------------ */

static int line_check(const struct frk_driver_ops *ops,
		      const struct frk_driver_opts *opts, struct frk_error *error)
{
	int err = line_check_ops(ops, error);

	return err ? err : line_check_opts(ops->name, opts, error);
}

/* A driver of the application may fail without a word. */
static int line_failed(const struct frki_line *line, const char *call, int err,
		       const struct frk_error *said, struct frk_error *error)
{
	if (!said->code)
		return frki_error_set(error, err, line->ops->name, call,
				      "the driver failed to %s", call);
	if (error) {
		*error = *said;
		error->code = err;
	}
	return err;
}

/* calloc() aligns for any type, so the state has a block of its own. */
static struct frki_line *line_new(const struct frk_driver_ops *ops)
{
	struct frki_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	line->ops = ops;
	line->state = calloc(1, ops->state_size ? ops->state_size : 1);
	if (!line->state) {
		free(line);
		return NULL;
	}
	return line;
}

static void line_free(struct frki_line *line)
{
	free(line->state);
	free(line);
}

int frki_line_open(struct frki_line **ret_line, const struct frk_driver_ops *ops,
		   const struct frk_driver_opts *opts, struct frk_error *error)
{
	struct frk_error said = { 0 };
	struct frki_line *line;
	int err;

	err = line_check(ops, opts, error);
	if (err)
		return err;
	line = line_new(ops);
	if (!line)
		return frki_error_set(error, -ENOMEM, ops->name, "malloc",
				      "no memory for the driver's state");
	line->clockid = opts->clockid;
	frki_metrics_init(&line->metrics, opts->period_ns);
	err = ops->open(line->state, opts, &said);
	if (err) {
		err = line_failed(line, "open", err, &said, error);
		line_free(line);
		return err;
	}
	*ret_line = line;
	return 0;
}

/* Pairs with the release in frki_line_start(). */
static uint64_t line_start_ns(const struct frki_line *line)
{
	return __atomic_load_n(&line->start_ns, __ATOMIC_ACQUIRE);
}

int frki_line_start(struct frki_line *line, struct frk_error *error)
{
	struct frk_error said = { 0 };
	uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	int err;

	if (line->started)
		return frki_error_set(error, -EALREADY, line->ops->name, "start",
				      "the tick line was started "
				      "before");
	err = line->ops->start(line->state, &said);
	if (err)
		return line_failed(line, "start", err, &said, error);
	line->started = true;
	/* Pairs with line_start_ns() in other threads. */
	__atomic_store_n(&line->start_ns, now_ns, __ATOMIC_RELEASE);
	return 0;
}

int frki_line_stop(struct frki_line *line)
{
	int err;

	if (!line->started || line->stopped)
		return 0;
	err = line->ops->stop(line->state);
	line->stopped = !err;
	/* A driver need not end the wait by itself. */
	line->ops->wake(line->state);
	return err;
}

void frki_line_close(struct frki_line *line)
{
	if (!line)
		return;
	frki_line_stop(line);
	line->ops->close(line->state);
	line_free(line);
}

/* --- the reader thread ------------------------------------------------- */

/* Someone else may change a line's period: only the driver knows to what. */
static void line_follow_period(struct frki_line *line, const struct frk_tick *ticks,
			       size_t n)
{
	struct frk_driver_info info = { 0 };
	size_t i;

	for (i = 0; i < n && !(ticks[i].flags & FRK_TICK_CHANGED); i++)
		;
	if (i == n)
		return;
	line->ops->info(line->state, &info);
	frki_metrics_change(&line->metrics, info.resolution_ns);
}

/* Lateness is on the line's own clock, drift against CLOCK_MONOTONIC. */
static void line_account(struct frki_line *line, const struct frk_tick *ticks, size_t n)
{
	uint64_t now_ns = frki_clock_now_ns(line->clockid);
	int64_t skew_ns = 0;

	if (line->clockid != CLOCK_MONOTONIC)
		skew_ns = (int64_t)(now_ns - frki_clock_now_ns(CLOCK_MONOTONIC));
	line_follow_period(line, ticks, n);
	frki_metrics_record(&line->metrics, ticks, n, now_ns, skew_ns);
}

int frki_line_drain(struct frki_line *line, struct frk_tick *ret_ticks, size_t n)
{
	int taken;

	if (!n)
		return -EINVAL;
	taken = line->ops->drain(line->state, ret_ticks, n);
	if (taken > 0)
		line_account(line, ret_ticks, (size_t)taken);
	return taken;
}

int frki_line_wait(struct frki_line *line)
{
	return line->ops->wait(line->state);
}

/* --- any thread -------------------------------------------------------- */

void frki_line_wake(struct frki_line *line)
{
	line->ops->wake(line->state);
}

void frki_line_get_metrics(struct frki_line *line, struct frk_metrics *ret_metrics)
{
	struct frk_metrics metrics;

	frki_metrics_get(&line->metrics, &metrics);
	metrics.timestamp_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	metrics.dropped_total = line->ops->dropped(line->state);
	*ret_metrics = metrics;
}

void frki_line_get_info(struct frki_line *line, struct frk_driver_info *ret_info)
{
	struct frk_driver_info info = { 0 };
	struct frk_metrics metrics;

	line->ops->info(line->state, &info);
	frki_metrics_get(&line->metrics, &metrics);
	info.start_ns = line_start_ns(line);
	info.ticks_total = metrics.ticks_total;
	*ret_info = info;
}

/* SPDX-License-Identifier: MIT */
/*
 * beaten_driver.c - a driver and a thread that makes it tick, as one driver.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "testing/beaten_driver.h"
#include "testing/manual_driver.h"
#include "tick/clock.h"
#include "tick/line.h"

/**
 * struct beaten_state - private state
 * @ops: the driver inside.
 * @state: its state.
 * @feed: of a pulse.
 * @period_ns: from one beat to the next.
 * @thread: what beats, if @beating.
 * @beating: it was started and not joined.
 * @lock: for @ending.
 * @changed: signalled with it.
 * @ending: the thread shall end.
 */
struct beaten_state {
	const struct frk_driver_ops *ops;
	void *state;
	struct frk_tick_feed *feed;
	uint64_t period_ns;
	pthread_t thread;
	bool beating;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ending;
};

static void beat(struct beaten_state *state)
{
	if (state->feed)
		frk_tick_feed_push(state->feed);
	else
		frki_manual_tick(1);
}

/* Whether it is still to beat when the time has come. */
static bool sleep_until(struct beaten_state *state, uint64_t deadline_ns)
{
	const struct timespec until = frki_clock_timespec(deadline_ns);
	bool ending;
	int err = 0;

	pthread_mutex_lock(&state->lock);
	while (!state->ending && err != ETIMEDOUT)
		err = pthread_cond_clockwait(&state->changed, &state->lock,
					     CLOCK_MONOTONIC, &until);
	ending = state->ending;
	pthread_mutex_unlock(&state->lock);
	return !ending;
}

static void *beat_on(void *data)
{
	struct beaten_state *state = data;
	uint64_t deadline_ns = frki_clock_now_ns(CLOCK_MONOTONIC);

	while (sleep_until(state, deadline_ns += state->period_ns))
		beat(state);
	return NULL;
}

static int open_inner(struct beaten_state *state, const struct frk_driver_opts *opts,
		      struct frk_error *error)
{
	struct frk_driver_opts inner = *opts;
	int err;

	inner.feed = state->feed;
	state->state = frki_line_new_state(state->ops);
	err = state->state ? state->ops->open(state->state, &inner, error) : -ENOMEM;
	if (!err)
		return 0;
	free(state->state);
	frk_tick_feed_unref(state->feed);
	return err;
}

static int open_with(struct beaten_state *state, const struct frk_driver_ops *ops,
		     const struct frk_driver_opts *opts, struct frk_error *error)
{
	state->ops = ops;
	state->period_ns = opts->period_ns;
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->changed, NULL);
	return open_inner(state, opts, error);
}

static int open_pulse(void *data, const struct frk_driver_opts *opts,
		      struct frk_error *error)
{
	struct beaten_state *state = data;
	int err = frk_tick_feed_new(opts->slots, &state->feed);

	return err ? err : open_with(state, &frk_driver_pulse, opts, error);
}

static int open_manual(void *data, const struct frk_driver_opts *opts,
		       struct frk_error *error)
{
	return open_with(data, &frki_driver_manual, opts, error);
}

static int start(void *data, struct frk_error *error)
{
	struct beaten_state *state = data;
	int err = state->ops->start(state->state, error);

	if (err)
		return err;
	state->beating = !pthread_create(&state->thread, NULL, beat_on, state);
	return state->beating ? 0 : -EAGAIN;
}

static int drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct beaten_state *state = data;

	return state->ops->drain(state->state, ret_ticks, n);
}

static int wait(void *data)
{
	struct beaten_state *state = data;

	return state->ops->wait(state->state);
}

static void wake(void *data)
{
	struct beaten_state *state = data;

	state->ops->wake(state->state);
}

static int stop(void *data)
{
	struct beaten_state *state = data;

	return state->ops->stop(state->state);
}

static void close_all(void *data)
{
	struct beaten_state *state = data;

	if (state->beating) {
		pthread_mutex_lock(&state->lock);
		state->ending = true;
		pthread_cond_signal(&state->changed);
		pthread_mutex_unlock(&state->lock);
		pthread_join(state->thread, NULL);
	}
	state->ops->close(state->state);
	free(state->state);
	frk_tick_feed_unref(state->feed);
}

static void info(const void *data, struct frk_driver_info *ret_info)
{
	const struct beaten_state *state = data;

	state->ops->info(state->state, ret_info);
}

static uint64_t dropped(const void *data)
{
	const struct beaten_state *state = data;

	return state->ops->dropped(state->state);
}

#define BEATEN(name_, kind_, open_, flags_)                                                  \
	{                                                                            \
		.size = sizeof(struct frk_driver_ops), .name = name_, .kind = kind_, \
		.state_size = sizeof(struct beaten_state), .open = open_,            \
		.start = start, .drain = drain, .wait = wait, .wake = wake,          \
		.stop = stop, .close = close_all, .info = info, .dropped = dropped, .flags = flags_,  \
	}

const struct frk_driver_ops frki_beaten_pulse =
	BEATEN("pulse", FRK_DRIVER_PULSE, open_pulse, 0);
const struct frk_driver_ops frki_beaten_manual =
	BEATEN("manual", FRK_DRIVER_CUSTOM, open_manual, FRK_DRIVER_SIMULATED);

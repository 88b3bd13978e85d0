/* SPDX-License-Identifier: MIT */
/*
 * driver_pulse.c - a tick line whose ticks the program pushes, the counterpart
 * of the module's pulsed lines: no thread, no timer, no grid.  The nominal period
 * says how many pulses did not come.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "tick/describe.h"
#include "tick/period.h"
#include "tick/tick_feed.h"

#define PULSE_NAME "pulse"

/**
 * struct pulse_state - private state
 * @feed: where the pulses come from.
 * @period_ns: nominal period.
 * @base: number of the pulse before the line's first.
 * @seq: number of the newest tick; with @fired_ns the reader's own.
 * @fired_ns: when it came.
 * @started: the gate was opened.
 */
struct pulse_state {
	struct frk_tick_feed *feed;
	uint64_t period_ns;
	uint64_t base;
	uint64_t seq;
	uint64_t fired_ns;
	bool started;
};

static int pulse_open(void *data, const struct frk_driver_opts *opts,
		      struct frk_error *error)
{
	struct pulse_state *state = data;
	int err;

	if (!opts->feed)
		return frki_error_set(error, -EINVAL, PULSE_NAME, "open",
				      "no feed to take pulses from: see "
				      "frk_tick_feed_new()");
	if (opts->clockid != CLOCK_MONOTONIC)
		return frki_error_set(error, -EOPNOTSUPP, PULSE_NAME, "open",
				      "pulses come by CLOCK_MONOTONIC, not by clock %d",
				      opts->clockid);
	err = frki_period_check(opts->period_ns, PULSE_NAME, "open", error);
	if (err)
		return err;
	err = frki_tick_feed_take(opts->feed);
	if (err)
		return frki_error_set(error, err, PULSE_NAME, "open",
				      "another line reads this feed");
	state->feed = frk_tick_feed_ref(opts->feed);
	state->period_ns = opts->period_ns;
	return 0;
}

static int pulse_start(void *data, struct frk_error *error)
{
	struct pulse_state *state = data;

	(void)error;
	state->base = frki_tick_feed_open_gate(state->feed);
	state->started = true;
	return 0;
}

/*
 * A pulse becomes a tick.  Two pulses may come in one order and take their numbers in
 * the other.  Those that were dropped did come: they are not missed.
 */
static void pulse_tick(struct pulse_state *state, struct frk_tick *tick)
{
	uint64_t seq = tick->seq - state->base, dropped = seq - state->seq - 1;
	uint64_t fired_ns = tick->fired_ns, periods = 1;

	if (fired_ns < state->fired_ns)
		fired_ns = state->fired_ns;
	if (state->fired_ns)
		periods =
			frki_period_passed(fired_ns - state->fired_ns, state->period_ns);
	periods = periods > dropped ? periods - dropped : 1;
	if (periods > UINT32_MAX)
		periods = UINT32_MAX;
	*tick = (struct frk_tick){
		.seq = seq,
		.deadline_ns = fired_ns - (periods - 1) * state->period_ns,
		.fired_ns = fired_ns,
		.periods = (uint32_t)periods,
		.driver = 1,
		.flags = (uint16_t)((state->fired_ns ? 0 : FRK_TICK_FIRST) |
				    (periods > 1 ? FRK_TICK_MISSED : 0)),
	};
	state->seq = seq;
	state->fired_ns = fired_ns;
}

static bool pulse_over(const void *data)
{
	return frki_tick_feed_over(data);
}

static int pulse_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct pulse_state *state = data;
	int taken = frki_shared_ring_drain(&state->feed->ring, pulse_over, state->feed,
					   ret_ticks, n);

	for (int i = 0; i < taken; i++)
		pulse_tick(state, &ret_ticks[i]);
	return taken;
}

static bool pulse_ready(const void *data)
{
	return frki_tick_feed_ready(data);
}

static int pulse_wait(void *data)
{
	struct pulse_state *state = data;

	return frki_doorbell_wait(&state->feed->bell, pulse_ready, state->feed);
}

static void pulse_wake(void *data)
{
	struct pulse_state *state = data;

	frki_doorbell_wake(&state->feed->bell);
}

static int pulse_stop(void *data)
{
	struct pulse_state *state = data;

	if (state->started)
		frki_tick_feed_close_gate(state->feed);
	return 0;
}

static void pulse_close(void *data)
{
	struct pulse_state *state = data;

	frki_tick_feed_give_back(state->feed);
	frk_tick_feed_unref(state->feed);
}

/* Pairs with frk_tick_feed_fault(): the word is written before the gate closes. */
static const char *pulse_stopped(const struct pulse_state *state)
{
	if (!frki_tick_feed_over(state->feed) ||
	    !__atomic_load_n(&state->feed->faulty, __ATOMIC_RELAXED))
		return "";
	return "the program reported a fault";
}

static void pulse_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct pulse_state *state = data;

	frki_describe(ret_info, PULSE_NAME, FRK_DRIVER_PULSE, state->period_ns);
	snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s",
		 pulse_stopped(state));
}

static uint64_t pulse_dropped(const void *data)
{
	const struct pulse_state *state = data;

	return frki_shared_ring_dropped(&state->feed->ring);
}

const struct frk_driver_ops frk_driver_pulse = {
	.size = sizeof(struct frk_driver_ops),
	.name = PULSE_NAME,
	.kind = FRK_DRIVER_PULSE,
	.state_size = sizeof(struct pulse_state),
	.open = pulse_open,
	.start = pulse_start,
	.drain = pulse_drain,
	.wait = pulse_wait,
	.wake = pulse_wake,
	.stop = pulse_stop,
	.close = pulse_close,
	.info = pulse_info,
	.dropped = pulse_dropped,
};

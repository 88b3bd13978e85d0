/* SPDX-License-Identifier: MIT */
/*
 * manual_driver.c - a ring in memory, and the test is its producer.
 */
#include <errno.h>
#include <pthread.h>

#include "testing/manual_driver.h"
#include "tick/describe.h"
#include "tick/heap_ring.h"
#include "tick/period.h"

/**
 * struct manual_state - private state
 * @ring: what the test fills and the reader drains.
 * @period_ns: period of the grid.
 * @deadline_ns: the next deadline.
 * @running: started and not stopped.
 */
struct manual_state {
	struct frki_heap_ring ring;
	uint64_t period_ns;
	uint64_t deadline_ns;
	bool running;
};

FRKI_HEAP_RING_FIRST(struct manual_state);

/* The line that was opened last; the lock makes stop wait for a tick. */
static struct manual_state *manual_newest;
static pthread_mutex_t manual_lock = PTHREAD_MUTEX_INITIALIZER;

static int manual_open(void *data, const struct frk_driver_opts *opts,
		       struct frk_error *error)
{
	struct manual_state *state = data;
	int err;

	err = frki_period_check(opts->period_ns, "manual", "open", error);
	if (!err)
		err = frki_heap_ring_open(&state->ring, opts->slots, "manual", error);
	if (err)
		return err;
	state->period_ns = opts->period_ns;
	pthread_mutex_lock(&manual_lock);
	manual_newest = state;
	pthread_mutex_unlock(&manual_lock);
	return 0;
}

static int manual_start(void *data, struct frk_error *error)
{
	struct manual_state *state = data;

	(void)error;
	pthread_mutex_lock(&manual_lock);
	state->deadline_ns = FRKI_MANUAL_START_NS + state->period_ns;
	state->running = true;
	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_RUNNING);
	pthread_mutex_unlock(&manual_lock);
	return 0;
}

static void manual_tick(struct manual_state *state, uint32_t periods)
{
	uint64_t first_ns = FRKI_MANUAL_START_NS + state->period_ns;
	struct fraktor_tick tick = {
		.deadline_ns = state->deadline_ns,
		.fired_ns = state->deadline_ns + (periods - 1) * state->period_ns,
		.periods = periods,
		.source = 1,
		.flags = (uint16_t)((state->deadline_ns == first_ns ?
					     FRAKTOR_TICK_F_FIRST :
					     0) |
				    (periods > 1 ? FRAKTOR_TICK_F_MISSED : 0)),
	};

	state->deadline_ns += periods * state->period_ns;
	frki_heap_ring_push(&state->ring, &tick);
}

int frki_manual_tick(uint32_t periods)
{
	int ret = -ESHUTDOWN;

	pthread_mutex_lock(&manual_lock);
	if (manual_newest && manual_newest->running) {
		manual_tick(manual_newest, periods);
		ret = 0;
	}
	pthread_mutex_unlock(&manual_lock);
	return ret;
}

static int manual_stop(void *data)
{
	struct manual_state *state = data;

	pthread_mutex_lock(&manual_lock);
	state->running = false;
	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_STOPPED);
	pthread_mutex_unlock(&manual_lock);
	return 0;
}

static void manual_close(void *data)
{
	struct manual_state *state = data;

	pthread_mutex_lock(&manual_lock);
	if (manual_newest == state)
		manual_newest = NULL;
	pthread_mutex_unlock(&manual_lock);
	frki_heap_ring_close(&state->ring);
}

static void manual_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct manual_state *state = data;

	frki_describe(ret_info, "manual", FRK_DRIVER_CUSTOM, state->period_ns);
}

const struct frk_driver_ops frki_driver_manual = {
	.size = sizeof(frki_driver_manual),
	.name = "manual",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = sizeof(struct manual_state),
	.open = manual_open,
	.start = manual_start,
	.stop = manual_stop,
	.close = manual_close,
	.info = manual_info,
	FRKI_HEAP_RING_OPS,
	.flags = FRK_DRIVER_SIMULATED,
};

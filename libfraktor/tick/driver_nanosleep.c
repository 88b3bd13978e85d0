/* SPDX-License-Identifier: MIT */
/*
 * driver_nanosleep.c - a tick line that needs nothing but a thread: it sleeps
 * until each deadline, an absolute one, so that no lateness ever adds up.  For
 * where timerfds are forbidden or their clocks too few: this one knows
 * CLOCK_TAI, too.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "tick/clock.h"
#include "tick/describe.h"
#include "tick/grid.h"
#include "tick/heap_ring.h"
#include "tick/period.h"
#include "tick/thread.h"

#define NANOSLEEP_NAME "nanosleep"

/* The longest sleep, and so the longest wait of a stop. */
#define NANOSLEEP_MAX_NS 100000000ULL

/**
 * struct nanosleep_state - private state
 * @ring: what the thread fills and the reader drains.
 * @clockid: clock of the grid.
 * @grid: the deadlines; with the ring's writer under @lock.
 * @lock: between the thread and who has the line idle.
 * @changed: signalled when it is to idle no more, or to end.
 * @cpu: as in the options.
 * @rt_priority: as in the options.
 * @thread: the thread, if @running.
 * @running: the thread was started and not joined.
 * @stopping: the thread shall end.
 */
struct nanosleep_state {
	struct frki_heap_ring ring;
	clockid_t clockid;
	struct frki_grid grid;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t cpu;
	int rt_priority;
	pthread_t thread;
	bool running;
	bool stopping;
};

FRKI_HEAP_RING_FIRST(struct nanosleep_state);

/* --- the thread -------------------------------------------------------- */

static void nanosleep_tick(struct nanosleep_state *state, uint64_t now_ns, bool asked)
{
	struct fraktor_tick ticks[FRKI_GRID_RECORDS];
	unsigned int n = frki_grid_pass(&state->grid, now_ns, asked, ticks);

	for (unsigned int i = 0; i < n; i++)
		frki_heap_ring_push(&state->ring, &ticks[i]);
}

/* Pairs with the release in nanosleep_stop(). */
static bool nanosleep_stopping(const struct nanosleep_state *state)
{
	return __atomic_load_n(&state->stopping, __ATOMIC_ACQUIRE);
}

/*
 * Nothing but a signal ends a sleep early, and signals are the application's: a
 * long sleep is several, each until a time of its own, so that stop need not wait
 * for the whole of it.  CLOCK_TAI may be set back meanwhile, and at any time after
 * that: what it said last is what the tick goes by.
 */
static int nanosleep_until(const struct nanosleep_state *state, uint64_t deadline_ns,
			   uint64_t *ret_now_ns)
{
	uint64_t now_ns = frki_clock_now_ns(state->clockid), until_ns;
	struct timespec until;
	int err = 0;

	while (now_ns < deadline_ns && !err && !nanosleep_stopping(state)) {
		until_ns = deadline_ns - now_ns > NANOSLEEP_MAX_NS ?
				   now_ns + NANOSLEEP_MAX_NS :
				   deadline_ns;
		until = frki_clock_timespec(until_ns);
		err = clock_nanosleep(state->clockid, TIMER_ABSTIME, &until, NULL);
		if (err == EINTR)
			err = 0;
		now_ns = frki_clock_now_ns(state->clockid);
	}
	*ret_now_ns = now_ns;
	return err;
}

/* Sleep through an idle time, which may end at any time; and say until when then. */
static uint64_t nanosleep_target(struct nanosleep_state *state)
{
	struct timespec until;
	uint64_t target_ns;
	int err = 0;

	pthread_mutex_lock(&state->lock);
	while (frki_grid_idles(&state->grid) && !nanosleep_stopping(state) &&
	       err != ETIMEDOUT) {
		until = frki_clock_timespec(state->grid.target_ns);
		err = pthread_cond_clockwait(&state->changed, &state->lock,
					     CLOCK_MONOTONIC, &until);
	}
	target_ns = state->grid.target_ns;
	pthread_mutex_unlock(&state->lock);
	return target_ns;
}

/* Return: whether to go on. */
static bool nanosleep_once(struct nanosleep_state *state)
{
	uint64_t now_ns;

	if (nanosleep_until(state, nanosleep_target(state), &now_ns) ||
	    nanosleep_stopping(state))
		return false;
	pthread_mutex_lock(&state->lock);
	nanosleep_tick(state, now_ns, false);
	pthread_mutex_unlock(&state->lock);
	return true;
}

static void *nanosleep_run(void *data)
{
	struct nanosleep_state *state = data;

	/* 50 us of slack by default; real-time threads have none anyway. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	/* Here, so that the start of the thread is not part of the line. */
	pthread_mutex_lock(&state->lock);
	frki_grid_start(&state->grid, frki_clock_now_ns(state->clockid));
	pthread_mutex_unlock(&state->lock);
	while (nanosleep_once(state))
		;
	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_STOPPED);
	return NULL;
}

/* --- the driver -------------------------------------------------------- */

/* A sleep that is over at once says whether this kernel has the clock. */
static int nanosleep_check(const struct frk_driver_opts *opts, struct frk_error *error)
{
	static const struct timespec past = { 0 };
	int err = clock_nanosleep(opts->clockid, TIMER_ABSTIME, &past, NULL);

	if (err)
		return frki_error_set(error, -EOPNOTSUPP, NANOSLEEP_NAME,
				      "clock_nanosleep", "nobody can sleep by clock %d",
				      opts->clockid);
	return frki_period_check(opts->period_ns, NANOSLEEP_NAME, "clock_nanosleep",
				 error);
}

static int nanosleep_open(void *data, const struct frk_driver_opts *opts,
			  struct frk_error *error)
{
	struct nanosleep_state *state = data;
	int err;

	err = nanosleep_check(opts, error);
	if (err)
		return err;
	state->clockid = opts->clockid;
	state->grid.period_ns = opts->period_ns;
	state->grid.aligned = opts->align;
	state->cpu = opts->cpu;
	state->rt_priority = opts->rt_priority;
	err = frki_heap_ring_open(&state->ring, opts->slots, NANOSLEEP_NAME, error);
	if (err)
		return err;
	frki_thread_lock_init(&state->lock);
	pthread_cond_init(&state->changed, NULL);
	return 0;
}

static int nanosleep_start(void *data, struct frk_error *error)
{
	struct nanosleep_state *state = data;
	const struct frki_thread_opts opts = {
		.name = "fraktor-sleep",
		.driver = NANOSLEEP_NAME,
		.cpu = state->cpu,
		.rt_priority = state->rt_priority,
	};
	int err;

	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_RUNNING);
	err = frki_thread_start(&state->thread, &opts, nanosleep_run, state, error);
	if (err)
		frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_STOPPED);
	state->running = !err;
	return err;
}

static int nanosleep_stop(void *data)
{
	struct nanosleep_state *state = data;

	if (!state->running)
		return 0;
	/* Pairs with the acquire in nanosleep_stopping(). */
	__atomic_store_n(&state->stopping, true, __ATOMIC_RELEASE);
	pthread_mutex_lock(&state->lock);
	pthread_cond_signal(&state->changed);
	pthread_mutex_unlock(&state->lock);
	pthread_join(state->thread, NULL);
	state->running = false;
	return 0;
}

/* Only by CLOCK_MONOTONIC one can sleep and be woken. */
static int nanosleep_idle(void *data, uint64_t until_ns)
{
	struct nanosleep_state *state = data;

	if (state->clockid != CLOCK_MONOTONIC)
		return -EOPNOTSUPP;
	pthread_mutex_lock(&state->lock);
	/* The thread may not have started the grid yet. */
	if (state->grid.deadline_ns && !nanosleep_stopping(state)) {
		nanosleep_tick(state, frki_clock_now_ns(state->clockid), true);
		frki_grid_idle(&state->grid, until_ns);
		pthread_cond_signal(&state->changed);
	}
	pthread_mutex_unlock(&state->lock);
	return 0;
}

static void nanosleep_close(void *data)
{
	struct nanosleep_state *state = data;

	pthread_cond_destroy(&state->changed);
	pthread_mutex_destroy(&state->lock);
	frki_heap_ring_close(&state->ring);
}

static void nanosleep_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct nanosleep_state *state = data;

	frki_describe(ret_info, NANOSLEEP_NAME, FRK_DRIVER_NANOSLEEP, state->grid.period_ns);
}

const struct frk_driver_ops frk_driver_nanosleep = {
	.size = sizeof(struct frk_driver_ops),
	.name = NANOSLEEP_NAME,
	.kind = FRK_DRIVER_NANOSLEEP,
	.state_size = sizeof(struct nanosleep_state),
	.open = nanosleep_open,
	.start = nanosleep_start,
	.stop = nanosleep_stop,
	.close = nanosleep_close,
	.info = nanosleep_info,
	.idle = nanosleep_idle,
	FRKI_HEAP_RING_OPS,
};

/* SPDX-License-Identifier: MIT */
/*
 * driver_timerfd.c - a tick line in user space: a thread that sleeps on a
 * timerfd with absolute deadlines and puts a record into a ring in memory for
 * every time it wakes.  Any Linux, no module, no privileges.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/clock.h"
#include "tick/describe.h"
#include "tick/grid.h"
#include "tick/heap_ring.h"
#include "tick/period.h"
#include "tick/thread.h"

#define TIMERFD_NAME "timerfd"

/**
 * struct timerfd_state - private state
 * @ring: what the thread fills and the reader drains.
 * @timer_fd: the timer.
 * @clockid: clock of the grid.
 * @grid: the deadlines; with the ring's writer and the timer under @lock.
 * @lock: between the thread, and who starts the line or has it idle.
 * @cpu: as in the options.
 * @rt_priority: as in the options.
 * @thread: the thread, if @running.
 * @running: the thread was started and not joined.
 * @stopping: the thread shall end.
 */
struct timerfd_state {
	struct frki_heap_ring ring;
	int timer_fd;
	clockid_t clockid;
	struct frki_grid grid;
	pthread_mutex_t lock;
	uint32_t cpu;
	int rt_priority;
	pthread_t thread;
	bool running;
	bool stopping;
};

FRKI_HEAP_RING_FIRST(struct timerfd_state);

/* --- the thread -------------------------------------------------------- */

/*
 * How often the timer has expired says nothing: it may have been armed anew
 * meanwhile.  The clock says what has passed.
 */
static void timerfd_tick(struct timerfd_state *state, bool asked)
{
	struct fraktor_tick ticks[FRKI_GRID_RECORDS];
	unsigned int n = frki_grid_pass(&state->grid, frki_clock_now_ns(state->clockid),
					asked, ticks);

	for (unsigned int i = 0; i < n; i++)
		frki_heap_ring_push(&state->ring, &ticks[i]);
}

/* Pairs with the release in timerfd_stop(). */
static bool timerfd_stopping(const struct timerfd_state *state)
{
	return __atomic_load_n(&state->stopping, __ATOMIC_ACQUIRE);
}

static void *timerfd_run(void *data)
{
	struct timerfd_state *state = data;
	uint64_t expirations;
	ssize_t got;

	/* 50 us of slack by default; real-time threads have none anyway. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	for (;;) {
		got = read(state->timer_fd, &expirations, sizeof(expirations));
		if (timerfd_stopping(state))
			break;
		if (got != (ssize_t)sizeof(expirations) && errno != EINTR)
			break;
		pthread_mutex_lock(&state->lock);
		timerfd_tick(state, false);
		pthread_mutex_unlock(&state->lock);
	}
	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_STOPPED);
	return NULL;
}

/* --- open -------------------------------------------------------------- */

static int timerfd_check(const struct frk_driver_opts *opts, struct frk_error *error)
{
	if (opts->clockid != CLOCK_MONOTONIC && opts->clockid != CLOCK_BOOTTIME)
		return frki_error_set(error, -EOPNOTSUPP, TIMERFD_NAME, "timerfd_create",
				      "a timerfd has no clock %d: use "
				      "CLOCK_MONOTONIC or CLOCK_BOOTTIME, or "
				      "the kernel driver",
				      opts->clockid);
	return frki_period_check(opts->period_ns, TIMERFD_NAME, "timerfd_settime", error);
}

static int timerfd_open(void *data, const struct frk_driver_opts *opts,
			struct frk_error *error)
{
	struct timerfd_state *state = data;
	int err;

	err = timerfd_check(opts, error);
	if (err)
		return err;
	state->clockid = opts->clockid;
	state->grid.period_ns = opts->period_ns;
	state->grid.aligned = opts->align;
	state->cpu = opts->cpu;
	state->rt_priority = opts->rt_priority;
	state->timer_fd = timerfd_create(state->clockid, TFD_CLOEXEC);
	if (state->timer_fd < 0)
		return frki_error_set(error, -errno, TIMERFD_NAME, "timerfd_create",
				      "no timer");
	err = frki_heap_ring_open(&state->ring, opts->slots, TIMERFD_NAME, error);
	if (err)
		close(state->timer_fd);
	else
		frki_thread_lock_init(&state->lock);
	return err;
}

/* --- the open driver --------------------------------------------------- */

static int timerfd_arm(struct timerfd_state *state)
{
	struct itimerspec when = {
		.it_value = frki_clock_timespec(state->grid.target_ns),
		.it_interval = frki_clock_timespec(state->grid.period_ns),
	};

	return timerfd_settime(state->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) ? -errno :
										  0;
}

/* The thread is there already, so that its start is not part of the line. */
static int timerfd_begin(struct timerfd_state *state)
{
	int err;

	pthread_mutex_lock(&state->lock);
	frki_grid_start(&state->grid, frki_clock_now_ns(state->clockid));
	err = timerfd_arm(state);
	pthread_mutex_unlock(&state->lock);
	return err;
}

/* A timer that is to wake the thread for its end is not armed for anything else. */
static int timerfd_idle(void *data, uint64_t until_ns)
{
	struct timerfd_state *state = data;
	int err = -ESHUTDOWN;

	pthread_mutex_lock(&state->lock);
	if (!timerfd_stopping(state)) {
		timerfd_tick(state, true);
		frki_grid_idle(&state->grid, until_ns);
		err = timerfd_arm(state);
	}
	pthread_mutex_unlock(&state->lock);
	return err;
}

static int timerfd_start(void *data, struct frk_error *error)
{
	struct timerfd_state *state = data;
	const struct frki_thread_opts opts = {
		.name = "fraktor-timerfd",
		.driver = TIMERFD_NAME,
		.cpu = state->cpu,
		.rt_priority = state->rt_priority,
	};
	int err;

	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_RUNNING);
	err = frki_thread_start(&state->thread, &opts, timerfd_run, state, error);
	if (err)
		goto err_thread;
	err = timerfd_begin(state);
	if (err)
		goto err_arm;
	state->running = true;
	return 0;

err_arm:
	/* It sleeps on a timer that will never expire. */
	pthread_cancel(state->thread);
	pthread_join(state->thread, NULL);
	frki_error_set(error, err, TIMERFD_NAME, "timerfd_settime",
		       "the timer does not start");
err_thread:
	frki_heap_ring_set_state(&state->ring, FRAKTOR_STATE_STOPPED);
	return err;
}

/* An expiry at once is what wakes the thread: it sleeps on nothing else. */
static int timerfd_stop(void *data)
{
	static const struct itimerspec now = { .it_value = { .tv_nsec = 1 } };
	struct timerfd_state *state = data;

	if (!state->running)
		return 0;
	pthread_mutex_lock(&state->lock);
	/* Pairs with the acquire in timerfd_stopping(). */
	__atomic_store_n(&state->stopping, true, __ATOMIC_RELEASE);
	timerfd_settime(state->timer_fd, 0, &now, NULL);
	pthread_mutex_unlock(&state->lock);
	pthread_join(state->thread, NULL);
	state->running = false;
	return 0;
}

static void timerfd_close(void *data)
{
	struct timerfd_state *state = data;

	pthread_mutex_destroy(&state->lock);
	frki_heap_ring_close(&state->ring);
	close(state->timer_fd);
}

static void timerfd_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct timerfd_state *state = data;

	frki_describe(ret_info, TIMERFD_NAME, FRK_DRIVER_TIMERFD, state->grid.period_ns);
}

const struct frk_driver_ops frk_driver_timerfd = {
	.size = sizeof(struct frk_driver_ops),
	.name = TIMERFD_NAME,
	.kind = FRK_DRIVER_TIMERFD,
	.state_size = sizeof(struct timerfd_state),
	.open = timerfd_open,
	.start = timerfd_start,
	.stop = timerfd_stop,
	.close = timerfd_close,
	.info = timerfd_info,
	.idle = timerfd_idle,
	FRKI_HEAP_RING_OPS,
};

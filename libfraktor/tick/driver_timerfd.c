/* SPDX-License-Identifier: MIT */
/*
 * driver_timerfd.c - a tick line in user space: a thread that sleeps on a
 * timerfd with absolute deadlines and puts a record into a ring in memory for
 * every time it wakes.  Any Linux, no module, no privileges.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/clock.h"
#include "tick/doorbell.h"
#include "tick/feed.h"
#include "tick/thread.h"

#define TIMERFD_NAME "timerfd"

#define TIMERFD_PERIOD_MIN_NS 10000ULL
#define TIMERFD_PERIOD_MAX_NS 3600000000000ULL

#define CACHE_LINE 64

/**
 * struct timerfd_state - private state
 * @timer_fd: the timer.
 * @bell: wakes the reader.
 * @clockid: clock of the grid.
 * @period_ns: its period.
 * @cpu: as in the options.
 * @rt_priority: as in the options.
 * @memory: of the ring.
 * @feed: the reader's side.
 * @writer: the thread's side.
 * @deadline_ns: the next deadline: set by start, then the thread's own.
 * @flags: FRAKTOR_TICK_F_FIRST until the first tick, the thread's own.
 * @thread: the thread, if @running.
 * @running: the thread was started and not joined.
 * @stopping: the thread shall end.
 */
struct timerfd_state {
	int timer_fd;
	struct frki_doorbell bell;
	clockid_t clockid;
	uint64_t period_ns;
	uint32_t cpu;
	int rt_priority;
	void *memory;
	struct frki_feed feed;
	struct frki_feed_writer writer;
	uint64_t deadline_ns;
	uint16_t flags;
	pthread_t thread;
	bool running;
	bool stopping;
};

/* --- the thread -------------------------------------------------------- */

/* One record for all the periods that passed: a late thread makes no burst. */
static void timerfd_tick(struct timerfd_state *state, uint64_t periods)
{
	/* Pairs with the release in timerfd_arm(). */
	uint64_t deadline_ns = __atomic_load_n(&state->deadline_ns, __ATOMIC_ACQUIRE);
	struct fraktor_tick tick = {
		.deadline_ns = deadline_ns,
		.fired_ns = frki_clock_now_ns(state->clockid),
		.periods = periods > UINT32_MAX ? UINT32_MAX : (uint32_t)periods,
		.source = 1,
		.flags = state->flags | (periods > 1 ? FRAKTOR_TICK_F_MISSED : 0),
	};

	deadline_ns += periods * state->period_ns;
	__atomic_store_n(&state->deadline_ns, deadline_ns, __ATOMIC_RELAXED);
	state->flags = 0;
	frki_feed_push(&state->writer, &tick);
	frki_doorbell_push(&state->bell);
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
		if (got == (ssize_t)sizeof(expirations))
			timerfd_tick(state, expirations);
		else if (errno != EINTR)
			break;
	}
	frki_feed_set_state(&state->writer, FRAKTOR_STATE_STOPPED);
	frki_doorbell_push(&state->bell);
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
	if (opts->period_ns < TIMERFD_PERIOD_MIN_NS ||
	    opts->period_ns > TIMERFD_PERIOD_MAX_NS)
		return frki_error_set(error, -ERANGE, TIMERFD_NAME, "timerfd_settime",
				      "a period of %" PRIu64 " ns is out of "
				      "limits: %llu to %llu ns",
				      opts->period_ns, TIMERFD_PERIOD_MIN_NS,
				      TIMERFD_PERIOD_MAX_NS);
	return 0;
}

static int timerfd_init_feed(struct timerfd_state *state, uint32_t slots,
			     struct frk_error *error)
{
	size_t bytes = frki_feed_bytes(slots);

	if (posix_memalign(&state->memory, CACHE_LINE, bytes))
		return frki_error_set(error, -ENOMEM, TIMERFD_NAME, "malloc",
				      "no memory for %u slots", slots);
	memset(state->memory, 0, bytes);
	frki_feed_init(state->memory, slots, &state->feed, &state->writer);
	return 0;
}

static int timerfd_init_fds(struct timerfd_state *state, struct frk_error *error)
{
	int err;

	state->timer_fd = timerfd_create(state->clockid, TFD_CLOEXEC);
	if (state->timer_fd < 0)
		return frki_error_set(error, -errno, TIMERFD_NAME, "timerfd_create",
				      "no timer");
	err = frki_doorbell_init(&state->bell);
	if (!err)
		return 0;
	close(state->timer_fd);
	return frki_error_set(error, err, TIMERFD_NAME, "eventfd",
			      "no file descriptor to be woken by");
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
	state->period_ns = opts->period_ns;
	state->cpu = opts->cpu;
	state->rt_priority = opts->rt_priority;
	err = timerfd_init_feed(state, opts->slots, error);
	if (err)
		return err;
	err = timerfd_init_fds(state, error);
	if (err)
		free(state->memory);
	return err;
}

/* --- the open driver --------------------------------------------------- */

/* The thread is there already, so that its start is not part of the line. */
static int timerfd_arm(struct timerfd_state *state)
{
	uint64_t first_ns = frki_clock_now_ns(state->clockid) + state->period_ns;
	struct itimerspec when = {
		.it_value = frki_clock_timespec(first_ns),
		.it_interval = frki_clock_timespec(state->period_ns),
	};

	/* Pairs with the acquire in timerfd_tick(). */
	__atomic_store_n(&state->deadline_ns, first_ns, __ATOMIC_RELEASE);
	if (timerfd_settime(state->timer_fd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	return 0;
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

	state->flags = FRAKTOR_TICK_F_FIRST;
	frki_feed_set_state(&state->writer, FRAKTOR_STATE_RUNNING);
	err = frki_thread_start(&state->thread, &opts, timerfd_run, state, error);
	if (err)
		goto err_thread;
	err = timerfd_arm(state);
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
	frki_feed_set_state(&state->writer, FRAKTOR_STATE_STOPPED);
	return err;
}

static int timerfd_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct timerfd_state *state = data;

	return frki_feed_drain(&state->feed, ret_ticks, n);
}

static int timerfd_wait(void *data)
{
	struct timerfd_state *state = data;

	return frki_doorbell_wait(&state->bell, &state->feed);
}

static void timerfd_wake(void *data)
{
	struct timerfd_state *state = data;

	frki_doorbell_wake(&state->bell);
}

/* An expiry at once is what wakes the thread: it sleeps on nothing else. */
static int timerfd_stop(void *data)
{
	static const struct itimerspec now = { .it_value = { .tv_nsec = 1 } };
	struct timerfd_state *state = data;

	if (!state->running)
		return 0;
	/* Pairs with the acquire in timerfd_stopping(). */
	__atomic_store_n(&state->stopping, true, __ATOMIC_RELEASE);
	timerfd_settime(state->timer_fd, 0, &now, NULL);
	pthread_join(state->thread, NULL);
	state->running = false;
	return 0;
}

static void timerfd_close(void *data)
{
	struct timerfd_state *state = data;

	frki_doorbell_fini(&state->bell);
	close(state->timer_fd);
	free(state->memory);
}

static void timerfd_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct timerfd_state *state = data;

	*ret_info = (struct frk_driver_info){
		.name = TIMERFD_NAME,
		.kind = FRK_DRIVER_TIMERFD,
		.path = "eventfd",
		.resolution_ns = state->period_ns,
	};
	snprintf(ret_info->version, sizeof(ret_info->version), "%s", frk_version());
}

static uint64_t timerfd_dropped(const void *data)
{
	const struct timerfd_state *state = data;

	return frki_feed_dropped(&state->feed);
}

const struct frk_driver_ops frk_driver_timerfd = {
	.size = sizeof(struct frk_driver_ops),
	.name = TIMERFD_NAME,
	.kind = FRK_DRIVER_TIMERFD,
	.state_size = sizeof(struct timerfd_state),
	.open = timerfd_open,
	.start = timerfd_start,
	.drain = timerfd_drain,
	.wait = timerfd_wait,
	.wake = timerfd_wake,
	.stop = timerfd_stop,
	.close = timerfd_close,
	.info = timerfd_info,
	.dropped = timerfd_dropped,
};

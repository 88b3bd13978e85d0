// SPDX-License-Identifier: MIT
/*
 * scripted_driver.c - the driver of scripted_driver.h: a queue under a lock.
 * Slow and simple on purpose.  Knows no actor.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "testing/scripted_driver.h"

#define SLOTS 8192

struct frki_scripted_faults frki_scripted_faults;

static struct script {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct frk_tick ticks[SLOTS];
	uint64_t head, tail; /* ticks made, ticks drained */
	uint64_t next_ns, period_ns;
	uint64_t idle_ns, clock_ns;
	bool waiting, ended;
	atomic_bool woken; /* outside the lock: wake is async-signal-safe */
	int broken;
	struct frki_scripted_calls calls;
} script = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static void lock(void)
{
	pthread_mutex_lock(&script.lock);
}

static void unlock(void)
{
	pthread_cond_broadcast(&script.changed);
	pthread_mutex_unlock(&script.lock);
}

static int scripted_open(void *state, const struct frk_driver_opts *opts,
			 struct frk_error *error)
{
	(void)state;
	lock();
	script.calls.open++;
	script.period_ns = opts->period_ns;
	script.next_ns = FRKI_SCRIPTED_START_NS + opts->period_ns;
	script.head = script.tail = 0;
	script.ended = false;
	script.broken = 0;
	script.idle_ns = 0;
	script.clock_ns = 0;
	atomic_store(&script.woken, false);
	unlock();
	if (!frki_scripted_faults.open)
		return 0;
	return frki_error_set(error, frki_scripted_faults.open, "scripted",
			      "scripted_open", "the script says no");
}

static int scripted_start(void *state, struct frk_error *error)
{
	(void)state;
	lock();
	script.calls.start++;
	unlock();
	if (!frki_scripted_faults.start)
		return 0;
	return frki_error_set(error, frki_scripted_faults.start, "scripted",
			      "scripted_start", "the script says no");
}

static int scripted_drain(void *state, struct frk_tick *ret_ticks, size_t n)
{
	size_t i;
	int ret;

	(void)state;
	lock();
	for (i = 0; i < n && script.tail < script.head; i++)
		ret_ticks[i] = script.ticks[script.tail++ % SLOTS];
	ret = !i && script.ended ? -ESHUTDOWN : (int)i;
	unlock();
	return ret;
}

static bool nothing_to_do(void)
{
	return script.tail == script.head && !script.ended && !script.broken &&
	       !atomic_load(&script.woken);
}

/* A wake may come from a signal handler and takes no lock: look again often. */
static void wait_a_while(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&script.changed, &script.lock, &until);
}

static int scripted_wait(void *state)
{
	int ret;

	(void)state;
	lock();
	while (nothing_to_do()) {
		script.waiting = true;
		pthread_cond_broadcast(&script.changed);
		wait_a_while();
	}
	script.waiting = false;
	atomic_store(&script.woken, false);
	ret = script.broken;
	unlock();
	return ret;
}

static void scripted_wake(void *state)
{
	(void)state;
	atomic_store(&script.woken, true);
}

static int scripted_stop(void *state)
{
	(void)state;
	lock();
	script.calls.stop++;
	script.ended = true;
	unlock();
	return frki_scripted_faults.stop;
}

static void put_idle(uint64_t deadline_ns, uint16_t flags);

static int scripted_idle(void *state, uint64_t until_ns)
{
	(void)state;
	lock();
	script.calls.idle++;
	if (!frki_scripted_faults.idle) {
		if (script.idle_ns && script.clock_ns >= script.next_ns)
			put_idle(script.clock_ns, FRK_TICK_ASKED);
		script.idle_ns = until_ns;
	}
	unlock();
	return frki_scripted_faults.idle;
}

static void scripted_close(void *state)
{
	(void)state;
	lock();
	script.calls.close++;
	unlock();
}

static void scripted_info(const void *state, struct frk_driver_info *ret_info)
{
	(void)state;
	snprintf(ret_info->name, sizeof(ret_info->name), "scripted");
	snprintf(ret_info->path, sizeof(ret_info->path), "condition variable");
	snprintf(ret_info->version, sizeof(ret_info->version), "1");
	ret_info->kind = FRK_DRIVER_CUSTOM;
	ret_info->resolution_ns = script.period_ns;
	snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s",
		 script.ended ? "the script ended" : "");
}

static uint64_t scripted_dropped(const void *state)
{
	(void)state;
	return 0;
}

const struct frk_driver_ops frki_scripted_driver = {
	.size = sizeof(frki_scripted_driver),
	.name = "scripted",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = 1,
	.open = scripted_open,
	.start = scripted_start,
	.drain = scripted_drain,
	.wait = scripted_wait,
	.wake = scripted_wake,
	.stop = scripted_stop,
	.close = scripted_close,
	.info = scripted_info,
	.dropped = scripted_dropped,
	.flags = FRK_DRIVER_SIMULATED,
	.idle = scripted_idle,
};

struct frki_scripted_calls frki_scripted_calls(void)
{
	struct frki_scripted_calls calls;

	lock();
	calls = script.calls;
	unlock();
	return calls;
}

static void put(uint64_t deadline_ns, uint32_t periods)
{
	struct frk_tick *tick = &script.ticks[script.head % SLOTS];

	if (script.ended || script.head - script.tail == SLOTS)
		return;
	*tick = (struct frk_tick){
		.seq = ++script.head,
		.deadline_ns = deadline_ns,
		.fired_ns = deadline_ns +
			    (periods ? periods - 1 : 0) * script.period_ns,
		.periods = periods,
		.flags = periods > 1 ? FRK_TICK_MISSED : 0,
	};
}

static void next(uint32_t periods)
{
	put(script.next_ns, periods);
	script.next_ns += (periods ? periods : 1) * script.period_ns;
}

/* All periods up to a time, which need not be on the grid. */
static void put_idle(uint64_t now_ns, uint16_t flags)
{
	uint64_t periods = 1 + (now_ns - script.next_ns) / script.period_ns;

	next((uint32_t)periods);
	script.ticks[(script.head - 1) % SLOTS].flags = FRK_TICK_IDLE | flags;
}

uint64_t frki_scripted_idle_ns(void)
{
	uint64_t idle_ns;

	lock();
	idle_ns = script.idle_ns;
	unlock();
	return idle_ns;
}

void frki_scripted_put_idle(uint64_t deadline_ns)
{
	lock();
	put_idle(deadline_ns, 0);
	script.idle_ns = 0;
	unlock();
}

void frki_scripted_clock(uint64_t now_ns)
{
	lock();
	script.clock_ns = now_ns;
	unlock();
}

void frki_scripted_tick(uint32_t periods)
{
	lock();
	next(periods);
	unlock();
}

void frki_scripted_ticks(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		frki_scripted_settle();
		frki_scripted_tick(1);
	}
	frki_scripted_settle();
}

void frki_scripted_batch(unsigned int n)
{
	lock();
	for (unsigned int i = 0; i < n; i++)
		next(1);
	unlock();
}

void frki_scripted_put(uint64_t deadline_ns, uint32_t periods)
{
	lock();
	put(deadline_ns, periods);
	unlock();
}

void frki_scripted_note(uint64_t fired_ns, uint16_t flags)
{
	lock();
	put(fired_ns, 0);
	script.ticks[(script.head - 1) % SLOTS].flags = flags;
	unlock();
}

void frki_scripted_settle(void)
{
	lock();
	while (!script.ended && !(script.waiting && nothing_to_do()))
		wait_a_while();
	unlock();
}

void frki_scripted_end(void)
{
	lock();
	script.ended = true;
	unlock();
}

void frki_scripted_break(int code)
{
	lock();
	script.broken = code;
	unlock();
}

unsigned int frki_scripted_left(void)
{
	unsigned int left;

	lock();
	left = (unsigned int)(script.head - script.tail);
	unlock();
	return left;
}

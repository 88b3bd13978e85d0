/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c - a thread that sleeps until a silence would be too long.
 */
#include <errno.h>

#include "tick/clock.h"
#include "tick/thread.h"
#include "tick/watchdog.h"

void frki_watchdog_hear(struct frki_watchdog *watchdog)
{
	if (!watchdog->limit_ns)
		return;
	/* Relaxed: a look at an old value only makes the thread look again. */
	__atomic_store_n(&watchdog->heard_ns, frki_clock_now_ns(CLOCK_MONOTONIC),
			 __ATOMIC_RELAXED);
}

void frki_watchdog_expect(struct frki_watchdog *watchdog, uint64_t when_ns)
{
	uint64_t now_ns;

	if (!watchdog->limit_ns)
		return;
	now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	pthread_mutex_lock(&watchdog->lock);
	__atomic_store_n(&watchdog->heard_ns, when_ns > now_ns ? when_ns : now_ns,
			 __ATOMIC_RELAXED);
	watchdog->moved = true;
	pthread_cond_signal(&watchdog->changed);
	pthread_mutex_unlock(&watchdog->lock);
}

static uint64_t watchdog_heard(const struct frki_watchdog *watchdog)
{
	return __atomic_load_n(&watchdog->heard_ns, __ATOMIC_RELAXED);
}

bool frki_watchdog_is_silent(const struct frki_watchdog *watchdog)
{
	uint64_t silent_ns = __atomic_load_n(&watchdog->silent_ns, __ATOMIC_RELAXED);

	return silent_ns && silent_ns == watchdog_heard(watchdog);
}

/*
 * How long to sleep: to the limit, but in pieces; or until it is said again; or until
 * something is to be heard.
 */
static uint64_t watchdog_piece(const struct frki_watchdog *watchdog, uint64_t now_ns)
{
	uint64_t piece_ns = watchdog->limit_ns / FRKI_WATCHDOG_PIECES + 1, left_ns;
	uint64_t heard_ns = watchdog_heard(watchdog);

	if (heard_ns > now_ns)
		return heard_ns - now_ns;
	if (watchdog->quiet_ns >= watchdog->limit_ns)
		return watchdog->look_ns;
	left_ns = watchdog->limit_ns - watchdog->quiet_ns;
	return left_ns < piece_ns ? left_ns : piece_ns;
}

/* Sleep, and say whether to go on, and whether it was as long as wanted. */
static bool watchdog_sleep(struct frki_watchdog *watchdog, uint64_t until_ns,
			   bool *ret_slept)
{
	const struct timespec until = frki_clock_timespec(until_ns);
	bool ending;
	int err = 0;

	pthread_mutex_lock(&watchdog->lock);
	while (!watchdog->ending && !watchdog->moved && err != ETIMEDOUT)
		err = pthread_cond_clockwait(&watchdog->changed, &watchdog->lock,
					     CLOCK_MONOTONIC, &until);
	ending = watchdog->ending;
	*ret_slept = !watchdog->moved;
	watchdog->moved = false;
	pthread_mutex_unlock(&watchdog->lock);
	return !ending;
}

bool frki_watchdog_slept(struct frki_watchdog *watchdog, uint64_t from_ns,
			 uint64_t until_ns)
{
	uint64_t heard_ns = watchdog_heard(watchdog);

	if (heard_ns != watchdog->quiet_of_ns) {
		watchdog->quiet_of_ns = heard_ns;
		watchdog->quiet_ns = 0;
	}
	/* Before the word, or before one is expected, nobody was silent. */
	if (from_ns < heard_ns)
		from_ns = heard_ns;
	if (from_ns < until_ns)
		watchdog->quiet_ns += until_ns - from_ns;
	if (watchdog->quiet_ns < watchdog->limit_ns)
		return false;
	__atomic_store_n(&watchdog->silent_ns, heard_ns, __ATOMIC_RELAXED);
	return true;
}

static void *watchdog_run(void *data)
{
	struct frki_watchdog *watchdog = data;

	for (;;) {
		uint64_t from_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
		uint64_t until_ns = from_ns + watchdog_piece(watchdog, from_ns);
		bool slept;

		if (!watchdog_sleep(watchdog, until_ns, &slept))
			return NULL;
		if (slept && frki_watchdog_slept(watchdog, from_ns, until_ns))
			watchdog->silent(watchdog->data);
	}
}

int frki_watchdog_start(struct frki_watchdog *watchdog, struct frk_error *error)
{
	static const struct frki_thread_opts opts = { .name = "fraktor-watch" };
	int err;

	pthread_mutex_init(&watchdog->lock, NULL);
	pthread_cond_init(&watchdog->changed, NULL);
	frki_watchdog_hear(watchdog);
	err = frki_thread_start(&watchdog->thread, &opts, watchdog_run, watchdog, error);
	watchdog->running = !err;
	return err;
}

void frki_watchdog_stop(struct frki_watchdog *watchdog)
{
	if (!watchdog->running)
		return;
	pthread_mutex_lock(&watchdog->lock);
	watchdog->ending = true;
	pthread_cond_signal(&watchdog->changed);
	pthread_mutex_unlock(&watchdog->lock);
	pthread_join(watchdog->thread, NULL);
	watchdog->running = false;
}

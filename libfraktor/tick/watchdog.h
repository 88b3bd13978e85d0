/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - notices that nothing has been heard for too long.  A thread that
 * sleeps until the earliest moment at which it could have something to say.
 *
 * It suspects, and the reader judges: a reader that was busy finds in the feed what
 * was said meanwhile, and one that is busy for ever learns of a silence all the same
 * when it looks.  Only time that the watchdog slept through as it wanted is counted:
 * who was kept from running, by a signal, a machine that was paused, or by others,
 * was so together with the driver.
 */
#ifndef FRKI_TICK_WATCHDOG_H
#define FRKI_TICK_WATCHDOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <fraktor/base.h>

/* A silence is slept through in so many pieces, or a few more. */
#define FRKI_WATCHDOG_PIECES 8U

/**
 * struct frki_watchdog - the watchdog
 * @limit_ns: how long a silence may be.
 * @look_ns: from one call of @silent to the next.
 * @silent: called on the watchdog's thread, again and again while it is silent.
 * @data: for @silent.
 * @heard_ns: CLOCK_MONOTONIC when the reader last heard something, or is to hear
 *	something next.
 * @silent_ns: the @heard_ns after which it was too long; 0 before.
 * @quiet_ns: how long the thread slept since @quiet_of_ns; its own, like that.
 * @quiet_of_ns: the @heard_ns that it saw last.
 * @thread: the thread, if @running.
 * @running: there is one.
 * @lock: for @ending.
 * @changed: signalled with it.
 * @ending: the thread shall end.
 * @moved: it shall look again: nothing is to be waited for that long any more.
 */
struct frki_watchdog {
	uint64_t limit_ns;
	uint64_t look_ns;
	void (*silent)(void *data);
	void *data;
	uint64_t heard_ns;
	uint64_t silent_ns;
	uint64_t quiet_ns;
	uint64_t quiet_of_ns;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ending;
	bool moved;
};

/**
 * frki_watchdog_start() - begin to watch
 * @watchdog: zeroed, with the first four members set.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0 or a negative errno of pthread_create(3).
 */
int frki_watchdog_start(struct frki_watchdog *watchdog, struct frk_error *error);

/**
 * frki_watchdog_stop() - watch no more
 * @watchdog: the watchdog; idempotent, also for one that was never started.
 *
 * Waits for the thread: not to be called from @silent.
 */
void frki_watchdog_stop(struct frki_watchdog *watchdog);

/**
 * frki_watchdog_hear() - there was something
 * @watchdog: the watchdog.  The reader.
 */
void frki_watchdog_hear(struct frki_watchdog *watchdog);

/**
 * frki_watchdog_expect() - nothing will be said until a time
 * @watchdog: the watchdog.  The reader.
 * @when_ns: CLOCK_MONOTONIC; 0 for at any time again.
 *
 * Until then it sleeps.  frki_watchdog_hear() does not wake it: who was to expect
 * nothing, and hears something all the same, calls this.
 */
void frki_watchdog_expect(struct frki_watchdog *watchdog, uint64_t when_ns);

/**
 * frki_watchdog_slept() - account for a sleep of the watchdog's
 * @watchdog: the watchdog.
 * @from_ns: CLOCK_MONOTONIC when it began.
 * @until_ns: CLOCK_MONOTONIC when it was to end: what came after that, and what was
 *	before it, does not count.
 *
 * Return: whether the silence is too long.
 */
bool frki_watchdog_slept(struct frki_watchdog *watchdog, uint64_t from_ns,
			 uint64_t until_ns);

/**
 * frki_watchdog_is_silent() - was there too long a silence, and nothing since?
 * @watchdog: the watchdog.
 *
 * Looks at no clock: it is the watchdog's thread that knows how long it was.
 */
bool frki_watchdog_is_silent(const struct frki_watchdog *watchdog);

#endif /* FRKI_TICK_WATCHDOG_H */

// SPDX-License-Identifier: MIT
/*
 * blocking.c - threads that wait for room in a mailbox.
 *
 * The worker makes room, then looks whether somebody waits; who waits says so, then looks
 * for room.  Each of the two looks must come after the store before it: both sides change
 * @blocked for that, the worker by 0, so that whichever comes second sees what the other
 * one did before.
 */
#include <errno.h>

#include "system/system.h"
#include "tick/clock.h"

int frki_blocking_wait(void *data, uint64_t wait_ns, int (*again)(void *attempt),
		       void *attempt)
{
	struct frk_system *system = data;
	uint64_t until_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + wait_ns;
	const struct timespec until = frki_clock_timespec(until_ns);
	int ret, over = 0;

	/* Nobody would make room. */
	if (frki_worker_is_me(system))
		return -EAGAIN;
	pthread_mutex_lock(&system->lock);
	/* Pairs with frki_blocking_room(). */
	atomic_fetch_add_explicit(&system->blocked, 1, memory_order_acq_rel);
	while ((ret = again(attempt)) == -EAGAIN && !over)
		over = pthread_cond_clockwait(&system->ended, &system->lock,
					      CLOCK_MONOTONIC, &until);
	atomic_fetch_sub_explicit(&system->blocked, 1, memory_order_relaxed);
	pthread_mutex_unlock(&system->lock);
	return ret;
}

void frki_blocking_room(void *data)
{
	struct frk_system *system = data;

	/* Pairs with frki_blocking_wait(). */
	if (!atomic_fetch_add_explicit(&system->blocked, 0, memory_order_acq_rel))
		return;
	pthread_mutex_lock(&system->lock);
	pthread_cond_broadcast(&system->ended);
	pthread_mutex_unlock(&system->lock);
}

// SPDX-License-Identifier: MIT
/*
 * signals.c - see signals.h.  A handler may run on any thread while the system is taken
 * apart on another: it says that it is inside before it looks for the system, and who
 * takes the system away waits until nobody is inside.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/error.h"
#include "system/signals.h"
#include "system/system.h"

static const int numbers[] = { SIGTERM, SIGINT };

#define NUMBERS (sizeof(numbers) / sizeof(*numbers))

static _Atomic(struct frk_system *) taker;
static atomic_uint inside;
static atomic_bool asked; /* the taker, to stop */
static struct sigaction before[NUMBERS]; /* the taker; complete before it is one */
static atomic_bool taken;

/* Whoever asks twice does not want to wait for actors that do not come back. */
static void insist(int number)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (numbers[i] == number)
			sigaction(number, &before[i], NULL);
	raise(number);
}

static void stop_taker(int number)
{
	int saved = errno;
	struct frk_system *system;

	/* Sequentially consistent: pairs with frki_signals_release(). */
	atomic_fetch_add(&inside, 1);
	system = atomic_load(&taker);
	if (system && atomic_exchange(&asked, true))
		insist(number);
	frk_system_stop(system);
	atomic_fetch_sub(&inside, 1);
	errno = saved;
}

int frki_signals_take(struct frk_system *system, struct frk_error *error)
{
	struct sigaction action = { .sa_handler = stop_taker, .sa_flags = SA_RESTART };

	if (atomic_exchange(&taken, true))
		return frki_error_set(error, -EBUSY,
				      frki_config_driver_name(&system->config), "sigaction",
				      "signals stop another system of this process: stop_on_signals is for one");
	/* Not while it is installed: a handler may run before it is told what was there. */
	for (size_t i = 0; i < NUMBERS; i++)
		sigaction(numbers[i], NULL, &before[i]);
	atomic_store(&asked, false);
	atomic_store(&taker, system);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NUMBERS; i++)
		sigaction(numbers[i], &action, NULL);
	return 0;
}

/* Unless the application has put its own there since. */
static void give_back(size_t i)
{
	struct sigaction now;

	sigaction(numbers[i], NULL, &now);
	if (!(now.sa_flags & SA_SIGINFO) && now.sa_handler == stop_taker)
		sigaction(numbers[i], &before[i], NULL);
}

void frki_signals_release(struct frk_system *system)
{
	if (atomic_load(&taker) != system)
		return;
	for (size_t i = 0; i < NUMBERS; i++)
		give_back(i);
	atomic_store(&taker, NULL);
	/* One that has been interrupted itself needs the CPU. */
	while (atomic_load(&inside))
		sched_yield();
	atomic_store(&taken, false);
}

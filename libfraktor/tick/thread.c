/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads with a CPU and a priority from their first instruction.
 */
#include <signal.h>

#include "tick/schedule.h"
#include "tick/thread.h"

/* Signals are the application's: its own threads take them. */
static int thread_create(pthread_t *ret_thread, const pthread_attr_t *attr,
			 void *(*run)(void *data), void *data)
{
	sigset_t all, old;
	pthread_t made;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&made, attr, run, data);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		*ret_thread = made;
	return err;
}

static int thread_failed(const struct frki_thread_opts *opts, int err,
			 struct frk_error *error)
{
	const struct frki_schedule schedule = { opts->cpu, opts->rt_priority };
	char what[64];

	snprintf(what, sizeof(what), "cannot start the thread '%s'", opts->name);
	return frki_schedule_failed(&schedule, err, opts->driver, "pthread_create", what,
				    error);
}

int frki_thread_start(pthread_t *ret_thread, const struct frki_thread_opts *opts,
		      void *(*run)(void *data), void *data, struct frk_error *error)
{
	const struct frki_schedule schedule = { opts->cpu, opts->rt_priority };
	pthread_attr_t attr;
	int err;

	err = -pthread_attr_init(&attr);
	if (err)
		return thread_failed(opts, err, error);
	err = frki_schedule_attr(&schedule, &attr);
	if (!err)
		err = -thread_create(ret_thread, &attr, run, data);
	pthread_attr_destroy(&attr);
	if (err)
		return thread_failed(opts, err, error);
	pthread_setname_np(*ret_thread, opts->name);
	return 0;
}

void frki_thread_lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	/* Where there is none, a common lock has to do. */
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

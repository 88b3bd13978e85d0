/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads with a CPU and a priority from their first instruction.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "base/error.h"
#include "tick/thread.h"

static int thread_set_cpu(pthread_attr_t *attr, uint32_t cpu)
{
	cpu_set_t cpus;

	if (!cpu)
		return 0;
	if (cpu > CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&cpus);
	CPU_SET(cpu - 1, &cpus);
	return pthread_attr_setaffinity_np(attr, sizeof(cpus), &cpus);
}

static int thread_set_priority(pthread_attr_t *attr, int rt_priority)
{
	struct sched_param param = { .sched_priority = rt_priority };
	int err;

	if (!rt_priority)
		return 0;
	err = pthread_attr_setschedpolicy(attr, SCHED_FIFO);
	if (!err)
		err = pthread_attr_setschedparam(attr, &param);
	if (!err)
		err = pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
	return err;
}

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
	if (err == -EPERM)
		return frki_error_set(error, err, opts->driver, "pthread_create",
				      "SCHED_FIFO priority %d is not allowed: "
				      "run as root or raise RLIMIT_RTPRIO "
				      "(ulimit -r)",
				      opts->rt_priority);
	if (err == -EINVAL && opts->cpu)
		return frki_error_set(error, err, opts->driver, "pthread_create",
				      "CPU %u does not exist, is offline or is "
				      "not allowed",
				      opts->cpu - 1);
	return frki_error_set(error, err, opts->driver, "pthread_create",
			      "cannot start the thread '%s'", opts->name);
}

int frki_thread_start(pthread_t *ret_thread, const struct frki_thread_opts *opts,
		      void *(*run)(void *data), void *data, struct frk_error *error)
{
	pthread_attr_t attr;
	int err;

	err = pthread_attr_init(&attr);
	if (err)
		return thread_failed(opts, -err, error);
	err = thread_set_cpu(&attr, opts->cpu);
	if (!err)
		err = thread_set_priority(&attr, opts->rt_priority);
	if (!err)
		err = thread_create(ret_thread, &attr, run, data);
	pthread_attr_destroy(&attr);
	if (err)
		return thread_failed(opts, -err, error);
	pthread_setname_np(*ret_thread, opts->name);
	return 0;
}

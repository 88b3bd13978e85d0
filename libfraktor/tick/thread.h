/* SPDX-License-Identifier: MIT */
/*
 * thread.h - start a thread with a name, a CPU and a priority, or say in words
 * why not.  It knows nothing of what the thread does.
 */
#ifndef FRKI_TICK_THREAD_H
#define FRKI_TICK_THREAD_H

#include <pthread.h>

#include <fraktor/base.h>

/**
 * struct frki_thread_opts - a new thread
 * @name: for debuggers; at most 15 bytes.
 * @driver: name of the driver it belongs to, for errors; may be NULL.
 * @cpu: 0, or FRK_CPU(n) to pin it.
 * @rt_priority: SCHED_FIFO priority, 0 for the creator's policy.
 */
struct frki_thread_opts {
	const char *name;
	const char *driver;
	uint32_t cpu;
	int rt_priority;
};

/**
 * frki_thread_start() - start a thread that takes no signals
 * @ret_thread: the thread; join it.  Untouched on failure.
 * @opts: the options.
 * @run: what it does.
 * @data: handed to @run.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0; -EPERM if the priority is not allowed; -EINVAL if the CPU is
 * offline, does not exist or is not allowed; -EAGAIN or -ENOMEM.
 */
int frki_thread_start(pthread_t *ret_thread, const struct frki_thread_opts *opts,
		      void *(*run)(void *data), void *data, struct frk_error *error);

/**
 * frki_thread_lock_init() - a lock between threads of different priorities
 * @lock: the lock; whoever holds it runs with the priority of who waits for it.
 */
void frki_thread_lock_init(pthread_mutex_t *lock);

#endif /* FRKI_TICK_THREAD_H */

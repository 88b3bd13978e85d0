/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - the CPU and the priority of a thread, and in words why it may
 * not have them.  Starts no thread and knows no driver.
 */
#ifndef FRKI_TICK_SCHEDULE_H
#define FRKI_TICK_SCHEDULE_H

#include <pthread.h>
#include <sched.h>

#include <fraktor/base.h>

/**
 * struct frki_schedule - where and how a thread runs
 * @cpu: 0, or FRK_CPU(n) to pin it.
 * @rt_priority: SCHED_FIFO priority, 0 for the creator's policy.
 */
struct frki_schedule {
	uint32_t cpu;
	int rt_priority;
};

/**
 * frki_schedule_cpus() - the set of one CPU
 * @cpu: FRK_CPU(n).
 * @ret_cpus: the set.
 *
 * Return: 0, or -EINVAL for a number beyond all sets.
 */
int frki_schedule_cpus(uint32_t cpu, cpu_set_t *ret_cpus);

/**
 * frki_schedule_attr() - ask for it with a thread's attributes
 * @schedule: what is wanted.
 * @attr: initialised; to be passed to pthread_create().
 *
 * Return: 0 or a negative errno.
 */
int frki_schedule_attr(const struct frki_schedule *schedule, pthread_attr_t *attr);

/**
 * frki_schedule_failed() - say why a thread may not have it
 * @schedule: what was wanted.
 * @err: the negative errno of @call.
 * @driver: name of the driver concerned; NULL for none.
 * @call: what failed.
 * @what: what could not be done, for an errno that is neither about the
 *	priority nor the CPU: "cannot start the thread".
 * @error: where to; may be NULL.
 *
 * Return: @err.
 */
int frki_schedule_failed(const struct frki_schedule *schedule, int err,
			 const char *driver, const char *call, const char *what,
			 struct frk_error *error);

#endif /* FRKI_TICK_SCHEDULE_H */

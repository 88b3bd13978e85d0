/* SPDX-License-Identifier: MIT */
/*
 * schedule.c - the one place that knows what a priority and a CPU need.
 */
#include <errno.h>
#include <sys/resource.h>

#include "base/error.h"
#include "tick/schedule.h"

int frki_schedule_cpus(uint32_t cpu, cpu_set_t *ret_cpus)
{
	if (!cpu || cpu > CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(ret_cpus);
	CPU_SET(cpu - 1, ret_cpus);
	return 0;
}

static int schedule_set_cpu(pthread_attr_t *attr, uint32_t cpu)
{
	cpu_set_t cpus;
	int err;

	if (!cpu)
		return 0;
	err = frki_schedule_cpus(cpu, &cpus);
	return err ? err : -pthread_attr_setaffinity_np(attr, sizeof(cpus), &cpus);
}

static int schedule_set_priority(pthread_attr_t *attr, int rt_priority)
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
	return -err;
}

int frki_schedule_attr(const struct frki_schedule *schedule, pthread_attr_t *attr)
{
	int err = schedule_set_cpu(attr, schedule->cpu);

	return err ? err : schedule_set_priority(attr, schedule->rt_priority);
}

static unsigned long schedule_limit(void)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_RTPRIO, &limit);
	return limit.rlim_cur;
}

int frki_schedule_failed(const struct frki_schedule *schedule, int err,
			 const char *driver, const char *call, const char *what,
			 struct frk_error *error)
{
	if (err == -EPERM && schedule->rt_priority)
		return frki_error_set(error, err, driver, call,
				      "SCHED_FIFO priority %d needs CAP_SYS_NICE "
				      "or an rtprio limit of at least %d, which is "
				      "%lu: run as root, or raise it in "
				      "/etc/security/limits.d or with LimitRTPRIO= "
				      "of the service",
				      schedule->rt_priority, schedule->rt_priority,
				      schedule_limit());
	if (err == -EINVAL && schedule->cpu)
		return frki_error_set(error, err, driver, call,
				      "CPU %u does not exist, is offline or is "
				      "not allowed",
				      schedule->cpu - 1);
	return frki_error_set(error, err, driver, call, "%s", what);
}

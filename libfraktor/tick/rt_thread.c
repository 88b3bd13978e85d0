/* SPDX-License-Identifier: MIT */
/*
 * rt_thread.c - what the calling thread is given: exact timers, a CPU, a
 * policy.  Must not know what the thread is for.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/rt.h"
#include "tick/schedule.h"

/* linux/sched.h: threads made by one of SCHED_DEADLINE must not inherit it. */
#define THREAD_RESET_ON_FORK 0x01

static struct frki_schedule thread_schedule(const struct frk_rt *rt)
{
	return (struct frki_schedule){ rt->opts.cpu, rt->opts.rt_priority };
}

static bool slack_wanted(const struct frk_rt_opts *opts)
{
	return !(opts->flags & FRK_RT_KEEP_SLACK);
}

static int slack_apply(struct frk_rt *rt, struct frk_error *error)
{
	int old = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

	if (old >= 0 && !prctl(PR_SET_TIMERSLACK, rt->opts.slack_ns, 0, 0, 0)) {
		rt->old_slack_ns = (unsigned long)old;
		return 0;
	}
	return frki_error_set(error, -errno, NULL, "prctl(PR_SET_TIMERSLACK)",
			      "the timer slack cannot be set: perhaps seccomp "
			      "forbids it; SCHED_FIFO does without");
}

static int slack_undo(struct frk_rt *rt)
{
	/* 0 was a real-time thread's; here it means the default. */
	return prctl(PR_SET_TIMERSLACK, rt->old_slack_ns, 0, 0, 0) ? -errno : 0;
}

const struct frki_rt_step frki_rt_slack = {
	.name = "slack",
	.of_thread = true,
	.wanted = slack_wanted,
	.apply = slack_apply,
	.undo = slack_undo,
};

static bool cpu_wanted(const struct frk_rt_opts *opts)
{
	return opts->cpu;
}

static int cpu_apply(struct frk_rt *rt, struct frk_error *error)
{
	struct frki_schedule schedule = thread_schedule(rt);
	cpu_set_t cpus;
	int err = frki_schedule_cpus(rt->opts.cpu, &cpus);

	if (!err && sched_getaffinity(0, sizeof(rt->old_cpus), &rt->old_cpus))
		err = -errno;
	if (!err && sched_setaffinity(0, sizeof(cpus), &cpus))
		err = -errno;
	if (!err)
		return 0;
	return frki_schedule_failed(&schedule, err, NULL, "sched_setaffinity",
				    "the thread cannot be moved to that CPU", error);
}

static int cpu_undo(struct frk_rt *rt)
{
	return sched_setaffinity(0, sizeof(rt->old_cpus), &rt->old_cpus) ? -errno : 0;
}

const struct frki_rt_step frki_rt_cpu = {
	.name = "cpu",
	.of_thread = true,
	.wanted = cpu_wanted,
	.apply = cpu_apply,
	.undo = cpu_undo,
};

static int policy_get(struct frki_rt_policy *ret_policy)
{
	*ret_policy = (struct frki_rt_policy){ 0 };
	return syscall(SYS_sched_getattr, 0, ret_policy, sizeof(*ret_policy), 0) ? -errno : 0;
}

static int policy_set(const struct frki_rt_policy *policy)
{
	return syscall(SYS_sched_setattr, 0, policy, 0) ? -errno : 0;
}

static int deadline_failed(const struct frk_rt *rt, int err, struct frk_error *error)
{
	static const char call[] = "sched_setattr";

	if (err == -EBUSY)
		return frki_error_set(error, err, NULL, call,
				      "no bandwidth is left for %" PRIu64 " of %" PRIu64
				      " ns: kernel.sched_rt_runtime_us bounds the sum of "
				      "all SCHED_DEADLINE threads; ask for less runtime",
				      rt->opts.runtime_ns, rt->opts.period_ns);
	if (err == -EPERM)
		return frki_error_set(error, err, NULL, call,
				      "SCHED_DEADLINE needs CAP_SYS_NICE, and a thread "
				      "that may run on all CPUs of its cpuset%s",
				      rt->opts.cpu ? ": leave out cpu, or make a cpuset "
						     "of that CPU alone" :
						     ": run as root");
	return frki_error_set(error, err, NULL, call,
			      "the kernel refuses SCHED_DEADLINE with %" PRIu64
			      " of %" PRIu64 " ns: periods are from 100 us to 4 s, "
			      "runtimes from 1 us",
			      rt->opts.runtime_ns, rt->opts.period_ns);
}

static int deadline_apply(const struct frk_rt *rt, struct frk_error *error)
{
	const struct frk_rt_opts *opts = &rt->opts;
	const struct frki_rt_policy policy = {
		.size = sizeof(policy),
		.policy = SCHED_DEADLINE,
		.flags = THREAD_RESET_ON_FORK,
		.runtime_ns = opts->runtime_ns,
		.deadline_ns = opts->deadline_ns ? opts->deadline_ns : opts->period_ns,
		.period_ns = opts->period_ns,
	};
	int err = policy_set(&policy);

	return err ? deadline_failed(rt, err, error) : 0;
}

static int fifo_apply(const struct frk_rt *rt, struct frk_error *error)
{
	const struct sched_param param = { .sched_priority = rt->opts.rt_priority };
	struct frki_schedule schedule = thread_schedule(rt);

	if (!sched_setscheduler(0, SCHED_FIFO, &param))
		return 0;
	return frki_schedule_failed(&schedule, -errno, NULL, "sched_setscheduler",
				    "the kernel refuses the priority", error);
}

static bool policy_wanted(const struct frk_rt_opts *opts)
{
	return opts->rt_priority || opts->runtime_ns;
}

static int policy_apply(struct frk_rt *rt, struct frk_error *error)
{
	int err = policy_get(&rt->old_policy);

	if (err)
		return frki_error_set(error, err, NULL, "sched_getattr",
				      "the policy before cannot be asked for");
	return rt->opts.runtime_ns ? deadline_apply(rt, error) : fifo_apply(rt, error);
}

static int policy_undo(struct frk_rt *rt)
{
	return policy_set(&rt->old_policy);
}

const struct frki_rt_step frki_rt_policy = {
	.name = "policy",
	.of_thread = true,
	.wanted = policy_wanted,
	.apply = policy_apply,
	.undo = policy_undo,
};

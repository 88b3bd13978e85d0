/* SPDX-License-Identifier: MIT */
/*
 * rt_test.c - frk_rt_prepare(): what it does, undoes, and says when it may
 * not.  Each test is a process of its own, so that it can give up privileges.
 * What AddressSanitizer makes impossible stands in rt_memory_test.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fraktor/rt.h>

TestSuite(rt, .timeout = 30);

#define NOBODY 65534

static int slack(void)
{
	return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
}

static int cpus(void)
{
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	return CPU_COUNT(&set);
}

static uint32_t allowed_cpu(void)
{
	cpu_set_t set;
	uint32_t cpu = 0;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}

/* As an ordinary user of a host on which nothing was configured. */
static void become_nobody(void)
{
	const struct rlimit none = { 0, 0 };

	cr_assert_eq(setrlimit(RLIMIT_RTPRIO, &none), 0);
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (!geteuid())
		cr_assert_eq(setuid(NOBODY), 0);
}

static struct frk_rt *const untouched = (struct frk_rt *)0x1;

static void assert_fails(struct frk_rt_opts opts, int code, const char *call,
			 const char *text)
{
	struct frk_error error = { 0 };
	struct frk_rt *rt = untouched;
	int had_slack = slack(), had_cpus = cpus(), had_policy = sched_getscheduler(0);

	opts.error = &error;
	cr_assert_eq(frk_rt_prepare(&opts, &rt), code, "%s", error.text);
	cr_assert_eq(rt, untouched);
	cr_assert_eq(error.code, code);
	cr_assert_str_eq(error.call, call);
	cr_assert_not_null(strstr(error.text, text), "%s", error.text);
	/* Nothing is half-done. */
	cr_assert_eq(slack(), had_slack);
	cr_assert_eq(cpus(), had_cpus);
	cr_assert_eq(sched_getscheduler(0), had_policy);
}

Test(rt, misuse_is_refused_in_words)
{
	static const struct {
		struct frk_rt_opts opts;
		const char *text;
	} wrong[] = {
		{ FRK_RT_OPTS(.rt_priority = 100), "from 1 to 99" },
		{ FRK_RT_OPTS(.rt_priority = -1), "from 1 to 99" },
		{ FRK_RT_OPTS(.flags = 1U << 31), "does not know" },
		{ FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK | FRK_RT_LOCK_ON_FAULT), "exclude" },
		{ FRK_RT_OPTS(.flags = FRK_RT_KEEP_SLACK, .slack_ns = 5), "exclude" },
		{ FRK_RT_OPTS(.cpu_latency_us = 5), "FRK_RT_HOLD_CPU_LATENCY" },
		{ FRK_RT_OPTS(.period_ns = FRK_MS(1)), "need runtime_ns" },
		{ FRK_RT_OPTS(.runtime_ns = FRK_MS(1)), "must hold" },
		{ FRK_RT_OPTS(.runtime_ns = FRK_MS(2), .deadline_ns = FRK_MS(1),
			      .period_ns = FRK_MS(3)), "must hold" },
		{ FRK_RT_OPTS(.runtime_ns = FRK_MS(1), .period_ns = FRK_MS(3),
			      .rt_priority = 1), "exclude" },
	};
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = 0);
	struct frk_rt *rt = untouched;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_fails(wrong[i].opts, -EINVAL, "frk_rt_prepare", wrong[i].text);
	cr_assert_eq(frk_rt_prepare(NULL, &rt), -EINVAL);
	cr_assert_eq(frk_rt_prepare(&opts, NULL), -EINVAL);
	opts.size = 8;
	cr_assert_eq(frk_rt_prepare(&opts, &rt), -EINVAL);
	cr_assert_eq(rt, untouched);
	cr_assert_eq(frk_rt_get_result(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_rt_release(NULL), 0);
}

Test(rt, options_of_a_newer_program_must_be_zero)
{
	struct {
		struct frk_rt_opts opts;
		uint64_t later;
	} newer = { .opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK) };
	struct frk_rt *rt = untouched;

	newer.opts.size = sizeof(newer);
	cr_assert_eq(frk_rt_prepare(&newer.opts, &rt), 0);
	cr_assert_eq(frk_rt_release(rt), 0);
	newer.later = 1;
	rt = untouched;
	cr_assert_eq(frk_rt_prepare(&newer.opts, &rt), -EINVAL);
	cr_assert_eq(rt, untouched);
}

Test(rt, a_priority_is_given_and_taken_back)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK, .rt_priority = 7);
	struct frk_rt_result result = { .size = sizeof(result) };
	struct sched_param param;
	struct frk_rt *rt;

	cr_assert_eq(setpriority(PRIO_PROCESS, 0, 19), 0);
	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(sched_getscheduler(0), SCHED_FIFO);
	cr_assert_eq(sched_getparam(0, &param), 0);
	cr_assert_eq(param.sched_priority, 7);
	cr_assert_eq(frk_rt_get_result(rt, &result), 0);
	cr_assert_eq(result.size, sizeof(result));
	cr_assert_eq(result.done, 1U << FRK_RT_STEP_STACK | 1U << FRK_RT_STEP_SLACK |
					  1U << FRK_RT_STEP_POLICY);
	cr_assert_eq(result.failed, 0);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(sched_getscheduler(0), SCHED_OTHER);
	cr_assert_eq(getpriority(PRIO_PROCESS, 0), 19);
}

Test(rt, deadline_is_given_and_taken_back)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK,
					      .runtime_ns = FRK_US(100),
					      .period_ns = FRK_MS(10));
	struct frk_rt *rt;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_DEADLINE);
	/* Children are ordinary ones: without that there could be none. */
	cr_assert(sched_getscheduler(0) & SCHED_RESET_ON_FORK);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(sched_getscheduler(0), SCHED_OTHER);
}

static pthread_barrier_t all_tried;

static void *take_a_whole_cpu(void *error)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK, .error = error,
					      .runtime_ns = FRK_MS(10),
					      .period_ns = FRK_MS(10));
	struct frk_rt *rt = NULL;
	intptr_t err = frk_rt_prepare(&opts, &rt);

	pthread_barrier_wait(&all_tried);
	frk_rt_release(rt);
	return (void *)err;
}

/* All CPUs together give 95 % of themselves: one of the threads is too many. */
Test(rt, deadline_beyond_the_bandwidth_is_refused_in_words)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN), refused = 0;
	struct frk_error errors[n];
	pthread_t threads[n];
	void *err;

	pthread_barrier_init(&all_tried, NULL, (unsigned int)n);
	for (long i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, take_a_whole_cpu, &errors[i]), 0);
	for (long i = 0; i < n; i++) {
		cr_assert_eq(pthread_join(threads[i], &err), 0);
		if (!err)
			continue;
		refused++;
		cr_assert_eq((intptr_t)err, -EBUSY);
		cr_assert_str_eq(errors[i].call, "sched_setattr");
		cr_assert_not_null(strstr(errors[i].text, "no bandwidth is left"));
	}
	cr_assert_geq(refused, 1);
}

Test(rt, deadline_with_periods_that_cannot_be_is_refused_in_words)
{
	assert_fails((struct frk_rt_opts)FRK_RT_OPTS(.runtime_ns = 10, .period_ns = 20),
		     -EINVAL, "sched_setattr", "from 100 us");
}

Test(rt, slack_is_set_and_put_back)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK);
	struct frk_rt *rt;

	cr_assert_eq(prctl(PR_SET_TIMERSLACK, 4321, 0, 0, 0), 0);
	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(slack(), 1);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(slack(), 4321);
	opts.slack_ns = 77;
	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(slack(), 77);
	cr_assert_eq(frk_rt_release(rt), 0);
	opts.slack_ns = 0;
	opts.flags |= FRK_RT_KEEP_SLACK;
	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(slack(), 4321);
	cr_assert_eq(frk_rt_release(rt), 0);
}

Test(rt, a_cpu_is_given_and_taken_back)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK,
					      .cpu = FRK_CPU(allowed_cpu()));
	int before = cpus();
	struct frk_rt *rt;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(cpus(), 1);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(cpus(), before);
}

/* The steps before it have been taken, and must have been undone. */
Test(rt, r1_3_a_cpu_that_is_not_there_undoes_the_rest)
{
	assert_fails((struct frk_rt_opts)FRK_RT_OPTS(.cpu = FRK_CPU(1000)), -EINVAL,
		     "sched_setaffinity", "CPU 1000 does not exist");
	assert_fails((struct frk_rt_opts)FRK_RT_OPTS(.cpu = FRK_CPU(100000)), -EINVAL,
		     "sched_setaffinity", "CPU 100000 does not exist");
}

Test(rt, r1_3_a_forbidden_priority_says_what_it_needs)
{
	become_nobody();
	assert_fails((struct frk_rt_opts)FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK,
						     .rt_priority = 80,
						     .cpu = FRK_CPU(allowed_cpu())),
		     -EPERM, "sched_setscheduler",
		     "CAP_SYS_NICE or an rtprio limit of at least 80, which is 0");
	assert_fails((struct frk_rt_opts)FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK,
						     .runtime_ns = FRK_MS(1),
						     .period_ns = FRK_MS(10)),
		     -EPERM, "sched_setattr", "SCHED_DEADLINE needs CAP_SYS_NICE");
}

Test(rt, r1_3_cpus_cannot_be_held_awake_by_anyone)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK |
						       FRK_RT_HOLD_CPU_LATENCY);
	int there = !access("/dev/cpu_dma_latency", F_OK);

	become_nobody();
	assert_fails(opts, there ? -EACCES : -ENOENT, "open(/dev/cpu_dma_latency)",
		     there ? "no permission" : "PM QoS");
}

Test(rt, best_effort_does_the_rest_and_tells)
{
	struct frk_error error = { 0 };
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK | FRK_RT_BEST_EFFORT,
					      .rt_priority = 80, .cpu = FRK_CPU(1000),
					      .error = &error);
	struct frk_rt_result result = { .size = sizeof(result) };
	struct frk_rt *rt;

	become_nobody();
	cr_assert_eq(frk_rt_prepare(&opts, &rt), 2);
	/* The first one. */
	cr_assert_str_eq(error.call, "sched_setaffinity");
	cr_assert_eq(slack(), 1);
	cr_assert_eq(frk_rt_get_result(rt, &result), 0);
	cr_assert_eq(result.failed, 1U << FRK_RT_STEP_CPU | 1U << FRK_RT_STEP_POLICY);
	cr_assert_eq(result.done, 1U << FRK_RT_STEP_STACK | 1U << FRK_RT_STEP_SLACK);
	cr_assert_eq(result.errors[FRK_RT_STEP_CPU].code, -EINVAL);
	cr_assert_eq(result.errors[FRK_RT_STEP_POLICY].code, -EPERM);
	cr_assert_eq(result.errors[FRK_RT_STEP_SLACK].code, 0);
	result.size = 100;
	cr_assert_eq(frk_rt_get_result(rt, &result), -EINVAL);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(slack(), 50000);
}

Test(rt, the_heap_is_changed_only_when_asked)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK);
	struct frk_rt_result result = { .size = sizeof(result) };
	struct frk_rt *rt;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(frk_rt_get_result(rt, &result), 0);
	cr_assert_not(result.done & 1U << FRK_RT_STEP_HEAP);
	cr_assert_eq(frk_rt_release(rt), 0);
}

static void *prepare_small(void *data)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK, .stack_size = 1 << 20);

	(void)data;
	assert_fails(opts, -ERANGE, "pthread_getattr_np", "1024 KiB of stack");
	return NULL;
}

Test(rt, r1_3_a_stack_that_is_too_small_says_so)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	cr_assert_eq(pthread_attr_setstacksize(&attr, 512 * 1024), 0);
	cr_assert_eq(pthread_create(&thread, &attr, prepare_small, NULL), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

static void *release_elsewhere(void *rt)
{
	cr_assert_eq(frk_rt_release(rt), 0);
	return NULL;
}

Test(rt, another_thread_leaves_the_first_one_as_it_is)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK,
					      .cpu = FRK_CPU(allowed_cpu()));
	struct frk_rt *rt;
	pthread_t thread;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0);
	cr_assert_eq(pthread_create(&thread, NULL, release_elsewhere, rt), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_assert_eq(slack(), 1);
	cr_assert_eq(cpus(), 1);
}

Test(rt, every_step_has_a_name_of_its_own)
{
	for (int i = 0; i < FRK_RT_STEPS; i++) {
		cr_assert_not_null(frk_rt_step_name((enum frk_rt_step)i));
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(frk_rt_step_name((enum frk_rt_step)i),
					  frk_rt_step_name((enum frk_rt_step)j));
	}
	cr_assert_null(frk_rt_step_name(FRK_RT_STEPS));
}

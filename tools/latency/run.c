// SPDX-License-Identifier: MIT
/*
 * The thread that measures: prepared once, then the paths in turn.  Who shows
 * what it found runs beside it, without a priority.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fraktor/rt.h>

#include "latency/latency.h"

static pthread_t run_thread;

/* Ticks of a round: the sum over all rounds is exact. */
static uint64_t run_share(const struct latency_plan *plan, uint64_t round)
{
	return plan->ticks * (round + 1) / plan->rounds - plan->ticks * round / plan->rounds;
}

static int run_rounds(struct latency_run *run)
{
	const struct latency_plan *plan = &run->plan;
	int err = 0;

	for (uint64_t round = 0; round < plan->rounds; round++)
		for (size_t i = 0; i < run->paths; i++) {
			if (__atomic_load_n(&run->stop, __ATOMIC_RELAXED))
				return 0;
			err = latency_measure(&run->path[i], plan, run_share(plan, round),
					      &run->stop, &run->error);
			if (err)
				return err;
		}
	return 0;
}

/* Without an explicit wish for it, no priority is a remark and no failure. */
static int run_prepare(struct latency_run *run, struct frk_rt **ret_rt)
{
	struct latency_plan *plan = &run->plan;
	struct frk_rt_opts opts = FRK_RT_OPTS(.rt_priority = plan->rt_priority,
					      .cpu = plan->cpu < 0 ? 0 : FRK_CPU(plan->cpu),
					      .error = &run->remark);
	int ret;

	if (!plan->rt_required)
		opts.flags = FRK_RT_BEST_EFFORT;
	ret = frk_rt_prepare(&opts, ret_rt);
	if (ret < 0)
		run->error = run->remark;
	return ret < 0 ? ret : 0;
}

/* That the CPU is not there must not be a remark. */
static int run_check(struct latency_run *run, const struct frk_rt *rt)
{
	struct frk_rt_result result = { .size = sizeof(result) };

	frk_rt_get_result(rt, &result);
	if (result.failed & 1U << FRK_RT_STEP_POLICY)
		run->plan.rt_priority = 0;
	__atomic_store_n(&run->prepared, true, __ATOMIC_RELEASE);
	if (!(result.failed & 1U << FRK_RT_STEP_CPU))
		return 0;
	run->error = result.errors[FRK_RT_STEP_CPU];
	return run->error.code;
}

static void *run_main(void *data)
{
	struct latency_run *run = data;
	static const uint64_t one = 1;
	struct frk_rt *rt = NULL;

	run->code = run_prepare(run, &rt);
	if (!run->code)
		run->code = run_check(run, rt);
	if (!run->code)
		run->code = run_rounds(run);
	frk_rt_release(rt);
	(void)!write(run->done_fd, &one, sizeof(one));
	return NULL;
}

int latency_start(struct latency_run *run)
{
	int err;

	run->done_fd = eventfd(0, EFD_CLOEXEC);
	if (run->done_fd < 0) {
		err = -errno;
	} else {
		err = -pthread_create(&run_thread, NULL, run_main, run);
		if (err)
			close(run->done_fd);
	}
	if (err)
		fprintf(stderr, "fraktor: cannot start the thread that measures: %s\n",
			strerror(-err));
	return err;
}

void latency_join(struct latency_run *run)
{
	__atomic_store_n(&run->stop, true, __ATOMIC_RELAXED);
	pthread_join(run_thread, NULL);
	close(run->done_fd);
}

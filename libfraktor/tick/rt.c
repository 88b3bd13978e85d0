/* SPDX-License-Identifier: MIT */
/*
 * rt.c - takes the steps of frk_rt_prepare() in order and undoes them in the
 * opposite one.  What a step does stands in its own file.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/opts.h"
#include "tick/rt.h"

#define RT_CALL "frk_rt_prepare"
/* What the first release had. */
#define RT_OPTS_SIZE_MIN (offsetof(struct frk_rt_opts, error) + sizeof(struct frk_error *))
#define RT_RESULT_SIZE_MIN \
	(offsetof(struct frk_rt_result, errors) + 7 * sizeof(struct frk_error))
#define RT_STACK_SIZE (256U * 1024)
#define RT_FLAGS                                                     \
	(FRK_RT_BEST_EFFORT | FRK_RT_NO_LOCK | FRK_RT_LOCK_ON_FAULT | \
	 FRK_RT_KEEP_SLACK | FRK_RT_TUNE_HEAP | FRK_RT_HOLD_CPU_LATENCY)

/* Memory before the priority: locking it takes long.  The heap is the last,
 * for it cannot be undone and does not fail. */
static const struct frki_rt_step *const rt_steps[FRK_RT_STEPS] = {
	[FRK_RT_STEP_CPU_LATENCY] = &frki_rt_cpu_latency,
	[FRK_RT_STEP_MEMORY] = &frki_rt_memory,
	[FRK_RT_STEP_STACK] = &frki_rt_stack,
	[FRK_RT_STEP_SLACK] = &frki_rt_slack,
	[FRK_RT_STEP_CPU] = &frki_rt_cpu,
	[FRK_RT_STEP_POLICY] = &frki_rt_policy,
	[FRK_RT_STEP_HEAP] = &frki_rt_heap,
};

static const char *rt_check_deadline(const struct frk_rt_opts *opts)
{
	uint64_t deadline = opts->deadline_ns ? opts->deadline_ns : opts->period_ns;

	if (!opts->runtime_ns)
		return opts->deadline_ns || opts->period_ns ?
			       "deadline_ns and period_ns need runtime_ns" : NULL;
	if (opts->rt_priority)
		return "rt_priority and runtime_ns exclude each other";
	if (opts->runtime_ns > deadline || deadline > opts->period_ns)
		return "runtime_ns <= deadline_ns <= period_ns must hold";
	return NULL;
}

static const char *rt_check(const struct frk_rt_opts *opts)
{
	if (opts->flags & ~RT_FLAGS)
		return "flags has a bit that this library does not know";
	if ((opts->flags & FRK_RT_NO_LOCK) && (opts->flags & FRK_RT_LOCK_ON_FAULT))
		return "FRK_RT_NO_LOCK and FRK_RT_LOCK_ON_FAULT exclude each other";
	if (opts->rt_priority < 0 || opts->rt_priority > 99)
		return "rt_priority must be from 1 to 99, or 0";
	if (opts->cpu_latency_us > INT32_MAX)
		return "cpu_latency_us is too large";
	if (opts->cpu_latency_us && !(opts->flags & FRK_RT_HOLD_CPU_LATENCY))
		return "cpu_latency_us needs FRK_RT_HOLD_CPU_LATENCY";
	if (opts->slack_ns && (opts->flags & FRK_RT_KEEP_SLACK))
		return "slack_ns and FRK_RT_KEEP_SLACK exclude each other";
	return rt_check_deadline(opts);
}

static int rt_open(struct frk_rt **ret_rt, const struct frk_rt_opts *opts)
{
	struct frk_error *error = opts->error;
	const char *wrong = rt_check(opts);
	struct frk_rt *rt;

	if (wrong)
		return frki_error_set(error, -EINVAL, NULL, RT_CALL, "%s", wrong);
	rt = calloc(1, sizeof(*rt));
	if (!rt)
		return frki_error_set(error, -ENOMEM, NULL, "calloc", "no memory");
	rt->opts = *opts;
	rt->opts.error = NULL;
	if (!opts->stack_size)
		rt->opts.stack_size = RT_STACK_SIZE;
	if (!opts->slack_ns)
		rt->opts.slack_ns = 1;
	rt->tid = gettid();
	*ret_rt = rt;
	return 0;
}

/* Return: the first error; all that can be undone is. */
static int rt_undo(struct frk_rt *rt)
{
	bool own = rt->tid == gettid();
	int ret = 0, err;

	for (int i = FRK_RT_STEPS - 1; i >= 0; i--) {
		if (!(rt->result.done & (1U << i)) || !rt_steps[i]->undo)
			continue;
		err = own || !rt_steps[i]->of_thread ? rt_steps[i]->undo(rt) : 0;
		if (err && !ret)
			ret = err;
	}
	return ret;
}

/* Return: 0, the number of failed steps, or the error that ended it. */
static int rt_apply(struct frk_rt *rt, struct frk_error *error)
{
	struct frk_error *why;
	int failures = 0, err;

	for (int i = 0; i < FRK_RT_STEPS; i++) {
		if (!rt_steps[i]->wanted(&rt->opts))
			continue;
		why = &rt->result.errors[i];
		err = rt_steps[i]->apply(rt, why);
		if (!err) {
			rt->result.done |= 1U << i;
			continue;
		}
		/* The first is the one that is told. */
		if (error && !failures)
			*error = *why;
		if (!(rt->opts.flags & FRK_RT_BEST_EFFORT))
			return err;
		rt->result.failed |= 1U << i;
		failures++;
	}
	return failures;
}

int frk_rt_prepare(const struct frk_rt_opts *opts, struct frk_rt **ret_rt)
{
	struct frk_rt_opts known;
	struct frk_rt *rt = NULL;
	int ret;

	if (!ret_rt || frki_opts_copy(&known, sizeof(known), opts, RT_OPTS_SIZE_MIN))
		return -EINVAL;
	ret = rt_open(&rt, &known);
	if (ret)
		return ret;
	ret = rt_apply(rt, known.error);
	if (ret < 0) {
		rt_undo(rt);
		free(rt);
		return ret;
	}
	*ret_rt = rt;
	return ret;
}

int frk_rt_get_result(const struct frk_rt *rt, struct frk_rt_result *ret_result)
{
	if (!rt || frki_opts_room(ret_result, RT_RESULT_SIZE_MIN))
		return -EINVAL;
	frki_opts_return(ret_result, &rt->result, sizeof(rt->result));
	return 0;
}

int frk_rt_release(struct frk_rt *rt)
{
	int ret;

	if (!rt)
		return 0;
	ret = rt_undo(rt);
	free(rt);
	return ret;
}

const char *frk_rt_step_name(enum frk_rt_step step)
{
	return (unsigned int)step < FRK_RT_STEPS ? rt_steps[step]->name : NULL;
}

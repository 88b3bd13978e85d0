/* SPDX-License-Identifier: MIT */
/*
 * fraktor/rt.h - what a real-time program asks of its host before it begins:
 * memory that is there, a priority, a CPU, exact timers.  Knows no ticks.
 */
#ifndef FRK_RT_H
#define FRK_RT_H

#include <fraktor/base.h>

FRK_BEGIN_DECLS

/*
 * The steps, in the order they are taken.  What is undone is undone in the
 * opposite order.  New ones go to the end.
 */
enum frk_rt_step {
	FRK_RT_STEP_CPU_LATENCY, /* /dev/cpu_dma_latency is held open */
	FRK_RT_STEP_MEMORY,	 /* mlockall() */
	FRK_RT_STEP_STACK,	 /* the calling thread's stack is touched */
	FRK_RT_STEP_SLACK,	 /* prctl(PR_SET_TIMERSLACK) */
	FRK_RT_STEP_CPU,	 /* sched_setaffinity() */
	FRK_RT_STEP_POLICY,	 /* SCHED_FIFO or SCHED_DEADLINE */
	FRK_RT_STEP_HEAP,	 /* mallopt() */
	FRK_RT_STEPS
};

/* Go on when a step fails, and tell which did; else it is all or nothing. */
#define FRK_RT_BEST_EFFORT (1U << 0)
/* Leave memory unlocked: pages may be fetched from disk when touched. */
#define FRK_RT_NO_LOCK (1U << 1)
/* Lock pages when they are first touched, not all at once (MCL_ONFAULT). */
#define FRK_RT_LOCK_ON_FAULT (1U << 2)
/* Leave the thread's timer slack as it is. */
#define FRK_RT_KEEP_SLACK (1U << 3)
/* Keep memory that was freed: see frk_rt_prepare(). */
#define FRK_RT_TUNE_HEAP (1U << 4)
/* Hold CPUs awake: no idle state that takes longer to leave than
 * cpu_latency_us.  Costs power on the whole host. */
#define FRK_RT_HOLD_CPU_LATENCY (1U << 5)

/**
 * struct frk_rt_opts - what to prepare; everything not named is zero
 * @size: sizeof of the caller's structure: use FRK_RT_OPTS().
 * @flags: FRK_RT_*.
 * @rt_priority: SCHED_FIFO priority of the calling thread, 1 to 99; 0 leaves
 *	its policy.  Not with @runtime_ns.
 * @cpu: the calling thread runs on this CPU only: 0 leaves it, or FRK_CPU(n).
 * @runtime_ns: SCHED_DEADLINE: CPU time in each period; 0 for none.
 * @deadline_ns: SCHED_DEADLINE: when it must have been given; 0 for
 *	@period_ns.
 * @period_ns: SCHED_DEADLINE: the period.
 * @stack_size: bytes of the calling thread's stack to touch, below the frame
 *	that calls; 0 for 256 KiB.
 * @slack_ns: timer slack; 0 for 1, the smallest there is.
 * @cpu_latency_us: with FRK_RT_HOLD_CPU_LATENCY: 0 for no idle state at all.
 * @error: where to say why not; may be NULL.
 */
struct frk_rt_opts {
	size_t size;
	uint32_t flags;
	int rt_priority;
	uint32_t cpu;
	uint32_t cpu_latency_us;
	uint64_t runtime_ns;
	uint64_t deadline_ns;
	uint64_t period_ns;
	size_t stack_size;
	uint64_t slack_ns;
	struct frk_error *error;
};

#define FRK_RT_OPTS(...) \
	{ .size = sizeof(struct frk_rt_opts), __VA_ARGS__ }

/**
 * struct frk_rt_result - what became of each step
 * @size: sizeof of the caller's structure.
 * @done: a bit (1 << FRK_RT_STEP_*) for each step that is in effect.
 * @failed: a bit for each that was asked for and is not.
 * @errors: by step: why it failed; @code is 0 where it did not.
 */
struct frk_rt_result {
	size_t size;
	uint32_t done;
	uint32_t failed;
	struct frk_error errors[FRK_RT_STEPS];
};

/* What was prepared; release it. */
struct frk_rt;

/**
 * frk_rt_prepare() - all that a real-time thread needs, in one call
 * @opts: the options; copied.
 * @ret_rt: release it with frk_rt_release().  Untouched on failure.
 *
 * Without options it locks the memory of the process, touches the stack of the
 * calling thread and sets its timer slack to 1 ns; the rest is asked for.
 *
 * All or nothing: when a step fails, those before it are undone and the error
 * names the call, its errno and the remedy.  With FRK_RT_BEST_EFFORT the other
 * steps are taken all the same, and frk_rt_get_result() tells what became of
 * each.
 *
 * Policy, CPU, slack and stack are those of the calling thread; call it once
 * in each thread that is to be real-time, before that begins its work, and
 * not a second time in one that has not released the first.  Threads made
 * afterwards inherit policy, CPU and slack, except under SCHED_DEADLINE, where
 * they begin as ordinary ones.  Memory and CPU latency belong to the process:
 * memory stays locked until the last is released.  Blocks while memory is
 * being locked, which may be long; allocates.  Any thread, also several at
 * once.
 *
 * FRK_RT_TUNE_HEAP tells glibc's malloc to keep what was freed
 * (M_TRIM_THRESHOLD) and to map nothing apart (M_MMAP_MAX 0), so that
 * allocating again makes no page faults.  It is a choice, because a library
 * has no business to change the heap of a whole process unasked and because
 * what was set before cannot be asked for: it stays when all else is released.
 * A real-time loop should not allocate at all; fraktor's own does not.
 *
 * SCHED_FIFO is throttled to kernel.sched_rt_runtime_us of each
 * sched_rt_period_us, by default 95 %: a thread that spins loses 50 ms of each
 * second.  The setting is the host's and no program's; "fraktor doctor" tells.
 * SCHED_DEADLINE with @cpu needs a cpuset of that CPU alone, or the kernel
 * refuses it.
 *
 * Return: 0; with FRK_RT_BEST_EFFORT the number of steps that failed; -EINVAL
 * for options that contradict each other or are out of range; -ENOMEM; what
 * the step failed with: -EPERM or -EACCES without the privilege, -EBUSY if
 * SCHED_DEADLINE has no bandwidth left, -ENOMEM if RLIMIT_MEMLOCK is too
 * small, -EINVAL for a CPU that is not there, -ERANGE for a stack that is too
 * small.
 */
FRK_API int frk_rt_prepare(const struct frk_rt_opts *opts, struct frk_rt **ret_rt);

/**
 * frk_rt_get_result() - what became of each step
 * @rt: from frk_rt_prepare().
 * @ret_result: the result; its size must be set.
 *
 * Any thread.  Never blocks.
 *
 * Return: 0, or -EINVAL.
 */
FRK_API int frk_rt_get_result(const struct frk_rt *rt, struct frk_rt_result *ret_result);

/**
 * frk_rt_release() - undo what was done, and free it
 * @rt: from frk_rt_prepare(), or NULL.
 *
 * In the thread that prepared: its policy, CPUs and slack are again what they
 * were.  In another one these stay, with the thread, and only what belongs to
 * the process is undone.  Memory that the process had locked by itself before
 * stays locked; the heap stays as it is.
 *
 * Return: 0, or the negative errno of the first step that could not be undone:
 * the others are, and @rt is gone.
 */
FRK_API int frk_rt_release(struct frk_rt *rt);

/**
 * frk_rt_step_name() - a step in a word
 * @step: FRK_RT_STEP_*.
 *
 * Return: "memory", "policy", ..., static; NULL for none.  Any thread.
 */
FRK_API const char *frk_rt_step_name(enum frk_rt_step step);

FRK_END_DECLS

#endif /* FRK_RT_H */

/* SPDX-License-Identifier: MIT */
/*
 * rt.h - what frk_rt_prepare() is made of: steps that can be taken and undone.
 * Each file of steps knows nothing of the others.
 */
#ifndef FRKI_TICK_RT_H
#define FRKI_TICK_RT_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#include <fraktor/rt.h>

/*
 * The first release of the kernel's struct sched_attr, see sched_setattr(2).
 * The C library has no name for it before glibc 2.41.
 */
struct frki_rt_policy {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns;
	uint64_t deadline_ns;
	uint64_t period_ns;
};

/**
 * struct frk_rt - what was prepared, and what was before
 * @opts: what was asked for.
 * @tid: the thread that asked.
 * @result: what became of the steps.
 * @latency_fd: /dev/cpu_dma_latency, while its step is done.
 * @old_slack_ns: timer slack before.
 * @old_cpus: CPUs before.
 * @old_policy: policy before.
 */
struct frk_rt {
	struct frk_rt_opts opts;
	pid_t tid;
	struct frk_rt_result result;
	int latency_fd;
	unsigned long old_slack_ns;
	cpu_set_t old_cpus;
	struct frki_rt_policy old_policy;
};

/**
 * struct frki_rt_step - one step
 * @name: in a word.
 * @of_thread: it is a property of the calling thread, not of the process.
 * @wanted: whether these options ask for it.
 * @apply: take it.  Returns 0 or a negative errno, and then nothing is changed
 *	and @error says why.
 * @undo: put back what was, or 0 if there is nothing to put back.  Returns 0
 *	or a negative errno.
 */
struct frki_rt_step {
	const char *name;
	bool of_thread;
	bool (*wanted)(const struct frk_rt_opts *opts);
	int (*apply)(struct frk_rt *rt, struct frk_error *error);
	int (*undo)(struct frk_rt *rt);
};

/* rt_memory.c: of the process, except the stack. */
extern const struct frki_rt_step frki_rt_memory;
extern const struct frki_rt_step frki_rt_stack;
extern const struct frki_rt_step frki_rt_heap;
/* rt_thread.c: of the calling thread. */
extern const struct frki_rt_step frki_rt_slack;
extern const struct frki_rt_step frki_rt_cpu;
extern const struct frki_rt_step frki_rt_policy;
/* rt_host.c: of the whole host, while a file is open. */
extern const struct frki_rt_step frki_rt_cpu_latency;

/**
 * frki_rt_status_kib() - a line of /proc/self/status
 * @key: "VmLck", "VmSize".
 *
 * Return: its value in KiB; 0 if it cannot be read.
 */
unsigned long frki_rt_status_kib(const char *key);

#endif /* FRKI_TICK_RT_H */

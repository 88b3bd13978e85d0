/* SPDX-License-Identifier: MIT */
/*
 * rt_memory.c - memory that is there when it is needed: locked, touched, kept.
 *
 * Locking is of the process and has no count of its own, so there is one here:
 * the only thing that threads preparing themselves share.
 */
#include <alloca.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/rt.h"

/* What the deepest call after us may need while the stack is touched. */
#define MEMORY_STACK_RESERVE (16U * 1024)

static struct {
	pthread_mutex_t lock;
	unsigned int users;
	bool before; /* the process had locked memory by itself */
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool memory_wanted(const struct frk_rt_opts *opts)
{
	return !(opts->flags & FRK_RT_NO_LOCK);
}

static int memory_failed(int err, struct frk_error *error)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	return frki_error_set(error, err, NULL, "mlockall",
			      "%lu KiB are mapped and %lu KiB may be locked: needs "
			      "CAP_IPC_LOCK or a memlock limit beyond that: run as "
			      "root, or raise it in /etc/security/limits.d or with "
			      "LimitMEMLOCK= of the service",
			      frki_rt_status_kib("VmSize"),
			      (unsigned long)limit.rlim_cur / 1024);
}

static int memory_lock(int flags)
{
	bool before = memory.users ? memory.before : frki_rt_status_kib("VmLck") != 0;

	if (mlockall(flags))
		return -errno;
	memory.before = before;
	memory.users++;
	return 0;
}

static int memory_apply(struct frk_rt *rt, struct frk_error *error)
{
	int flags = MCL_CURRENT | MCL_FUTURE;
	int err;

	if (rt->opts.flags & FRK_RT_LOCK_ON_FAULT)
		flags |= MCL_ONFAULT;
	pthread_mutex_lock(&memory.lock);
	err = memory_lock(flags);
	pthread_mutex_unlock(&memory.lock);
	return err ? memory_failed(err, error) : 0;
}

static int memory_undo(struct frk_rt *rt)
{
	int err = 0;

	(void)rt;
	pthread_mutex_lock(&memory.lock);
	if (!--memory.users && !memory.before && munlockall())
		err = -errno;
	pthread_mutex_unlock(&memory.lock);
	return err;
}

const struct frki_rt_step frki_rt_memory = {
	.name = "memory",
	.wanted = memory_wanted,
	.apply = memory_apply,
	.undo = memory_undo,
};

/* Bytes between this frame and the end of the thread's stack; 0 if unknown. */
static size_t stack_room(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	size_t size = 0, guard = 0;
	pthread_attr_t attr;
	void *end = NULL;

	if (pthread_getattr_np(pthread_self(), &attr))
		return 0;
	pthread_attr_getstack(&attr, &end, &size);
	pthread_attr_getguardsize(&attr, &guard);
	pthread_attr_destroy(&attr);
	guard += MEMORY_STACK_RESERVE;
	return here > (uintptr_t)end + guard ? here - (uintptr_t)end - guard : 0;
}

/* Each page is written: one that is only read is shared with all others. */
__attribute__((noinline)) static void stack_touch(size_t size)
{
	volatile char *bytes = alloca(size);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* From the top, as a stack grows: the kernel takes it for one then. */
	for (size_t i = size; i; i -= i < page ? i : page)
		bytes[i - 1] = 0;
	bytes[0] = 0;
}

static bool stack_wanted(const struct frk_rt_opts *opts)
{
	(void)opts;
	return true;
}

static int stack_apply(struct frk_rt *rt, struct frk_error *error)
{
	size_t room = stack_room();

	if (rt->opts.stack_size > room)
		return frki_error_set(error, -ERANGE, NULL, "pthread_getattr_np",
				      "%zu KiB of stack cannot be touched, %zu KiB are "
				      "left: ask for less, or give the thread more "
				      "(pthread_attr_setstacksize, ulimit -s)",
				      rt->opts.stack_size / 1024, room / 1024);
	stack_touch(rt->opts.stack_size);
	return 0;
}

/* Pages that were touched stay; nothing depends on their being away. */
const struct frki_rt_step frki_rt_stack = {
	.name = "stack",
	.of_thread = true,
	.wanted = stack_wanted,
	.apply = stack_apply,
};

static bool heap_wanted(const struct frk_rt_opts *opts)
{
	return opts->flags & FRK_RT_TUNE_HEAP;
}

static int heap_apply(struct frk_rt *rt, struct frk_error *error)
{
	(void)rt;
	if (mallopt(M_TRIM_THRESHOLD, -1) && mallopt(M_MMAP_MAX, 0))
		return 0;
	return frki_error_set(error, -EOPNOTSUPP, NULL, "mallopt",
			      "this malloc cannot be told to keep memory: leave "
			      "out FRK_RT_TUNE_HEAP");
}

/* malloc does not tell what was set before: it stays. */
const struct frki_rt_step frki_rt_heap = {
	.name = "heap",
	.wanted = heap_wanted,
	.apply = heap_apply,
};

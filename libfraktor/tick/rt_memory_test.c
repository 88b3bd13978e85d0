/* SPDX-License-Identifier: MIT */
/*
 * rt_memory_test.c - memory that is locked and touched.  AddressSanitizer
 * makes mlockall() do nothing, since its shadow would fill the machine; so
 * these tests are in the ordinary build only, which the virtual machines run.
 */
#ifndef __SANITIZE_ADDRESS__

#include <alloca.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tick/rt.h"

TestSuite(rt_memory, .timeout = 60);

static unsigned long locked_kib(void)
{
	return frki_rt_status_kib("VmLck");
}

static struct frk_rt *prepare(uint32_t flags)
{
	struct frk_error error = { 0 };
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = flags, .error = &error);
	struct frk_rt *rt = NULL;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), 0, "%s", error.text);
	return rt;
}

Test(rt_memory, is_locked_and_unlocked)
{
	struct frk_rt *rt = prepare(0);

	cr_assert_gt(locked_kib(), 1000);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(locked_kib(), 0);
	rt = prepare(FRK_RT_LOCK_ON_FAULT);
	cr_assert_gt(locked_kib(), 1000);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_eq(locked_kib(), 0);
	rt = prepare(FRK_RT_NO_LOCK);
	cr_assert_eq(locked_kib(), 0);
	cr_assert_eq(frk_rt_release(rt), 0);
}

Test(rt_memory, stays_locked_until_the_last_is_released)
{
	struct frk_rt *first = prepare(0), *second = prepare(0);

	cr_assert_eq(frk_rt_release(first), 0);
	cr_assert_gt(locked_kib(), 1000);
	cr_assert_eq(frk_rt_release(second), 0);
	cr_assert_eq(locked_kib(), 0);
}

Test(rt_memory, that_was_locked_before_stays_locked)
{
	struct frk_rt *rt;

	cr_assert_eq(mlockall(MCL_CURRENT), 0);
	rt = prepare(0);
	cr_assert_eq(frk_rt_release(rt), 0);
	cr_assert_gt(locked_kib(), 1000);
}

static void *prepare_and_release(void *data)
{
	(void)data;
	for (int i = 0; i < 20; i++)
		cr_assert_eq(frk_rt_release(prepare(FRK_RT_LOCK_ON_FAULT)), 0);
	return NULL;
}

Test(rt_memory, many_threads_share_one_lock)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, prepare_and_release, NULL), 0);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
	cr_assert_eq(locked_kib(), 0);
}

static void assert_refused(rlim_t kib, int code)
{
	const struct rlimit limit = { kib * 1024, kib * 1024 };
	struct frk_error error = { 0 };
	struct frk_rt_opts opts = FRK_RT_OPTS(.error = &error);
	struct frk_rt *rt = NULL;
	char text[64];

	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (!geteuid())
		cr_assert_eq(setuid(65534), 0);
	cr_assert_eq(frk_rt_prepare(&opts, &rt), code, "%s", error.text);
	cr_assert_null(rt);
	cr_assert_str_eq(error.call, "mlockall");
	snprintf(text, sizeof(text), "%lu KiB may be locked: needs CAP_IPC_LOCK",
		 (unsigned long)kib);
	cr_assert_not_null(strstr(error.text, text), "%s", error.text);
	cr_assert_eq(locked_kib(), 0);
}

Test(rt_memory, r1_3_a_limit_of_nothing_says_so)
{
	assert_refused(0, -EPERM);
}

Test(rt_memory, r1_3_a_limit_that_is_too_small_says_so)
{
	assert_refused(64, -ENOMEM);
}

/* What failed later gives back what was locked before. */
Test(rt_memory, r1_3_is_unlocked_when_a_later_step_fails)
{
	struct frk_rt_opts opts = FRK_RT_OPTS(.cpu = FRK_CPU(1000));
	struct frk_rt *rt;

	cr_assert_eq(frk_rt_prepare(&opts, &rt), -EINVAL);
	cr_assert_eq(locked_kib(), 0);
}

static long faults(void)
{
	struct rusage usage;

	cr_assert_eq(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_minflt;
}

__attribute__((noinline)) static void use_stack(size_t size)
{
	volatile char *bytes = alloca(size);

	for (size_t i = size; i > 4096; i -= 4096)
		bytes[i - 1] = 1;
}

static void *touch_main(void *flags)
{
	struct frk_rt *rt = prepare(*(uint32_t *)flags);
	long before = faults();

	use_stack(200 * 1024);
	/* The measuring itself may need a page. */
	cr_assert_leq(faults() - before, 2);
	cr_assert_eq(frk_rt_release(rt), 0);
	return NULL;
}

Test(rt_memory, no_page_of_the_stack_is_missing)
{
	uint32_t flags = FRK_RT_NO_LOCK;
	pthread_t thread;

	touch_main(&flags);
	cr_assert_eq(pthread_create(&thread, NULL, touch_main, &flags), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(rt_memory, a_tuned_heap_makes_no_faults_the_second_time)
{
	struct frk_rt *rt = prepare(FRK_RT_NO_LOCK | FRK_RT_TUNE_HEAP);
	const size_t size = 1 << 20;
	long before = 0;
	void *block;

	for (int i = 0; i < 2; i++) {
		before = faults();
		block = malloc(size);
		cr_assert_not_null(block);
		memset(block, i + 1, size);
		free(block);
	}
	cr_assert_leq(faults() - before, 2);
	cr_assert_eq(frk_rt_release(rt), 0);
}

/* The library locks a page that is mapped afterwards, too. */
Test(rt_memory, what_is_mapped_later_is_locked)
{
	struct frk_rt *rt = prepare(0);
	unsigned long before = locked_kib();
	void *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(block, MAP_FAILED);
	cr_assert_geq(locked_kib(), before + 1024);
	cr_assert_eq(frk_rt_release(rt), 0);
}

#endif /* !__SANITIZE_ADDRESS__ */

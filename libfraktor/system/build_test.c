// SPDX-License-Identifier: MIT
/*
 * build_test.c - R1.3: each step of a build fails in turn, says so, and leaves
 * nothing running, open or allocated.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/build.h"
#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(build, .timeout = 30);

static unsigned int entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

unsigned int threads(void)
{
	return entries("/proc/self/task");
}

bool threads_become(unsigned int n)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	/* A thread that was joined is in /proc a little longer. */
	for (int i = 0; i < 2000 && threads() != n; i++)
		nanosleep(&pause, NULL);
	return threads() == n;
}

unsigned int files(void)
{
	return entries("/proc/self/fd");
}

static int nth_malloc;
static int create_code;
static unsigned int allocated;

static void *counting_malloc(size_t size)
{
	if (nth_malloc && !--nth_malloc)
		return NULL;
	allocated++;
	return malloc(size);
}

static void counting_free(void *memory)
{
	allocated -= memory != NULL;
	free(memory);
}

static int failing_create(pthread_t *ret_thread, const pthread_attr_t *attr,
			  void *(*main)(void *data), void *data)
{
	return create_code ? create_code :
			     pthread_create(ret_thread, attr, main, data);
}

static const struct frki_platform faulty = {
	.malloc = counting_malloc,
	.free = counting_free,
	.pthread_create = failing_create,
};

static void assert_build_fails(const struct frk_driver_ops *driver, int code,
			       const char *call)
{
	struct frk_system *system = (void *)0x1;
	struct frk_error error = { 0 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver = driver, .error = &error);
	unsigned int had_threads = threads(), had_files = files();

	cr_assert_eq(frki_build_system(&opts, &faulty, &system), code);
	cr_assert_eq(system, (void *)0x1);
	cr_assert_eq(error.code, code);
	cr_assert_str_eq(error.driver, driver->name);
	cr_assert_not_null(strstr(error.call, call), "%s", error.call);
	cr_assert_neq(error.text[0], '\0');
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
	cr_assert_eq(allocated, 0);
}

Test(build, r1_3_a_build_without_memory_leaves_nothing)
{
	nth_malloc = 1;
	assert_build_fails(&frki_scripted_driver, -ENOMEM, "malloc");
	cr_assert_eq(frki_scripted_calls().open, 0);
}

Test(build, r1_3_a_driver_that_does_not_open_fails_the_build)
{
	frki_scripted_faults.open = -ENOENT;
	assert_build_fails(&frki_scripted_driver, -ENOENT, "scripted_open");
	cr_assert_eq(frki_scripted_calls().start, 0);
	cr_assert_eq(frki_scripted_calls().close, 0);
}

Test(build, r1_3_a_driver_that_does_not_start_fails_the_build)
{
	frki_scripted_faults.start = -EBUSY;
	assert_build_fails(&frki_scripted_driver, -EBUSY, "scripted_start");
	cr_assert_eq(frki_scripted_calls().close, 1);
}

Test(build, r1_3_a_build_without_a_thread_stops_the_driver)
{
	create_code = EAGAIN;
	assert_build_fails(&frki_scripted_driver, -EAGAIN, "pthread_create");
	cr_assert_geq(frki_scripted_calls().stop, 1);
	cr_assert_eq(frki_scripted_calls().close, 1);
	/* With a driver that has threads and files to leave behind. */
	create_code = EPERM;
	assert_build_fails(&frk_driver_timerfd, -EPERM, "pthread_create");
}

Test(build, r1_3_names_driver_call_and_errno_on_one_line)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "kernel", .error = &error);
	struct frk_system *system;
	char *line = NULL;
	size_t size;
	FILE *stream = open_memstream(&line, &size);
	int ret = frk_system_build(&opts, &system);

	if (!ret) { /* where the module is loaded */
		frk_system_unref(system);
	} else {
		cr_assert_eq(frk_error_print(&error, stream), 1);
		fflush(stream);
		cr_assert_not_null(strstr(line, "driver kernel: "));
		cr_assert_not_null(strstr(line, "/dev/fraktor"));
	}
	fclose(stream);
	free(line);
}

Test(build, works_on_the_faulty_platform_without_faults)
{
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver);
	struct frk_system *system;

	cr_assert_eq(frki_build_system(&opts, &faulty, &system), 0);
	cr_assert_eq(allocated, 1);
	frk_system_unref(system);
	cr_assert_eq(allocated, 0);
}

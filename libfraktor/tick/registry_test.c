/* SPDX-License-Identifier: MIT */
/*
 * registry_test.c - drivers by name and priority, and the best that works.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "testing/manual_driver.h"
#include "testing/scripted_driver.h"
#include "tick/bootstrap.h"

static struct frki_bootstrap bootstrap;
static struct frki_registry *registry = &bootstrap.registry;
static struct frk_error error;
static const struct frk_driver_opts opts = {
	.size = sizeof(opts),
	.period_ns = FRK_MS(1),
};

static void setup(void)
{
	frki_registry_init(registry);
	memset(&error, 0, sizeof(error));
}

TestSuite(registry, .init = setup);
TestSuite(bootstrap, .init = setup, .timeout = 60);

Test(registry, r3_4_built_in_drivers_are_found_by_name)
{
	static const struct {
		const char *name;
		const struct frk_driver_ops *driver;
		enum frk_driver_kind kind;
	} builtin[] = {
		{ "kernel", &frk_driver_kernel, FRK_DRIVER_KERNEL },
		{ "timerfd", &frk_driver_timerfd, FRK_DRIVER_TIMERFD },
		{ "nanosleep", &frk_driver_nanosleep, FRK_DRIVER_NANOSLEEP },
		{ "pulse", &frk_driver_pulse, FRK_DRIVER_PULSE },
		{ "fused", &frk_driver_fused, FRK_DRIVER_FUSED },
	};

	for (size_t i = 0; i < sizeof(builtin) / sizeof(*builtin); i++) {
		cr_assert_eq(frk_driver_find(builtin[i].name), builtin[i].driver);
		cr_assert_eq(frki_registry_find(registry, builtin[i].name),
			     builtin[i].driver);
		cr_assert_eq(builtin[i].driver->kind, builtin[i].kind);
	}
}

Test(registry, r2_5_r3_1_an_unknown_name_is_not_found_nor_is_the_manual_driver)
{
	cr_assert_null(frk_driver_find("manual"));
	cr_assert_null(frk_driver_find(""));
	cr_assert_null(frk_driver_find(NULL));
	cr_assert_null(frki_registry_find(registry, "manual"));
	cr_assert_null(frki_registry_find(registry, NULL));
}

Test(registry, r3_4_the_order_is_kernel_timerfd_nanosleep)
{
	cr_assert_eq(registry->entries[0].driver, &frk_driver_kernel);
	cr_assert_eq(registry->entries[1].driver, &frk_driver_timerfd);
	cr_assert_eq(registry->entries[2].driver, &frk_driver_nanosleep);
	cr_assert_gt(registry->entries[2].priority, 0);
	cr_assert_eq(registry->entries[3].priority, 0);
}

Test(registry, r2_1_any_driver_takes_its_place_by_priority)
{
	char names[128];

	cr_assert_eq(frki_registry_add(registry, &frki_driver_manual,
				       FRK_PRIORITY_TIMERFD, &error),
		     0);
	cr_assert_eq(frki_registry_add(registry, &frki_scripted_driver,
				       FRK_PRIORITY_KERNEL + 1, &error),
		     0);
	frki_registry_names(registry, names, sizeof(names));
	cr_assert_str_eq(names, "\"scripted\", \"kernel\", \"timerfd\", \"manual\", "
				"\"nanosleep\", \"pulse\", \"fused\"");
	cr_assert_eq(frki_registry_find(registry, "manual"), &frki_driver_manual);
}

Test(registry, r2_1_what_cannot_be_registered_is_refused_in_words)
{
	static const struct frk_driver_ops nameless = { .size = sizeof(nameless) };
	static const struct frk_driver_ops any = { .name = "auto" };

	cr_assert_eq(frki_registry_add(registry, NULL, 1, &error), -EINVAL);
	cr_assert_eq(frki_registry_add(registry, &nameless, 1, &error), -EINVAL);
	cr_assert_eq(frki_registry_add(registry, &any, 1, &error), -EINVAL);
	cr_assert_eq(frki_registry_add(registry, &frk_driver_timerfd, 1, &error),
		     -EEXIST);
	cr_assert_not_null(strstr(error.text, "timerfd"));
	for (size_t i = registry->n; i < FRKI_REGISTRY_MAX; i++)
		registry->entries[registry->n++] = registry->entries[0];
	cr_assert_eq(frki_registry_add(registry, &frki_driver_manual, 1, &error),
		     -ENOBUFS);
}

/* --- the best that works ----------------------------------------------------- */

static unsigned int entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A thread that was joined is in /proc a little longer. */
static void assert_threads_become(unsigned int n)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < 2000 && entries("/proc/self/task") != n; i++)
		nanosleep(&pause, NULL);
	cr_assert_eq(entries("/proc/self/task"), n);
}

static const char *start(const struct frk_driver_ops *driver)
{
	static struct frk_driver_info info;
	struct frk_line *line;

	cr_assert_eq(frki_bootstrap_start(&bootstrap, driver, NULL, &opts, &error, &line),
		     0);
	frk_line_get_info(line, &info);
	frk_line_close(line);
	return info.name;
}

Test(bootstrap, r3_4_auto_takes_the_best_that_works)
{
	frki_registry_add(registry, &frki_scripted_driver, 1000, NULL);
	cr_assert_str_eq(start(NULL), "scripted");
	cr_assert_eq(bootstrap.tried_n, 0);
}

Test(bootstrap, r3_4_auto_says_what_it_tried_and_why_that_failed)
{
	char why[160];

	frki_registry_add(registry, &frki_scripted_driver, 1000, NULL);
	frki_registry_add(registry, &frki_driver_manual, 900, NULL);
	frki_scripted_faults.start = -EBUSY;
	cr_assert_str_eq(start(NULL), "manual");
	cr_assert_eq(frki_scripted_calls().close, 1);
	cr_assert_eq(bootstrap.tried_n, 1);
	cr_assert_str_eq(bootstrap.tried[0].driver, "scripted");
	cr_assert_str_eq(bootstrap.tried[0].call, "scripted_start");
	cr_assert_eq(bootstrap.tried[0].code, -EBUSY);
	frki_bootstrap_why(&bootstrap, why, sizeof(why));
	cr_assert_str_eq(why, "scripted failed: scripted_start: EBUSY");
}

/* On a machine without the module the second one, else the first. */
Test(bootstrap, r3_4_auto_goes_from_the_kernel_to_the_timerfd)
{
	const char *name = start(NULL);

	if (!access("/dev/fraktor", R_OK | W_OK)) {
		cr_assert_str_eq(name, "kernel");
		return;
	}
	cr_assert_str_eq(name, "timerfd");
	cr_assert_eq(bootstrap.tried_n, 1);
	cr_assert_str_eq(bootstrap.tried[0].driver, "kernel");
	cr_assert_not_null(strstr(bootstrap.tried[0].call, "/dev/fraktor"));
}

Test(bootstrap, r3_4_what_has_no_priority_is_taken_only_by_name)
{
	frki_registry_add(registry, &frki_driver_manual, 0, NULL);
	cr_assert_str_neq(start(NULL), "manual");
	cr_assert_str_eq(start(&frki_driver_manual), "manual");
}

Test(bootstrap, r1_3_nothing_is_left_of_drivers_that_all_fail)
{
	struct frk_line *line = (void *)1;
	unsigned int threads = entries("/proc/self/task"), files, n;
	struct rlimit few;

	frki_registry_add(registry, &frki_scripted_driver, 1000, NULL);
	frki_scripted_faults.start = -EBUSY;
	files = entries("/proc/self/fd");
	/* Not a descriptor more. */
	getrlimit(RLIMIT_NOFILE, &few);
	n = (unsigned int)dup(0);
	close((int)n);
	few.rlim_cur = n;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_assert_eq(frki_bootstrap_start(&bootstrap, NULL, NULL, &opts, &error, &line),
		     -EBUSY);
	few.rlim_cur = few.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	cr_assert_eq(line, (void *)1);
	cr_assert_eq(bootstrap.tried_n, 4);
	cr_assert_str_eq(bootstrap.tried[2].call, "timerfd_create");
	cr_assert_eq(bootstrap.tried[2].code, -EMFILE);
	cr_assert_str_eq(error.driver, "auto");
	cr_assert_not_null(strstr(error.text, "scripted"));
	cr_assert_eq(entries("/proc/self/fd"), files);
	assert_threads_become(threads);
}

Test(bootstrap, r1_3_a_driver_by_name_fails_as_itself)
{
	struct frk_line *line;

	frki_scripted_faults.open = -ENODEV;
	cr_assert_eq(frki_bootstrap_start(&bootstrap, &frki_scripted_driver, NULL, &opts,
					  &error, &line),
		     -ENODEV);
	cr_assert_str_eq(error.driver, "scripted");
	cr_assert_str_eq(error.call, "scripted_open");
	cr_assert_eq(bootstrap.tried_n, 1);
}

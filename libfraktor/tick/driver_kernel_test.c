/* SPDX-License-Identifier: MIT */
/*
 * driver_kernel_test.c - the kernel module's driver.  Where the module is
 * loaded and FRAKTOR_TEST_KERNEL=1 (the VM) it must conform on every way to
 * wait; elsewhere it must fail in words.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "testing/conformance_driver.h"
#include "tick/drain.h"
#include "tick/kernel_source.h"
#include "tick/ring_map.h"

static char name[32];

static struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = name,
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 64,
};

/* Names are unique in a machine, and tests run side by side. */
static void setup(void)
{
	snprintf(name, sizeof(name), "test-%d", (int)getpid());
}

TestSuite(driver_kernel, .init = setup);

static int module_is_here(void)
{
	const char *value = getenv("FRAKTOR_TEST_KERNEL");

	return value && !strcmp(value, "1");
}

#define need_module()                                                     \
	do {                                                              \
		if (!module_is_here())                                    \
			cr_skip_test("FRAKTOR_TEST_KERNEL is not 1: the " \
				     "module is tested in the VM");       \
	} while (0)

static int open_with(const struct frk_driver_opts *opts, struct frk_error *error)
{
	struct frk_line *line;
	int err = frk_line_open(&frk_driver_kernel, opts, error, &line);

	if (!err)
		frk_line_close(line);
	return err;
}

static void conform(const char *path)
{
	const struct frki_conformance_check *check;
	struct frk_driver_info info;
	struct frk_line *line;
	const char *wrong;

	cr_assert_eq(frk_line_open(&frk_driver_kernel, &normal, NULL, &line), 0);
	frk_line_get_info(line, &info);
	frk_line_close(line);
	cr_expect_str_eq(info.path, path);
	cr_expect_eq(!*info.note, !strcmp(path, "io_uring uring_cmd"));
	for (check = frki_conformance_driver; check->name; check++) {
		wrong = check->run(&frk_driver_kernel, &normal);
		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

Test(driver_kernel, r1_3_without_a_module_says_what_to_do)
{
	struct frk_error error = { 0 };

	if (!access("/dev/fraktor", F_OK))
		cr_skip_test("the module is loaded");
	cr_assert_eq(open_with(&normal, &error), -ENOENT);
	cr_assert_eq(error.code, -ENOENT);
	cr_assert_str_eq(error.driver, "kernel");
	cr_assert_str_eq(error.call, "open(/dev/fraktor)");
	cr_assert_not_null(strstr(error.text, "modprobe fraktor"));
	cr_assert_not_null(strstr(error.text, "timerfd"));
}

Test(driver_kernel, conforms_with_io_uring, .timeout = 120)
{
	need_module();
	conform("io_uring uring_cmd");
}

Test(driver_kernel, conforms_with_poll, .timeout = 120)
{
	need_module();
	setenv("FRAKTOR_NO_URING", "1", 1);
	conform("poll");
}

Test(driver_kernel, every_clock_ticks, .timeout = 60)
{
	static const int clocks[] = { CLOCK_BOOTTIME, CLOCK_TAI };
	struct frk_driver_opts opts = normal;
	struct frk_tick tick;
	struct frk_line *line;
	size_t i;
	int n;

	need_module();
	for (i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		opts.clockid = clocks[i];
		cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, NULL, &line), 0);
		cr_assert_eq(frk_line_start(line, NULL), 0);
		while (!(n = frk_line_drain(line, &tick, 1)))
			cr_assert_eq(frk_line_wait(line), 0);
		cr_assert_eq(n, 1);
		cr_assert(tick.fired_ns >= tick.deadline_ns);
		frk_line_close(line);
	}
}

Test(driver_kernel, r1_3_bad_options_are_refused_in_words)
{
	struct frk_driver_opts opts = normal;
	struct frk_error error;

	need_module();
	opts.slots = 1 << 20;
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
	cr_assert_not_null(strstr(error.text, "out of limits"));
	opts = normal;
	opts.name = "no spaces, please";
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
	cr_assert_str_eq(error.call, "ioctl(FRAKTOR_IOC_CREATE)");
	opts.name = "a name that is much too long for it";
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
	opts = normal;
	opts.cpu = FRK_CPU(4000);
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
}

Test(driver_kernel, r1_3_a_name_in_use_is_refused_in_words)
{
	struct frk_line *line;
	struct frk_error error;

	need_module();
	cr_assert_eq(frk_line_open(&frk_driver_kernel, &normal, NULL, &line), 0);
	cr_assert_eq(open_with(&normal, &error), -EEXIST);
	cr_assert_not_null(strstr(error.text, name));
	frk_line_close(line);
	/* The name is free as soon as close returned. */
	cr_assert_eq(open_with(&normal, &error), 0);
}

Test(driver_kernel, r1_3_no_permission_is_refused_in_words)
{
	struct frk_error error;

	need_module();
	cr_assert_eq(setgid(65534), 0);
	cr_assert_eq(setuid(65534), 0);
	cr_assert_eq(open_with(&normal, &error), -EACCES);
	cr_assert_str_eq(error.call, "open(/dev/fraktor)");
	cr_assert_not_null(strstr(error.text, "group 'fraktor'"));
}

/* --- the end of a wait that is in flight ---------------------------------- */

/* A line that makes no tick while the test runs, and a command in flight. */
static void wait_in_flight(struct frki_kernel_source *source, struct frki_ring_map *map,
			   struct frki_feed *feed, struct frki_drain *drain)
{
	struct frk_driver_opts slow = normal;
	const char *why;

	slow.period_ns = FRK_S(3600);
	cr_assert_eq(frki_kernel_source_open(source, &slow, NULL), 0);
	cr_assert_eq(frki_ring_map_open(map, source->fd, &why), 0);
	cr_assert_eq(frki_feed_attach(feed, map->meta, map->consumer, map->slots), 0);
	cr_assert_eq(frki_drain_init(drain, source->fd, source->info.features, &normal), 0);
	cr_assert(drain->wait == FRK_WAIT_URING, "%s", drain->note);
	cr_assert_eq(frki_kernel_source_start(source, NULL), 0);
	frki_drain_wake(drain);
	cr_assert_eq(frki_drain_wait(drain, feed), 0);
	cr_assert(drain->uring.waiting, "the wake ended the command too");
}

/* Were it still in flight, the next one on the file would be refused. */
Test(driver_kernel, r2_3_a_wait_in_flight_ends_with_its_reader, .timeout = 60)
{
	struct frki_kernel_source source;
	struct frki_ring_map map;
	struct frki_drain drain;
	struct frki_feed feed;

	need_module();
	wait_in_flight(&source, &map, &feed, &drain);
	frki_drain_uring_cancel(&drain.uring);
	cr_assert_not(drain.uring.waiting, "it was not cancelled");
	/* It is waited for anew; and again in flight when the ring ends. */
	frki_drain_wake(&drain);
	cr_assert_eq(frki_drain_wait(&drain, &feed), 0);
	cr_assert(drain.uring.waiting);
	frki_drain_fini(&drain);
	cr_assert_eq(frki_drain_init(&drain, source.fd, source.info.features, &normal), 0);
	frki_drain_wake(&drain);
	cr_assert_eq(frki_drain_wait(&drain, &feed), 0, "the old wait is still there");
	frki_drain_fini(&drain);
	frki_ring_map_close(&map);
	frki_kernel_source_close(&source);
	/* No ring keeps the file, and with it the name. */
	cr_assert_eq(open_with(&normal, NULL), 0);
}

Test(driver_kernel, r3_6_a_line_that_was_asked_to_stop_gives_no_reason, .timeout = 60)
{
	struct frk_driver_info info;
	struct frk_line *line;

	need_module();
	cr_assert_eq(frk_line_open(&frk_driver_kernel, &normal, NULL, &line), 0);
	frk_line_get_info(line, &info);
	cr_expect_str_eq(info.stopped, "");
	cr_expect_eq(info.resolution_ns, normal.period_ns);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_stop(line), 0);
	frk_line_get_info(line, &info);
	cr_expect_str_eq(info.stopped, "");
	frk_line_close(line);
}

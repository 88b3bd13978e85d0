/* SPDX-License-Identifier: MIT */
/*
 * driver_nanosleep_test.c - the driver that sleeps: conformance, and what is its
 * own.  No durations are compared: the machine may be busy.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "testing/conformance_driver.h"

static const struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = "test",
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 64,
};

static int open_with(const struct frk_driver_opts *opts, struct frk_error *error)
{
	struct frk_line *line;
	int err = frk_line_open(&frk_driver_nanosleep, opts, error, &line);

	if (!err) {
		err = frk_line_start(line, error);
		frk_line_close(line);
	}
	return err;
}

Test(driver_nanosleep, r2_4_conforms, .timeout = 60)
{
	const struct frki_conformance_check *check;

	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frk_driver_nanosleep, &normal);

		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

/* Absolute deadlines: whatever the delay of each, the sum is exact. */
Test(driver_nanosleep, r1_2_no_lateness_adds_up, .timeout = 60)
{
	struct frk_driver_opts opts = normal;
	struct frk_tick ticks[64], first = { 0 }, last = { 0 };
	struct frk_line *line;
	uint64_t periods = 0;
	int n, i;

	opts.period_ns = FRK_US(100);
	opts.slots = 65536;
	cr_assert_eq(frk_line_open(&frk_driver_nanosleep, &opts, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	while (periods < 3000) {
		n = frk_line_drain(line, ticks, 64);
		cr_assert(n >= 0);
		for (i = 0; i < n; i++) {
			if (!periods)
				first = ticks[i];
			last = ticks[i];
			periods += ticks[i].periods;
		}
		if (!n)
			cr_assert_eq(frk_line_wait(line), 0);
	}
	cr_assert_eq(last.deadline_ns + last.periods * opts.period_ns - first.deadline_ns,
		     periods * opts.period_ns);
	frk_line_close(line);
}

Test(driver_nanosleep, r2_4_knows_the_clock_that_timerfds_do_not, .timeout = 60)
{
	struct frk_driver_opts opts = normal;
	struct frk_tick tick;
	struct frk_line *line;
	int n;

	opts.clockid = CLOCK_TAI;
	cr_assert_eq(frk_line_open(&frk_driver_nanosleep, &opts, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	while (!(n = frk_line_drain(line, &tick, 1)))
		frk_line_wait(line);
	cr_assert_eq(n, 1);
	cr_assert(tick.fired_ns >= tick.deadline_ns);
	frk_line_close(line);
}

/* The thread sleeps for an hour: stop does not. */
Test(driver_nanosleep, r2_2_a_stop_ends_the_longest_sleep, .timeout = 60)
{
	struct frk_driver_opts opts = normal;
	struct frk_line *line;
	struct frk_tick tick;

	opts.period_ns = FRK_S(3600);
	cr_assert_eq(frk_line_open(&frk_driver_nanosleep, &opts, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_stop(line), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
	frk_line_close(line);
}

Test(driver_nanosleep, r1_3_a_cpu_that_is_not_there_is_refused_in_words)
{
	struct frk_driver_opts opts = normal;
	struct frk_error error;

	opts.cpu = FRK_CPU(1000);
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
	cr_assert_str_eq(error.driver, "nanosleep");
	cr_assert_str_eq(error.call, "pthread_create");
	cr_assert_not_null(strstr(error.text, "CPU 1000"));
}

Test(driver_nanosleep, r1_3_no_descriptors_left_names_the_call)
{
	struct rlimit few = { 0, 0 };
	struct frk_error error;

	few.rlim_cur = few.rlim_max = (rlim_t)dup(0);
	close((int)few.rlim_cur);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_assert_eq(open_with(&normal, &error), -EMFILE);
	cr_assert_str_eq(error.driver, "nanosleep");
	cr_assert_str_eq(error.call, "eventfd");
}

/* SPDX-License-Identifier: MIT */
/*
 * driver_timerfd_test.c - the user-space driver: conformance, and what is its
 * own.  No durations are compared: the machine may be busy.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
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
	int err = frk_line_open(&frk_driver_timerfd, opts, error, &line);

	if (!err) {
		err = frk_line_start(line, error);
		frk_line_close(line);
	}
	return err;
}

Test(driver_timerfd, conforms, .timeout = 60)
{
	const struct frki_conformance_check *check;

	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frk_driver_timerfd, &normal);

		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

/* Absolute deadlines: whatever the delay of each, the sum is exact. */
Test(driver_timerfd, r1_2_holds_rate_over_many_periods, .timeout = 60)
{
	struct frk_driver_opts opts = normal;
	struct frk_tick ticks[64], first = { 0 }, last = { 0 };
	struct frk_line *line;
	uint64_t periods = 0;
	int n, i;

	opts.period_ns = FRK_US(100);
	opts.slots = 65536;
	cr_assert_eq(frk_line_open(&frk_driver_timerfd, &opts, NULL, &line), 0);
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

Test(driver_timerfd, r1_3_tai_is_refused_in_words)
{
	struct frk_driver_opts opts = normal;
	struct frk_error error;

	opts.clockid = CLOCK_TAI;
	cr_assert_eq(open_with(&opts, &error), -EOPNOTSUPP);
	cr_assert_str_eq(error.driver, "timerfd");
	cr_assert_str_eq(error.call, "timerfd_create");
	cr_assert(*error.text);
}

Test(driver_timerfd, r1_3_an_offline_cpu_is_refused_in_words)
{
	struct frk_driver_opts opts = normal;
	struct frk_error error;

	opts.cpu = FRK_CPU(1000);
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
	cr_assert_str_eq(error.call, "pthread_create");
	cr_assert_not_null(strstr(error.text, "CPU 1000"));
	opts.cpu = FRK_CPU(100000);
	cr_assert_eq(open_with(&opts, &error), -EINVAL);
}

Test(driver_timerfd, r1_3_a_forbidden_priority_is_refused_in_words)
{
	const struct rlimit none = { 0, 0 };
	struct frk_driver_opts opts = normal;
	struct frk_error error;

	cr_assert_eq(setrlimit(RLIMIT_RTPRIO, &none), 0);
	if (!geteuid())
		cr_assert_eq(setuid(65534), 0);
	opts.rt_priority = 50;
	cr_assert_eq(open_with(&opts, &error), -EPERM);
	cr_assert_str_eq(error.driver, "timerfd");
	cr_assert_str_eq(error.call, "pthread_create");
}

Test(driver_timerfd, r1_3_no_descriptors_left_names_the_call)
{
	struct rlimit few = { 0, 0 };
	struct frk_error error;

	/* Descriptor n - 1 is the last: none, then only the timer's. */
	few.rlim_cur = few.rlim_max = (rlim_t)dup(0);
	close((int)few.rlim_cur);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_assert_eq(open_with(&normal, &error), -EMFILE);
	cr_assert_str_eq(error.call, "timerfd_create");
}

Test(driver_timerfd, runs_on_the_cpu_and_clock_asked_for, .timeout = 60)
{
	struct frk_driver_opts opts = normal;
	struct frk_tick tick;
	struct frk_line *line;
	int n;

	opts.clockid = CLOCK_BOOTTIME;
	opts.cpu = FRK_CPU(sched_getcpu());
	cr_assert_eq(frk_line_open(&frk_driver_timerfd, &opts, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	while (!(n = frk_line_drain(line, &tick, 1)))
		frk_line_wait(line);
	cr_assert_eq(n, 1);
	cr_assert(tick.fired_ns >= tick.deadline_ns);
	frk_line_close(line);
}

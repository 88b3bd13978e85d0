/* SPDX-License-Identifier: MIT */
/*
 * driver_fused_test.c - several drivers in one feed: conformance, order, whose a
 * tick is, and what becomes of the whole when one of them ends.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "testing/conformance_driver.h"
#include "testing/faulty_driver.h"

static struct frk_tick_feed *feeds[2];
static struct frk_driver_member members[3];
static struct frk_driver_opts opts;
static struct frk_line *line;
static struct frk_error error;

static void setup(void)
{
	struct frk_driver_opts fresh = FRK_DRIVER_OPTS(
		.name = "test", .period_ns = FRK_MS(1), .clockid = CLOCK_MONOTONIC,
		.slots = 64, .members = members, .members_n = 2);

	opts = fresh;
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(frk_tick_feed_new(0, &feeds[i]), 0);
		members[i] = (struct frk_driver_member){ .driver = &frk_driver_pulse,
							 .feed = feeds[i] };
	}
}

static void teardown(void)
{
	frk_line_close(line);
	for (int i = 0; i < 2; i++)
		frk_tick_feed_unref(feeds[i]);
}

TestSuite(driver_fused, .init = setup, .fini = teardown, .timeout = 60);

static void open_line(void)
{
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, &error, &line), 0, "%s",
		     error.text);
	cr_assert_eq(frk_line_start(line, NULL), 0);
}

static int next(struct frk_tick *tick)
{
	int n;

	while (!(n = frk_line_drain(line, tick, 1)))
		cr_assert_eq(frk_line_wait(line), 0);
	return n;
}

Test(driver_fused, r2_4_conforms)
{
	const struct frki_conformance_check *check;

	members[0].driver = &frk_driver_timerfd;
	opts.members_n = 1;
	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frk_driver_fused, &opts);

		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

Test(driver_fused, r2_2_ticks_keep_their_order_and_say_whose_they_are)
{
	static const int script[] = { 0, 1, 1, 0, 0, 1, 0 };
	size_t n = sizeof(script) / sizeof(*script);
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick tick;

	open_line();
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(frk_tick_feed_push(feeds[script[i]]), 0);
		cr_assert_eq(next(&tick), 1);
		cr_assert_eq(tick.seq, i + 1);
		cr_assert_eq(tick.driver, script[i] + 1);
	}
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total, n);
	frk_line_stop(line);
	cr_assert_eq(frk_line_get_member(line, 0, &info, &metrics), 0);
	cr_assert_eq(metrics.ticks_total, 4);
	cr_assert_str_eq(info.name, "pulse");
	cr_assert_eq(frk_line_get_member(line, 1, &info, &metrics), 0);
	cr_assert_eq(metrics.ticks_total, 3);
	cr_assert_eq(frk_line_get_member(line, 2, &info, &metrics), -ENOENT);
}

/* Each on its own grid, and each alone in order. */
Test(driver_fused, r2_2_lines_of_different_periods_share_a_feed)
{
	struct frk_tick tick, last[3] = { 0 };
	unsigned int seen[3] = { 0 };
	uint64_t seq = 0;

	members[0] = (struct frk_driver_member){ .driver = &frk_driver_timerfd };
	members[1] = (struct frk_driver_member){ .driver = &frk_driver_nanosleep,
						 .period_ns = FRK_MS(3) };
	opts.slots = 4096;
	open_line();
	while (seen[1] < 30 || seen[2] < 30) {
		cr_assert_eq(next(&tick), 1);
		cr_assert_eq(tick.seq, ++seq);
		cr_assert(tick.driver == 1 || tick.driver == 2);
		if (seen[tick.driver]++)
			cr_assert_eq(tick.deadline_ns,
				     last[tick.driver].deadline_ns +
					     last[tick.driver].periods *
						     FRK_MS(tick.driver == 1 ? 1 : 3));
		last[tick.driver] = tick;
	}
}

Test(driver_fused, r2_2_the_oldest_of_all_go_and_are_counted)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct frk_metrics metrics;
	struct frk_tick tick;
	uint64_t n = 0, seq = 0;

	members[0].driver = &frk_driver_timerfd;
	members[1].driver = &frk_driver_nanosleep;
	opts.slots = 16;
	open_line();
	do {
		nanosleep(&pause, NULL);
		frk_line_get_metrics(line, &metrics);
	} while (!metrics.dropped_total);
	cr_assert_eq(frk_line_stop(line), 0);
	while (frk_line_drain(line, &tick, 1) > 0) {
		cr_assert(!n || tick.seq == seq + 1);
		seq = tick.seq;
		n++;
	}
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(n, 16);
	cr_assert_eq(seq, n + metrics.dropped_total);
}

Test(driver_fused, r2_3_the_others_go_on_when_one_ends)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick tick;

	open_line();
	frk_tick_feed_fault(feeds[0]);
	/* It leaves a note among the ticks of the others. */
	cr_assert_eq(next(&tick), 1);
	cr_assert_eq(tick.periods, 0);
	cr_assert_eq(tick.driver, 1);
	cr_assert_eq(tick.flags, FRK_TICK_ENDED);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(frk_tick_feed_push(feeds[1]), 0);
		cr_assert_eq(next(&tick), 1);
		cr_assert_eq(tick.driver, 2);
	}
	cr_assert_eq(frk_line_get_member(line, 0, &info, &metrics), 0);
	cr_assert_str_eq(info.stopped, "the program reported a fault");
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, "");
	frk_tick_feed_fault(feeds[1]);
	cr_assert_eq(next(&tick), 1);
	cr_assert_eq(tick.flags, FRK_TICK_ENDED);
	cr_assert_eq(next(&tick), -ESHUTDOWN);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, "the program reported a fault");
}

static int end_in_silence(void *state, struct frk_tick *ret_ticks, size_t n)
{
	(void)state;
	(void)ret_ticks;
	(void)n;
	return -ESHUTDOWN;
}

static void assert_ends_with(const char *words)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick tick;

	opts.members_n = 1;
	open_line();
	while (next(&tick) == 1)
		;
	cr_assert_eq(tick.flags, FRK_TICK_ENDED);
	cr_assert_eq(frk_line_get_member(line, 0, &info, &metrics), 0);
	cr_assert_str_eq(info.stopped, words);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, words);
	frk_line_close(line);
	line = NULL;
}

Test(driver_fused, r2_3_when_all_have_ended_there_is_a_reason)
{
	struct frk_driver_ops mute = frk_driver_nanosleep;

	mute.drain = end_in_silence;
	members[0].driver = &mute;
	assert_ends_with("it ended and did not say why");
	frki_faulty = (struct frki_faulty){ .fault = FRKI_FAULT_BROKEN, .after = 2,
					    .lives = 1 };
	members[0].driver = &frki_faulty_driver;
	assert_ends_with("waiting for it failed");
}

/* A liar among them is not heard any more; the honest one is. */
Test(driver_fused, r2_3_each_is_judged_by_itself)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick tick;

	frki_faulty.fault = FRKI_FAULT_AHEAD;
	frki_faulty.after = 5;
	frki_faulty.lives = 1;
	members[0].driver = &frki_faulty_driver;
	open_line();
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(next(&tick), 1);
		cr_assert_eq(tick.driver, 1);
	}
	frk_tick_feed_push(feeds[1]);
	do {
		cr_assert_eq(next(&tick), 1);
		cr_assert(tick.driver == 2 || tick.flags & FRK_TICK_ENDED);
	} while (tick.driver != 2);
	do {
		cr_assert_eq(frk_line_get_member(line, 0, &info, &metrics), 0);
	} while (!*info.stopped);
	cr_assert_str_eq(info.stopped, "it told of a tick that is still to come");
}

/* The thread of this name: its id, or 0. */
static pid_t thread_named(const char *name)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], comm[32];
	pid_t found = 0;
	FILE *file;

	while (!found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(comm, sizeof(comm), file) && !strncmp(comm, name, strlen(name)))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		fclose(file);
	}
	closedir(dir);
	return found;
}

static unsigned int last_cpu(void)
{
	unsigned int last = 0;
	cpu_set_t cpus;

	cr_assert_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (unsigned int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus))
			last = i;
	return last;
}

/* A tick goes through it like through the driver's own threads. */
Test(driver_fused, r1_4_the_threads_between_run_where_the_options_say)
{
	unsigned int cpu = last_cpu();
	cpu_set_t cpus;

	members[0].cpu = FRK_CPU(cpu);
	open_line();
	cr_assert_eq(sched_getaffinity(thread_named("fraktor-fuse-1"), sizeof(cpus),
				       &cpus),
		     0);
	cr_assert_eq(CPU_COUNT(&cpus), 1);
	cr_assert(CPU_ISSET(cpu, &cpus));
	frk_line_close(line);
	opts.cpu = FRK_CPU(1000);
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, &error), -EINVAL);
	cr_assert_str_eq(error.driver, "fused");
	cr_assert_not_null(strstr(error.text, "CPU 1000"));
}

/* With the priority, or not at all. */
Test(driver_fused, r1_4_the_threads_between_have_the_priority_of_the_options)
{
	int err;

	opts.rt_priority = 5;
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, NULL, &line), 0);
	err = frk_line_start(line, &error);
	if (!err) {
		cr_assert_eq(sched_getscheduler(thread_named("fraktor-fuse-1")),
			     SCHED_FIFO);
	} else {
		cr_assert_eq(err, -EPERM);
		cr_assert_str_eq(error.driver, "fused");
	}
}

static int files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

Test(driver_fused, r1_3_what_does_not_open_or_start_leaves_nothing)
{
	int had = files();

	members[1].feed = NULL;
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, &error, &line), -EINVAL);
	cr_assert_str_eq(error.driver, "pulse");
	frki_faulty = (struct frki_faulty){ .fault = FRKI_FAULT_START, .lives = 2,
					    .opened = 1 };
	members[1].driver = &frki_faulty_driver;
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, &error, &line), 0);
	cr_assert_eq(frk_line_start(line, &error), -ENODEV);
	cr_assert_str_eq(error.driver, "faulty");
	frk_line_close(line);
	line = NULL;
	opts.members_n = 0;
	cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, &error, &line), -EINVAL);
	cr_assert_str_eq(error.driver, "fused");
	cr_assert_eq(files(), had);
}

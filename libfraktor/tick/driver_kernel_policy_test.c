/* SPDX-License-Identifier: MIT */
/*
 * driver_kernel_policy_test.c - a line of the module that someone else changes
 * while the library reads it: another period, another way with late ticks.
 * Where there is no module it is skipped, like driver_kernel_test.c's.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/tick.h>
#include <linux/fraktor.h>

#define PERIOD FRK_MS(1)

static struct frk_line *line;
static char name[32];

/* The file of the line, which the library keeps to itself. */
static int line_fd(void)
{
	char path[300], target[64];
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");
	int fd = -1;

	cr_assert_not_null(dir);
	while (fd < 0 && (entry = readdir(dir))) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len > 0 && !strncmp(target, "/dev/fraktor", (size_t)len))
			fd = atoi(entry->d_name);
	}
	closedir(dir);
	cr_assert(fd >= 0);
	return fd;
}

static void change(struct fraktor_set set)
{
	cr_assert_eq(ioctl(line_fd(), FRAKTOR_IOC_SET, &set), 0, "%s", strerror(errno));
}

static void open_line(uint64_t period_ns)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.name = name,
		.period_ns = period_ns,
		.clockid = CLOCK_MONOTONIC,
		.slots = 65536,
	};
	const char *value = getenv("FRAKTOR_TEST_KERNEL");

	if (!value || strcmp(value, "1"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1: the module is tested in the VM");
	snprintf(name, sizeof(name), "policy-%d", (int)getpid());
	cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, NULL, &line), 0);
}

/* The next tick, whatever notes come before it. */
static struct frk_tick next(void)
{
	struct frk_tick tick;
	int n;

	for (;;) {
		n = frk_line_drain(line, &tick, 1);
		cr_assert(n >= 0);
		if (n && tick.periods)
			return tick;
		if (!n)
			cr_assert_eq(frk_line_wait(line), 0);
	}
}

Test(driver_kernel, r1_5_a_period_that_someone_changes_is_followed, .timeout = 60)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick tick, before;
	int i;

	open_line(PERIOD);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	for (i = 0; i < 20; i++)
		before = next();
	change((struct fraktor_set){ .what = FRAKTOR_SET_PERIOD, .period_ns = 4 * PERIOD });
	while (tick = next(), !(tick.flags & FRK_TICK_CHANGED)) {
		cr_assert_eq(tick.deadline_ns, before.deadline_ns + before.periods * PERIOD);
		before = tick;
	}
	/* The last of the old grid, then one new period. */
	cr_assert_eq(tick.deadline_ns,
		     before.deadline_ns + (before.periods - 1) * PERIOD + 4 * PERIOD);
	for (i = 0; i < 50; i++) {
		before = tick;
		tick = next();
		cr_assert_eq(tick.deadline_ns,
			     before.deadline_ns + before.periods * 4 * PERIOD);
		cr_assert_not(tick.flags & FRK_TICK_CHANGED);
	}
	frk_line_get_info(line, &info);
	cr_assert_eq(info.resolution_ns, 4 * PERIOD);
	/* By the old period it would be three times too slow. */
	frk_line_get_metrics(line, &metrics);
	cr_assert_lt(metrics.drift_ppb, 500000000);
	cr_assert_gt(metrics.drift_ppb, -500000000);
	frk_line_close(line);
}

/* A loaded machine is late now and then; the grid holds, and all is counted. */
static void keeps_the_grid(uint32_t missed)
{
	struct frk_tick first, before, tick;
	uint64_t periods, late = 0;
	int i;

	open_line(FRK_US(100));
	change((struct fraktor_set){ .what = FRAKTOR_SET_MISSED, .missed = missed });
	cr_assert_eq(frk_line_start(line, NULL), 0);
	first = before = next();
	cr_assert(first.flags & FRK_TICK_FIRST);
	periods = first.periods;
	for (i = 0; i < 5000; i++) {
		tick = next();
		cr_assert_eq(tick.seq, before.seq + 1);
		cr_assert_eq(tick.deadline_ns,
			     before.deadline_ns + before.periods * FRK_US(100));
		cr_assert(tick.fired_ns >=
			  tick.deadline_ns + (tick.periods - 1) * FRK_US(100));
		cr_assert_eq(!!(tick.flags & FRK_TICK_MISSED), tick.periods > 1);
		late += !!(tick.flags & FRK_TICK_LATE);
		if (missed != FRAKTOR_MISSED_BURST)
			cr_assert_not(tick.flags & FRK_TICK_BURST);
		periods += tick.periods;
		before = tick;
	}
	cr_assert_eq(periods, (tick.deadline_ns - first.deadline_ns) / FRK_US(100) + tick.periods);
	cr_log_info("policy %u: %d records, %llu periods, %llu late\n", missed, i + 1,
		    (unsigned long long)periods, (unsigned long long)late);
	frk_line_close(line);
}

Test(driver_kernel, r1_5_delay_keeps_the_grid, .timeout = 120)
{
	keeps_the_grid(FRAKTOR_MISSED_DELAY);
}

Test(driver_kernel, r1_5_skip_keeps_the_grid, .timeout = 120)
{
	keeps_the_grid(FRAKTOR_MISSED_SKIP);
}

Test(driver_kernel, r1_5_burst_keeps_the_grid, .timeout = 120)
{
	keeps_the_grid(FRAKTOR_MISSED_BURST);
}

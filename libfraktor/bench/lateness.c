/* SPDX-License-Identifier: MIT */
/*
 * lateness.c - how long after its absolute deadline a reader holds a tick, by
 * every way to get one: the peers that any Linux has, and fraktor's drivers.
 * One run measures them one after the other, so that quotients mean something
 * (Documentation/lab.rst).  It knows no actor.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/tick.h>

#include "tick/bootstrap.h"
#include "tick/clock.h"

#define BATCH 16
#define PRIORITY 80

struct run {
	uint64_t period_ns;
	size_t n;
	uint64_t *lateness_ns;
};

struct path {
	const char *name;
	const char *note;
	int (*run)(struct run *run);
};

static char note[256];

static uint64_t now_ns(void)
{
	return frki_clock_now_ns(CLOCK_MONOTONIC);
}

/* --- the peers --------------------------------------------------------- */

static int run_nanosleep(struct run *run)
{
	uint64_t deadline = now_ns() + run->period_ns;
	struct timespec when;
	size_t i;
	int err;

	for (i = 0; i < run->n; i++, deadline += run->period_ns) {
		when = frki_clock_timespec(deadline);
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		if (err)
			return -err;
		run->lateness_ns[i] = now_ns() - deadline;
	}
	return 0;
}

static int timer_open(uint64_t period_ns, int flags, uint64_t *ret_deadline)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | flags);
	uint64_t first = now_ns() + period_ns;
	struct itimerspec when = { .it_value = frki_clock_timespec(first),
				   .it_interval = frki_clock_timespec(period_ns) };

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	*ret_deadline = first;
	return fd;
}

/* Reads expirations; the lateness is that of the newest. */
static int timer_read(int fd, struct run *run, size_t i, uint64_t *deadline)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return -errno;
	run->lateness_ns[i] = now_ns() - *deadline;
	*deadline += n * run->period_ns;
	return 0;
}

static int run_timerfd_read(struct run *run)
{
	uint64_t deadline;
	int fd = timer_open(run->period_ns, 0, &deadline);
	int err = fd < 0 ? fd : 0;
	size_t i;

	for (i = 0; i < run->n && !err; i++)
		err = timer_read(fd, run, i, &deadline);
	if (fd >= 0)
		close(fd);
	return err;
}

static int run_timerfd_epoll(struct run *run)
{
	struct epoll_event event = { .events = EPOLLIN };
	uint64_t deadline;
	int fd = timer_open(run->period_ns, TFD_NONBLOCK, &deadline);
	int poll_fd = epoll_create1(EPOLL_CLOEXEC);
	int err = fd < 0 ? fd : 0;
	size_t i;

	if (!err && epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event))
		err = -errno;
	for (i = 0; i < run->n && !err; i++) {
		if (epoll_wait(poll_fd, &event, 1, -1) < 0)
			err = -errno;
		else
			err = timer_read(fd, run, i, &deadline);
	}
	if (fd >= 0)
		close(fd);
	close(poll_fd);
	return err;
}

/* --- fraktor ----------------------------------------------------------- */

static int line_run(struct frki_line *line, struct run *run)
{
	struct frk_tick ticks[BATCH];
	size_t i = 0;
	int j, n, err;

	while (i < run->n) {
		n = frki_line_drain(line, ticks, BATCH);
		if (n < 0)
			return n;
		for (j = 0; j < n && i < run->n; j++)
			if (ticks[j].periods)
				run->lateness_ns[i++] = now_ns() - ticks[j].deadline_ns;
		if (n)
			continue;
		err = frki_line_wait(line);
		if (err)
			return err;
	}
	return 0;
}

static int run_line(const struct frk_driver_ops *ops, struct run *run)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.name = "bench-lateness",
		.period_ns = run->period_ns,
		.clockid = CLOCK_MONOTONIC,
		.slots = 1024,
		.rt_priority = PRIORITY,
	};
	struct frk_driver_info info;
	struct frk_error error;
	struct frki_line *line;
	int err;

	err = frki_line_open(&line, ops, &opts, &error);
	if (err) {
		snprintf(note, sizeof(note), "%s", error.text);
		return err;
	}
	err = frki_line_start(line, &error);
	if (err)
		snprintf(note, sizeof(note), "%s", error.text);
	else
		err = line_run(line, run);
	frki_line_get_info(line, &info);
	if (!err)
		snprintf(note, sizeof(note), "%s%s%s", info.path, *info.note ? ": " : "",
			 info.note);
	frki_line_close(line);
	return err;
}

static int run_fraktor_kernel(struct run *run)
{
	unsetenv("FRAKTOR_NO_URING");
	return run_line(&frk_driver_kernel, run);
}

static int run_fraktor_poll(struct run *run)
{
	setenv("FRAKTOR_NO_URING", "1", 1);
	return run_line(&frk_driver_kernel, run);
}

static int run_fraktor_timerfd(struct run *run)
{
	return run_line(&frk_driver_timerfd, run);
}

static const struct path paths[] = {
	{ "clock_nanosleep", "absolute", run_nanosleep },
	{ "timerfd+read", "blocking", run_timerfd_read },
	{ "timerfd+epoll", "epoll, then read", run_timerfd_epoll },
	{ "fraktor-kernel", NULL, run_fraktor_kernel },
	{ "fraktor-kernel-poll", NULL, run_fraktor_poll },
	{ "fraktor-timerfd", NULL, run_fraktor_timerfd },
};

/* --- figures ----------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print(const struct path *path, const struct run *run, int err, bool json)
{
	const uint64_t *ns = run->lateness_ns;
	uint64_t p50 = ns[run->n / 2], p99 = ns[run->n * 99 / 100];
	uint64_t max = ns[run->n - 1];
	const char *text = path->note ? path->note : note;

	if (err && json)
		printf("{\"path\":\"%s\",\"error\":%d,\"note\":\"%s\"}\n", path->name,
		       err, text);
	else if (err)
		printf("%-20s %s (%s)\n", path->name, strerror(-err), text);
	else if (json)
		printf("{\"path\":\"%s\",\"ticks\":%zu,\"period_ns\":%" PRIu64
		       ",\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64
		       ",\"max_ns\":%" PRIu64 ",\"note\":\"%s\"}\n",
		       path->name, run->n, run->period_ns, p50, p99, max, text);
	else
		printf("%-20s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n",
		       path->name, p50, p99, max, text);
	fflush(stdout);
}

static void measure(const struct path *path, struct run *run, bool json)
{
	int err;

	*note = '\0';
	err = path->run(run);
	qsort(run->lateness_ns, run->n, sizeof(*run->lateness_ns), compare);
	print(path, run, err, json);
}

static void prepare(bool json)
{
	struct sched_param param = { .sched_priority = PRIORITY };

	if (sched_setscheduler(0, SCHED_FIFO, &param) ||
	    mlockall(MCL_CURRENT | MCL_FUTURE))
		fprintf(stderr, "lateness: not real-time: %s\n", strerror(errno));
	if (!json)
		printf("%-20s %10s %10s %10s  (ns after the deadline)\n", "path", "p50",
		       "p99", "max");
}

static int usage(void)
{
	fprintf(stderr, "usage: lateness [--json] [--ticks N] [--period-us N] "
			"[PATH...]\npaths:");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		fprintf(stderr, " %s", paths[i].name);
	fputc('\n', stderr);
	return 2;
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct run run = { .period_ns = FRK_MS(1), .n = 1000 };
	bool json = false;
	size_t i;

	for (argv++; argc > 1 && *argv && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--json"))
			json = true;
		else if (!strcmp(*argv, "--ticks") && argv[1])
			run.n = strtoul(*++argv, NULL, 0);
		else if (!strcmp(*argv, "--period-us") && argv[1])
			run.period_ns = FRK_US(strtoul(*++argv, NULL, 0));
		else
			return usage();
	}
	if (!run.n || !run.period_ns)
		return usage();
	run.lateness_ns = calloc(run.n, sizeof(*run.lateness_ns));
	if (!run.lateness_ns)
		return 1;
	prepare(json);
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (wanted(paths[i].name, argv))
			measure(&paths[i], &run, json);
	free(run.lateness_ns);
	return 0;
}

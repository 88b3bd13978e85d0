/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what a way to get ticks is to this program: a function that waits
 * for ticks and says, at once after each, which deadline it holds.  Everything
 * else is the same for all of them.  A new way is a function in the file of
 * its family and a line in paths.c.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tick/clock.h"

#define BENCH_PRIORITY 80

/* The first ticks meet pages and lines of code that nobody has touched. */
#define BENCH_WARM_UP 8

/**
 * struct bench_run - one measurement of one path
 * @period_ns: the period asked for.
 * @grid_ns: the first deadline; 0 for one period from now.
 * @n: lateness values wanted.
 * @lateness_ns: room for them; below zero is too early.
 * @held: ticks held so far, those of the warm-up among them.
 * @first_ns: when the first one that counts was held.
 * @first_deadline_ns: its deadline.
 * @last_ns: when the last one was held.
 * @last_deadline_ns: its deadline.
 * @note: what should be known of the result; why there is none.
 */
struct bench_run {
	uint64_t period_ns;
	uint64_t grid_ns;
	size_t n;
	int64_t *lateness_ns;
	size_t held;
	uint64_t first_ns;
	uint64_t first_deadline_ns;
	uint64_t last_ns;
	uint64_t last_deadline_ns;
	char note[192];
};

/**
 * struct bench_path - a way to get ticks
 * @name: how it is called in tables.
 * @note: what it does, or NULL if its run says so.
 * @run: measures; 0 or a negative errno, and then the note says why.
 * @spins: it takes the whole CPU: fewer ticks will do.
 */
struct bench_path {
	const char *name;
	const char *note;
	int (*run)(struct bench_run *run);
	bool spins;
};

/* All paths, ending in one without a name; the first is what others are compared to. */
extern const struct bench_path bench_paths[];

static inline uint64_t bench_now_ns(void)
{
	return frki_clock_now_ns(CLOCK_MONOTONIC);
}

static inline uint64_t bench_first_ns(const struct bench_run *run)
{
	return run->grid_ns ? run->grid_ns : bench_now_ns() + run->period_ns;
}

static inline bool bench_more(const struct bench_run *run)
{
	return run->held < run->n + BENCH_WARM_UP;
}

/**
 * bench_hold() - the work per tick, the same for all: how late is it?
 * @run: the measurement.
 * @deadline_ns: when the tick in hand was due.
 * @now_ns: when it was in hand.
 */
static inline void bench_hold(struct bench_run *run, uint64_t deadline_ns,
			      uint64_t now_ns)
{
	size_t i = run->held++;

	if (i == BENCH_WARM_UP) {
		run->first_ns = now_ns;
		run->first_deadline_ns = deadline_ns;
	}
	if (i < BENCH_WARM_UP || i >= run->n + BENCH_WARM_UP)
		return;
	run->lateness_ns[i - BENCH_WARM_UP] = (int64_t)(now_ns - deadline_ns);
	run->last_ns = now_ns;
	run->last_deadline_ns = deadline_ns;
}

/**
 * bench_fail() - a path that cannot be measured says why
 * @run: the measurement.
 * @err: a negative errno.
 * @what: what failed, and what would help.
 *
 * Return: @err.
 */
int bench_fail(struct bench_run *run, int err, const char *what);

/* posix.c */
int bench_run_nanosleep(struct bench_run *run);
int bench_run_sigwait(struct bench_run *run);
int bench_run_handler(struct bench_run *run);
/* timerfd.c */
int bench_run_timerfd_read(struct bench_run *run);
int bench_run_timerfd_epoll(struct bench_run *run);
int bench_run_timerfd_uring(struct bench_run *run);
/* uring.c */
int bench_run_uring_timeout(struct bench_run *run);
int bench_run_uring_multishot(struct bench_run *run);
/* alsa.c */
int bench_run_alsa(struct bench_run *run);
/* libuv.c, libevent.c, tokio.c */
int bench_run_libuv(struct bench_run *run);
int bench_run_libevent(struct bench_run *run);
int bench_run_tokio(struct bench_run *run);
/* device.c */
int bench_run_device_read(struct bench_run *run);
int bench_run_device_wait(struct bench_run *run);
int bench_run_device_epoll(struct bench_run *run);
int bench_run_device_spin(struct bench_run *run);
/* device_uring.c */
int bench_run_device_cmd(struct bench_run *run);
int bench_run_device_multishot(struct bench_run *run);
/* library.c */
int bench_run_library_kernel(struct bench_run *run);
int bench_run_library_poll(struct bench_run *run);
int bench_run_library_timerfd(struct bench_run *run);
int bench_run_library_block(struct bench_run *run);
int bench_run_library_spin(struct bench_run *run);
int bench_run_library_hybrid(struct bench_run *run);
int bench_run_library_lead(struct bench_run *run);
int bench_run_library_powersave(struct bench_run *run);
int bench_run_library_balanced(struct bench_run *run);
int bench_run_library_low(struct bench_run *run);
int bench_run_library_lowest(struct bench_run *run);

#endif /* BENCH_H */

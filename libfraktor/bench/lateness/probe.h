/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what ticks cost the machine, seen from outside of who reads them.
 * It knows no path.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct probe_mark - where the machine stood
 * @now_ns: the clock.
 * @progress: how far the counting process had come.
 * @wakeups: threads woken up since boot.
 */
struct probe_mark {
	uint64_t now_ns;
	uint64_t progress;
	uint64_t wakeups;
};

/**
 * probe_start() - let a process of the lowest priority count
 *
 * It gets the time that nobody else wants: what it loses, compared to a while
 * in which nothing ticks, is what the ticks took.  Takes a while to find that
 * out.  Under icount its unit is one instruction.
 *
 * Return: 0 or a negative errno.
 */
int probe_start(void);

void probe_stop(void);

/* Now. */
void probe_get(struct probe_mark *ret_mark);

/**
 * probe_lost_ns() - time the counting process lost
 * @from: the beginning.
 * @to: the end.
 *
 * Return: nanoseconds, less what is lost without any ticks.
 */
double probe_lost_ns(const struct probe_mark *from, const struct probe_mark *to);

/* Let the kernel count wake-ups, if it can; false if not. */
bool probe_count_wakeups(bool on);

#endif /* BENCH_PROBE_H */

/* SPDX-License-Identifier: MIT */
/*
 * report.h - figures of a measurement, as a line of a table or of JSON.
 * Documentation/performance.rst lists the fields.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench.h"

/**
 * struct report - what was found
 * @path: the path's name.
 * @note: how it waits, or why nothing was found.
 * @err: 0 or a negative errno.
 * @readers: how many hold each tick.
 * @run: the measurement; its values are sorted.
 * @n: how many values there are.
 * @cost: instructions of the whole machine per tick; below zero if not known.
 * @wakeups: threads woken up per tick; below zero if not known.
 */
struct report {
	const char *path;
	const char *note;
	int err;
	unsigned int readers;
	struct bench_run *run;
	size_t n;
	double cost;
	double wakeups;
};

void report_head(void);
void report_line(const struct report *report);
void report_json(const struct report *report);

#endif /* BENCH_REPORT_H */

/* SPDX-License-Identifier: MIT */
/*
 * readers.h - one tick for many: a number of threads that wait for the same
 * deadlines.
 */
#ifndef BENCH_READERS_H
#define BENCH_READERS_H

#include <sys/types.h>

#include "bench.h"

#define READERS_MAX 64

struct crowd;

/**
 * struct readers_member - one of them
 * @run: its measurement.
 * @fd: its file, if its kind has one, or -1.
 * @err: what its thread returned.
 * @crowd: what they have in common.
 */
struct readers_member {
	struct bench_run run;
	int fd;
	int err;
	struct crowd *crowd;
};

/**
 * struct readers_kind - how they wait
 * @name: as in the table of paths, or "device+unread".
 * @note: in words.
 * @open: make a member's file, or NULL.
 * @start: when all threads are there, or NULL.
 * @wait: hold the ticks, in a thread of its own.
 * @first_only: only the first one waits, the others just have their files.
 */

struct readers_kind {
	const char *name;
	const char *note;
	int (*open)(struct readers_member *member, bool first);
	int (*start)(struct readers_member *first);
	int (*wait)(struct readers_member *member);
	bool first_only;
};

/* All kinds, ending in one without a name. */
extern const struct readers_kind readers_kinds[];

/**
 * readers_run() - let @readers threads hold run->n ticks each
 * @kind: how.
 * @run: the measurement; room for run->n times @readers values.
 * @readers: how many, from 1 to READERS_MAX.
 *
 * Return: how many lateness values there are, or a negative errno.
 */
ssize_t readers_run(const struct readers_kind *kind, struct bench_run *run,
		    unsigned int readers);

#endif /* BENCH_READERS_H */

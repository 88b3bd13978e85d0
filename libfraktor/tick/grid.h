/* SPDX-License-Identifier: MIT */
/*
 * grid.h - the deadlines of a line whose driver is a thread in user space, and the
 * records they become.  Deadlines are absolute, each one period behind the one
 * before, however late the thread is.
 *
 * Arithmetic only: it knows no clock, no thread and no ring.
 */
#ifndef FRKI_TICK_GRID_H
#define FRKI_TICK_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/fraktor.h>

/* Records that may be due at once: of an idle time, and what was missed behind it. */
#define FRKI_GRID_RECORDS 2

/**
 * struct frki_grid - deadlines of a line
 * @period_ns: their distance, not 0.
 * @aligned: they are multiples of it.
 * @deadline_ns: the first one that no record stands for.
 * @target_ns: when to look next: then, or later while the line idles.
 * @flags: for the next record.
 */
struct frki_grid {
	uint64_t period_ns;
	uint64_t deadline_ns;
	uint64_t target_ns;
	uint16_t flags;
	bool aligned;
};

/**
 * frki_grid_start() - the first deadline lies one period ahead, or less if aligned
 * @grid: with its period, and whether it is aligned.
 * @now_ns: now.
 */
void frki_grid_start(struct frki_grid *grid, uint64_t now_ns);

/**
 * frki_grid_idles() - does it pass deadlines over?
 * @grid: a grid that was started.
 */
static inline bool frki_grid_idles(const struct frki_grid *grid)
{
	return grid->target_ns != grid->deadline_ns;
}

/**
 * frki_grid_idle() - look next at the first deadline not before a time
 * @grid: a grid that was started.
 * @until_ns: the time, FRAKTOR_IDLE_MAX_NS ahead at most; what is not beyond the next
 *	deadline ends it.
 */
void frki_grid_idle(struct frki_grid *grid, uint64_t until_ns);

/**
 * frki_grid_pass() - records of the deadlines that have passed
 * @grid: a grid that was started.
 * @now_ns: now.
 * @asked: those of an idle time, too, that is not over.
 * @ret_ticks: the records, without their numbers.
 *
 * One record for all that was missed: a late thread makes no burst.
 *
 * Return: how many records there are.
 */
unsigned int frki_grid_pass(struct frki_grid *grid, uint64_t now_ns, bool asked,
			    struct fraktor_tick ret_ticks[FRKI_GRID_RECORDS]);

#endif /* FRKI_TICK_GRID_H */

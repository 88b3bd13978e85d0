/* SPDX-License-Identifier: MIT */
/*
 * worker_line.h - the tick line of a worker that is not the first: with it the worker has
 * time and fires timers of its own, as the first one does, and sleeps from tick to tick.
 *
 * Only where &frk_system_opts.worker_lines asks for it.  What becomes of the line is its
 * supply's business; when that has given up, the system ends.
 */
#ifndef FRKI_SYSTEM_WORKER_LINE_H
#define FRKI_SYSTEM_WORKER_LINE_H

#include <stdatomic.h>

#include "system/crew.h"
#include "tick/supply.h"

/* What the name of a line has behind the system's, at most: ".63". */
#define FRKI_WORKER_LINE_SUFFIX 3

/**
 * struct frki_worker_line - the line of one worker
 * @system: whose.
 * @index: of the worker, from 1.
 * @name: of the line.
 * @supply: its ticks.
 * @ended: there are none any more: the worker waits for its bell, as one without a line.
 * @end: before the next one, which is another thread's.
 */
struct frki_worker_line {
	struct frk_system *system;
	unsigned int index;
	char name[32];
	struct frki_supply supply;
	atomic_bool ended;
	char end[FRKI_WORKER_GAP];
};

/**
 * frki_worker_line_init() - a line that does not tick yet
 * @line: zeroed.
 * @worker: whose it is.
 * @name: the system's.
 */
void frki_worker_line_init(struct frki_worker_line *line, struct frki_worker *worker,
			   const char *name);

/**
 * frki_worker_line_start() - let it tick
 * @line: initialised.
 * @opts: as the first line's, but for the CPU; the name is ignored.
 * @error: where to say why not, and which worker's it is; may be NULL.
 *
 * Return: as frki_supply_start().
 */
int frki_worker_line_start(struct frki_worker_line *line, const struct frki_supply_opts *opts,
			   struct frk_error *error);

/**
 * frki_worker_line_run() - live by the line: ticks, timers, actors, sleep
 * @worker: one that has a line.  Its thread.
 *
 * Returns when the crew is to end, and when the line has ended: then the system was told
 * to end, and the worker goes on without.
 */
void frki_worker_line_run(struct frki_worker *worker);

/**
 * frki_worker_line_wake() - end the sleep of a worker
 * @worker: any but the first.
 *
 * Any thread, async-signal-safe.
 */
void frki_worker_line_wake(struct frki_worker *worker);

/**
 * frki_worker_line_stop_all() - no more ticks of any worker but the first
 * @system: the system; its crew has stopped.
 */
void frki_worker_line_stop_all(struct frk_system *system);

/**
 * frki_worker_line_close_all() - the opposite of init and start
 * @system: the system; its crew has stopped, or has not begun.
 */
void frki_worker_line_close_all(struct frk_system *system);

#endif /* FRKI_SYSTEM_WORKER_LINE_H */

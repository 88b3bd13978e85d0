/* SPDX-License-Identifier: MIT */
/*
 * dispatcher.h - who has the next turn: one table of functions for each way to
 * choose.
 *
 * A cell is with the dispatcher from its push to its pop, and never twice: the
 * cell's own &frki_cell.turn sees to that, or, where frki_stage_keeps_cells(), its
 * &frki_cell.at_hand.
 */
#ifndef FRKI_ACTOR_DISPATCHER_H
#define FRKI_ACTOR_DISPATCHER_H

#include <stdbool.h>

struct frki_cell;
struct frki_stage;

/**
 * struct frki_dispatcher_ops - a way to choose
 * @push: a cell wants a turn: keep it, and wake a worker that is to give it one.
 *	Any thread.
 * @pop: take the cell that is to have the next turn; NULL if there is none for
 *	the worker that calls.  Only a worker.
 * @may_run: may this worker run the cell that it popped?  A push that was late, for
 *	an earlier life of the cell, may have sent it to another one than the life
 *	that is in it now asked for.  NULL: any may.
 * @ready: would a pop of this worker return one?  Only a worker.
 */
struct frki_dispatcher_ops {
	void (*push)(struct frki_stage *stage, struct frki_cell *cell);
	struct frki_cell *(*pop)(struct frki_stage *stage);
	bool (*may_run)(const struct frki_cell *cell);
	bool (*ready)(const struct frki_stage *stage);
};

/* In the order in which they asked for it; one worker. */
extern const struct frki_dispatcher_ops frki_dispatcher_fifo;

/*
 * By lot, one of the first FRKI_DISPATCHER_DRAW of them: the same seed makes the
 * same choices, another one other orders that may happen; one worker.
 */
extern const struct frki_dispatcher_ops frki_dispatcher_seeded;

/* As &frki_stage.order says; one worker. */
extern const struct frki_dispatcher_ops frki_dispatcher_custom;

/* Cells among which frki_dispatcher_seeded draws. */
#define FRKI_DISPATCHER_DRAW 32

#endif /* FRKI_ACTOR_DISPATCHER_H */

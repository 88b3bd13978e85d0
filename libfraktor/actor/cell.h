/* SPDX-License-Identifier: MIT */
/*
 * cell.h - one actor: its mailbox, its handler, its life from STARTED to
 * STOPPED.
 *
 * A cell is a slot: it stays when the actor goes.  Its fields have three
 * owners: atomics and the mailbox anybody; what describes the actor is written
 * by the thread that spawns it, before the mailbox starts, and only read by the
 * worker; the rest is the worker's.
 *
 * Who gives a cell something to do (a message, an order to stop, a new life)
 * calls frki_cell_schedule() afterwards.  A late call for an earlier life costs
 * the next one an empty turn and nothing else.
 */
#ifndef FRKI_ACTOR_CELL_H
#define FRKI_ACTOR_CELL_H

#include "actor/stage.h"
#include "mailbox/mailbox.h"

#define FRKI_CELL_NAME_SIZE 32

/**
 * struct frki_cell - an actor, or room for one
 * @mailbox: what it is to handle, and which life this is.
 * @ready: in &frki_stage.ready while @scheduled and not having its turn.
 * @scheduled: from being scheduled to the end of its turn.
 * @receive: its handler.
 * @state: the application's.
 * @name: for people.
 * @started: got STARTED.
 * @stop: is to end after the message it has: failed or wants to.
 * @ended: got STOPPED; its mailbox is being emptied.
 * @live: on &frki_stage.live from STARTED until the slot is free.
 * @alarms: its timers.
 */
struct frki_cell {
	struct frki_mailbox mailbox;
	struct frki_mpsc_node ready;
	atomic_bool scheduled;

	frk_receive_fn receive;
	void *state;
	char name[FRKI_CELL_NAME_SIZE];

	bool started;
	bool stop;
	bool ended;
	struct frki_list live;
	struct frki_list alarms;
};

/**
 * struct frk_context - what an actor may do while it has a message
 * @stage: where it plays.
 * @cell: the actor.
 */
struct frk_context {
	struct frki_stage *stage;
	struct frki_cell *cell;
};

/**
 * frki_cell_init() - a cell before its first life
 * @cell: the cell.
 */
void frki_cell_init(struct frki_cell *cell);

/**
 * frki_cell_start() - give a cell to a new actor
 * @cell: got from the pool.
 * @opts: the actor, checked.
 *
 * Return: the actor's life.  frki_cell_schedule() is left to the caller.
 */
uint32_t frki_cell_start(struct frki_cell *cell,
			 const struct frk_actor_opts *opts);

/**
 * frki_cell_schedule() - the cell has something to do
 * @cell: the cell, of any life.
 * @stage: the stage.
 *
 * Any thread.
 */
void frki_cell_schedule(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_cell_run() - let the actor have its turn
 * @cell: popped from &frki_stage.ready.
 * @stage: the stage.
 *
 * Only the worker.
 */
void frki_cell_run(struct frki_cell *cell, struct frki_stage *stage);

#endif /* FRKI_ACTOR_CELL_H */

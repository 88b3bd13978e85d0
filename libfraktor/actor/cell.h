/* SPDX-License-Identifier: MIT */
/*
 * cell.h - one actor: its mailbox, its handler, its life from STARTED to
 * STOPPED.
 *
 * A cell is a slot: it stays when the actor goes.  Its fields have four
 * owners: atomics and the mailbox anybody; what describes the actor is written
 * by the thread that spawns it, before the mailbox starts, and only read by the
 * worker; @behaviour, @tied and the reading side of the mailbox belong to
 * whichever worker has the cell's turn; the rest is the stage's and under its
 * lock.
 *
 * Who gives a cell something to do (a message, an order to stop, a new life)
 * calls frki_cell_schedule() afterwards.  A late call for an earlier life costs
 * the next one an empty turn and nothing else.
 */
#ifndef FRKI_ACTOR_CELL_H
#define FRKI_ACTOR_CELL_H

#include <fraktor/dispatcher.h>

#include "actor/stage.h"
#include "mailbox/mailbox.h"

#define FRKI_CELL_NAME_SIZE 32
#define FRKI_PAUSES_MAX 63

/* Of &frki_cell.asked. */
#define FRKI_CELL_STOP 1U    /* is to end after the message it has: failed or wants to */
#define FRKI_CELL_RESTART 2U /* is to begin again after that; handles none until then */
#define FRKI_CELL_AWAITED 4U /* somebody waits for room in its mailbox */

/* How far an actor's life has come. */
enum frki_cell_age {
	FRKI_CELL_NEW,	   /* to get STARTED */
	FRKI_CELL_STARTED, /* has got it */
	FRKI_CELL_ENDED,   /* gets STOPPED, or has; its mailbox is being emptied */
};

/**
 * struct frki_cell - an actor, or room for one
 * @mailbox: what it is to handle, and which life this is.
 * @ready: with the dispatcher while it waits for its turn.
 * @waits: the same, where the application says who is next.
 * @at_hand: in &frki_hand.cells while it waits for its turn, and still linked while it has
 *	it; where frki_stage_keeps_cells().
 * @turn: how often it was said that there is something to do, since there was
 *	nothing.  But for 0, somebody waits for its turn or has it, and so may touch
 *	what is the worker's own; where frki_stage_keeps_cells(), it is on its way to
 *	@at_hand.
 * @worker: who alone may run it, counted from 1; 0: any.
 * @asked: FRKI_CELL_*: what there is to do but messages.
 * @receive: the handler it was spawned with.
 * @behaviour: its handler now; NULL for @receive.
 * @state: the application's.
 * @name: for people.
 * @supervision: how it treats its children; NULL: they are stopped.
 * @parent: whose child it is; NULL for nobody's.
 * @children: those that have not ended: a ring, the oldest first.
 * @sibling: in @children of @parent until it has ended.
 * @restarts: in the window that began at @window_ns.
 * @window_ns: see @restarts.
 * @age: an enum frki_cell_age; written by who has its turn.
 * @tied: has had a child or a timer in this life; its own turn's.
 * @rank: phase and priority of its options: frki_cell_stop_phase(), frki_cell_priority().
 * @torn_down: got RESTARTING, for FRKI_CELL_RESTART.
 * @pausing: and waits for a while.
 * @pauses: how often in a row a restart had to wait; up to FRKI_PAUSES_MAX.
 * @restarted_ns: when it was restarted last; 0 for never.
 * @live: on &frki_stage.live until the slot is free: a child from when it is spawned,
 *	others from STARTED on.
 * @alarms: its timers: a ring.
 * @watches: whom it watches: a ring.
 * @watchers: who watches it: a ring, the first one first.
 */
struct frki_cell {
	struct frki_mailbox mailbox;
	union {
		struct frki_mpsc_node ready;
		struct frk_turn waits;
	};
	struct frki_mpsc_node at_hand;
	_Atomic uint32_t turn;
	_Atomic uint8_t worker;
	_Atomic uint8_t asked;

	frk_receive_fn receive;
	frk_receive_fn behaviour;
	void *state;
	char name[FRKI_CELL_NAME_SIZE];
	const struct frk_supervision *supervision;
	struct frki_cell *parent;
	struct frki_list *children;
	struct frki_list sibling;

	uint32_t restarts;
	/* Whole bytes: of bits a compiler may read what is beside them, too. */
	_Atomic uint8_t age;
	bool tied;
	_Atomic uint8_t rank;
	bool torn_down : 1;
	bool pausing : 1;
	uint8_t pauses : 6;
	uint64_t window_ns;
	uint64_t restarted_ns;
	struct frki_list live;
	struct frki_list *alarms;
	struct frki_list *watches;
	struct frki_list *watchers;
};

/**
 * struct frk_context - what an actor may do while it has a message
 * @stage: where it plays.
 * @cell: the actor.
 * @message: the message.
 * @failure: the error that it has led to so far.
 */
struct frk_context {
	struct frki_stage *stage;
	struct frki_cell *cell;
	const struct frk_message *message;
	int failure;
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
 * @parent: whose child it is; NULL for nobody's.
 * @state: what frk_context_state() hands out.
 *
 * Return: the actor's life.  frki_cell_schedule() is left to the caller.
 */
uint32_t frki_cell_start(struct frki_cell *cell,
			 const struct frk_actor_opts *opts,
			 struct frki_cell *parent, void *state);

/**
 * frki_cell_pid() - the name of the life that is in a cell
 * @cell: the cell, not vacant.
 * @stage: the stage.
 */
static inline struct frk_pid frki_cell_pid(const struct frki_cell *cell,
					   const struct frki_stage *stage)
{
	return (struct frk_pid){ frki_pool_index(&stage->cells, cell),
				 frki_mailbox_life(&cell->mailbox) };
}

/**
 * frki_cell_is_asked() - is there that to do?
 * @cell: the cell.
 * @what: some of FRKI_CELL_*; any of them will do.
 */
static inline bool frki_cell_is_asked(const struct frki_cell *cell, unsigned int what)
{
	/* Relaxed: whoever sets it calls frki_cell_schedule(), see rest(). */
	return atomic_load_explicit(&cell->asked, memory_order_relaxed) & what;
}

/**
 * frki_cell_ask() - let it do that
 * @cell: the cell.
 * @what: one of FRKI_CELL_*.
 *
 * Its own turn, or a worker, the stage locked.
 */
static inline void frki_cell_ask(struct frki_cell *cell, unsigned int what)
{
	atomic_fetch_or_explicit(&cell->asked, (uint8_t)what, memory_order_relaxed);
}

/**
 * frki_cell_unask() - that is done
 * @cell: the cell.
 * @what: one of FRKI_CELL_*.
 *
 * As frki_cell_ask().
 */
static inline void frki_cell_unask(struct frki_cell *cell, unsigned int what)
{
	atomic_fetch_and_explicit(&cell->asked, (uint8_t)~what, memory_order_relaxed);
}

/**
 * frki_cell_path() - the names from the topmost actor to this one
 * @cell: the cell; its own turn, or the stage locked.
 * @ret_path: "/leader/pump"; those at the end if there is no room for all.
 */
void frki_cell_path(const struct frki_cell *cell, char ret_path[FRK_ACTOR_PATH_SIZE]);

/**
 * frki_cell_has_started() - did it get STARTED?
 * @cell: the cell.
 */
static inline bool frki_cell_has_started(const struct frki_cell *cell)
{
	/* Relaxed: whom it matters to has the turn, or the lock that @live is under. */
	return atomic_load_explicit(&cell->age, memory_order_relaxed) != FRKI_CELL_NEW;
}

/**
 * frki_cell_has_ended() - and STOPPED?
 * @cell: the cell.
 */
static inline bool frki_cell_has_ended(const struct frki_cell *cell)
{
	return atomic_load_explicit(&cell->age, memory_order_relaxed) == FRKI_CELL_ENDED;
}

/**
 * frki_cell_stop_phase() - &frk_actor_opts.stop_phase
 * @cell: the cell.
 */
static inline uint32_t frki_cell_stop_phase(const struct frki_cell *cell)
{
	/* Relaxed: written before the cell is anybody's. */
	return atomic_load_explicit(&cell->rank, memory_order_relaxed) & 15;
}

/**
 * frki_cell_priority() - &frk_actor_opts.priority
 * @cell: the cell; of a late call for an earlier life it may be that one's.
 */
static inline uint32_t frki_cell_priority(const struct frki_cell *cell)
{
	return atomic_load_explicit(&cell->rank, memory_order_relaxed) >> 4;
}

/**
 * frki_cell_begin() - let it have STARTED again
 * @cell: after RESTARTING.
 * @stage: the stage, locked; not so meanwhile.
 */
void frki_cell_begin(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_cell_tell() - let the actor handle a message
 * @cell: the cell.
 * @stage: the stage, not locked.
 * @message: the message.
 * @then: by which function; NULL for its handler.
 *
 * Only the worker that has the cell's turn.
 *
 * Return: 0, or the error with which it failed.
 */
int frki_cell_tell(struct frki_cell *cell, struct frki_stage *stage,
		   const struct frk_message *message, frk_receive_fn then);

/**
 * frki_cell_schedule() - the cell has something to do
 * @cell: the cell, of any life.
 * @stage: the stage.
 *
 * Any thread.
 */
void frki_cell_schedule(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_cell_schedule_by() - the same, by who has asked already who he is
 * @cell: the cell, of any life.
 * @stage: the stage.
 * @own: what frki_hand_is_free() said.
 */
void frki_cell_schedule_by(struct frki_cell *cell, struct frki_stage *stage, bool own);

/**
 * frki_cell_put() - leave a message of the runtime's own in its mailbox
 * @cell: the cell, not vacant.
 * @stage: the stage, locked.
 * @envelope: no letter's, in no mailbox.
 *
 * Only a worker.
 */
void frki_cell_put(struct frki_cell *cell, struct frki_stage *stage,
		   struct frki_envelope *envelope);

/**
 * frki_cell_run() - let the actor have its turn
 * @cell: from the dispatcher.
 * @stage: the stage, not locked.
 *
 * Only a worker.
 */
void frki_cell_run(struct frki_cell *cell, struct frki_stage *stage);

#endif /* FRKI_ACTOR_CELL_H */

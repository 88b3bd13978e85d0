/* SPDX-License-Identifier: MIT */
/*
 * watch.h - one actor wants to know when another has ended, or when there is room in its
 * mailbox, and is told exactly once, also if that one has ended already.
 *
 * The message's envelope is part of the watch, so that the end of an actor needs no
 * memory to be told and cannot be refused.  A watch is free again when it was told, was
 * taken back, or its watcher has ended.
 *
 * Only workers call, the stage locked.  Knows no clock, no thread.
 */
#ifndef FRKI_ACTOR_WATCH_H
#define FRKI_ACTOR_WATCH_H

#include "actor/cell.h"

/**
 * struct frki_watch - who watches whom
 * @envelope: what the watcher gets.
 * @watcher: who watches.
 * @target: whom.
 * @watched: his cell, while @by_target is in its ring.
 * @by_watcher: in the ring &frki_cell.watches while in use.
 * @by_target: in the ring &frki_cell.watchers of the one that is watched, while he lives.
 * @queued: @envelope is in the mailbox, or in receive.
 * @cancelled: it is not to be told any more, or is being told.
 */
struct frki_watch {
	struct frki_envelope envelope;
	struct frki_cell *watcher;
	struct frk_pid target;
	struct frki_cell *watched;
	struct frki_list by_watcher;
	struct frki_list by_target;
	bool queued;
	bool cancelled;
};

/**
 * frki_watch_init() - a watch before its first use
 * @watch: the watch.
 */
void frki_watch_init(struct frki_watch *watch);

/**
 * frki_watch_start() - frk_context_watch()
 * @cell: who wants to know.
 * @stage: the stage.
 * @target: of whom.
 */
int frki_watch_start(struct frki_cell *cell, struct frki_stage *stage,
		     struct frk_pid target);

/**
 * frki_watch_start_room() - frk_context_watch_room()
 * @cell: who wants to know.
 * @stage: the stage.
 * @target: whose mailbox.
 */
int frki_watch_start_room(struct frki_cell *cell, struct frki_stage *stage,
			  struct frk_pid target);

/**
 * frki_watch_has_room() - is its mailbox at most half full?
 * @cell: the cell.
 */
bool frki_watch_has_room(const struct frki_cell *cell);

/**
 * frki_watch_tell_room() - if there is room in a mailbox now, tell those who wait for it
 * @cell: whose mailbox; FRKI_CELL_AWAITED.
 * @stage: the stage.
 */
void frki_watch_tell_room(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_watch_get_room() - frk_context_get_room()
 * @stage: the stage.
 * @target: whose mailbox.
 * @ret_room: how many messages there is room for.
 *
 * The stage need not be locked.
 */
int frki_watch_get_room(struct frki_stage *stage, struct frk_pid target,
			uint32_t *ret_room);

/**
 * frki_watch_cancel() - frk_context_unwatch()
 * @cell: who wanted to know.
 * @stage: the stage.
 * @target: of whom.
 */
int frki_watch_cancel(struct frki_cell *cell, struct frki_stage *stage,
		      struct frk_pid target);

/**
 * frki_watch_cancel_all() - watch nobody any more
 * @cell: who watched.
 * @stage: the stage.
 */
void frki_watch_cancel_all(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_watch_end() - an actor has ended: tell those who watch him, and watch nobody
 * @cell: the actor.
 * @stage: the stage.
 */
void frki_watch_end(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_watch_take() - is it to be told?  That is then done
 * @envelope: a watch's, popped from a mailbox.
 *
 * Return: false if it was taken back meanwhile.
 */
bool frki_watch_take(struct frki_envelope *envelope);

/**
 * frki_watch_delivered() - the envelope has left the mailbox and is not needed
 * @envelope: a watch's.
 * @stage: the stage.
 */
void frki_watch_delivered(struct frki_envelope *envelope, struct frki_stage *stage);

#endif /* FRKI_ACTOR_WATCH_H */

/* SPDX-License-Identifier: MIT */
/*
 * post.h - the mailbox of an actor as its options have it: what may be asked for, and
 * what a sender is told when his message was not taken.
 *
 * Knows no thread, no clock.
 */
#ifndef FRKI_ACTOR_POST_H
#define FRKI_ACTOR_POST_H

#include "actor/cell.h"

/**
 * frki_post_check() - may a mailbox be like that?
 * @opts: the actor; what was left to the library is filled in.
 *
 * Return: 0; -EINVAL.
 */
int frki_post_check(struct frk_actor_opts *opts);

/**
 * frki_post_equip() - give a mailbox what it is to have beside its queue
 * @cell: whose mailbox; vacant.
 * @stage: the stage.
 * @opts: the actor, checked.
 *
 * Return: 0; -ENOBUFS if too many have.
 */
int frki_post_equip(struct frki_cell *cell, struct frki_stage *stage,
		    const struct frk_actor_opts *opts);

/**
 * frki_post_strip() - take that back
 * @cell: whose mailbox; drained.
 * @stage: the stage.
 *
 * The worker.
 */
void frki_post_strip(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_post_tray() - what a mailbox has beside its queue
 * @cell: whose mailbox.
 *
 * Return: NULL for nothing.
 */
static inline struct frki_tray *frki_post_tray(const struct frki_cell *cell)
{
	return frki_mailbox_tray(&cell->mailbox);
}

/**
 * frki_post_take_tray() - give a mailbox that
 * @cell: whose mailbox; it has none.
 * @stage: the stage.
 *
 * Return: NULL if too many have.
 */
struct frki_tray *frki_post_take_tray(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_post_wait() - a message found the mailbox full: wait for room, if the sender may
 * @cell: whose mailbox.
 * @stage: the stage.
 * @envelope: the message.
 * @post: who sends it to whom.
 *
 * Return: as frki_mailbox_send(); -ESHUTDOWN if the stage was closed meanwhile.
 */
int frki_post_wait(struct frki_cell *cell, struct frki_stage *stage,
		   struct frki_envelope *envelope, const struct frki_post *post);

/**
 * frki_post_room() - an actor whose senders may wait has had a turn
 * @stage: the stage.
 */
void frki_post_room(struct frki_stage *stage);

/**
 * frki_post_fail() - a message was not taken
 * @envelope: the message.
 * @ret: what frki_mailbox_send() or frki_post_wait() returned.
 * @ret_reason: why.
 *
 * Return: what its sender is to be told.
 */
int frki_post_fail(const struct frki_envelope *envelope, int ret,
		   enum frk_dead_reason *ret_reason);

/**
 * frki_post_list() - all actors that have begun, with their mailboxes
 * @stage: the stage.
 * @ret_actors: room for @n, the oldest first.
 * @n: how many at most.
 *
 * Only the worker.
 *
 * Return: how many there are.
 */
size_t frki_post_list(const struct frki_stage *stage, struct frk_actor_info *ret_actors,
		      size_t n);

#endif /* FRKI_ACTOR_POST_H */

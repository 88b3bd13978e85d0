/* SPDX-License-Identifier: MIT */
/*
 * stash.h - messages that an actor puts aside, to have them again later.
 *
 * A message is put aside as it is: its letter goes into the tray of the mailbox instead
 * of back to the pool.  Only the worker calls.
 */
#ifndef FRKI_ACTOR_STASH_H
#define FRKI_ACTOR_STASH_H

#include "actor/cell.h"

/**
 * frki_stash_push() - frk_context_stash()
 * @cell: the actor.
 * @message: what it has.
 */
int frki_stash_push(struct frki_cell *cell, const struct frk_message *message);

/**
 * frki_stash_pop_all() - frk_context_unstash_all()
 * @cell: the actor.
 */
void frki_stash_pop_all(struct frki_cell *cell);

/**
 * frki_stash_kept() - has the message it had been put aside?
 * @cell: the actor.
 *
 * Return: true once.
 */
bool frki_stash_kept(struct frki_cell *cell);

#endif /* FRKI_ACTOR_STASH_H */

/* SPDX-License-Identifier: MIT */
/*
 * order.h - the order in which a mailbox hands out messages, as the options of its actor have
 * it, and how it ends: also one of an application that does not keep to its contract.
 *
 * Knows no thread, no clock.
 */
#ifndef FRKI_ACTOR_ORDER_H
#define FRKI_ACTOR_ORDER_H

#include "actor/cell.h"

/**
 * frki_order_check() - may a mailbox have that order?
 * @opts: the actor.
 *
 * Return: 0; -EINVAL.
 */
int frki_order_check(const struct frk_actor_opts *opts);

/**
 * frki_order_equip() - give it to a mailbox
 * @tray: of that mailbox, empty.
 * @stage: the stage.
 * @opts: the actor, checked.
 */
void frki_order_equip(struct frki_tray *tray, struct frki_stage *stage,
		      const struct frk_actor_opts *opts);

/**
 * frki_order_close() - take from it what it has; it is not called again
 * @cell: the actor, which has ended.
 * @stage: the stage.
 *
 * Only the worker that has the cell's turn.
 */
void frki_order_close(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_order_mend() - likewise, and the actor has failed, if it has broken its contract
 * @cell: the actor; its mailbox had no message.
 * @stage: the stage, not locked.
 *
 * Only the worker that has the cell's turn.
 */
void frki_order_mend(struct frki_cell *cell, struct frki_stage *stage);

#endif /* FRKI_ACTOR_ORDER_H */

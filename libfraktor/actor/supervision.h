/* SPDX-License-Identifier: MIT */
/*
 * supervision.h - parents and children: what becomes of a child that fails, and that
 * an actor ends after its children.
 *
 * All of it happens on the worker that has the failed actor's turn, the stage locked but
 * while somebody handles a message: when a directive is carried out, the life it is for is
 * the one that failed.
 */
#ifndef FRKI_ACTOR_SUPERVISION_H
#define FRKI_ACTOR_SUPERVISION_H

#include "actor/cell.h"

/**
 * frki_supervision_check() - can it be carried out?
 * @supervision: a table; NULL can.
 *
 * Return: 0 or -EINVAL; -ERANGE for times beyond 2^63 ns.
 */
int frki_supervision_check(const struct frk_supervision *supervision);

/**
 * frki_supervision_fail() - an actor has failed: let its parent's table decide
 * @cell: the actor; is not having RESTARTING or STOPPED.
 * @stage: the stage.
 * @error: a negative errno.
 */
void frki_supervision_fail(struct frki_cell *cell, struct frki_stage *stage, int error);

/**
 * frki_supervision_restart() - the next step towards beginning again
 * @cell: with FRKI_CELL_RESTART.
 * @stage: the stage.
 */
void frki_supervision_restart(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_supervision_go_on() - a pause is over
 * @cell: whose.
 * @stage: the stage.
 */
void frki_supervision_go_on(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_supervision_is_childless() - have all its children ended?  They are told to
 * @cell: an actor that is to end or to be restarted.
 * @stage: the stage.
 */
bool frki_supervision_is_childless(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_supervision_is_due() - can the end, or the new beginning, of an actor go on?
 * @cell: with FRKI_CELL_STOP or FRKI_CELL_RESTART.
 */
bool frki_supervision_is_due(const struct frki_cell *cell);

/**
 * frki_supervision_end() - an actor has ended: its parent has a child less
 * @cell: the actor.
 * @stage: the stage.
 */
void frki_supervision_end(struct frki_cell *cell, struct frki_stage *stage);

#endif /* FRKI_ACTOR_SUPERVISION_H */

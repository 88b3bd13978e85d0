/* SPDX-License-Identifier: MIT */
/*
 * receive_timeout.h - an actor is told that nothing was sent to it for a while.
 *
 * One alarm, and the time of the last message: a message does not touch the alarm.  When
 * that fires and a message has come since it was armed, it is armed for the rest.
 */
#ifndef FRKI_ACTOR_RECEIVE_TIMEOUT_H
#define FRKI_ACTOR_RECEIVE_TIMEOUT_H

#include "actor/alarm.h"

/**
 * frki_receive_timeout_set() - frk_context_set_receive_timeout()
 * @cell: the actor.
 * @stage: the stage.
 * @ns: how long; 0 for never.
 */
int frki_receive_timeout_set(struct frki_cell *cell, struct frki_stage *stage, uint64_t ns);

/**
 * frki_receive_timeout_hear() - somebody has sent it something
 * @cell: the actor, with a tray.
 * @stage: the stage.
 */
void frki_receive_timeout_hear(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_receive_timeout_is_due() - is it to be handled?
 * @cell: the actor.
 * @stage: the stage.
 * @envelope: of a receive timeout, popped.
 *
 * Return: true; false if something was sent meanwhile, and then it
 * is armed again.
 */
bool frki_receive_timeout_is_due(struct frki_cell *cell, struct frki_stage *stage,
				 struct frki_envelope *envelope);

#endif /* FRKI_ACTOR_RECEIVE_TIMEOUT_H */

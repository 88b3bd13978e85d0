/* SPDX-License-Identifier: MIT */
/*
 * ask.h - a question and the one message that comes of it.
 *
 * A question is a letter and an alarm of who asks, whose name is in the letter and in the
 * answer.  The answer takes the alarm away; the alarm fires if none came; and when the
 * question is thrown away unread the alarm fires at once.  Whichever finds the alarm there
 * has won, so that one message comes, and nothing is allocated for it.
 *
 * Only workers call; the stage is locked where that is said.
 */
#ifndef FRKI_ACTOR_ASK_H
#define FRKI_ACTOR_ASK_H

#include "actor/cell.h"

/**
 * frki_ask_send() - send the question
 * @stage: the stage.
 * @post: the question, with its name: of an alarm of who asks, which goes if this
 *	fails.
 *
 * Return: as frki_stage_post().
 */
int frki_ask_send(struct frki_stage *stage, const struct frki_post *post);

/**
 * frki_ask_forward() - frk_context_forward()
 * @stage: the stage.
 * @message: what came.
 * @to: who is to have it.
 */
int frki_ask_forward(struct frki_stage *stage, const struct frk_message *message,
		     struct frk_pid to);

/**
 * frki_ask_settle() - an answer has come
 * @cell: who got it.
 * @stage: the stage, locked.
 * @ask: the question.
 * @ret_then: by which function it is handled; NULL for the handler.
 *
 * Return: false if that one is not waited for any more.
 */
bool frki_ask_settle(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask,
		     frk_receive_fn *ret_then);

/**
 * frki_ask_then() - frk_context_then()
 * @cell: who asked.
 * @stage: the stage, locked.
 * @ask: the question.
 * @then: the function; NULL for the handler.
 */
int frki_ask_then(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask,
		  frk_receive_fn then);

/**
 * frki_ask_fail() - an actor has ended and a question to it was not read
 * @cell: the actor.
 * @stage: the stage, locked.
 * @ask: the question.
 */
void frki_ask_fail(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask);

#endif /* FRKI_ACTOR_ASK_H */

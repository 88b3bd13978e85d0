// SPDX-License-Identifier: MIT
/*
 * ask.c - questions and answers; see ask.h.  Knows no clock, no thread.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "actor/ask.h"

/* One that waits: any other timer of that name is somebody's mistake. */
static struct frki_alarm *find(struct frki_stage *stage, struct frk_timer ask)
{
	struct frki_alarm *alarm = frki_alarm_find(stage, ask);

	if (!alarm || alarm->envelope.message.kind != FRK_MESSAGE_ASK_TIMEOUT)
		return NULL;
	return alarm;
}

int frki_ask_send(struct frki_stage *stage, const struct frki_post *post)
{
	struct frki_alarm *alarm;
	int ret;

	frki_stage_lock(stage);
	alarm = find(stage, post->ask);
	alarm->envelope.message.ask = post->ask;
	frki_stage_unlock(stage);
	ret = frki_stage_post_by(stage, post, frki_hand_is_mine(stage));
	if (!ret)
		return 0;
	/* Time may have gone on; but what fired waits for this actor's next turn. */
	frki_stage_lock(stage);
	frki_alarm_forget(alarm, stage);
	frki_stage_unlock(stage);
	return ret;
}

int frki_ask_forward(struct frki_stage *stage, const struct frk_message *message,
		     struct frk_pid to)
{
	struct frki_post post = {
		.sender = message->sender,
		.to = to,
		.payload = message->payload,
		.size = message->size,
		.kind = message->kind,
		.buffer = message->buffer,
	};
	/* A timer's message has no sender, and a count where others have a name. */
	bool waits;

	frki_stage_lock(stage);
	waits = message->sender.life && find(stage, message->ask);
	frki_stage_unlock(stage);
	/* One that nobody waits for any more is a message like others. */
	if (waits) {
		post.role = FRKI_ENVELOPE_QUESTION;
		post.ask = message->ask;
	}
	return frki_stage_post(stage, &post);
}

int frki_ask_then(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask,
		  frk_receive_fn then)
{
	struct frki_alarm *alarm = frki_alarm_find(stage, ask);

	/* Also one whose failure waits in the mailbox. */
	if (!alarm || alarm->forgotten ||
	    (alarm->envelope.message.kind != FRK_MESSAGE_ASK_TIMEOUT &&
	     alarm->envelope.message.kind != FRK_MESSAGE_ASK_FAILED))
		return -ESTALE;
	if (alarm->cell != cell)
		return -EPERM;
	alarm->then = then;
	return 0;
}

bool frki_ask_settle(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask,
		     frk_receive_fn *ret_then)
{
	struct frki_alarm *alarm = find(stage, ask);

	if (!alarm || alarm->cell != cell)
		return false;
	*ret_then = alarm->then;
	frki_alarm_forget(alarm, stage);
	return true;
}

void frki_ask_fail(struct frki_cell *cell, struct frki_stage *stage, struct frk_timer ask)
{
	struct frki_alarm *alarm = find(stage, ask);

	/* What it says in time counts, and it may have said so already. */
	if (!alarm || alarm->queued)
		return;
	alarm->envelope.message.kind = FRK_MESSAGE_ASK_FAILED;
	alarm->envelope.message.sender = frki_cell_pid(cell, stage);
	frki_alarm_fire_now(alarm, stage);
}

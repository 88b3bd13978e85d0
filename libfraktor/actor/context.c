// SPDX-License-Identifier: MIT
/*
 * context.c - what <fraktor/actor.h> lets an actor do while it has a message.
 * Checks arguments and passes on.  Knows no thread, no clock.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "actor/cell.h"

struct frk_system *frk_context_system(struct frk_context *context)
{
	return context ? context->stage->data : NULL;
}

struct frk_pid frk_context_self(const struct frk_context *context)
{
	struct frk_pid pid = { 0 };

	if (context) {
		pid.index = frki_pool_index(&context->stage->cells,
					    context->cell);
		pid.life = frki_mailbox_life(&context->cell->mailbox);
	}
	return pid;
}

void *frk_context_state(const struct frk_context *context)
{
	return context ? context->cell->state : NULL;
}

uint64_t frk_context_now_ns(const struct frk_context *context)
{
	return context ? frki_scheduler_now_ns(&context->stage->scheduler) : 0;
}

int frk_context_send(struct frk_context *context, struct frk_pid to,
		     uint32_t kind, const void *payload, size_t size)
{
	if (!context)
		return -EINVAL;
	return frki_stage_send(context->stage, frk_context_self(context), to,
			       kind, payload, size);
}

static int start_alarm(struct frk_context *context, uint32_t kind,
		       uint64_t delay_ns, bool periodic,
		       struct frk_timer *ret_timer)
{
	if (!context || kind < FRK_MESSAGE_USER)
		return -EINVAL;
	if (frki_stage_closed(context->stage))
		return -ESHUTDOWN;
	if (context->cell->ended ||
	    frki_mailbox_stopping(&context->cell->mailbox))
		return -ESTALE;
	return frki_alarm_start(context->cell, context->stage, kind, delay_ns,
				periodic, ret_timer);
}

int frk_context_every(struct frk_context *context, uint32_t kind,
		      uint64_t interval_ns, struct frk_timer *ret_timer)
{
	return start_alarm(context, kind, interval_ns, true, ret_timer);
}

int frk_context_after(struct frk_context *context, uint32_t kind,
		      uint64_t delay_ns, struct frk_timer *ret_timer)
{
	return start_alarm(context, kind, delay_ns, false, ret_timer);
}

int frk_context_cancel(struct frk_context *context, struct frk_timer timer)
{
	if (!context)
		return -EINVAL;
	return frki_alarm_cancel(context->cell, context->stage, timer);
}

void frk_context_stop(struct frk_context *context)
{
	if (context)
		context->cell->stop = true;
}

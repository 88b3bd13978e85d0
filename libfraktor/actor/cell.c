// SPDX-License-Identifier: MIT
/*
 * cell.c - the life of an actor; see cell.h.  Knows no thread, no clock.
 */
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"

/* Messages of one turn: few enough to be fair, enough to be worth a turn. */
#define TURN_MESSAGES 16

static void reset(struct frki_cell *cell)
{
	cell->started = false;
	cell->stop = false;
	cell->ended = false;
}

void frki_cell_init(struct frki_cell *cell)
{
	frki_mailbox_init(&cell->mailbox);
	atomic_init(&cell->scheduled, false);
	reset(cell);
	frki_list_init(&cell->live);
	frki_list_init(&cell->alarms);
}

static void set_name(struct frki_cell *cell, const char *name)
{
	size_t length = strlen(name);

	if (length >= sizeof(cell->name))
		length = sizeof(cell->name) - 1;
	memcpy(cell->name, name, length);
	cell->name[length] = '\0';
}

uint32_t frki_cell_start(struct frki_cell *cell,
			 const struct frk_actor_opts *opts)
{
	cell->receive = opts->receive;
	cell->state = opts->state;
	set_name(cell, opts->name ? opts->name : "actor");
	return frki_mailbox_start(&cell->mailbox, opts->mailbox_max);
}

void frki_cell_schedule(struct frki_cell *cell, struct frki_stage *stage)
{
	/*
	 * Pairs with the exchange in rest(): either that one comes later and
	 * sees all that was done before this call, or it came earlier, this one
	 * reads false, and the cell is queued again.
	 */
	if (atomic_exchange_explicit(&cell->scheduled, true,
				     memory_order_acq_rel))
		return;
	frki_mpsc_push(&stage->ready, &cell->ready);
	stage->ops->wake(stage->data);
}

static void receive(struct frki_cell *cell, struct frki_stage *stage,
		    const struct frk_message *message)
{
	struct frk_context context = { .stage = stage, .cell = cell };

	if (cell->receive(&context, message) >= 0 || cell->ended)
		return;
	cell->stop = true;
	/* A statistic; pairs with nothing. */
	atomic_fetch_add_explicit(&stage->failures, 1, memory_order_relaxed);
}

static void release(struct frki_stage *stage, struct frki_envelope *envelope)
{
	if (envelope->pooled)
		frki_envelope_unref(envelope, &stage->letters);
	else
		frki_alarm_delivered(envelope, stage);
}

static void start(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message started = {
		.kind = FRK_MESSAGE_STARTED,
	};

	cell->started = true;
	frki_list_push(&stage->live, &cell->live);
	receive(cell, stage, &started);
}

static void handle(struct frki_cell *cell, struct frki_stage *stage)
{
	for (int i = 0; i < TURN_MESSAGES && !cell->stop; i++) {
		struct frki_envelope *envelope;

		envelope = frki_mailbox_pop(&cell->mailbox);
		if (!envelope)
			return;
		receive(cell, stage, &envelope->message);
		release(stage, envelope);
	}
}

static void end(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message stopped = {
		.kind = FRK_MESSAGE_STOPPED,
	};

	frki_mailbox_end(&cell->mailbox);
	frki_alarm_cancel_all(cell, stage);
	cell->ended = true;
	receive(cell, stage, &stopped);
}

/*
 * Empty the mailbox of an actor that has ended.  What a timer says to an actor
 * that is gone nobody misses; what somebody sent is accounted for.
 */
static void discard(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_envelope *envelope;

	while ((envelope = frki_mailbox_pop(&cell->mailbox))) {
		/* A statistic; pairs with nothing. */
		if (envelope->pooled)
			atomic_fetch_add_explicit(&stage->undelivered, 1,
						  memory_order_relaxed);
		release(stage, envelope);
	}
}

/* The worker's last touch of this life: then the slot is anybody's. */
static void vacate(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_list_remove(&cell->live);
	reset(cell);
	frki_mailbox_vacate(&cell->mailbox);
	frki_pool_put(&stage->cells, cell);
}

static void act(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_mailbox *mailbox = &cell->mailbox;

	if (!cell->started)
		start(cell, stage);
	if (frki_mailbox_stopping(mailbox))
		frki_alarm_cancel_all(cell, stage);
	if (!cell->ended)
		handle(cell, stage);
	if (frki_mailbox_stopping(mailbox) && frki_mailbox_drained(mailbox))
		cell->stop = true;
	if (cell->stop && !cell->ended)
		end(cell, stage);
	if (!cell->ended)
		return;
	discard(cell, stage);
	if (frki_mailbox_drained(mailbox))
		vacate(cell, stage);
}

/* Something to do that a late frki_cell_schedule() has left to the worker. */
static bool busy(const struct frki_cell *cell)
{
	const struct frki_mailbox *mailbox = &cell->mailbox;

	if (frki_mailbox_vacant(mailbox))
		return false;
	return !cell->started || frki_mailbox_ready(mailbox) ||
	       (frki_mailbox_stopping(mailbox) &&
		frki_mailbox_drained(mailbox));
}

static void rest(struct frki_cell *cell, struct frki_stage *stage)
{
	/* Pairs with the exchange in frki_cell_schedule(). */
	atomic_exchange_explicit(&cell->scheduled, false,
				 memory_order_acq_rel);
	if (busy(cell))
		frki_cell_schedule(cell, stage);
}

void frki_cell_run(struct frki_cell *cell, struct frki_stage *stage)
{
	if (!frki_mailbox_vacant(&cell->mailbox))
		act(cell, stage);
	rest(cell, stage);
}

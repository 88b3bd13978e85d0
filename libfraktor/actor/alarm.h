/* SPDX-License-Identifier: MIT */
/*
 * alarm.h - a timer of an actor: when it fires, a message is in the mailbox.
 *
 * The message's envelope is part of the alarm, so that firing needs no memory
 * and cannot be refused.  While it waits in the mailbox the alarm does not send
 * another one: it brings count and deadline in it up to date.  An alarm is free
 * again when it will not fire any more and its envelope is not in the mailbox.
 *
 * Only the worker calls.  Knows no clock.
 */
#ifndef FRKI_ACTOR_ALARM_H
#define FRKI_ACTOR_ALARM_H

#include "actor/cell.h"
#include "sched/timer.h"

/**
 * struct frki_alarm - the alarm
 * @timer: when.
 * @envelope: what.
 * @cell: who gets it.
 * @link: on &frki_cell.alarms while in use.
 * @life: life of this slot, for frk_timer.
 * @queued: @envelope is in the mailbox.
 */
struct frki_alarm {
	struct frki_timer timer;
	struct frki_envelope envelope;
	struct frki_cell *cell;
	struct frki_list link;
	uint32_t life;
	bool queued;
};

/**
 * frki_alarm_init() - an alarm before its first life
 * @alarm: the alarm.
 */
void frki_alarm_init(struct frki_alarm *alarm);

/**
 * frki_alarm_start() - frk_context_every() and frk_context_after()
 * @cell: who gets the message.
 * @stage: the stage.
 * @kind: kind of the message.
 * @delay_ns: how long from now.
 * @periodic: again and again?
 * @ret_timer: its name; may be NULL.
 */
int frki_alarm_start(struct frki_cell *cell, struct frki_stage *stage,
		     uint32_t kind, uint64_t delay_ns, bool periodic,
		     struct frk_timer *ret_timer);

/**
 * frki_alarm_cancel() - frk_context_cancel()
 * @cell: who cancels.
 * @stage: the stage.
 * @timer: which.
 */
int frki_alarm_cancel(struct frki_cell *cell, struct frki_stage *stage,
		      struct frk_timer timer);

/**
 * frki_alarm_cancel_all() - let no alarm of a cell fire any more
 * @cell: the cell.
 * @stage: the stage.
 */
void frki_alarm_cancel_all(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_alarm_delivered() - the envelope has left the mailbox and is not needed
 * @envelope: an alarm's.
 * @stage: the stage.
 */
void frki_alarm_delivered(struct frki_envelope *envelope,
			  struct frki_stage *stage);

/**
 * frki_alarm_fire() - put the messages of all alarms that are due where they
 * belong
 * @stage: the stage, its time brought up to date.
 * @budget: as for frki_wheel_pop().
 *
 * Return: true if @budget was used up: there may be more.
 */
bool frki_alarm_fire(struct frki_stage *stage, unsigned int budget);

#endif /* FRKI_ACTOR_ALARM_H */

/* SPDX-License-Identifier: MIT */
/*
 * alarm.h - a timer of an actor: when it fires, a message is in the mailbox.
 *
 * The message's envelope is part of the alarm, so that firing needs no memory
 * and cannot be refused.  While it waits in the mailbox the alarm does not send
 * another one: count and deadline in it are those of the newest time when it is taken
 * out.  What an actor has in hand stays as it is: where others fire meanwhile, the next
 * one comes behind that.  An alarm is free
 * again when it will not fire any more and its envelope is not in the mailbox.
 *
 * It lies on the wheel of the worker that ran the actor when it was armed, and stays there:
 * so one that was stolen meanwhile comes back to that worker when it fires.
 *
 * Only workers call, the stage locked.  Knows no clock.
 */
#ifndef FRKI_ACTOR_ALARM_H
#define FRKI_ACTOR_ALARM_H

#include "actor/cell.h"
#include "sched/timer.h"

/* The kind of an alarm that sends nothing: a pause is over, frki_supervision_go_on(). */
#define FRKI_ALARM_PAUSE 0U

/**
 * struct frki_alarm - the alarm
 * @timer: when.
 * @envelope: what.
 * @cell: who gets it.
 * @then: of a question: by which function; NULL for the handler.
 * @link: in the ring &frki_cell.alarms while in use.
 * @deadline_ns: when it fired last, for the message.
 * @life: life of this slot, for frk_timer.
 * @line: on whose wheel @timer is; see time.h.
 * @queued: @envelope is in the mailbox, or in receive.
 * @cancelled: it will not fire any more.
 * @forgotten: nor is what it put into the mailbox wanted.
 * @taken: it is in receive.
 * @again: and it has fired since.
 */
struct frki_alarm {
	struct frki_timer timer;
	struct frki_envelope envelope;
	struct frki_cell *cell;
	frk_receive_fn then;
	struct frki_list link;
	uint64_t deadline_ns;
	uint32_t life;
	uint8_t line;
	bool queued : 1;
	bool cancelled : 1;
	bool forgotten : 1;
	bool taken : 1;
	bool again : 1;
};

/**
 * frki_alarm_take() - the message of an alarm is about to be handled
 * @envelope: an alarm's.
 *
 * A question is over then: of no use to frki_alarm_find() any more.
 *
 * Return: by which function; NULL for the handler.
 */
frk_receive_fn frki_alarm_take(struct frki_envelope *envelope);

/**
 * frki_alarm_init() - an alarm before its first life
 * @alarm: the alarm.
 */
void frki_alarm_init(struct frki_alarm *alarm);

/**
 * frki_alarm_start() - frk_context_schedule() and its short forms
 * @cell: who gets the message.
 * @stage: the stage.
 * @kind: kind of the message.
 * @opts: when.
 * @ret_timer: its name; may be NULL.
 */
int frki_alarm_start(struct frki_cell *cell, struct frki_stage *stage,
		     uint32_t kind, const struct frki_timer_opts *opts,
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
 * frki_alarm_arm() - arm the timer of an alarm, on the wheel that the alarm has
 * @alarm: the alarm, its timer not armed.
 * @stage: the stage.
 * @opts: when.
 *
 * Return: as frki_timer_arm().
 */
int frki_alarm_arm(struct frki_alarm *alarm, struct frki_stage *stage,
		   const struct frki_timer_opts *opts);

/**
 * frki_alarm_find() - the alarm of that name, if it is to fire or its message waits
 * @stage: the stage.
 * @timer: its name.
 *
 * Return: NULL if there is none, or it was cancelled.
 */
struct frki_alarm *frki_alarm_find(struct frki_stage *stage, struct frk_timer timer);

/**
 * frki_alarm_forget() - it does not fire any more, and what it put into the mailbox is
 * not wanted
 * @alarm: the alarm.
 * @stage: the stage.
 */
void frki_alarm_forget(struct frki_alarm *alarm, struct frki_stage *stage);

/**
 * frki_alarm_fire_now() - put its message where it belongs, and that was all
 * @alarm: an alarm that fires once and has not yet.
 * @stage: the stage.
 */
void frki_alarm_fire_now(struct frki_alarm *alarm, struct frki_stage *stage);

/**
 * frki_alarm_cancel_all() - let no alarm of a cell fire any more
 * @cell: the cell.
 * @stage: the stage.
 */
void frki_alarm_cancel_all(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_alarm_forget_all() - likewise, and what they put into the mailbox is not wanted
 * @cell: the cell.
 * @stage: the stage.
 */
void frki_alarm_forget_all(struct frki_cell *cell, struct frki_stage *stage);

/**
 * frki_alarm_is_wanted() - is what it put into the mailbox to be handled?
 * @envelope: an alarm's.
 */
bool frki_alarm_is_wanted(const struct frki_envelope *envelope);

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
 * @stage: the stage, the time of the caller's line brought up to date.
 * @budget: as for frki_wheel_pop().
 *
 * Those of that line.  The stage is not locked now and then, for others who wait.
 *
 * Return: true if @budget was used up: there may be more.
 */
bool frki_alarm_fire(struct frki_stage *stage, unsigned int budget);

/**
 * frki_alarm_list() - all alarms that are to fire
 * @stage: the stage.
 * @ret_timers: room for @n, in no order of time.
 * @n: how many at most.
 *
 * Return: how many there are.
 */
size_t frki_alarm_list(const struct frki_stage *stage, struct frk_timer_info *ret_timers,
		       size_t n);

#endif /* FRKI_ACTOR_ALARM_H */

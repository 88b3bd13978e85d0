// SPDX-License-Identifier: MIT
/*
 * alarm.c - timers of actors; see alarm.h.  Knows no clock, no thread.
 */
#include <errno.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/supervision.h"
#include "actor/time.h"

/* Timers that fire before others who wait for the lock may have it. */
#define FIRE_ROW 16

void frki_alarm_init(struct frki_alarm *alarm)
{
	frki_timer_init(&alarm->timer);
	frki_list_init(&alarm->link);
	alarm->envelope.owner = FRKI_ENVELOPE_ALARM;
	alarm->cell = NULL;
	alarm->then = NULL;
	alarm->life = 1;
	alarm->line = 0;
	alarm->deadline_ns = 0;
	alarm->queued = false;
	alarm->cancelled = false;
	alarm->forgotten = false;
	alarm->taken = false;
	alarm->again = false;
}

/* Will it fire again?  A rate and a delay are armed when they are not queued. */
static bool fires_again(const struct frki_alarm *alarm)
{
	return frki_timer_armed(&alarm->timer) ||
	       (alarm->queued && !alarm->cancelled &&
		alarm->timer.node.mode >= FRKI_TIMER_RATE);
}

static void put_back(struct frki_alarm *alarm, struct frki_stage *stage)
{
	frki_ring_remove(&alarm->cell->alarms, &alarm->link);
	if (!++alarm->life) /* life 0 names none */
		alarm->life = 1;
	frki_pool_put_alone(&stage->alarms, alarm);
}

static struct frki_scheduler *scheduler_of(const struct frki_alarm *alarm,
					   struct frki_stage *stage)
{
	return frki_time_scheduler(stage, alarm->line);
}

int frki_alarm_arm(struct frki_alarm *alarm, struct frki_stage *stage,
		   const struct frki_timer_opts *opts)
{
	return frki_timer_arm_from(&alarm->timer, scheduler_of(alarm, stage), opts,
				   frki_time_now_ns(stage));
}

int frki_alarm_start(struct frki_cell *cell, struct frki_stage *stage,
		     uint32_t kind, const struct frki_timer_opts *opts,
		     struct frk_timer *ret_timer)
{
	struct frki_alarm *alarm = frki_pool_get_alone(&stage->alarms);
	int ret;

	if (!alarm)
		return -ENOBUFS;
	alarm->line = (uint8_t)frki_time_line(stage);
	ret = frki_alarm_arm(alarm, stage, opts);
	if (ret) {
		frki_pool_put_alone(&stage->alarms, alarm);
		return ret;
	}
	alarm->cancelled = false;
	alarm->forgotten = false;
	alarm->deadline_ns = 0;
	alarm->cell = cell;
	cell->tied = true;
	alarm->then = NULL;
	alarm->envelope.message = (struct frk_message){ .kind = kind };
	frki_ring_push(&cell->alarms, &alarm->link);
	if (ret_timer) {
		ret_timer->index = frki_pool_index(&stage->alarms, alarm);
		ret_timer->life = alarm->life;
	}
	return 0;
}

static void cancel(struct frki_alarm *alarm, struct frki_stage *stage)
{
	frki_timer_cancel(&alarm->timer, scheduler_of(alarm, stage));
	alarm->cancelled = true;
	if (!alarm->queued)
		put_back(alarm, stage);
}

int frki_alarm_cancel(struct frki_cell *cell, struct frki_stage *stage,
		      struct frk_timer timer)
{
	struct frki_alarm *alarm = frki_pool_at(&stage->alarms, timer.index);

	if (!alarm || alarm->life != timer.life ||
	    !fires_again(alarm))
		return -ESTALE;
	if (alarm->cell != cell)
		return -EPERM;
	cancel(alarm, stage);
	return 0;
}

struct frki_alarm *frki_alarm_find(struct frki_stage *stage, struct frk_timer timer)
{
	struct frki_alarm *alarm = frki_pool_at(&stage->alarms, timer.index);

	if (!alarm || alarm->life != timer.life || alarm->cancelled)
		return NULL;
	return alarm;
}

void frki_alarm_forget(struct frki_alarm *alarm, struct frki_stage *stage)
{
	alarm->forgotten = true;
	cancel(alarm, stage);
}

/* A question has its name where others have a count. */
static bool is_question(const struct frki_alarm *alarm)
{
	return alarm->envelope.message.kind == FRK_MESSAGE_ASK_TIMEOUT ||
	       alarm->envelope.message.kind == FRK_MESSAGE_ASK_FAILED;
}

/* Nobody has the message in hand. */
static void fill_in(struct frki_alarm *alarm)
{
	if (!is_question(alarm))
		alarm->envelope.message.count = alarm->timer.count;
	alarm->envelope.message.deadline_ns = alarm->deadline_ns;
}

static void queue(struct frki_alarm *alarm, struct frki_stage *stage)
{
	fill_in(alarm);
	alarm->queued = true;
	frki_cell_put(alarm->cell, stage, &alarm->envelope);
}

frk_receive_fn frki_alarm_take(struct frki_envelope *envelope)
{
	struct frki_alarm *alarm = frki_container_of(envelope, struct frki_alarm, envelope);

	fill_in(alarm);
	alarm->taken = true;
	if (is_question(alarm))
		alarm->cancelled = true;
	return alarm->then;
}

void frki_alarm_fire_now(struct frki_alarm *alarm, struct frki_stage *stage)
{
	frki_timer_cancel(&alarm->timer, scheduler_of(alarm, stage));
	queue(alarm, stage);
}

void frki_alarm_cancel_all(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link = cell->alarms;

	while (link) {
		struct frki_list *next = frki_ring_next(cell->alarms, link);

		cancel(frki_container_of(link, struct frki_alarm, link), stage);
		link = next;
	}
}

void frki_alarm_forget_all(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link;

	for (link = cell->alarms; link; link = frki_ring_next(cell->alarms, link))
		frki_container_of(link, struct frki_alarm, link)->forgotten = true;
	frki_alarm_cancel_all(cell, stage);
}

bool frki_alarm_is_wanted(const struct frki_envelope *envelope)
{
	return !frki_container_of(envelope, const struct frki_alarm, envelope)->forgotten;
}

void frki_alarm_delivered(struct frki_envelope *envelope,
			  struct frki_stage *stage)
{
	struct frki_alarm *alarm =
		frki_container_of(envelope, struct frki_alarm, envelope);

	alarm->queued = false;
	alarm->taken = false;
	if (alarm->again && !alarm->cancelled) {
		alarm->again = false;
		queue(alarm, stage);
		return;
	}
	alarm->again = false;
	/* Others fire again by themselves, or do not. */
	if (!alarm->cancelled && alarm->timer.node.mode >= FRKI_TIMER_RATE)
		frki_timer_done_from(&alarm->timer, scheduler_of(alarm, stage),
				     frki_time_now_ns(stage));
	if (!frki_timer_armed(&alarm->timer))
		put_back(alarm, stage);
}

static void ring(struct frki_alarm *alarm, struct frki_stage *stage,
		 const struct frki_firing *firing)
{
	if (alarm->envelope.message.kind == FRKI_ALARM_PAUSE) {
		struct frki_cell *cell = alarm->cell;

		put_back(alarm, stage);
		frki_supervision_go_on(cell, stage);
		return;
	}
	alarm->deadline_ns = firing->deadline_ns;
	if (!alarm->queued)
		queue(alarm, stage);
	else if (alarm->taken)
		alarm->again = true;
}

bool frki_alarm_fire(struct frki_stage *stage, unsigned int budget)
{
	struct frki_scheduler *scheduler =
		frki_time_scheduler(stage, frki_time_line(stage));
	struct frki_firing firing;
	struct frki_timer *timer;

	for (unsigned int n = 1; (timer = frki_timer_pop(scheduler, &budget, &firing)); n++) {
		ring(frki_container_of(timer, struct frki_alarm, timer), stage,
		     &firing);
		if (n % FIRE_ROW)
			continue;
		frki_stage_unlock(stage);
		frki_stage_lock(stage);
	}
	return !budget;
}

_Static_assert(sizeof(((struct frk_timer_info *)0)->actor_name) == FRKI_CELL_NAME_SIZE,
	      "names");

static void describe(const struct frki_stage *stage, const struct frki_alarm *alarm,
		     struct frk_timer_info *ret_timer)
{
	const struct frki_timer *timer = &alarm->timer;
	const struct frki_cell *cell = alarm->cell;

	*ret_timer = (struct frk_timer_info){
		.timer = { frki_pool_index(&stage->alarms, alarm), alarm->life },
		.actor = frki_cell_pid(cell, stage),
		.kind = alarm->envelope.message.kind,
		.mode = timer->node.mode,
		.interval_ns = timer->node.mode == FRKI_TIMER_ONCE ? 0 :
								     timer->interval_ns,
		.count = timer->count,
	};
	if (frki_timer_armed(timer))
		ret_timer->due_ns = stage->scheduler.base_ns + timer->due_ns;
	memcpy(ret_timer->actor_name, cell->name, sizeof(cell->name));
}

size_t frki_alarm_list(const struct frki_stage *stage, struct frk_timer_info *ret_timers,
		       size_t n)
{
	const struct frki_list *live, *link;
	size_t found = 0;

	for (live = stage->live.next; live != &stage->live; live = live->next) {
		const struct frki_cell *cell =
			frki_container_of(live, const struct frki_cell, live);

		for (link = cell->alarms; link; link = frki_ring_next(cell->alarms, link)) {
			const struct frki_alarm *alarm =
				frki_container_of(link, const struct frki_alarm, link);

			if (!fires_again(alarm))
				continue;
			if (found < n)
				describe(stage, alarm, &ret_timers[found]);
			found++;
		}
	}
	return found;
}

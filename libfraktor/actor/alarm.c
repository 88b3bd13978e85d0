// SPDX-License-Identifier: MIT
/*
 * alarm.c - timers of actors; see alarm.h.  Knows no clock, no thread.
 */
#include <errno.h>

#include "actor/alarm.h"

void frki_alarm_init(struct frki_alarm *alarm)
{
	frki_timer_init(&alarm->timer);
	frki_list_init(&alarm->link);
	alarm->envelope.pooled = false;
	alarm->cell = NULL;
	alarm->life = 1;
	alarm->queued = false;
}

static void put_back(struct frki_alarm *alarm, struct frki_stage *stage)
{
	frki_list_remove(&alarm->link);
	if (!++alarm->life) /* life 0 names none */
		alarm->life = 1;
	frki_pool_put(&stage->alarms, alarm);
}

int frki_alarm_start(struct frki_cell *cell, struct frki_stage *stage,
		     uint32_t kind, uint64_t delay_ns, bool periodic,
		     struct frk_timer *ret_timer)
{
	struct frki_alarm *alarm = frki_pool_get(&stage->alarms);
	int ret;

	if (!alarm)
		return -ENOBUFS;
	ret = frki_timer_arm(&alarm->timer, &stage->scheduler, delay_ns,
			     periodic);
	if (ret) {
		frki_pool_put(&stage->alarms, alarm);
		return ret;
	}
	alarm->cell = cell;
	alarm->envelope.message = (struct frk_message){ .kind = kind };
	frki_list_push(&cell->alarms, &alarm->link);
	if (ret_timer) {
		ret_timer->index = frki_pool_index(&stage->alarms, alarm);
		ret_timer->life = alarm->life;
	}
	return 0;
}

static void cancel(struct frki_alarm *alarm, struct frki_stage *stage)
{
	frki_timer_cancel(&alarm->timer, &stage->scheduler);
	if (!alarm->queued)
		put_back(alarm, stage);
}

int frki_alarm_cancel(struct frki_cell *cell, struct frki_stage *stage,
		      struct frk_timer timer)
{
	struct frki_alarm *alarm = frki_pool_at(&stage->alarms, timer.index);

	if (!alarm || alarm->life != timer.life ||
	    !frki_timer_armed(&alarm->timer))
		return -ESTALE;
	if (alarm->cell != cell)
		return -EPERM;
	cancel(alarm, stage);
	return 0;
}

void frki_alarm_cancel_all(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link = cell->alarms.next;

	while (link != &cell->alarms) {
		struct frki_list *next = link->next;

		cancel(frki_container_of(link, struct frki_alarm, link), stage);
		link = next;
	}
}

void frki_alarm_delivered(struct frki_envelope *envelope,
			  struct frki_stage *stage)
{
	struct frki_alarm *alarm =
		frki_container_of(envelope, struct frki_alarm, envelope);

	alarm->queued = false;
	if (!frki_timer_armed(&alarm->timer))
		put_back(alarm, stage);
}

static void ring(struct frki_alarm *alarm, struct frki_stage *stage)
{
	alarm->envelope.message.count = alarm->timer.count;
	alarm->envelope.message.deadline_ns = alarm->timer.deadline_ns;
	if (alarm->queued)
		return;
	alarm->queued = true;
	frki_mailbox_put(&alarm->cell->mailbox, &alarm->envelope);
	frki_cell_schedule(alarm->cell, stage);
}

bool frki_alarm_fire(struct frki_stage *stage, unsigned int budget)
{
	struct frki_timer *timer;

	while ((timer = frki_timer_pop(&stage->scheduler, &budget)))
		ring(frki_container_of(timer, struct frki_alarm, timer), stage);
	return !budget;
}

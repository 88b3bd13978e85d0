// SPDX-License-Identifier: MIT
/*
 * log.c - the log of log.h and its replay.  Knows no clock, no file.
 */
#include <string.h>

#include "sched/log.h"
#include "sched/timer.h"

void frki_log_add(struct frki_log *log, const struct frki_log_record *record)
{
	if (!log)
		return;
	log->records[log->total % log->capacity] = *record;
	log->total++;
	/* Release: who sees the number sees the record. */
	if (log->shown)
		atomic_store_explicit(log->shown, log->total, memory_order_release);
}

uint64_t frki_log_first(const struct frki_log *log)
{
	return log->total > log->capacity ? log->total - log->capacity : 0;
}

const struct frki_log_record *frki_log_at(const struct frki_log *log, uint64_t number)
{
	return &log->records[number % log->capacity];
}

static bool same(const struct frki_log_record *a, const struct frki_log_record *b)
{
	/* No padding: all of it counts. */
	return !memcmp(a, b, sizeof(*a));
}

bool frki_log_equal(const struct frki_log *a, const struct frki_log *b)
{
	uint64_t number = frki_log_first(a);

	if (a->total != b->total || number != frki_log_first(b))
		return false;
	for (; number < a->total; number++)
		if (!same(frki_log_at(a, number), frki_log_at(b, number)))
			return false;
	return true;
}

struct replay {
	struct frki_scheduler *scheduler;
	struct frki_timer *(*timer_of)(uint32_t id, void *data);
	void *data;
};

static bool replay_tick(struct replay *replay, const struct frki_log_record *record)
{
	struct frk_tick tick = { .periods = record->id,
				 .deadline_ns = record->value[0],
				 .fired_ns = record->value[1] };

	frki_scheduler_tick(replay->scheduler, &tick);
	return true;
}

static bool replay_arm(struct replay *replay, const struct frki_log_record *record)
{
	struct frki_timer_opts opts = {
		.delay_ns = record->value[0],
		.interval_ns = record->value[1],
		.accuracy_ns = record->value[2],
		.mode = (enum frki_timer_mode)record->mode,
	};

	return !frki_timer_arm(replay->timer_of(record->id, replay->data),
			       replay->scheduler, &opts);
}

static bool replay_fired(struct replay *replay, const struct frki_log_record *record)
{
	unsigned int budget = UINT32_MAX;
	struct frki_firing firing;
	struct frki_timer *timer;

	timer = frki_timer_pop(replay->scheduler, &budget, &firing);
	return timer && timer == replay->timer_of(record->id, replay->data) &&
	       firing.count == record->value[0] && firing.missed == record->value[1] &&
	       firing.deadline_ns == record->value[2];
}

static bool replay_turn(struct replay *replay, const struct frki_log_record *record)
{
	unsigned int budget = (unsigned int)record->value[0];
	struct frki_firing firing;

	return !frki_timer_pop(replay->scheduler, &budget, &firing) &&
	       budget == record->value[1] &&
	       replay->scheduler->wheel.now_ticks == record->value[2];
}

static bool replay_one(struct replay *replay, const struct frki_log_record *record)
{
	switch (record->kind) {
	case FRKI_LOG_TICK:
		return replay_tick(replay, record);
	case FRKI_LOG_ARM:
		return replay_arm(replay, record);
	case FRKI_LOG_CANCEL:
		return frki_timer_cancel(replay->timer_of(record->id, replay->data),
					 replay->scheduler) == record->value[0];
	case FRKI_LOG_DONE:
		frki_timer_done(replay->timer_of(record->id, replay->data),
				replay->scheduler);
		return true;
	case FRKI_LOG_FIRED:
		return replay_fired(replay, record);
	case FRKI_LOG_TURN:
		return replay_turn(replay, record);
	default:
		return false;
	}
}

uint64_t frki_log_replay(const struct frki_log *log, struct frki_scheduler *scheduler,
			 struct frki_timer *(*timer_of)(uint32_t id, void *data),
			 void *data)
{
	struct replay replay = { scheduler, timer_of, data };
	uint64_t number = 0;

	if (frki_log_first(log))
		return 0;
	while (number < log->total && replay_one(&replay, frki_log_at(log, number)))
		number++;
	return number;
}

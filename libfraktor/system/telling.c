// SPDX-License-Identifier: MIT
/*
 * telling.c - what a system says of its timers and messages: by itself, and how much
 * in all when asked.  Counts nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "actor/time.h"
#include "system/system.h"
#include "tick/clock.h"

static void add_timers(struct frki_stage *stage, unsigned int line,
		       struct frk_timer_stats *stats)
{
	struct frk_timer_stats more;

	frki_scheduler_stats(frki_time_scheduler(stage, line), &more);
	stats->fired_total += more.fired_total;
	stats->late_total += more.late_total;
	if (more.late_max_ticks > stats->late_max_ticks)
		stats->late_max_ticks = more.late_max_ticks;
	stats->missed_total += more.missed_total;
	stats->carried_total += more.carried_total;
}

int frk_system_get_timers(struct frk_system *system,
			  struct frk_timer_stats *ret_stats)
{
	if (!system || !ret_stats)
		return -EINVAL;
	frki_scheduler_stats(&system->stage.scheduler, ret_stats);
	for (unsigned int line = 1; line <= system->lines_n; line++)
		add_timers(&system->stage, line, ret_stats);
	return 0;
}

int frk_system_get_dead_letters(struct frk_system *system,
				struct frk_dead_letters *ret_letters)
{
	if (!system || !ret_letters)
		return -EINVAL;
	frki_stage_dead_letters(&system->stage, ret_letters);
	return 0;
}

int frk_system_get_actors(struct frk_system *system, struct frk_actor_stats *ret_stats)
{
	if (!system || !ret_stats)
		return -EINVAL;
	ret_stats->failures_total = atomic_load_explicit(&system->stage.failures,
							 memory_order_relaxed);
	ret_stats->restarts_total = atomic_load_explicit(&system->stage.restarts,
							 memory_order_relaxed);
	return 0;
}

static void tell(struct frk_system *system, struct frk_event *event)
{
	if (!event->at_ns)
		event->at_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	frki_event_stream_publish(&system->events, event);
}

/* --- by itself */

void frki_telling_dead_letter(void *data, const struct frki_dead_letter *letter)
{
	struct frk_system *system = data;
	struct frk_event event = {
		.key = FRK_EVENT_DEAD_LETTER,
		.dead_letter = {
			.to = letter->to,
			.sender = letter->sender,
			.kind = letter->kind,
			.reason = letter->reason,
			.count = 1,
		},
	};

	if (frki_throttle_pass(&system->letters))
		tell(system, &event);
}

void frki_telling_failure(void *data, const struct frki_failure *failure)
{
	struct frk_system *system = data;
	struct frk_event event = {
		.key = FRK_EVENT_ACTOR_FAILED,
		.failure = {
			.actor = failure->actor,
			.error = failure->error,
			.directive = failure->directive,
			.count = 1,
		},
	};

	if (!frki_throttle_pass(&system->failures))
		return;
	snprintf(event.failure.name, sizeof(event.failure.name), "%s", failure->name);
	tell(system, &event);
}

static void tell_timers(struct frk_system *system, unsigned int line)
{
	struct frk_event event = { .key = FRK_EVENT_TIMERS_LATE, .timers.worker = line };
	bool warn;

	frki_stage_lock(&system->stage);
	warn = frki_scheduler_warnings(frki_time_scheduler(&system->stage, line),
				       &event.timers.since);
	frki_stage_unlock(&system->stage);
	if (warn)
		tell(system, &event);
}

static void tell_letters(struct frk_system *system)
{
	struct frk_event event = { .key = FRK_EVENT_DEAD_LETTER };

	event.dead_letter.count = frki_throttle_reset(&system->letters);
	if (event.dead_letter.count)
		tell(system, &event);
}

static void tell_failures(struct frk_system *system)
{
	struct frk_event event = { .key = FRK_EVENT_ACTOR_FAILED };

	event.failure.count = frki_throttle_reset(&system->failures);
	if (event.failure.count)
		tell(system, &event);
}

void frki_telling_report(struct frk_system *system)
{
	uint64_t now_ns = system->stage.scheduler.now_ns;

	if (now_ns - system->told_ns < FRK_S(1))
		return;
	system->told_ns = now_ns;
	frki_telling_flush(system);
}

void frki_telling_flush(struct frk_system *system)
{
	for (unsigned int line = 0; line <= system->lines_n; line++)
		tell_timers(system, line);
	tell_letters(system);
	tell_failures(system);
}

/* --- for others */

static bool is_for_others(uint32_t key)
{
	return key == FRK_EVENT_LOG || key == FRK_EVENT_SOURCE ||
	       (key >= FRK_EVENT_USER && !(key & (key - 1)));
}

int frk_event_publish(struct frk_system *system, const struct frk_event *event)
{
	struct frk_event copy;

	if (!system || !event || !is_for_others(event->key) || event->reserved)
		return -EINVAL;
	copy = *event;
	tell(system, &copy);
	return 0;
}

int frk_event_log(struct frk_system *system, enum frk_log_level level, const char *format,
		  ...)
{
	struct frk_event event = { .key = FRK_EVENT_LOG, .log.level = level };
	va_list args;

	if (!system || !format)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(event.log.text, sizeof(event.log.text), format, args);
	va_end(args);
	tell(system, &event);
	return 0;
}

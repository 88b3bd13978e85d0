// SPDX-License-Identifier: MIT
/*
 * event_line.c - an event as a line of a log; the format is documented with
 * frk_event_print().
 */
#include <errno.h>
#include <stdio.h>

#include <fraktor/event.h>

#include "base/error.h"

static const char *name_of(const char *const *names, size_t n, unsigned int index)
{
	return index < n && names[index] ? names[index] : "unknown";
}

static const char *reason_name(enum frk_stop_reason reason)
{
	static const char *const names[] = {
		[FRK_STOP_NONE] = "none",	[FRK_STOP_ASKED] = "asked",
		[FRK_STOP_ENDED] = "ended",	[FRK_STOP_BROKEN] = "broken",
		[FRK_STOP_SILENT] = "silent",	[FRK_STOP_LYING] = "lying",
		[FRK_STOP_DRIFT] = "drift",	[FRK_STOP_FAILED] = "failed",
	};

	return name_of(names, sizeof(names) / sizeof(*names), reason);
}

static const char *then_name(enum frk_stop_then then)
{
	static const char *const names[] = {
		[FRK_THEN_NOTHING] = "nothing",
		[FRK_THEN_SHUTDOWN] = "shutdown",
		[FRK_THEN_RETRY] = "retry",
		[FRK_THEN_FALLBACK] = "fallback",
	};

	return name_of(names, sizeof(names) / sizeof(*names), then);
}

static const char *level_name(enum frk_log_level level)
{
	static const char *const names[] = {
		[FRK_LOG_ERROR] = "error",
		[FRK_LOG_WARNING] = "warning",
		[FRK_LOG_INFO] = "info",
		[FRK_LOG_DEBUG] = "debug",
	};

	return name_of(names, sizeof(names) / sizeof(*names), level);
}

static const char *dead_name(enum frk_dead_reason reason)
{
	static const char *const names[FRK_DEAD_REASONS] = {
		[FRK_DEAD_STALE] = "stale",
		[FRK_DEAD_FULL] = "full",
		[FRK_DEAD_EXHAUSTED] = "exhausted",
		[FRK_DEAD_ENDED] = "ended",
		[FRK_DEAD_CLOSED] = "closed",
		[FRK_DEAD_LATE] = "late",
		[FRK_DEAD_REFUSED] = "refused",
		[FRK_DEAD_DROPPED] = "dropped",
		[FRK_DEAD_DISPLACED] = "displaced",
	};

	return name_of(names, FRK_DEAD_REASONS, reason);
}

/* An event is one line, whatever somebody has written into it. */
static void print_text(const char *text, size_t size, FILE *stream)
{
	fputs(" text=", stream);
	for (size_t i = 0; i < size && text[i]; i++)
		fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i],
		      stream);
}

/* The first one is the system itself where there is one line. */
static void print_worker(uint32_t worker, FILE *stream)
{
	if (worker)
		fprintf(stream, " worker=%u", worker);
}

static void print_driver(const struct frk_event_driver *driver, FILE *stream)
{
	fprintf(stream, " driver=%s", driver->name);
	print_worker(driver->worker, stream);
	if (driver->member)
		fprintf(stream, " member=%u", driver->member);
	if (driver->reason)
		fprintf(stream, " reason=%s then=%s", reason_name(driver->reason),
			then_name(driver->then));
	if (*driver->next)
		fprintf(stream, " next=%s", driver->next);
	if (driver->attempt)
		fprintf(stream, " attempt=%u", driver->attempt);
	if (driver->delay_ns)
		fprintf(stream, " delay_ns=%llu", (unsigned long long)driver->delay_ns);
	if (driver->code)
		fprintf(stream, " code=%s", frki_error_name(driver->code));
	if (*driver->text)
		print_text(driver->text, sizeof(driver->text), stream);
}

static void print_metrics(const struct frk_event_metrics *event, FILE *stream)
{
	const struct frk_metrics *metrics = &event->metrics;

	fprintf(stream,
		" driver=%s ticks_last_second=%llu drift_ppb=%lld phase_error_ns=%lld missed=%llu dropped=%llu"
		" lateness_p50_ns=%llu lateness_p99_ns=%llu lateness_max_ns=%llu",
		event->name, (unsigned long long)metrics->ticks_last_second,
		(long long)metrics->drift_last_second_ppb,
		(long long)metrics->phase_error_ns,
		(unsigned long long)metrics->missed_total,
		(unsigned long long)metrics->dropped_total,
		(unsigned long long)metrics->lateness_p50_ns,
		(unsigned long long)metrics->lateness_p99_ns,
		(unsigned long long)metrics->lateness_max_ns);
	print_worker(event->worker, stream);
}

static void print_drift(const struct frk_event_drift *drift, FILE *stream)
{
	fprintf(stream, " driver=%s drift_ppb=%lld budget_ppb=%llu stops=%s", drift->name,
		(long long)drift->drift_ppb, (unsigned long long)drift->budget_ppb,
		drift->stops ? "yes" : "no");
	print_worker(drift->worker, stream);
}

static void print_timers(const struct frk_event_timers *timers, FILE *stream)
{
	const struct frk_timer_stats *since = &timers->since;

	fprintf(stream, " fired=%llu late=%llu late_max_ticks=%llu missed=%llu carried=%llu",
		(unsigned long long)since->fired_total,
		(unsigned long long)since->late_total,
		(unsigned long long)since->late_max_ticks,
		(unsigned long long)since->missed_total,
		(unsigned long long)since->carried_total);
	print_worker(timers->worker, stream);
}

static void print_dead_letter(const struct frk_event_dead_letter *letter, FILE *stream)
{
	fprintf(stream, " count=%llu", (unsigned long long)letter->count);
	if (!letter->kind)
		return;
	fprintf(stream, " to=%u.%u", letter->to.index, letter->to.life);
	if (letter->sender.life)
		fprintf(stream, " sender=%u.%u", letter->sender.index,
			letter->sender.life);
	fprintf(stream, " kind=%u reason=%s", letter->kind, dead_name(letter->reason));
}

static void print_failure(const struct frk_event_failure *failure, FILE *stream)
{
	static const char *const names[] = {
		[FRK_DIRECTIVE_STOP] = "stop",
		[FRK_DIRECTIVE_RESUME] = "resume",
		[FRK_DIRECTIVE_RESTART] = "restart",
		[FRK_DIRECTIVE_ESCALATE] = "escalate",
	};

	fprintf(stream, " count=%llu", (unsigned long long)failure->count);
	if (!failure->actor.life)
		return;
	fprintf(stream, " actor=%u.%u code=%s then=%s", failure->actor.index,
		failure->actor.life, frki_error_name(failure->error),
		name_of(names, sizeof(names) / sizeof(*names), failure->directive));
	print_text(failure->name, sizeof(failure->name), stream);
}

static void print_blocked(const struct frk_event_blocked *blocked, FILE *stream)
{
	fprintf(stream, " actor=%u.%u worker=%u over=%s ns=%llu", blocked->actor.index,
		blocked->actor.life, blocked->worker, blocked->over ? "yes" : "no",
		(unsigned long long)blocked->ns);
	print_text(blocked->path, sizeof(blocked->path), stream);
}

static void print_log(const struct frk_event_words *log, FILE *stream)
{
	fprintf(stream, " level=%s", level_name(log->level));
	print_text(log->text, sizeof(log->text), stream);
}

static void print_source(const struct frk_event_source *source, FILE *stream)
{
	fprintf(stream, " type=%.*s", (int)sizeof(source->type), source->type);
	if (*source->name)
		fprintf(stream, " name=%.*s id=%u cpu=%u ticks=%llu dropped=%llu",
			(int)sizeof(source->name), source->name, source->id, source->cpu,
			(unsigned long long)source->ticks,
			(unsigned long long)source->dropped);
	if (*source->reason)
		fprintf(stream, " reason=%.*s", (int)sizeof(source->reason),
			source->reason);
	if (source->drift_ppb)
		fprintf(stream, " drift_ppb=%lld", (long long)source->drift_ppb);
	if (source->reader_id)
		fprintf(stream, " reader=%u behind=%llu", source->reader_id,
			(unsigned long long)source->behind);
	if (source->pid)
		fprintf(stream, " pid=%u", source->pid);
	if (source->slept_ns)
		fprintf(stream, " slept_ns=%llu", (unsigned long long)source->slept_ns);
}

static void print_user(const struct frk_event *event, FILE *stream)
{
	fprintf(stream, " bit=%d word=%#llx", __builtin_ctz(event->key),
		(unsigned long long)event->word[0]);
}

static const char *key_name(uint32_t key)
{
	return key == FRK_EVENT_TICK_METRICS   ? "tick-metrics" :
	       key == FRK_EVENT_DRIFT_EXCEEDED ? "drift-exceeded" :
	       key == FRK_EVENT_DRIVER_STARTED ? "driver-started" :
	       key == FRK_EVENT_DRIVER_STOPPED ? "driver-stopped" :
	       key == FRK_EVENT_DRIVER_CHANGED ? "driver-changed" :
	       key == FRK_EVENT_TIMERS_LATE    ? "timers-late" :
	       key == FRK_EVENT_DEAD_LETTER    ? "dead-letter" :
	       key == FRK_EVENT_ACTOR_FAILED   ? "actor-failed" :
	       key == FRK_EVENT_ACTOR_BLOCKED  ? "actor-blocked" :
	       key == FRK_EVENT_LOG	       ? "log" :
	       key == FRK_EVENT_SOURCE	       ? "source" :
	       key >= FRK_EVENT_USER	       ? "user" :
						 "unknown";
}

int frk_event_print(const struct frk_event *event, FILE *stream)
{
	if (!event || !stream)
		return -EINVAL;
	fprintf(stream, "fraktor: %llu.%09llu %s",
		(unsigned long long)(event->at_ns / FRK_S(1)),
		(unsigned long long)(event->at_ns % FRK_S(1)), key_name(event->key));
	if (event->key == FRK_EVENT_TICK_METRICS)
		print_metrics(&event->metrics, stream);
	else if (event->key == FRK_EVENT_DRIFT_EXCEEDED)
		print_drift(&event->drift, stream);
	else if (event->key & (FRK_EVENT_DRIVER_STARTED | FRK_EVENT_DRIVER_STOPPED |
			       FRK_EVENT_DRIVER_CHANGED))
		print_driver(&event->driver, stream);
	else if (event->key == FRK_EVENT_TIMERS_LATE)
		print_timers(&event->timers, stream);
	else if (event->key == FRK_EVENT_DEAD_LETTER)
		print_dead_letter(&event->dead_letter, stream);
	else if (event->key == FRK_EVENT_ACTOR_FAILED)
		print_failure(&event->failure, stream);
	else if (event->key == FRK_EVENT_ACTOR_BLOCKED)
		print_blocked(&event->blocked, stream);
	else if (event->key == FRK_EVENT_LOG)
		print_log(&event->log, stream);
	else if (event->key == FRK_EVENT_SOURCE)
		print_source(&event->source, stream);
	else if (event->key >= FRK_EVENT_USER)
		print_user(event, stream);
	fputc('\n', stream);
	return 0;
}

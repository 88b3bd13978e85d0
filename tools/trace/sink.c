// SPDX-License-Identifier: MIT
/*
 * Lines, or objects of the Trace Event Format: each source is a thread of the
 * process "fraktor", a tick lasts from its deadline to its interrupt, its
 * lateness is a counter, and the rest are instants.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/units.h"
#include "trace/sink.h"

#define SINK_PROCESS 1

/* --- names --------------------------------------------------------------- */

static const char *sink_find(const struct sink *sink, uint32_t id)
{
	for (size_t i = 0; i < sink->names; i++)
		if (sink->name[i].id == id)
			return sink->name[i].name;
	return NULL;
}

static struct units_text sink_source(const struct sink *sink, uint32_t id)
{
	const char *name = sink_find(sink, id);
	struct units_text text;

	if (name)
		text_clean(text.s, sizeof(text.s), name);
	else
		snprintf(text.s, sizeof(text.s), "source %" PRIu32, id);
	return text;
}

/* --- words --------------------------------------------------------------- */

/* What happened, in the words that "fraktor monitor" has for it. */
static const char *sink_what(const struct timeline_item *item)
{
	switch (item->kind) {
	case TIMELINE_TICK:
		return item->periods ? "tick" : "note";
	case TIMELINE_DROP:
		return "drop";
	case TIMELINE_START:
		return "start";
	case TIMELINE_STOP:
		return "stop";
	case TIMELINE_DRIFT:
		return "drift";
	case TIMELINE_MIGRATE:
		return "migrate";
	case TIMELINE_LOST:
		return "lost";
	case TIMELINE_EVENT:
		return frk_source_event_name(item->event.type);
	}
	return "unknown";
}

static uint32_t sink_reason(const struct timeline_item *item)
{
	return item->kind == TIMELINE_EVENT ? item->event.reason : item->reason;
}

/* --- lines --------------------------------------------------------------- */

static void sink_detail(const struct timeline_item *item, FILE *out)
{
	switch (item->kind) {
	case TIMELINE_TICK:
		fprintf(out, " %s %s",
			units_time(item->early_ns ? item->early_ns : item->lateness_ns).s,
			item->early_ns ? "early" : "late");
		if (item->periods > 1)
			fprintf(out, ", %" PRIu32 " periods", item->periods);
		break;
	case TIMELINE_DROP:
		fprintf(out, ", reader %" PRIu32 " has lost %s", item->reader,
			units_count(item->count).s);
		break;
	case TIMELINE_START:
		fprintf(out, ", period %s", units_period(item->period_ns).s);
		break;
	case TIMELINE_DRIFT:
		fprintf(out, ", %s in the last second", units_ppm(item->drift_ppb).s);
		break;
	case TIMELINE_MIGRATE:
		fprintf(out, " from CPU %" PRIu32 " to %" PRIu32, item->from, item->to);
		break;
	case TIMELINE_EVENT:
		fprintf(out, ", %s ticks, %s dropped", units_count(item->event.ticks).s,
			units_count(item->event.dropped).s);
		break;
	case TIMELINE_STOP:
	case TIMELINE_LOST:
		break;
	}
}

static void sink_line(const struct sink *sink, const struct timeline_item *item)
{
	fprintf(sink->out, "%" PRIu64 ".%09" PRIu64 "  ", item->time_ns / 1000000000,
		item->time_ns % 1000000000);
	if (item->kind == TIMELINE_LOST) {
		fprintf(sink->out, "CPU %" PRIu32 ": %s lines of the trace were lost\n", item->cpu,
			units_count(item->count).s);
		return;
	}
	if (item->kind == TIMELINE_EVENT)
		fputs("event  ", sink->out);
	else
		fprintf(sink->out, "CPU %-2" PRIu32 " ", item->cpu);
	fprintf(sink->out, "%s %s", sink_source(sink, item->source).s, sink_what(item));
	if (sink_reason(item))
		fprintf(sink->out, " (%s)", frk_source_reason_name(sink_reason(item)));
	sink_detail(item, sink->out);
	putc('\n', sink->out);
}

/* --- Trace Event Format -------------------------------------------------- */

static struct json sink_open(struct sink *sink, const char *name, const char *phase,
			     uint32_t source)
{
	struct json json = { .out = sink->out };

	fputs(sink->comma ? ",\n" : "\n", sink->out);
	sink->comma = true;
	json_open(&json, NULL, '{');
	json_string(&json, "name", name);
	json_string(&json, "ph", phase);
	json_unsigned(&json, "pid", SINK_PROCESS);
	json_unsigned(&json, "tid", source);
	return json;
}

static void sink_metadata(struct sink *sink, const char *what, uint32_t source, const char *name)
{
	struct json json = sink_open(sink, what, "M", source);

	json_open(&json, "args", '{');
	json_string(&json, "name", name);
	json_close(&json, '}');
	json_close(&json, '}');
}

static void sink_tick(struct sink *sink, const struct timeline_item *item)
{
	char counter[64];
	struct json json = sink_open(sink, "tick", "X", item->source);

	json_string(&json, "cat", "tick");
	json_micros(&json, "ts", item->time_ns - item->lateness_ns);
	json_micros(&json, "dur", item->lateness_ns);
	json_open(&json, "args", '{');
	json_unsigned(&json, "lateness_ns", item->lateness_ns);
	json_unsigned(&json, "early_ns", item->early_ns);
	json_unsigned(&json, "periods", item->periods);
	json_unsigned(&json, "flags", item->flags);
	json_unsigned(&json, "cpu", item->cpu);
	json_close(&json, '}');
	json_close(&json, '}');
	snprintf(counter, sizeof(counter), "lateness of %s", sink_source(sink, item->source).s);
	json = sink_open(sink, counter, "C", item->source);
	json_micros(&json, "ts", item->time_ns);
	json_open(&json, "args", '{');
	json_micros(&json, "us", item->lateness_ns);
	json_close(&json, '}');
	json_close(&json, '}');
}

static void sink_args(struct json *json, const struct timeline_item *item)
{
	const bool event = item->kind == TIMELINE_EVENT;

	json_open(json, "args", '{');
	if (sink_reason(item))
		json_string(json, "reason", frk_source_reason_name(sink_reason(item)));
	if (event)
		json_unsigned(json, "ticks", item->event.ticks);
	if (event || item->kind == TIMELINE_DROP || item->kind == TIMELINE_LOST)
		json_unsigned(json, "dropped", event ? item->event.dropped : item->count);
	if (item->reader || item->event.reader_id)
		json_unsigned(json, "reader", event ? item->event.reader_id : item->reader);
	if (item->period_ns || item->event.period_ns)
		json_unsigned(json, "period_ns", event ? item->event.period_ns : item->period_ns);
	if (item->kind == TIMELINE_DRIFT)
		json_signed(json, "drift_ppb", item->drift_ppb);
	if (item->kind == TIMELINE_MIGRATE) {
		json_unsigned(json, "from", item->from);
		json_unsigned(json, "to", item->to);
	}
	json_unsigned(json, "cpu", event ? item->event.cpu : item->cpu);
	json_close(json, '}');
}

static void sink_object(struct sink *sink, const struct timeline_item *item)
{
	struct json json;

	if (item->kind == TIMELINE_TICK && item->periods) {
		sink_tick(sink, item);
		return;
	}
	json = sink_open(sink, sink_what(item), "i", item->source);
	json_string(&json, "cat", item->kind == TIMELINE_EVENT ? "event" : "tracepoint");
	json_string(&json, "s", item->kind == TIMELINE_LOST ? "p" : "t");
	json_micros(&json, "ts", item->time_ns);
	sink_args(&json, item);
	json_close(&json, '}');
}

/* --- all of it ----------------------------------------------------------- */

void sink_begin(struct sink *sink, FILE *out, bool chrome)
{
	memset(sink, 0, sizeof(*sink));
	sink->out = out;
	sink->chrome = chrome;
	if (!chrome)
		return;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	sink_metadata(sink, "process_name", 0, "fraktor");
}

void sink_name(struct sink *sink, uint32_t id, const char *name)
{
	size_t room = sink->room ? 2 * sink->room : 16;
	struct sink_name *grown;

	if (!*name || sink_find(sink, id))
		return;
	if (sink->names == sink->room) {
		grown = reallocarray(sink->name, room, sizeof(*grown));
		if (!grown)
			return;
		sink->name = grown;
		sink->room = room;
	}
	sink->name[sink->names].id = id;
	snprintf(sink->name[sink->names++].name, sizeof(sink->name->name), "%s", name);
	if (sink->chrome)
		sink_metadata(sink, "thread_name", id, name);
}

void sink_item(struct sink *sink, const struct timeline_item *item)
{
	sink_name(sink, item->source, item->kind == TIMELINE_EVENT ? item->event.name : item->name);
	if (sink->chrome)
		sink_object(sink, item);
	else
		sink_line(sink, item);
}

void sink_end(struct sink *sink)
{
	if (sink->chrome)
		fputs("\n]}\n", sink->out);
}

void sink_fini(struct sink *sink)
{
	free(sink->name);
}

// SPDX-License-Identifier: MIT
/*
 * Lines of trace_pipe, and the order of time.  A line begins with the name of a
 * process, which may look like anything: it is passed over by its width.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/timeline.h"

/* "%16s-%-7d ": the kernel's; a name is shorter than that. */
#define TIMELINE_COMM 16

/* The value of "key=" among the words of a line. */
static bool timeline_word(const char *text, const char *key, const char **ret_value)
{
	size_t len = strlen(key);

	while (*text) {
		if (!strncmp(text, key, len) && text[len] == '=') {
			*ret_value = text + len + 1;
			return true;
		}
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return false;
}

static uint64_t timeline_number(const char *text, const char *key)
{
	const char *value;

	return timeline_word(text, key, &value) ? strtoull(value, NULL, 0) : 0;
}

static void timeline_tick(const char *text, struct timeline_item *item)
{
	uint64_t fired_ns = timeline_number(text, "fired_ns");

	item->lateness_ns = fired_ns - timeline_number(text, "deadline_ns");
	if (item->lateness_ns > INT64_MAX) {
		item->early_ns = -item->lateness_ns;
		item->lateness_ns = 0;
	}
	item->periods = (uint32_t)timeline_number(text, "periods");
	item->flags = (uint32_t)timeline_number(text, "flags");
	/* The trace's time has microseconds; of this clock there is better. */
	if (fired_ns - item->time_ns + 1000000 < 2000000)
		item->time_ns = fired_ns;
}

static void timeline_fields(const char *text, struct timeline_item *item)
{
	const char *name;

	item->source = (uint32_t)timeline_number(text, "source");
	item->count = timeline_number(text, "dropped_total");
	item->reader = (uint32_t)timeline_number(text, "reader");
	item->period_ns = timeline_number(text, "period_ns");
	item->reason = (uint32_t)timeline_number(text, "reason");
	item->drift_ppb = (int64_t)timeline_number(text, "drift_ppb");
	item->from = (uint32_t)timeline_number(text, "from");
	item->to = (uint32_t)timeline_number(text, "to");
	if (timeline_word(text, "name", &name))
		snprintf(item->name, sizeof(item->name), "%.*s", (int)strcspn(name, " "), name);
	if (item->kind == TIMELINE_TICK)
		timeline_tick(text, item);
}

static bool timeline_kind(const char *text, struct timeline_item *item)
{
	static const char *const names[] = {
		[TIMELINE_TICK] = "fraktor_tick: ", [TIMELINE_DROP] = "fraktor_drop: ",
		[TIMELINE_START] = "fraktor_start: ", [TIMELINE_STOP] = "fraktor_stop: ",
		[TIMELINE_DRIFT] = "fraktor_drift: ", [TIMELINE_MIGRATE] = "fraktor_migrate: ",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strncmp(text, names[i], strlen(names[i])))
			continue;
		item->kind = (enum timeline_kind)i;
		timeline_fields(text + strlen(names[i]), item);
		return true;
	}
	return false;
}

/* "CPU:1 [LOST 123 EVENTS]" */
static bool timeline_lost(const char *line, struct timeline_item *item)
{
	item->kind = TIMELINE_LOST;
	return sscanf(line, "CPU:%" SCNu32 " [LOST %" SCNu64 " EVENTS]", &item->cpu,
		      &item->count) == 2;
}

bool timeline_parse(const char *line, struct timeline_item *ret_item)
{
	uint64_t seconds, micros;
	int at = 0;

	memset(ret_item, 0, sizeof(*ret_item));
	if (timeline_lost(line, ret_item))
		return true;
	if (strnlen(line, TIMELINE_COMM + 1) <= TIMELINE_COMM)
		return false;
	line += TIMELINE_COMM;
	if (sscanf(line, "-%*d [%" SCNu32 "] %*s %" SCNu64 ".%6" SCNu64 ": %n", &ret_item->cpu,
		   &seconds, &micros, &at) != 3 || !at)
		return false;
	ret_item->time_ns = seconds * 1000000000 + micros * 1000;
	return timeline_kind(line + at, ret_item);
}

int timeline_add(struct timeline *timeline, const struct timeline_item *item)
{
	size_t room = timeline->room ? 2 * timeline->room : 256;
	struct timeline_item *grown;

	if (timeline->count == timeline->room) {
		grown = reallocarray(timeline->item, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		timeline->item = grown;
		timeline->room = room;
	}
	timeline->item[timeline->count++] = *item;
	return 0;
}

static int timeline_compare(const void *a, const void *b)
{
	const struct timeline_item *left = a, *right = b;

	return (left->time_ns > right->time_ns) - (left->time_ns < right->time_ns);
}

void timeline_flush(struct timeline *timeline, uint64_t until_ns, timeline_fn fn, void *data)
{
	size_t done = 0;

	if (!timeline->count)
		return;
	qsort(timeline->item, timeline->count, sizeof(*timeline->item), timeline_compare);
	while (done < timeline->count && timeline->item[done].time_ns <= until_ns)
		fn(&timeline->item[done++], data);
	timeline->count -= done;
	memmove(timeline->item, timeline->item + done, timeline->count * sizeof(*timeline->item));
}

void timeline_fini(struct timeline *timeline)
{
	free(timeline->item);
}

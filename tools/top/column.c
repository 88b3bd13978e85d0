// SPDX-License-Identifier: MIT
/*
 * Columns.  At 80 there is what tells a good line from a bad one; wider
 * terminals have the rest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/units.h"
#include "top/column.h"

/* Names are cut only when the past would have less than this. */
#define COLUMN_PAST_MIN 10
#define COLUMN_PAST_MAX MODEL_PAST
#define COLUMN_NAME_MIN 8

static void column_put(struct column_text *text, const char *s)
{
	snprintf(text->s, sizeof(text->s), "%.31s", s);
}

static void column_name(const struct model_row *row, struct column_text *text)
{
	text_clean(text->s, sizeof(text->s), row->source.name);
}

static void column_state(const struct model_row *row, struct column_text *text)
{
	column_put(text, frk_source_state_name(row->source.state));
}

static void column_rate(const struct model_row *row, struct column_text *text)
{
	column_put(text, model_runs(&row->source) ?
			 units_count(row->source.ticks_last_second).s : "-");
}

/* In ppm, without the unit: it stands in the head. */
static void column_drift(const struct model_row *row, struct column_text *text)
{
	struct units_text drift = units_ppm(row->source.drift_ppb);
	char *end = strchr(drift.s, ' ');

	if (end)
		*end = '\0';
	/* A drift that large has no interesting fraction. */
	if (strlen(drift.s) > 7 && (end = strchr(drift.s, '.')))
		*end = '\0';
	column_put(text, row->source.ticks ? drift.s : "-");
}

static void column_late(const struct model_row *row, struct column_text *text)
{
	column_put(text, row->source.ticks ?
			 units_time(row->source.lateness_mean_ns).s : "-");
}

static void column_max(const struct model_row *row, struct column_text *text)
{
	column_put(text, row->source.ticks ?
			 units_time(row->source.lateness_max_ns).s : "-");
}

/* Seven characters say enough of a large count: "1,234 k". */
static void column_count(uint64_t count, struct column_text *text)
{
	static const char *const suffixes[] = { "", " k", " M", " G", " T" };
	size_t suffix = 0;

	for (; count > (suffix ? 99999 : 999999) && suffix < 4; suffix++)
		count /= 1000;
	snprintf(text->s, sizeof(text->s), "%.25s%s", units_count(count).s,
		 suffixes[suffix]);
}

static void column_missed(const struct model_row *row, struct column_text *text)
{
	column_count(row->source.missed, text);
}

static void column_dropped(const struct model_row *row, struct column_text *text)
{
	column_count(row->source.dropped, text);
}

static void column_stalled(const struct model_row *row, struct column_text *text)
{
	snprintf(text->s, sizeof(text->s), "%" PRIu32 "/%" PRIu32, row->stalled,
		 row->source.readers);
}

static void column_period(const struct model_row *row, struct column_text *text)
{
	column_put(text, units_period(row->source.period_ns).s);
}

static void column_cpu(const struct model_row *row, struct column_text *text)
{
	snprintf(text->s, sizeof(text->s), "%" PRIu32, row->source.cpu);
}

static void column_owner(const struct model_row *row, struct column_text *text)
{
	snprintf(text->s, sizeof(text->s), row->source.owner_pid ? "%" PRIu32 : "-",
		 row->source.owner_pid);
}

static void column_driver(const struct model_row *row, struct column_text *text)
{
	text_clean(text->s, sizeof(text->s), row->source.driver);
}

const struct column columns[COLUMNS] = {
	[COLUMN_NAME] = { "NAME", MODEL_NAME, 0, 0, true, column_name },
	{ "STATE", MODEL_STATE, 7, 0, true, column_state },
	{ "DRIVER", MODEL_ORDERS, 8, 130, true, column_driver },
	{ "PERIOD", MODEL_PERIOD, 11, 100, false, column_period },
	{ "CPU", MODEL_CPU, 3, 110, false, column_cpu },
	{ "OWNER", MODEL_OWNER, 7, 120, false, column_owner },
	{ "TICKS/S", MODEL_RATE, 7, 0, false, column_rate },
	{ "PPM", MODEL_DRIFT, 7, 0, false, column_drift },
	{ "LATE", MODEL_LATE, 7, 0, false, column_late },
	{ "MAX", MODEL_MAX, 7, 0, false, column_max },
	{ "MISSED", MODEL_MISSED, 7, 95, false, column_missed },
	{ "DROPPED", MODEL_DROPPED, 7, 0, false, column_dropped },
	{ "STALLED", MODEL_STALLED, 7, 0, false, column_stalled },
	[COLUMN_PAST] = { "WORST", MODEL_WORST, 0, 0, false, NULL },
};

void column_layout(size_t width, size_t longest, size_t ret_widths[COLUMNS])
{
	size_t used = 0, left;

	for (size_t i = 0; i < COLUMNS; i++) {
		ret_widths[i] = width >= columns[i].from ? columns[i].width : 0;
		used += ret_widths[i] ? ret_widths[i] + 1 : 0;
	}
	left = width > used + 1 ? width - used - 1 : 0;
	if (longest < 4)
		longest = 4;
	if (longest + COLUMN_PAST_MIN > left)
		longest = left > COLUMN_PAST_MIN + COLUMN_NAME_MIN ?
			  left - COLUMN_PAST_MIN : COLUMN_NAME_MIN;
	ret_widths[COLUMN_NAME] = longest;
	ret_widths[COLUMN_PAST] = left > longest ? left - longest : 0;
	if (ret_widths[COLUMN_PAST] > COLUMN_PAST_MAX)
		ret_widths[COLUMN_PAST] = COLUMN_PAST_MAX;
}

const char *column_mark(uint8_t level)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const digits[] = { " ", "1", "2", "3", "4", "5", "6", "7", "8" };

	if (level > MODEL_LEVELS)
		level = MODEL_LEVELS;
	return text_is_utf8() ? bars[level] : digits[level];
}

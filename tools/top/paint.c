// SPDX-License-Identifier: MIT
/*
 * Painting.  Everything goes through paint_text(), which cuts to the room
 * there is; what comes from elsewhere has been cleaned by the columns.
 */
#include <curses.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "common/units.h"
#include "top/column.h"
#include "top/paint.h"
#include "top/terminal.h"

#define NS_PER_S UINT64_C(1000000000)

/* The least that makes sense: summary, head, a source, the keys. */
#define PAINT_LINES_MIN 5
#define PAINT_COLUMNS_MIN 40
/* Readers have a part of the screen where it is not needed for sources. */
#define PAINT_READERS_FROM 16

/* @columns of them at most; what is left of these stays as it is. */
static void paint_text(int y, size_t x, size_t room, int attr, const char *text)
{
	attr_t before;
	short pair;

	attr_get(&before, &pair, NULL);
	attron(attr);
	mvaddnstr(y, (int)x, text, (int)text_fit(text, room));
	attr_set(before, pair, NULL);
}

__attribute__((format(printf, 3, 4)))
static void paint_line(int y, int attr, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	paint_text(y, 0, (size_t)COLS, attr, line);
}

/* Right or left in its column. */
static void paint_cell(int y, size_t x, size_t width, bool left, int attr,
		       const char *text)
{
	size_t used = text_width(text);

	paint_text(y, !left && used < width ? x + width - used : x, width, attr, text);
}

/* --- summary -------------------------------------------------------------- */

struct paint_sums {
	size_t running, stalled;
	uint64_t rate, dropped;
};

static struct paint_sums paint_add(const struct paint *paint)
{
	struct paint_sums sums = { 0 };

	for (size_t i = 0; i < paint->model->count; i++) {
		const struct model_row *row = &paint->model->row[i];

		sums.dropped += row->dropped;
		if (!model_runs(&row->source))
			continue;
		sums.running++;
		sums.rate += row->source.ticks_last_second;
	}
	for (size_t i = 0; i < paint->readers->count; i++)
		sums.stalled += paint->readers->reader[i].stalled;
	return sums;
}

static void paint_summary(const struct paint *paint)
{
	const struct model *model = paint->model;
	struct paint_sums sums = paint_add(paint);
	time_t seconds = (time_t)(paint->wall_ns / NS_PER_S);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	paint_line(0, A_BOLD, "fraktor %s  %zu source%s, %zu running  %s ticks/s", clock,
		   model->count, model->count == 1 ? "" : "s", sums.running,
		   units_count(sums.rate).s);
	paint_line(1, terminal_attr(sums.stalled ? TERMINAL_BAD : TERMINAL_PLAIN),
		   "%zu reader%s, %zu stalled  %s dropped just now", paint->readers->count,
		   paint->readers->count == 1 ? "" : "s", sums.stalled,
		   units_count(sums.dropped).s);
}

/* What is unusual about what is shown; flush right in the second line. */
static void paint_mode(const struct paint *paint)
{
	const struct model *model = paint->model;
	char mode[128];
	size_t used;

	snprintf(mode, sizeof(mode), "%s%s%s%severy %.3g s", paint->paused ? "PAUSED  " : "",
		 *model->filter ? "only \"" : "", model->filter,
		 *model->filter ? "\"  " : "", (double)paint->interval_ns / (double)NS_PER_S);
	used = text_width(mode);
	if (used + 45 < (size_t)COLS)
		paint_text(1, (size_t)COLS - used, used,
			   paint->paused ? (int)A_BOLD : terminal_attr(TERMINAL_DIM), mode);
}

/* --- sources -------------------------------------------------------------- */

static void paint_head(int y, const struct model *model,
		       const size_t widths[COLUMNS])
{
	size_t x = 0;

	attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	for (size_t i = 0; i < COLUMNS; i++) {
		int attr = columns[i].order == model->order ? A_BOLD | A_UNDERLINE : A_NORMAL;

		if (!widths[i])
			continue;
		paint_cell(y, x, widths[i], columns[i].left, attr, columns[i].head);
		x += widths[i] + 1;
	}
	attroff(A_REVERSE);
}

static enum terminal_colour paint_colour(const struct model_row *row,
					 enum model_order order)
{
	const struct frk_source *source = &row->source;
	int64_t drift = source->drift_last_second_ppb;

	switch (order) {
	case MODEL_STATE:
		return model_runs(source) ? TERMINAL_GOOD :
		       source->reason ? TERMINAL_BAD : TERMINAL_WARN;
	case MODEL_DRIFT:
		return (uint64_t)(drift < 0 ? -drift : drift) > source->drift_budget_ppb ?
		       TERMINAL_BAD : TERMINAL_PLAIN;
	case MODEL_MAX:
		return source->late ? TERMINAL_WARN : TERMINAL_PLAIN;
	case MODEL_DROPPED:
		return row->dropped ? TERMINAL_BAD : TERMINAL_PLAIN;
	case MODEL_STALLED:
		return row->stalled ? TERMINAL_BAD : TERMINAL_PLAIN;
	default:
		return TERMINAL_PLAIN;
	}
}

/* The newest at the right end, as on a strip chart. */
static void paint_past(int y, size_t x, size_t width, const struct model_row *row)
{
	for (size_t i = 0; i < width && i < MODEL_PAST; i++) {
		uint8_t level = row->past[width - 1 - i < MODEL_PAST ? width - 1 - i : 0];
		enum terminal_colour colour = level > 6 ? TERMINAL_BAD :
					      level > 4 ? TERMINAL_WARN : TERMINAL_GOOD;

		paint_text(y, x + i, 1, terminal_attr(colour), column_mark(level));
	}
}

/* Reversed colours are grounds on which nothing can be read: the chosen row has
 * none, and its past is not reversed. */
static int paint_attr(const struct model_row *row, enum model_order order, bool chosen)
{
	enum terminal_colour colour = paint_colour(row, order);

	if (!chosen)
		return terminal_attr(colour);
	return (int)(colour == TERMINAL_BAD || colour == TERMINAL_WARN ? A_REVERSE | A_BOLD :
									 A_REVERSE);
}

static void paint_row(int y, const struct model_row *row, bool chosen,
		      const size_t widths[COLUMNS])
{
	struct column_text text;
	size_t x = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (!widths[i])
			continue;
		if (columns[i].text) {
			if (chosen)
				mvhline(y, (int)x, ' ' | A_REVERSE, (int)widths[i] + 1);
			columns[i].text(row, &text);
			paint_cell(y, x, widths[i], columns[i].left,
				   paint_attr(row, columns[i].order, chosen), text.s);
		} else {
			paint_past(y, x, widths[i], row);
		}
		x += widths[i] + 1;
	}
}

static size_t paint_longest(const struct model *model)
{
	size_t longest = 0;

	for (size_t i = 0; i < model->nr_shown; i++) {
		size_t len = strlen(model->row[model->shown[i]].source.name);

		if (len > longest)
			longest = len;
	}
	return longest;
}

static void paint_nothing(int y, const struct model *model)
{
	if (model->count)
		paint_line(y, A_NORMAL, "no source has \"%s\" in it: Escape shows all again",
			   model->filter);
	else
		paint_line(y, A_NORMAL, "no sources: start a program that makes one");
}

/* The chosen row is kept on the screen. */
static void paint_scroll(struct paint *paint, size_t rows)
{
	const struct model *model = paint->model;

	paint->page = rows;
	if (model->cursor < paint->first)
		paint->first = model->cursor;
	if (model->cursor >= paint->first + rows)
		paint->first = model->cursor - rows + 1;
	if (paint->first + rows > model->nr_shown)
		paint->first = model->nr_shown > rows ? model->nr_shown - rows : 0;
}

static void paint_sources(struct paint *paint, int y, size_t rows)
{
	const struct model *model = paint->model;
	size_t widths[COLUMNS];

	column_layout((size_t)COLS, paint_longest(model), widths);
	paint_head(y, model, widths);
	if (!model->nr_shown)
		paint_nothing(y + 1, model);
	paint_scroll(paint, rows);
	for (size_t i = 0; i < rows && paint->first + i < model->nr_shown; i++)
		paint_row(y + 1 + (int)i, &model->row[model->shown[paint->first + i]],
			  paint->first + i == model->cursor, widths);
}

/* --- readers of the chosen source ----------------------------------------- */

static bool paint_reads(const struct frk_reader *reader, uint32_t id)
{
	for (uint32_t i = 0; i < reader->nr_sources; i++)
		if (reader->sources[i] == id)
			return true;
	return false;
}

static void paint_reader(int y, const struct frk_reader *reader)
{
	char pid[16] = "-";

	if (reader->pid)
		snprintf(pid, sizeof(pid), "%" PRIu32, reader->pid);
	paint_line(y, terminal_attr(reader->stalled ? TERMINAL_BAD : TERMINAL_PLAIN),
		   "%6" PRIu32 "  %-7s  %7s  %8s  %8s  %10s  %7s", reader->id,
		   reader->stalled ? "stalled" : "reads", pid, units_count(reader->behind).s,
		   units_count(reader->slots).s, units_count(reader->dropped).s,
		   units_time(reader->idle_ns).s);
}

/* Lines for the readers of any source, so that nothing moves when another one is
 * chosen; the head is one of them. */
static size_t paint_readers_room(const struct model *model)
{
	size_t most = 2, room = LINES >= PAINT_READERS_FROM ? (size_t)LINES / 4 : 0;

	for (size_t i = 0; i < model->count; i++)
		if (model->row[i].source.readers > most)
			most = model->row[i].source.readers;
	return most + 1 < room ? most + 1 : room;
}

/* Stalled ones first: they are why one looks. */
static void paint_readers(const struct paint *paint, int y, size_t rows)
{
	const struct model_row *row = model_chosen(paint->model);
	struct column_text name;
	size_t shown = 0;

	if (!row || rows < 2)
		return;
	columns[COLUMN_NAME].text(row, &name);
	attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	paint_line(y, A_NORMAL, "READER  %-7s  %7s  %8s  %8s  %10s  %7s  of %s", "STATE", "PID",
		   "BEHIND", "SLOTS", "DROPPED", "IDLE", name.s);
	attroff(A_REVERSE);
	for (int stalled = 1; stalled >= 0; stalled--) {
		for (size_t i = 0; i < paint->readers->count && shown + 1 < rows; i++) {
			const struct frk_reader *reader = &paint->readers->reader[i];

			if (reader->stalled != stalled || !paint_reads(reader, row->source.id))
				continue;
			paint_reader(y + 1 + (int)shown++, reader);
		}
	}
	if (!shown)
		paint_line(y + 1, A_NORMAL, "nobody reads it");
}

/* --- help ----------------------------------------------------------------- */

static void paint_help(void)
{
	static const char *const lines[] = {
		"up down PgUp PgDn Home End  choose a source: its readers are shown below",
		"s S                         sort by the next column, by the one before",
		"r                           the other way round",
		"/                           only sources with a text in name, state or driver",
		"Escape                      all sources again",
		"p or space                  pause; what is shown stays",
		"+ -                         look more often, less often",
		"q                           quit",
		"",
		"TICKS/S  ticks in the last second     PPM      drift, positive is too slow",
		"LATE     mean time from deadline to interrupt since the start; MAX the longest",
		"MISSED   periods without a tick       DROPPED  ticks that readers lost",
		"STALLED  readers that take nothing, of all that there are",
		"",
		"WORST    the latest tick of each interval, the newest at the right:",
	};
	int y = 3;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		paint_line(y++, A_NORMAL, "%s", lines[i]);
	paint_line(y, A_NORMAL, "  us  %s < 1  %s < 4  %s < 16  %s < 66  %s < 262  %s < 1,049  %s < 4,194  %s more",
		   column_mark(1), column_mark(2), column_mark(3), column_mark(4),
		   column_mark(5), column_mark(6), column_mark(7), column_mark(8));
}

static void paint_keys(const struct paint *paint)
{
	int y = LINES - 1;

	attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	if (paint->prompt)
		paint_line(y, A_NORMAL, "only sources with: %s_  (Enter keeps it, Escape does not)",
			   paint->typed);
	else if (paint->help)
		paint_line(y, A_NORMAL, "any key: back");
	else
		paint_line(y, A_NORMAL, "q quit  s sort: %s  r %s  / filter  p pause  + - interval  ? help",
			   model_order_name(paint->model->order),
			   paint->model->backwards ? "reversed" : "reverse");
	attroff(A_REVERSE);
}

void paint(struct paint *paint)
{
	size_t rows, readers;

	erase();
	if (LINES < PAINT_LINES_MIN || COLS < PAINT_COLUMNS_MIN) {
		paint_line(0, A_NORMAL, "at least %dx%d", PAINT_COLUMNS_MIN, PAINT_LINES_MIN);
		refresh();
		return;
	}
	rows = (size_t)LINES - 4;
	readers = paint_readers_room(paint->model);
	paint_summary(paint);
	paint_mode(paint);
	if (paint->help) {
		paint_help();
	} else {
		paint_sources(paint, 2, rows - readers);
		paint_readers(paint, LINES - 1 - (int)readers, readers);
	}
	paint_keys(paint);
	refresh();
}

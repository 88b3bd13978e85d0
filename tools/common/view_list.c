// SPDX-License-Identifier: MIT
/*
 * Which sources there are: what makes their ticks, where, how often, and whose
 * they are.
 */
#include <inttypes.h>
#include <string.h>

#include "common/table.h"
#include "common/text.h"
#include "common/view.h"

#define LIST_COLUMNS 9

/* "stopped: drift", "running". */
static void list_state(const struct frk_source *source, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", frk_source_state_name(source->state),
		 source->reason ? ": " : "",
		 source->reason ? frk_source_reason_name(source->reason) : "");
}

static void list_cpu(const struct frk_source *source, char *out, size_t size)
{
	if (source->cpu == source->home_cpu)
		snprintf(out, size, "%" PRIu32, source->cpu);
	else
		snprintf(out, size, "%" PRIu32 " for %" PRIu32, source->cpu,
			 source->home_cpu);
}

static void list_row(const struct frk_source *source, struct table_row *row)
{
	size_t size = sizeof(row->cell[0]);

	text_clean(row->cell[0], size, source->name);
	list_state(source, row->cell[1], size);
	text_clean(row->cell[2], size, source->driver);
	snprintf(row->cell[3], size, "%s", units_clock(source->clockid));
	snprintf(row->cell[4], size, "%s", units_period(source->period_ns).s);
	list_cpu(source, row->cell[5], size);
	snprintf(row->cell[6], size, "%" PRIu32, source->readers);
	snprintf(row->cell[7], size, source->owner_pid ? "%" PRIu32 : "-",
		 source->owner_pid);
	snprintf(row->cell[8], size, "%" PRIu32, source->id);
}

void view_list(const struct frk_source *sources, size_t count, size_t columns,
	       FILE *out)
{
	static const char *const head[LIST_COLUMNS] = {
		"NAME", "STATE", "DRIVER", "CLOCK", "PERIOD", "CPU", "READERS",
		"OWNER", "ID",
	};
	struct table_row *row;
	struct table table;

	if (!count) {
		fputs("no sources: start a program that makes one\n", out);
		return;
	}
	if (!table_init(&table, LIST_COLUMNS, 4, head)) {
		for (size_t i = 0; i < count; i++) {
			row = table_add(&table);
			if (row)
				list_row(&sources[i], row);
		}
		table_print(&table, out, columns);
	}
	table_fini(&table);
}

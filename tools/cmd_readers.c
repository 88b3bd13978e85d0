// SPDX-License-Identifier: MIT
/*
 * fraktor readers - who takes the ticks, and who does not.  Must not know how
 * they are asked for.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/client.h"
#include "common/command.h"
#include "common/json.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/table.h"
#include "common/text.h"
#include "common/units.h"
#include "common/waiting.h"

#define READERS_COLUMNS 10

static const struct argp readers_argp = {
	.options = option_json_alone,
	.parser = option_parse_json_alone,
	.doc = "Shows the readers of the tick sources: what they took, lost and left.\v"
	       "A process is named only to its own user and to CAP_SYS_PTRACE.",
};

/* Name of a source by its id; it may have gone between the two questions. */
static const char *readers_name(const struct client_sources *sources, uint32_t id)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->source[i].id == id)
			return sources->source[i].name;
	return "?";
}

static void readers_join(const struct frk_reader *reader,
			 const struct client_sources *sources, char *out, size_t size)
{
	char name[sizeof(sources->source->name)];

	text_clean(name, sizeof(name), readers_name(sources, reader->sources[0]));
	if (!reader->nr_sources)
		snprintf(out, size, "-");
	else if (reader->nr_sources == 1)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%s + %" PRIu32, name, reader->nr_sources - 1);
}

static void readers_row(const struct frk_reader *reader,
			const struct client_sources *sources, struct table_row *row)
{
	size_t size = sizeof(row->cell[0]);

	snprintf(row->cell[0], size, "%" PRIu32, reader->id);
	readers_join(reader, sources, row->cell[1], size);
	snprintf(row->cell[2], size, "%s%s", reader->stalled ? "stalled" : "reads",
		 reader->owner ? ", owner" : "");
	snprintf(row->cell[3], size, reader->pid ? "%" PRIu32 : "-", reader->pid);
	snprintf(row->cell[4], size, "%s", units_count(reader->slots).s);
	snprintf(row->cell[5], size, "%s", units_count(reader->made).s);
	snprintf(row->cell[6], size, "%s", units_count(reader->behind).s);
	snprintf(row->cell[7], size, "%s", units_count(reader->dropped).s);
	snprintf(row->cell[8], size, "%s", units_time(reader->idle_ns).s);
	snprintf(row->cell[9], size, "%s", units_count(reader->wakeups).s);
}

static void readers_table(const struct client_readers *readers,
			  const struct client_sources *sources)
{
	static const char *const head[READERS_COLUMNS] = {
		"ID", "SOURCE", "STATE", "PID", "SLOTS", "MADE", "BEHIND", "DROPPED", "IDLE",
		"WOKEN",
	};
	struct table_row *row;
	struct table table;

	if (!readers->count) {
		puts("no readers: start a program that opens a source");
		return;
	}
	if (!table_init(&table, READERS_COLUMNS, 3, head)) {
		for (size_t i = 0; i < readers->count; i++) {
			row = table_add(&table);
			if (row)
				readers_row(&readers->reader[i], sources, row);
		}
		table_print(&table, stdout, 0);
	}
	table_fini(&table);
}

static void readers_json_one(struct json *json, const struct frk_reader *reader,
			     const struct client_sources *sources)
{
	json_open(json, NULL, '{');
	json_unsigned(json, "id", reader->id);
	json_open(json, "sources", '[');
	for (uint32_t i = 0; i < reader->nr_sources; i++) {
		json_open(json, NULL, '{');
		json_unsigned(json, "id", reader->sources[i]);
		json_string(json, "name", readers_name(sources, reader->sources[i]));
		json_close(json, '}');
	}
	json_close(json, ']');
	json_unsigned(json, "pid", reader->pid);
	json_bool(json, "owner", reader->owner);
	json_bool(json, "stalled", reader->stalled);
	json_unsigned(json, "slots", reader->slots);
	json_unsigned(json, "made", reader->made);
	json_unsigned(json, "behind", reader->behind);
	json_unsigned(json, "dropped", reader->dropped);
	json_unsigned(json, "poisoned", reader->poisoned);
	json_unsigned(json, "idle_ns", reader->idle_ns);
	json_unsigned(json, "wakeups", reader->wakeups);
	json_close(json, '}');
}

static void readers_json(const struct client_readers *readers,
			 const struct client_sources *sources)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", waiting_now_ns());
	json_unsigned(&json, "realtime_ns", waiting_wall_ns());
	json_open(&json, "readers", '[');
	for (size_t i = 0; i < readers->count; i++)
		readers_json_one(&json, &readers->reader[i], sources);
	json_close(&json, ']');
	json_close(&json, '}');
	putchar('\n');
}

static int readers_run(int argc, char **argv)
{
	struct client_readers readers = { 0 };
	struct client_sources sources = { 0 };
	struct frk_netlink *netlink;
	bool json = false;
	int rc;

	if (argp_parse(&readers_argp, argc, argv, 0, NULL, &json))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = client_read_readers(netlink, &readers);
	if (!rc)
		rc = client_read(netlink, NULL, &sources);
	if (!rc) {
		(json ? readers_json : readers_table)(&readers, &sources);
		rc = screen_flush();
	}
	client_free_readers(&readers);
	client_free(&sources);
	frk_netlink_close(netlink);
	return rc ? COMMAND_FAILED : 0;
}

const struct command command_readers = {
	.name = "readers",
	.summary = "who reads them, and who does not keep up",
	.run = readers_run,
};

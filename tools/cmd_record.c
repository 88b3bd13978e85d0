// SPDX-License-Identifier: MIT
/*
 * fraktor record - the ticks and events of a source into a file.  Must know
 * neither the ring nor the format.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/text.h"
#include "common/units.h"
#include "common/waiting.h"
#include "record/attach.h"
#include "record/encode.h"

/*
 * Between two looks into the ring: it holds a second of most sources, and the
 * module, which looks for stalled readers ten times a second, must see that
 * something was taken.
 */
#define RECORD_LOOK_NS		UINT64_C(40000000)
#define RECORD_FLUSH_NS		UINT64_C(1000000000)
#define RECORD_BATCH		1024

struct record_options {
	const char *file;
	const char *name;
	uint64_t duration_ns;	/* 0: until Ctrl-C */
};

static const struct argp_option record_argp_options[] = {
	{ "duration", 'd', "SECONDS", 0, "End after SECONDS instead of with Ctrl-C", 0 },
	{ 0 },
};

static error_t record_parse(int key, char *arg, struct argp_state *state)
{
	struct record_options *options = state->input;

	switch (key) {
	case 'd':
		options->duration_ns = option_seconds_ns("duration", arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (options->name)
			argp_error(state, "one FILE and one NAME, not also \"%s\"", arg);
		*(options->file ? &options->name : &options->file) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->file)
			argp_error(state, "a FILE is needed, or - for standard output");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp record_argp = {
	.options = record_argp_options,
	.parser = record_parse,
	.args_doc = "FILE [NAME]",
	.doc = "Writes ticks and events of the source NAME into FILE, for fraktor replay.\v"
	       "NAME may be left out if there is one source only.  Ctrl-C ends it with what it has.",
};

struct record {
	const char *file;
	FILE *out;
	struct attach *attach;
	struct frk_netlink *netlink;	/* for events */
	struct encode *encode;
	uint32_t source;
	uint64_t begin_ns, flushed_ns;
	uint64_t ticks, events, events_lost;
	bool progress;
};

/* --- the loop ------------------------------------------------------------ */

static int record_drain(struct record *record)
{
	struct record_tick ticks[RECORD_BATCH];
	size_t n;
	int rc = 0;

	do {
		n = attach_take(record->attach, ticks, RECORD_BATCH);
		for (size_t i = 0; i < n && !rc; i++) {
			if (ticks[i].flags & (RECORD_FLAG_FIRST | RECORD_FLAG_CHANGED))
				rc = encode_period(record->encode,
						   attach_period_ns(record->attach));
			rc = rc ? rc : encode_tick(record->encode, &ticks[i]);
		}
		record->ticks += n;
	} while (n == RECORD_BATCH && !rc);
	return rc;
}

static int record_event(const struct frk_source_event *event, void *data)
{
	struct record *record = data;

	if (event->id != record->source)
		return 0;
	record->events++;
	return encode_event(record->encode, event);
}

static int record_receive(struct record *record)
{
	int rc = frk_netlink_receive(record->netlink, record_event, record);

	if (rc != -ENOBUFS)
		return rc;
	record->events_lost++;
	return 0;
}

static void record_progress(const struct record *record, uint64_t now_ns)
{
	fprintf(stderr, "\r\033[Kfraktor: %s ticks in %s, %s dropped",
		units_count(record->ticks).s, units_duration(now_ns - record->begin_ns).s,
		units_count(attach_dropped(record->attach)).s);
}

static int record_look(struct record *record)
{
	uint64_t now_ns = waiting_now_ns();
	int rc = record_drain(record);

	if (rc || now_ns - record->flushed_ns < RECORD_FLUSH_NS)
		return rc;
	record->flushed_ns = now_ns;
	if (record->progress)
		record_progress(record, now_ns);
	return encode_flush(record->encode);
}

static int record_loop(struct record *record, int signals, uint64_t until_ns,
		       enum record_why *ret_why)
{
	uint64_t next_ns = record->begin_ns, now_ns;
	enum waiting_end end = WAITING_TIME;
	int rc = 0;

	*ret_why = RECORD_WHY_ASKED;
	while (!rc && end != WAITING_STOP && end != WAITING_FAILED) {
		now_ns = waiting_now_ns();
		if (now_ns >= until_ns || attach_is_dead(record->attach)) {
			*ret_why = now_ns >= until_ns ? RECORD_WHY_TIME : RECORD_WHY_SOURCE_GONE;
			break;
		}
		if (now_ns >= next_ns) {
			rc = record_look(record);
			next_ns = now_ns + RECORD_LOOK_NS;
		}
		end = waiting_until(signals, frk_netlink_fd(record->netlink),
				    next_ns < until_ns ? next_ns : until_ns);
		if (end == WAITING_READY && !rc)
			rc = record_receive(record);
	}
	return rc;
}

/* Events of what happened last are sent a little later. */
static int record_last(struct record *record, int signals, enum record_why why)
{
	uint64_t until_ns = waiting_now_ns() + RECORD_LOOK_NS;
	struct record_end end = { .why = why };
	int rc = record_drain(record);

	while (!rc && waiting_until(signals, frk_netlink_fd(record->netlink), until_ns) ==
	       WAITING_READY)
		rc = record_receive(record);
	if (rc)
		return rc;
	end.monotonic_ns = waiting_now_ns();
	end.ticks = record->ticks;
	end.dropped = attach_dropped(record->attach);
	end.events_lost = record->events_lost;
	return encode_end(record->encode, &end);
}

/* --- begin and end ------------------------------------------------------- */

static int record_result(const struct record *record, int rc)
{
	if (record->progress)
		fputs("\r\033[K", stderr);
	if (rc == -ENODEV || rc == -EBADMSG) {
		client_explain(rc);
	} else if (rc && rc != -EPIPE) {
		fprintf(stderr, "fraktor: cannot write %s: %s; up to there it can be read\n",
			record->file, strerror(-rc));
	} else if (!rc) {
		fprintf(stderr, "fraktor: %s ticks and %s events in %s, %s dropped\n",
			units_count(record->ticks).s, units_count(record->events).s,
			units_duration(waiting_now_ns() - record->begin_ns).s,
			units_count(attach_dropped(record->attach)).s);
	}
	return rc ? COMMAND_FAILED : 0;
}

static int record_go(struct record *record, struct record_header *header, uint64_t duration_ns)
{
	int signals = waiting_open(), rc;
	enum record_why why;

	record->begin_ns = waiting_now_ns();
	record->flushed_ns = record->begin_ns;
	record->progress = isatty(STDERR_FILENO);
	header->monotonic_ns = record->begin_ns;
	header->realtime_ns = waiting_wall_ns();
	rc = encode_begin(record->encode, record->out, header);
	if (!rc)
		rc = record_loop(record, signals, duration_ns ? record->begin_ns + duration_ns :
				 WAITING_FOR_EVER, &why);
	if (!rc)
		rc = record_last(record, signals, why);
	if (signals >= 0)
		close(signals);
	return record_result(record, rc);
}

/* The file comes last: one that was there is kept if nothing can be recorded. */
static int record_open(struct record *record, const struct frk_source *source,
		       struct record_header *header)
{
	int rc = frk_netlink_subscribe(record->netlink);

	if (rc) {
		client_explain(rc);
		return rc;
	}
	record->source = source->id;
	record->attach = attach_open(source, header);
	if (!record->attach)
		return -ENOENT;
	record->encode = malloc(sizeof(*record->encode));
	record->out = strcmp(record->file, "-") ? fopen(record->file, "we") : stdout;
	if (record->encode && record->out)
		return 0;
	fprintf(stderr, "fraktor: cannot create %s: %s\n", record->file, strerror(errno));
	return -EIO;
}

static int record_run(int argc, char **argv)
{
	struct record_options options = { 0 };
	struct record_header header = { 0 };
	struct frk_source source = { 0 };
	struct record record = { 0 };
	int rc = COMMAND_FAILED;

	if (argp_parse(&record_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	record.file = options.file;
	record.netlink = client_open();
	if (!record.netlink)
		return COMMAND_FAILED;
	if (!client_choose(record.netlink, options.name, &source) &&
	    !record_open(&record, &source, &header))
		rc = record_go(&record, &header, options.duration_ns);
	if (record.out && record.out != stdout && fclose(record.out) && !rc)
		rc = record_result(&record, -errno);
	free(record.encode);
	attach_close(record.attach);
	frk_netlink_close(record.netlink);
	return rc;
}

const struct command command_record = {
	.name = "record",
	.summary = "ticks and events of a source into a file",
	.run = record_run,
};

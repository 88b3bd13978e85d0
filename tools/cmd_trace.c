// SPDX-License-Identifier: MIT
/*
 * fraktor trace - tracepoints and events as one timeline.  Must know neither
 * tracefs nor the formats.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/units.h"
#include "common/waiting.h"
#include "trace/sink.h"
#include "trace/timeline.h"
#include "trace/tracefs.h"

#define TRACE_LOOK_NS	UINT64_C(100000000)
/* Events are sent by a worker, and CPUs are read in turn: so late may it come. */
#define TRACE_WINDOW_NS	UINT64_C(500000000)
#define TRACE_SOURCES	64

struct trace_options {
	const char *name[TRACE_SOURCES];
	size_t names;
	const char *chrome;
	uint64_t duration_ns;	/* 0: until Ctrl-C */
};

static const struct argp_option trace_argp_options[] = {
	{ "duration", 'd', "SECONDS", 0, "End after SECONDS instead of with Ctrl-C", 0 },
	{ "chrome", 'c', "FILE", 0,
	  "Write FILE in the Trace Event Format, for the Perfetto UI and chrome://tracing, instead of lines", 0 },
	{ "perfetto", 'p', "FILE", OPTION_ALIAS, NULL, 0 },
	{ 0 },
};

static error_t trace_parse(int key, char *arg, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case 'd':
		options->duration_ns = option_seconds_ns("duration", arg, state);
		return 0;
	case 'c':
	case 'p':
		options->chrome = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (options->names == TRACE_SOURCES)
			argp_error(state, "at most %d sources by name", TRACE_SOURCES);
		options->name[options->names++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp trace_argp = {
	.options = trace_argp_options,
	.parser = trace_parse,
	.args_doc = "[NAME...]",
	.doc = "Prints each tick, drop, start and stop of the sources NAME, or of all, and their events, in the order of time.\v"
	       "Needs root, as all tracing does, and leaves other tracing alone.  Ctrl-C ends it with what it has.",
};

struct trace {
	const struct trace_options *options;
	uint32_t id[TRACE_SOURCES];
	struct frk_netlink *netlink;	/* for events */
	struct tracefs tracefs;
	struct timeline timeline;
	struct sink sink;
	FILE *out;
	uint64_t items;
	int failed;			/* -errno, once */
};

/* --- what comes in ------------------------------------------------------- */

static void trace_add(struct trace *trace, const struct timeline_item *item)
{
	int rc = timeline_add(&trace->timeline, item);

	if (rc && !trace->failed)
		trace->failed = rc;
}

static void trace_line(const char *line, void *data)
{
	struct trace *trace = data;
	struct timeline_item item;

	if (!timeline_parse(line, &item))
		return;
	if (item.kind == TIMELINE_LOST)
		item.time_ns = waiting_now_ns();
	trace_add(trace, &item);
}

static bool trace_wants(const struct trace *trace, uint32_t id)
{
	for (size_t i = 0; i < trace->options->names; i++)
		if (trace->id[i] == id)
			return true;
	return !trace->options->names;
}

static int trace_event(const struct frk_source_event *event, void *data)
{
	struct trace *trace = data;
	struct timeline_item item = {
		.time_ns = event->time_ns, .kind = TIMELINE_EVENT, .cpu = event->cpu,
		.source = event->id, .event = *event,
	};

	if (trace_wants(trace, event->id))
		trace_add(trace, &item);
	return 0;
}

static int trace_receive(struct trace *trace)
{
	struct timeline_item lost = { .kind = TIMELINE_LOST, .time_ns = waiting_now_ns(), .count = 1 };
	int rc = frk_netlink_receive(trace->netlink, trace_event, trace);

	if (rc != -ENOBUFS)
		return rc;
	trace_add(trace, &lost);
	return 0;
}

/* --- what goes out ------------------------------------------------------- */

static void trace_show(const struct timeline_item *item, void *data)
{
	struct trace *trace = data;

	sink_item(&trace->sink, item);
	trace->items++;
}

static int trace_look(struct trace *trace, uint64_t until_ns)
{
	int rc = tracefs_read(&trace->tracefs, trace_line, trace);

	timeline_flush(&trace->timeline, until_ns, trace_show, trace);
	if (!rc && (fflush(trace->out) || ferror(trace->out)))
		rc = errno ? -errno : -EIO;
	return rc ? rc : trace->failed;
}

/* --- which sources ------------------------------------------------------- */

static int trace_choose(struct trace *trace, struct frk_netlink *netlink)
{
	struct client_sources sources = { 0 };
	int rc = 0;

	for (size_t i = 0; i < trace->options->names && !rc; i++) {
		rc = client_read(netlink, trace->options->name[i], &sources);
		if (!rc)
			trace->id[i] = sources.source[0].id;
	}
	if (!rc)
		rc = client_read(netlink, NULL, &sources);
	for (size_t i = 0; i < sources.count && !rc; i++)
		if (trace_wants(trace, sources.source[i].id))
			sink_name(&trace->sink, sources.source[i].id, sources.source[i].name);
	client_free(&sources);
	return rc;
}

/* --- begin, go on, end --------------------------------------------------- */

static void trace_hang_up(int signal)
{
	(void)signal;
	kill(getpid(), SIGTERM);
}

/* Whatever ends it: the instance must go.  SIGTERM comes through a descriptor. */
static void trace_catch(void)
{
	static const int signals[] = { SIGHUP, SIGQUIT };
	struct sigaction old, action = { .sa_handler = trace_hang_up, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int trace_loop(struct trace *trace, int signals)
{
	uint64_t next_ns = waiting_now_ns(), now_ns = next_ns;
	uint64_t end_ns = trace->options->duration_ns ? now_ns + trace->options->duration_ns :
							WAITING_FOR_EVER;
	enum waiting_end end = WAITING_TIME;
	int rc = 0;

	while (!rc && now_ns < end_ns && end != WAITING_STOP && end != WAITING_FAILED) {
		if (now_ns >= next_ns) {
			rc = trace_look(trace, now_ns - TRACE_WINDOW_NS);
			next_ns = now_ns + TRACE_LOOK_NS;
		}
		end = waiting_until(signals, frk_netlink_fd(trace->netlink),
				    next_ns < end_ns ? next_ns : end_ns);
		if (end == WAITING_READY && !rc)
			rc = trace_receive(trace);
		now_ns = waiting_now_ns();
	}
	/* What is still on its way. */
	now_ns += TRACE_LOOK_NS;
	while (!rc && waiting_until(-1, frk_netlink_fd(trace->netlink), now_ns) == WAITING_READY)
		rc = trace_receive(trace);
	return rc ? rc : trace_look(trace, UINT64_MAX);
}

static int trace_result(const struct trace *trace, int rc)
{
	const char *file = trace->options->chrome ? trace->options->chrome : "standard output";

	if (rc == -ENODEV || rc == -EBADMSG)
		client_explain(rc);
	else if (rc && rc != -EPIPE)
		fprintf(stderr, "fraktor: cannot write %s: %s\n", file, strerror(-rc));
	else if (trace->options->chrome && !rc)
		fprintf(stderr, "fraktor: %s things that happened are in %s: open it at ui.perfetto.dev or chrome://tracing\n",
			units_count(trace->items).s, file);
	return rc && rc != -EPIPE ? COMMAND_FAILED : 0;
}

static int trace_go(struct trace *trace)
{
	int signals = waiting_open(), rc;

	trace_catch();
	rc = tracefs_open(&trace->tracefs, trace->id, trace->options->names);
	if (rc) {
		tracefs_close(&trace->tracefs);
		return COMMAND_FAILED;
	}
	rc = trace_loop(trace, signals);
	tracefs_close(&trace->tracefs);
	sink_end(&trace->sink);
	if (!rc && (fflush(trace->out) || ferror(trace->out)))
		rc = errno ? -errno : -EIO;
	if (signals >= 0)
		close(signals);
	return trace_result(trace, rc);
}

static int trace_open(struct trace *trace)
{
	int rc = frk_netlink_subscribe(trace->netlink);

	if (rc) {
		client_explain(rc);
		return rc;
	}
	trace->out = stdout;
	if (trace->options->chrome)
		trace->out = fopen(trace->options->chrome, "we");
	if (trace->out) {
		sink_begin(&trace->sink, trace->out, trace->options->chrome);
		return 0;
	}
	fprintf(stderr, "fraktor: cannot create %s: %s\n", trace->options->chrome, strerror(errno));
	return -EIO;
}

static int trace_run(int argc, char **argv)
{
	struct trace_options options = { 0 };
	struct trace trace = { .options = &options };
	struct frk_netlink *netlink;
	int rc = COMMAND_FAILED;

	if (argp_parse(&trace_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	netlink = client_open();
	trace.netlink = netlink ? client_open() : NULL;
	if (trace.netlink && !trace_open(&trace) && !trace_choose(&trace, netlink))
		rc = trace_go(&trace);
	if (trace.out && trace.out != stdout)
		fclose(trace.out);
	sink_fini(&trace.sink);
	timeline_fini(&trace.timeline);
	frk_netlink_close(trace.netlink);
	frk_netlink_close(netlink);
	return rc;
}

const struct command command_trace = {
	.name = "trace",
	.summary = "each tick and event, as one timeline",
	.run = trace_run,
};

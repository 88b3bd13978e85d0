// SPDX-License-Identifier: MIT
/*
 * fraktor replay - what is in a recording: tick by tick, or a report.  Must
 * not know the format.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/command.h"
#include "common/gnuplot.h"
#include "common/json.h"
#include "common/screen.h"
#include "common/text.h"
#include "plot/plot.h"
#include "record/decode.h"

struct replay_options {
	const char *file;
	const char *plot;
	bool report;
	bool json;
};

static const struct argp_option replay_argp_options[] = {
	{ "report", 'r', NULL, 0, "Sum it up: gaps, drift, lateness, missed, dropped, events", 0 },
	{ "json", 'j', NULL, 0, "Print an object: of the report, or on a line for each record", 0 },
	{ "plot", 'o', "FILE", 0, "With --report: draw FILE.png or FILE.svg, too, by gnuplot", 0 },
	{ 0 },
};

static error_t replay_parse(int key, char *arg, struct argp_state *state)
{
	struct replay_options *options = state->input;

	switch (key) {
	case 'r':
		options->report = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'o':
		if (!gnuplot_suits(arg))
			argp_error(state, "--plot=%s: a name that ends in .png or .svg is needed", arg);
		options->plot = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "one FILE, not also \"%s\"", arg);
		options->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->file)
			argp_error(state, "a FILE is needed, or - for standard input");
		if (options->plot && !options->report)
			argp_error(state, "--plot goes with --report; fraktor plot draws without");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp replay_argp = {
	.options = replay_argp_options,
	.parser = replay_parse,
	.args_doc = "FILE",
	.doc = "Shows what fraktor record has written into FILE.\v"
	       "Each tick is a line: its number, deadline, lateness, periods and flags; with --report all of them are a page.",
};

/* --- tick by tick -------------------------------------------------------- */

static void replay_no_period(uint64_t period_ns, void *data)
{
	(void)period_ns;
	(void)data;
}

static void replay_no_end(const struct record_end *end, void *data)
{
	(void)end;
	(void)data;
}

static void replay_tick(const struct record_tick *tick, void *data)
{
	(void)data;
	printf("%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu32 " 0x%" PRIx32 "\n", tick->seq,
	       tick->deadline_ns, (int64_t)(tick->fired_ns - tick->deadline_ns), tick->periods, tick->flags);
}

static void replay_event(const struct frk_source_event *event, void *data)
{
	(void)data;
	printf("# %" PRIu64 " %s %s\n", event->time_ns, frk_source_event_name(event->type),
	       frk_source_reason_name(event->reason));
}

static void replay_tick_json(const struct record_tick *tick, void *data)
{
	struct json json = { .out = stdout };

	(void)data;
	json_open(&json, NULL, '{');
	json_unsigned(&json, "seq", tick->seq);
	json_unsigned(&json, "deadline_ns", tick->deadline_ns);
	json_unsigned(&json, "fired_ns", tick->fired_ns);
	json_unsigned(&json, "periods", tick->periods);
	json_unsigned(&json, "flags", tick->flags);
	json_close(&json, '}');
	putchar('\n');
}

static void replay_event_json(const struct frk_source_event *event, void *data)
{
	struct json json = { .out = stdout };

	(void)data;
	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", event->time_ns);
	json_string(&json, "event", frk_source_event_name(event->type));
	json_string(&json, "reason", frk_source_reason_name(event->reason));
	json_close(&json, '}');
	putchar('\n');
}

static const struct decode_ops replay_lines = {
	.period = replay_no_period, .tick = replay_tick, .event = replay_event,
	.end = replay_no_end,
};

static const struct decode_ops replay_lines_json = {
	.period = replay_no_period, .tick = replay_tick_json, .event = replay_event_json,
	.end = replay_no_end,
};

/* --- the report ---------------------------------------------------------- */

static void replay_show(const struct replay_options *options, const struct report *report)
{
	struct screen screen;

	screen_init(&screen);
	if (options->json)
		report_json(report, stdout);
	else
		report_text(report, screen.columns, stdout);
}

/* --- the file ------------------------------------------------------------ */

static void replay_complain(const struct replay_options *options, const char *what,
			    const char *why)
{
	char name[256];

	text_clean(name, sizeof(name), options->file);
	fflush(stdout);
	fprintf(stderr, "fraktor: %s %s: %s\n", name, what, why);
}

static int replay_lines_of(const struct replay_options *options, FILE *in)
{
	const struct decode_ops *ops = options->json ? &replay_lines_json : &replay_lines;
	struct record_header header;
	const char *why = "";
	int rc = decode_header(in, &header, &why);

	if (rc) {
		replay_complain(options, "cannot be replayed", why);
		return COMMAND_FAILED;
	}
	rc = decode_blocks(in, ops, NULL, &why);
	if (rc)
		replay_complain(options, "was read only in part", why);
	/* A cut is how a recording ends that nobody could end. */
	return screen_flush() || (rc && rc != -ENODATA) ? COMMAND_FAILED : 0;
}

static int replay_draw(const struct replay_options *options, const struct plot *plot, int fd)
{
	return plot_is_empty(plot, "") ? -ENODATA : plot_draw(plot, options->plot, fd);
}

/* What could be read is shown whatever comes after it. */
static int replay_report_of(const struct replay_options *options, FILE *in, struct plot *plot,
			    int fd)
{
	const char *why = "";
	int rc = plot_read(plot, in, &why);

	if (rc < 0) {
		replay_complain(options, "cannot be replayed", why);
		return COMMAND_FAILED;
	}
	replay_show(options, &plot->report);
	if (rc)
		replay_complain(options, "was read only in part", why);
	rc = screen_flush() || plot->report.damage ? COMMAND_FAILED : 0;
	if (options->plot && replay_draw(options, plot, fd))
		rc = COMMAND_FAILED;
	return rc;
}

static int replay_report(const struct replay_options *options, FILE *in)
{
	struct plot *plot = calloc(1, sizeof(*plot));
	int fd = -1, rc;

	if (!plot) {
		replay_complain(options, "cannot be replayed", strerror(ENOMEM));
		return COMMAND_FAILED;
	}
	if (options->plot)
		fd = gnuplot_open("--plot", options->plot);
	rc = options->plot && fd < 0 ? COMMAND_FAILED : replay_report_of(options, in, plot, fd);
	report_fini(&plot->report);
	free(plot);
	return rc;
}

static int replay_run(int argc, char **argv)
{
	struct replay_options options = { 0 };
	FILE *in = stdin;
	int rc;

	if (argp_parse(&replay_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	if (strcmp(options.file, "-"))
		in = fopen(options.file, "re");
	if (!in) {
		replay_complain(&options, "cannot be opened", strerror(errno));
		return COMMAND_FAILED;
	}
	rc = options.report ? replay_report(&options, in) : replay_lines_of(&options, in);
	if (in != stdin)
		fclose(in);
	return rc;
}

const struct command command_replay = {
	.name = "replay",
	.summary = "what such a file says",
	.run = replay_run,
};

// SPDX-License-Identifier: MIT
/*
 * fraktor plot - lateness and drift of a source as a picture: in a file, or on
 * the terminal.  Must not know how it is drawn.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/command.h"
#include "common/gnuplot.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/text.h"
#include "common/waiting.h"
#include "plot/plot.h"

#define PLOT_DURATION_NS UINT64_C(10000000000)

struct plot_options {
	const char *name;
	const char *recording;
	const char *output;
	uint64_t duration_ns;
};

static const struct argp_option plot_argp_options[] = {
	{ "duration", 'd', "SECONDS", 0, "Look at the source for SECONDS, 10 by default", 0 },
	{ "recording", 'r', "FILE", 0, "Instead of a source, what fraktor record has written into FILE; - is standard input", 0 },
	{ "output", 'o', "FILE", 0, "Draw FILE.png or FILE.svg, by gnuplot, instead of characters", 0 },
	{ 0 },
};

static void plot_finish(const struct plot_options *options, struct argp_state *state)
{
	if (options->recording && options->name)
		argp_error(state, "a source or a recording, not both");
	if (options->recording && options->duration_ns)
		argp_error(state, "--duration is for a source: a recording is as long as it is");
}

static error_t plot_parse(int key, char *arg, struct argp_state *state)
{
	struct plot_options *options = state->input;

	switch (key) {
	case 'd':
		options->duration_ns = option_seconds_ns("duration", arg, state);
		return 0;
	case 'r':
		options->recording = arg;
		return 0;
	case 'o':
		if (!gnuplot_suits(arg))
			argp_error(state, "--output=%s: a name that ends in .png or .svg is needed", arg);
		options->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (options->name)
			argp_error(state, "one NAME, not also \"%s\"", arg);
		options->name = arg;
		return 0;
	case ARGP_KEY_END:
		plot_finish(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp plot_argp = {
	.options = plot_argp_options,
	.parser = plot_parse,
	.args_doc = "[NAME]\n--recording=FILE",
	.doc = "Draws how late the ticks of the source NAME are in the course of time, how that is spread, and their drift.\v"
	       "NAME may be left out if there is one source only.  Ctrl-C ends it with what it has.",
};

static void plot_complain(const struct plot_options *options, const char *what, const char *why)
{
	char name[256];

	text_clean(name, sizeof(name), options->recording);
	fprintf(stderr, "fraktor: %s %s: %s\n", name, what, why);
}

static int plot_recording(const struct plot_options *options, struct plot *plot)
{
	FILE *in = strcmp(options->recording, "-") ? fopen(options->recording, "re") : stdin;
	const char *why = "";
	int rc;

	if (!in) {
		rc = -errno;
		plot_complain(options, "cannot be opened", strerror(-rc));
		return rc;
	}
	rc = plot_read(plot, in, &why);
	if (rc)
		plot_complain(options, rc < 0 ? "cannot be plotted" : "was read only in part", why);
	if (in != stdin)
		fclose(in);
	return rc < 0 ? rc : 0;
}

static int plot_result(const struct plot_options *options, const struct plot *plot, int fd)
{
	struct screen screen;

	if (plot_is_empty(plot, options->recording ? "" : "; see fraktor list"))
		return COMMAND_FAILED;
	if (options->output)
		return plot_draw(plot, options->output, fd) ? COMMAND_FAILED : 0;
	screen_init(&screen);
	/* The last line is for what comes then. */
	plot_show(plot, screen.columns, screen.rows - 1, stdout);
	return screen_flush() ? COMMAND_FAILED : 0;
}

static int plot_do(const struct plot_options *options, struct plot *plot)
{
	int fd = -1, rc;

	/* Before the ticks: it would be a pity afterwards. */
	if (options->output) {
		fd = gnuplot_open("--output", options->output);
		if (fd < 0)
			return COMMAND_FAILED;
	}
	rc = options->recording ? plot_recording(options, plot) :
				  plot_live(plot, options->name, options->duration_ns ?
					    options->duration_ns : PLOT_DURATION_NS);
	if (rc)
		return COMMAND_FAILED;
	rc = plot_result(options, plot, fd);
	return plot->report.damage ? COMMAND_FAILED : rc;
}

static int plot_run(int argc, char **argv)
{
	struct plot_options options = { 0 };
	struct plot *plot;
	int rc = COMMAND_FAILED;

	if (argp_parse(&plot_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	plot = calloc(1, sizeof(*plot));
	if (plot) {
		rc = plot_do(&options, plot);
		report_fini(&plot->report);
	}
	free(plot);
	return rc;
}

const struct command command_plot = {
	.name = "plot",
	.summary = "lateness and drift as a picture, of a source or a recording",
	.run = plot_run,
};

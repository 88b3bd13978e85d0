// SPDX-License-Identifier: MIT
/*
 * fraktor stat - sources and their statistics, once or again and again.
 * Must not know how they are asked for nor how they look.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/view.h"
#include "common/waiting.h"

#define STAT_INTERVAL_NS UINT64_C(1000000000)

struct stat_options {
	const char *name;
	bool json;
	uint64_t interval_ns;	/* 0: once */
	uint64_t count;		/* 0: until Ctrl-C */
};

static const struct argp_option stat_argp_options[] = {
	{ "watch", 'w', "SECONDS", OPTION_ARG_OPTIONAL,
	  "Repeat every SECONDS, 1 by default, until Ctrl-C", 0 },
	{ "count", 'n', "N", 0, "Repeat N times; implies --watch", 0 },
	{ "json", 'j', NULL, 0, "Print an object on a line each time", 0 },
	{ 0 },
};

static error_t stat_parse(int key, char *arg, struct argp_state *state)
{
	struct stat_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'n':
		if (!option_number(arg, 1, UINT64_MAX, &options->count))
			argp_error(state, "--count=%s: a number from 1 on is needed", arg);
		return 0;
	case 'w':
		options->interval_ns = arg ? option_seconds_ns("watch", arg, state) : STAT_INTERVAL_NS;
		return 0;
	case ARGP_KEY_ARG:
		if (options->name)
			argp_error(state, "one NAME or none, not also \"%s\"", arg);
		options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (options->count && !options->interval_ns)
			options->interval_ns = STAT_INTERVAL_NS;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp stat_argp = {
	.options = stat_argp_options,
	.parser = stat_parse,
	.args_doc = "[NAME]",
	.doc = "Shows the tick source NAME, or all of them as a table.\v"
	       "Lateness is the time from a tick's deadline to its interrupt; drift is how far the rate of the ticks is from nominal.",
};

static void stat_draw(const struct stat_options *options,
		      const struct client_sources *sources,
		      const struct screen *screen, FILE *out)
{
	if (options->json)
		view_json(sources->source, sources->count, waiting_now_ns(),
			  waiting_wall_ns(), out);
	else if (options->interval_ns && !screen->terminal)
		view_lines(sources->source, sources->count, waiting_wall_ns(), out);
	else if (options->name)
		view_page(sources->source, screen->columns, out);
	else
		view_table(sources->source, sources->count,
			   screen->terminal ? screen->columns : 0, out);
}

/* In memory first: what is shown in place must be cut to the terminal. */
static int stat_show(const struct stat_options *options,
		     const struct client_sources *sources,
		     struct screen *screen)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (options->json || !options->interval_ns) {
		stat_draw(options, sources, screen, stdout);
		return screen_flush();
	}
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	screen_measure(screen);
	stat_draw(options, sources, screen, out);
	fclose(out);
	screen_show(screen, text);
	free(text);
	return screen_flush();
}

static int stat_loop(const struct stat_options *options,
		     struct frk_netlink *netlink, struct client_sources *sources,
		     int signals)
{
	uint64_t next_ns = waiting_now_ns();
	enum waiting_end end = WAITING_TIME;
	struct screen screen;

	screen_init(&screen);
	for (uint64_t shown = 1; end == WAITING_TIME; shown++) {
		if (client_read(netlink, options->name, sources) ||
		    stat_show(options, sources, &screen))
			return COMMAND_FAILED;
		if (!options->interval_ns || shown == options->count)
			break;
		next_ns += options->interval_ns;
		end = waiting_until(signals, -1, next_ns);
	}
	/* The terminal has written "^C" where the shell will write its prompt. */
	if (end == WAITING_STOP && screen.terminal)
		putchar('\n');
	return end == WAITING_FAILED ? COMMAND_FAILED : 0;
}

static int stat_run(int argc, char **argv)
{
	struct stat_options options = { 0 };
	struct client_sources sources = { 0 };
	struct frk_netlink *netlink;
	int signals = -1;
	int rc;

	if (argp_parse(&stat_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	/* A single look keeps the signals' usual effect. */
	if (options.interval_ns)
		signals = waiting_open();
	rc = stat_loop(&options, netlink, &sources, signals);
	if (signals >= 0)
		close(signals);
	client_free(&sources);
	frk_netlink_close(netlink);
	return rc;
}

const struct command command_stat = {
	.name = "stat",
	.summary = "sources and their statistics, once or every second",
	.run = stat_run,
};

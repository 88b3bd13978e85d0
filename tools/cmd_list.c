// SPDX-License-Identifier: MIT
/*
 * fraktor list - which sources there are.  Must not know how they are asked
 * for nor how they look.
 */
#include <argp.h>
#include <stdio.h>

#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/text.h"
#include "common/view.h"
#include "common/waiting.h"

enum list_form {
	LIST_TABLE,
	LIST_JSON,
	LIST_NAMES,
};

static const struct argp_option list_argp_options[] = {
	{ "json", 'j', NULL, 0, "Print an object on a line", 0 },
	{ "names", 'n', NULL, 0, "Print the names alone, one on a line", 0 },
	{ 0 },
};

static error_t list_parse(int key, char *arg, struct argp_state *state)
{
	enum list_form *form = state->input;

	switch (key) {
	case 'j':
	case 'n':
		if (*form != LIST_TABLE)
			argp_error(state, "--json and --names exclude each other");
		*form = key == 'j' ? LIST_JSON : LIST_NAMES;
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp list_argp = {
	.options = list_argp_options,
	.parser = list_parse,
	.doc = "Lists the tick sources: what makes their ticks, where, how often, and whose they are.\v"
	       "How well they tick is told by \"fraktor stat\".",
};

static void list_names(const struct client_sources *sources)
{
	char name[sizeof(sources->source->name)];

	for (size_t i = 0; i < sources->count; i++) {
		text_clean(name, sizeof(name), sources->source[i].name);
		puts(name);
	}
}

static void list_show(enum list_form form, const struct client_sources *sources)
{
	struct screen screen;

	screen_init(&screen);
	if (form == LIST_NAMES)
		list_names(sources);
	else if (form == LIST_JSON)
		view_json_list(sources->source, sources->count, waiting_now_ns(),
			       waiting_wall_ns(), stdout);
	else
		view_list(sources->source, sources->count,
			  screen.terminal ? screen.columns : 0, stdout);
}

static int list_run(int argc, char **argv)
{
	struct client_sources sources = { 0 };
	enum list_form form = LIST_TABLE;
	struct frk_netlink *netlink;
	int rc;

	if (argp_parse(&list_argp, argc, argv, 0, NULL, &form))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = client_read(netlink, NULL, &sources);
	if (!rc) {
		list_show(form, &sources);
		rc = screen_flush();
	}
	client_free(&sources);
	frk_netlink_close(netlink);
	return rc ? COMMAND_FAILED : 0;
}

const struct command command_list = {
	.name = "list",
	.summary = "which sources there are",
	.run = list_run,
};

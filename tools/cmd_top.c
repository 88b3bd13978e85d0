// SPDX-License-Identifier: MIT
/*
 * fraktor top - sources on the whole terminal, again and again.  Must not know
 * how they look nor what a terminal is.
 */
#include <argp.h>
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/waiting.h"
#include "top/model.h"
#include "top/paint.h"
#include "top/terminal.h"

#define TOP_INTERVAL_NS UINT64_C(1000000000)
#define TOP_INTERVAL_MIN_NS (TOP_INTERVAL_NS / 8)
#define TOP_INTERVAL_MAX_NS (TOP_INTERVAL_NS * 64)
/* Input without a key so often: there is nobody at the keys. */
#define TOP_SILENCE 100

#define KEY_CODE_ESCAPE 27

/**
 * struct top - a session
 * @netlink: the connection.
 * @sources: as they came.
 * @readers: as they came.
 * @model: what has become of them.
 * @paint: what is to be seen.
 * @typed: a filter that is being typed.
 * @silence: how often there was input and no key.
 * @quit: the user has had enough.
 */
struct top {
	struct frk_netlink *netlink;
	struct client_sources sources;
	struct client_readers readers;
	struct model model;
	struct paint paint;
	char typed[sizeof(((struct model *)0)->filter)];
	unsigned int silence;
	bool quit;
};

static const struct argp_option top_argp_options[] = {
	{ "interval", 'i', "SECONDS", 0, "Look every SECONDS, 1 by default", 0 },
	{ "sort", 's', "COLUMN", 0, "Sort by COLUMN, for example drift; name by default", 0 },
	{ "reverse", 'r', NULL, 0, "The other way round", 0 },
	{ "filter", 'f', "TEXT", 0, "Only sources with TEXT in name, state or driver", 0 },
	{ 0 },
};

static void top_parse_order(struct top *top, const char *arg,
			    struct argp_state *state)
{
	char list[160];
	size_t used = 0;

	if (model_parse_order(arg, &top->model.order))
		return;
	for (int i = 0; i < MODEL_ORDERS; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 !i ? "" : i + 1 < MODEL_ORDERS ? ", " : " and ",
					 model_order_name((enum model_order)i));
	argp_error(state, "--sort=%s: the columns are %s", arg, list);
}

static error_t top_parse(int key, char *arg, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case 'i':
		top->paint.interval_ns = option_seconds_ns("interval", arg, state);
		return 0;
	case 's':
		top_parse_order(top, arg, state);
		return 0;
	case 'r':
		top->model.backwards = true;
		return 0;
	case 'f':
		if (strlen(arg) >= sizeof(top->model.filter))
			argp_error(state, "--filter=%s: too long", arg);
		strcpy(top->model.filter, arg);
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp top_argp = {
	.options = top_argp_options,
	.parser = top_parse,
	.doc = "Shows the tick sources on the whole terminal: rates, drift, lateness, drops, readers that stall.\v"
	       "The key ? tells the other keys and the columns.",
};

/* --- keys ------------------------------------------------------------------ */

static void top_begin_filter(struct top *top)
{
	top->paint.prompt = true;
	strcpy(top->typed, top->model.filter);
}

static void top_filter(struct top *top, const char *text)
{
	strcpy(top->model.filter, text);
	model_arrange(&top->model);
}

/* What is typed filters at once; Escape takes it all back. */
static void top_type(struct top *top, int key)
{
	size_t len = strlen(top->typed);

	if (key == KEY_CODE_ESCAPE || key == '\r' || key == '\n' || key == KEY_ENTER) {
		top->paint.prompt = false;
		if (key == KEY_CODE_ESCAPE)
			top->typed[0] = '\0';
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (len)
			top->typed[len - 1] = '\0';
	} else if (key >= ' ' && key < 127 && len + 1 < sizeof(top->typed)) {
		top->typed[len] = (char)key;
		top->typed[len + 1] = '\0';
	}
	top_filter(top, top->typed);
}

/* Whoever sorts wants to see what comes first. */
static void top_rearrange(struct top *top)
{
	model_arrange(&top->model);
	model_move(&top->model, -(long)top->model.nr_shown);
}

static void top_sort(struct top *top, int by)
{
	top->model.order = (enum model_order)((int)(top->model.order + MODEL_ORDERS + by) %
					      MODEL_ORDERS);
	top_rearrange(top);
}

static void top_hurry(struct top *top, bool more)
{
	uint64_t ns = more ? top->paint.interval_ns / 2 : top->paint.interval_ns * 2;

	if (ns >= TOP_INTERVAL_MIN_NS && ns <= TOP_INTERVAL_MAX_NS)
		top->paint.interval_ns = ns;
}

static void top_move(struct top *top, int key)
{
	long page = top->paint.page ? (long)top->paint.page : 1;
	long all = (long)top->model.nr_shown;

	model_move(&top->model, key == KEY_UP || key == 'k' ? -1 :
				key == KEY_DOWN || key == 'j' ? 1 :
				key == KEY_PPAGE ? -page :
				key == KEY_NPAGE ? page :
				key == KEY_HOME ? -all :
				key == KEY_END ? all : 0);
}

static void top_command(struct top *top, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		top->quit = true;
		return;
	case 's':
	case 'S':
		top_sort(top, key == 's' ? 1 : -1);
		return;
	case 'r':
		top->model.backwards = !top->model.backwards;
		top_rearrange(top);
		return;
	case '/':
		top_begin_filter(top);
		return;
	case KEY_CODE_ESCAPE:
		top_filter(top, "");
		return;
	case 'p':
	case ' ':
		top->paint.paused = !top->paint.paused;
		return;
	case '+':
	case '-':
		top_hurry(top, key == '+');
		return;
	case '?':
	case 'h':
		top->paint.help = true;
		return;
	default:
		top_move(top, key);
	}
}

static void top_keys(struct top *top)
{
	int key = terminal_key();

	top->silence = key < 0 ? top->silence + 1 : 0;
	for (; key >= 0 && !top->quit; key = terminal_key()) {
		if (top->paint.help)
			top->paint.help = false;
		else if (top->paint.prompt)
			top_type(top, key);
		else
			top_command(top, key);
	}
}

/* --- looking ---------------------------------------------------------------- */

static int top_look(struct top *top)
{
	int rc = client_fetch(top->netlink, &top->sources);

	if (!rc)
		rc = client_fetch_readers(top->netlink, &top->readers);
	if (rc)
		return rc;
	top->paint.wall_ns = waiting_wall_ns();
	return model_update(&top->model, top->sources.source, top->sources.count,
			    top->readers.reader, top->readers.count);
}

static int top_loop(struct top *top)
{
	uint64_t looked_ns = 0;
	enum terminal_news news = TERMINAL_TIME;
	int rc = 0;

	while (news != TERMINAL_END && !top->quit && top->silence < TOP_SILENCE) {
		uint64_t now_ns = waiting_now_ns();

		if (now_ns >= looked_ns + top->paint.interval_ns) {
			looked_ns = now_ns;
			rc = top->paint.paused ? 0 : top_look(top);
			if (rc)
				return rc;
		}
		paint(&top->paint);
		news = terminal_wait(looked_ns + top->paint.interval_ns);
		if (news == TERMINAL_KEYS)
			top_keys(top);
	}
	return 0;
}

static int top_show(struct top *top)
{
	int rc = top_look(top);

	if (!rc) {
		if (terminal_begin())
			return COMMAND_FAILED;
		rc = top_loop(top);
		terminal_end();
	}
	if (!rc)
		return 0;
	/* Only now can it be read. */
	client_explain(rc);
	return COMMAND_FAILED;
}

static int top_run(int argc, char **argv)
{
	struct top top = { .paint.interval_ns = TOP_INTERVAL_NS };
	int rc;

	if (argp_parse(&top_argp, argc, argv, 0, NULL, &top))
		return COMMAND_MISUSED;
	top.paint.model = &top.model;
	top.paint.readers = &top.readers;
	top.paint.typed = top.typed;
	top.netlink = client_open();
	if (!top.netlink)
		return COMMAND_FAILED;
	rc = top_show(&top);
	model_fini(&top.model);
	client_free(&top.sources);
	client_free_readers(&top.readers);
	frk_netlink_close(top.netlink);
	return rc;
}

const struct command command_top = {
	.name = "top",
	.summary = "sources on the whole terminal",
	.run = top_run,
};

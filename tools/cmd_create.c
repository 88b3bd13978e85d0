// SPDX-License-Identifier: MIT
/*
 * fraktor create - a source that lives as long as this command.  Must not know
 * how it is made.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/change.h"
#include "common/client.h"
#include "common/command.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/units.h"
#include "common/view.h"
#include "common/waiting.h"
#include "create/child.h"
#include "create/line.h"

/* The module, which looks for stalled readers, must see that ticks are taken. */
#define CREATE_LOOK_MS	40
#define NS_PER_MS	UINT64_C(1000000)

enum {
	CREATE_CLOCK = 256,
	CREATE_STOPPED,
	CREATE_KEY,	/* and the others, in the order of create_keys */
};

/* Options that set what "fraktor set" does, and by which key. */
static const char *const create_keys[] = {
	"period", "missed", "phase", "late", "drift", "stall", "lead", "accuracy", "flags",
};

struct create_options {
	struct line_wish wish;
	uint64_t duration_ns;	/* 0: until Ctrl-C */
	bool stopped;
	bool json;
	char **command;		/* NULL: none */
};

static const struct argp_option create_argp_options[] = {
	{ "name", 'n', "NAME", 0, "Its name; else the module picks one", 0 },
	{ "period", CREATE_KEY, "TIME", 0, "Its period, like 1ms or 250us; must be given", 0 },
	{ "clock", CREATE_CLOCK, "CLOCK", 0, "monotonic, the default, boottime or tai", 0 },
	{ "cpu", 'c', "CPU", 0, "The CPU whose interrupt makes the ticks; else the one this runs on", 0 },
	{ "policy", CREATE_KEY + 1, "POLICY", 0, "What a late tick does: delay, the default, skip or burst", 0 },
	{ "flags", CREATE_KEY + 8, "LIST", 0, "align, cpu-strict, suspend-stops, drift-stops, overload-stops, with commas", 0 },
	{ "phase", CREATE_KEY + 2, "TIME", 0, "Where in a period the deadlines are, with --flags=align", 0 },
	{ "late", CREATE_KEY + 3, "TIME", 0, "Lateness from which a tick is late; else one period", 0 },
	{ "drift", CREATE_KEY + 4, "PPM", 0, "Drift of a second beyond which there is an event", 0 },
	{ "stall", CREATE_KEY + 5, "PERIODS", 0, "When a reader that takes nothing is stalled", 0 },
	{ "lead", CREATE_KEY + 6, "TIME", 0, "The interrupt comes so long before the deadline", 0 },
	{ "accuracy", CREATE_KEY + 7, "TIME", 0, "The interrupt may come so late, together with others", 0 },
	{ "slots", 's', "N", 0, "Ticks that the ring of this command holds", 0 },
	{ "stopped", CREATE_STOPPED, NULL, 0, "Leave it to \"fraktor start\" to make it tick", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after SECONDS instead of with Ctrl-C", 0 },
	{ "json", 'j', NULL, 0, "Print an object on a line, at the begin and at the end", 0 },
	{ 0 },
};

/* --- options --------------------------------------------------------------- */

static uint32_t create_parse_number(const char *option, const char *text, uint32_t max,
				    struct argp_state *state)
{
	uint64_t number = 0;

	if (!option_number(text, 0, max, &number))
		argp_error(state, "--%s=%s: a number from 0 to %u is needed", option, text, max);
	return (uint32_t)number;
}

static uint32_t create_parse_clock(const char *text, struct argp_state *state)
{
	static const uint32_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI };

	for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++)
		if (!strcmp(units_clock(clocks[i]), text))
			return clocks[i];
	argp_error(state, "--clock=%s: monotonic, boottime or tai is needed", text);
	return 0;
}

/* "--policy" is called "missed" where a source is changed. */
static void create_parse_key(struct frk_source_change *how, const char *name,
			     const char *value, struct argp_state *state)
{
	const struct change_key *key = change_find(name, strlen(name));

	/* Given twice, the last one counts, as of all options. */
	if (key->what == FRK_CHANGE_FLAGS)
		how->flags = 0;
	if (!key->parse(how, value))
		argp_error(state, "--%s=%s: %s is needed",
			   key->what == FRK_CHANGE_MISSED ? "policy" : name, value, key->wants);
	how->what |= key->what;
}

static void create_parse_end(const struct create_options *options, struct argp_state *state)
{
	if (!(options->wish.how.what & FRK_CHANGE_PERIOD))
		argp_error(state, "a period is needed, like --period=1ms");
	if (state->quoted && (!options->command || !**options->command))
		argp_error(state, "a COMMAND is needed behind --");
	if (options->command && options->duration_ns)
		argp_error(state, "--duration and a COMMAND exclude each other");
}

static void create_parse_argument(struct create_options *options, const char *arg,
				  struct argp_state *state)
{
	if (!state->quoted)
		argp_error(state, "\"%s\": a name is given as --name=NAME, a COMMAND behind --", arg);
	options->command = &state->argv[state->next - 1];
	state->next = state->argc;
}

static error_t create_parse(int key, char *arg, struct argp_state *state)
{
	struct create_options *options = state->input;

	switch (key) {
	case 'n':
		options->wish.name = arg;
		return 0;
	case CREATE_CLOCK:
		options->wish.clockid = create_parse_clock(arg, state);
		return 0;
	case 'c':
		options->wish.cpu = (int32_t)create_parse_number("cpu", arg, INT32_MAX, state);
		return 0;
	case 's':
		options->wish.slots = create_parse_number("slots", arg, UINT32_MAX, state);
		return 0;
	case CREATE_STOPPED:
		options->stopped = true;
		return 0;
	case 'd':
		options->duration_ns = option_seconds_ns("duration", arg, state);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		create_parse_argument(options, arg, state);
		return 0;
	case ARGP_KEY_END:
		create_parse_end(options, state);
		return 0;
	default:
		if (key < CREATE_KEY ||
		    key >= CREATE_KEY + (int)(sizeof(create_keys) / sizeof(*create_keys)))
			return ARGP_ERR_UNKNOWN;
		create_parse_key(&options->wish.how, create_keys[key - CREATE_KEY], arg, state);
		return 0;
	}
}

static const struct argp create_argp = {
	.options = create_argp_options,
	.parser = create_parse,
	.args_doc = "[-- COMMAND [ARGUMENT...]]",
	.doc = "Makes a tick source that lives as long as this command: until Ctrl-C, for a duration, until it stops, or while COMMAND runs.\v"
	       "Prints what it is, and at the end what it did; with a COMMAND to standard error.  Others read it by its name.  "
	       "Needs no privilege but the group \"fraktor\"; a short period needs CAP_SYS_RESOURCE.",
};

/* --- what is told ------------------------------------------------------------ */

struct create {
	const struct create_options *options;
	struct frk_netlink *netlink;
	struct line line;
	FILE *out;
};

static void create_tell_end(const struct frk_source *source, FILE *out)
{
	fprintf(out, "%s: %s ticks in %s, drift %s, late %s on average and %s at most, %s missed\n",
		source->name, units_count(source->ticks).s, units_duration(source->running_ns).s,
		units_ppm(source->drift_ppb).s, units_time(source->lateness_mean_ns).s,
		units_time(source->lateness_max_ns).s, units_count(source->missed).s);
}

/* Return: 0, or a negative errno and the reason has been told. */
static int create_tell(struct create *create, void (*tell)(const struct frk_source *source, FILE *out),
		       struct frk_source *ret_source)
{
	int rc;

	*ret_source = (struct frk_source){ .size = sizeof(*ret_source) };
	rc = frk_netlink_get(create->netlink, create->line.name, ret_source);
	if (rc) {
		client_explain(rc);
		return rc;
	}
	if (create->options->json)
		view_json(ret_source, 1, waiting_now_ns(), waiting_wall_ns(), create->out);
	else
		tell(ret_source, create->out);
	fflush(create->out);
	return create->out == stdout ? screen_flush() : 0;
}

/* An administrator has his reasons; of all else someone may want to know. */
static int create_told_stop(const struct frk_source *source)
{
	const char *reason = frk_source_reason_name(source->reason);

	if (!strcmp(reason, "admin"))
		return 0;
	fprintf(stderr, "fraktor: the source %s stopped: %s\n", source->name, reason);
	return COMMAND_FAILED;
}

/* --- the time between -------------------------------------------------------- */

static int create_hold(struct create *create, int signals, bool *ret_stopped)
{
	uint64_t duration_ns = create->options->duration_ns;
	uint64_t until_ns = duration_ns ? waiting_now_ns() + duration_ns : WAITING_FOR_EVER;
	enum waiting_end end = WAITING_TIME;
	uint64_t now_ns, next_ns;

	while (end == WAITING_TIME) {
		*ret_stopped = line_empty(&create->line) == LINE_STOPPED;
		now_ns = waiting_now_ns();
		if (*ret_stopped || now_ns >= until_ns)
			return 0;
		next_ns = now_ns + CREATE_LOOK_MS * NS_PER_MS;
		end = waiting_until(signals, -1, next_ns < until_ns ? next_ns : until_ns);
	}
	return end == WAITING_FAILED ? COMMAND_FAILED : 0;
}

/* The command's end is the end, whatever becomes of the source. */
static int create_accompany(struct create *create, struct child *child)
{
	int status = -1;

	if (child_start(child, create->options->command))
		return CHILD_NOT_RUN;
	while (status < 0) {
		line_empty(&create->line);
		status = child_wait(child, CREATE_LOOK_MS);
	}
	return status;
}

static int create_begin(struct create *create, struct frk_source *ret_source)
{
	if (!create->options->stopped && line_start(&create->line))
		return COMMAND_FAILED;
	return create_tell(create, view_what, ret_source) ? COMMAND_FAILED : 0;
}

static int create_go_with(struct create *create)
{
	struct frk_source source;
	struct child child;
	int status;

	if (child_listen(&child) || create_begin(create, &source))
		return COMMAND_FAILED;
	status = create_accompany(create, &child);
	if (create_tell(create, create_tell_end, &source) && !status)
		status = COMMAND_FAILED;
	return status;
}

static int create_go_alone(struct create *create)
{
	int signals = waiting_open(), status;
	struct frk_source source;
	bool stopped = false;

	status = create_begin(create, &source);
	if (!status)
		status = create_hold(create, signals, &stopped);
	if (!status && create_tell(create, create_tell_end, &source))
		status = COMMAND_FAILED;
	else if (!status && stopped)
		status = create_told_stop(&source);
	if (signals >= 0)
		close(signals);
	return status;
}

static int create_run(int argc, char **argv)
{
	struct create_options options = {
		.wish = { .name = "", .clockid = CLOCK_MONOTONIC, .cpu = -1 },
	};
	struct create create = { .options = &options };
	int status = COMMAND_FAILED;

	/* In order: an option behind a word is not taken away from it, nor moves --. */
	if (argp_parse(&create_argp, argc, argv, ARGP_IN_ORDER, NULL, &options))
		return COMMAND_MISUSED;
	create.out = options.command ? stderr : stdout;
	create.netlink = client_open();
	if (!create.netlink)
		return COMMAND_FAILED;
	if (!line_open(&create.line, &options.wish)) {
		status = options.command ? create_go_with(&create) : create_go_alone(&create);
		line_close(&create.line);
	}
	frk_netlink_close(create.netlink);
	return status;
}

const struct command command_create = {
	.name = "create",
	.summary = "make a source that lives as long as the command",
	.run = create_run,
};

// SPDX-License-Identifier: MIT
/*
 * fraktor set - change a source that runs: "fraktor set NAME period=2ms".
 * Must know neither how it is done nor the keys.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/change.h"
#include "common/client.h"
#include "common/command.h"

struct set_options {
	const char *name;
	struct frk_source_change change;
};

static void set_parse_one(struct set_options *options, const char *arg,
			  struct argp_state *state)
{
	size_t len = strcspn(arg, "=");
	const struct change_key *key = change_find(arg, len);

	if (!key)
		argp_error(state, "\"%s\": the keys are period, phase, late, drift, missed, stall, lead, accuracy and flags", arg);
	if (!arg[len] || !key->parse(&options->change, arg + len + 1))
		argp_error(state, "%s: %s is needed", arg, key->wants);
	if (options->change.what & key->what)
		argp_error(state, "%s: %s is there twice", arg, key->key);
	options->change.what |= key->what;
}

static error_t set_parse(int key, char *arg, struct argp_state *state)
{
	struct set_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (options->name)
			set_parse_one(options, arg, state);
		else
			options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->name || !options->change.what)
			argp_error(state, "a NAME and at least one KEY=VALUE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp set_argp = {
	.parser = set_parse,
	.args_doc = "NAME KEY=VALUE...",
	.doc = "Changes the tick source NAME, also while it runs: period, phase, late, drift, missed, stall, lead, accuracy, flags.\v"
	       "Period and phase change at the next tick, lead and accuracy behind it, the rest at once.  Needs CAP_NET_ADMIN.",
};

static int set_run(int argc, char **argv)
{
	struct set_options options = { .change.size = sizeof(options.change) };
	struct frk_netlink *netlink;
	struct frk_error error;
	int rc;

	if (argp_parse(&set_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = frk_netlink_set(netlink, options.name, &options.change, &error);
	if (rc == -ENOENT)
		client_missing(netlink, options.name);
	else if (rc)
		frk_error_print(&error, stderr);
	frk_netlink_close(netlink);
	return rc ? COMMAND_FAILED : 0;
}

const struct command command_set = {
	.name = "set",
	.summary = "change a source that runs",
	.run = set_run,
};

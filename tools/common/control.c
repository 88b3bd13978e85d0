// SPDX-License-Identifier: MIT
/*
 * Starting and stopping a source by name.  What comes of it is asked of the
 * module again: a program may end with its source.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/client.h"
#include "common/command.h"
#include "common/control.h"
#include "common/json.h"
#include "common/text.h"
#include "common/waiting.h"

struct control_options {
	const char *name;
	bool json;
};

static const struct argp_option control_argp_options[] = {
	{ "json", 'j', NULL, 0, "Print an object on a line", 0 },
	{ 0 },
};

static error_t control_parse(int key, char *arg, struct argp_state *state)
{
	struct control_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->name)
			argp_error(state, "one NAME, not also \"%s\"", arg);
		options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->name)
			argp_error(state, "a NAME is needed, see fraktor list");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What a source is, in two words; the second one is "none" while it ticks. */
struct control_state {
	const char *state;
	const char *reason;
};

static struct control_state control_state(const struct frk_source *source)
{
	return (struct control_state){
		.state = frk_source_state_name(source->state),
		.reason = frk_source_reason_name(source->reason),
	};
}

static void control_print_state(const struct frk_source *source)
{
	struct control_state now = control_state(source);

	printf(source->reason ? "%s (%s)" : "%s", now.state, now.reason);
}

static void control_print(const struct frk_source *before,
			  const struct frk_source *after)
{
	char name[sizeof(before->name)];

	text_clean(name, sizeof(name), before->name);
	printf("%s: ", name);
	if (after)
		control_print_state(after);
	else
		fputs("gone, with the program that made it", stdout);
	fputs("; it was ", stdout);
	control_print_state(before);
	putchar('\n');
}

static void control_print_json_state(struct json *json, const char *key,
				     struct control_state now)
{
	json_open(json, key, '{');
	json_string(json, "state", now.state);
	json_string(json, "reason", now.reason);
	json_close(json, '}');
}

static void control_print_json(const struct frk_source *before,
			       const struct frk_source *after)
{
	static const struct control_state gone = { "gone", "unknown" };
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", waiting_now_ns());
	json_unsigned(&json, "realtime_ns", waiting_wall_ns());
	json_unsigned(&json, "id", before->id);
	json_string(&json, "name", before->name);
	control_print_json_state(&json, "before", control_state(before));
	control_print_json_state(&json, "after", after ? control_state(after) : gone);
	json_close(&json, '}');
	putchar('\n');
}

static void control_refused(const struct control *control, const char *asked,
			    const struct frk_error *error)
{
	char name[256];

	text_clean(name, sizeof(name), asked);
	fprintf(stderr, "fraktor: \"%s\" cannot be %s: %s\n", name, control->done,
		error->text);
}

/* One of the same name may be another one by now. */
static bool control_look(struct frk_netlink *netlink, const struct frk_source *before,
			 struct frk_source *ret_after)
{
	return !frk_netlink_get(netlink, before->name, ret_after) &&
	       ret_after->id == before->id;
}

/* Return: 0, or a negative errno and the reason has been told. */
static int control_do(const struct control *control, struct frk_netlink *netlink,
		      const struct control_options *options,
		      const struct frk_source *before)
{
	struct frk_source after = { .size = sizeof(after) };
	struct frk_error error = { 0 };
	bool there;
	int rc = control->run(netlink, options->name, &error);

	if (rc == -ENOENT)
		client_missing(netlink, options->name);
	else if (rc)
		control_refused(control, options->name, &error);
	if (rc)
		return rc;
	there = control_look(netlink, before, &after);
	(options->json ? control_print_json : control_print)(before, there ? &after : NULL);
	return 0;
}

int control_run(const struct control *control, int argc, char **argv)
{
	struct control_options options = { 0 };
	struct client_sources sources = { 0 };
	struct frk_netlink *netlink;
	char *doc;
	int rc;

	if (asprintf(&doc, "%s\v%s", control->summary, control->detail) < 0)
		return COMMAND_FAILED;
	rc = argp_parse(&(struct argp){ .options = control_argp_options,
					.parser = control_parse,
					.args_doc = "NAME", .doc = doc },
			argc, argv, 0, NULL, &options);
	free(doc);
	if (rc)
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = client_read(netlink, options.name, &sources);
	if (!rc)
		rc = control_do(control, netlink, &options, sources.source);
	client_free(&sources);
	frk_netlink_close(netlink);
	return rc ? COMMAND_FAILED : 0;
}

// SPDX-License-Identifier: MIT
/*
 * fraktor export - the statistics for a monitoring system, printed once or
 * served for as long as it runs.  Must not know the format.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/client.h"
#include "common/command.h"
#include "common/exposition.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/server.h"
#include "common/waiting.h"

struct export_options {
	bool prometheus;
	const char *listen;
};

static const struct argp_option export_argp_options[] = {
	{ "prometheus", 'p', NULL, 0, "In the text format of Prometheus; the only one so far, and needed", 0 },
	{ "listen", 'l', "ADDRESS:PORT", 0,
	  "Serve http://ADDRESS:PORT/metrics until Ctrl-C instead of printing once", 0 },
	{ 0 },
};

static error_t export_parse(int key, char *arg, struct argp_state *state)
{
	struct export_options *options = state->input;

	switch (key) {
	case 'p':
		options->prometheus = true;
		return 0;
	case 'l':
		if (!server_is_address(arg))
			argp_error(state, "--listen=%s: ADDRESS:PORT is needed, for example 127.0.0.1:9123", arg);
		options->listen = arg;
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!options->prometheus)
			argp_error(state, "a format is needed: --prometheus");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp export_argp = {
	.options = export_argp_options,
	.parser = export_parse,
	.doc = "Gives all sources and readers to a monitoring system.\v"
	       "Times are in seconds and drift is a ratio, as Prometheus wants them.",
};

struct export {
	struct frk_netlink *netlink;	/* NULL while there is no module */
	struct client_sources sources;
	struct client_readers readers;
};

static int export_read(struct export *export)
{
	int rc = client_read(export->netlink, NULL, &export->sources);

	return rc ? rc : client_read_readers(export->netlink, &export->readers);
}

static void export_lose(struct export *export)
{
	frk_netlink_close(export->netlink);
	export->netlink = NULL;
}

/* A module that was loaded again is found again; its absence was told once. */
static void export_find(struct export *export)
{
	if (export->netlink || frk_netlink_open(&export->netlink, NULL))
		return;
	fputs("fraktor: the kernel module answers again\n", stderr);
}

static void export_page(FILE *out, void *data)
{
	struct export *export = data;

	export_find(export);
	if (export->netlink && export_read(export))
		export_lose(export);
	if (export->netlink)
		exposition_print(&export->sources, &export->readers, out);
	else
		exposition_print(NULL, NULL, out);
}

/* Without the module it begins all the same: the metric fraktor_up says so. */
static int export_serve(struct export *export, const char *where)
{
	enum waiting_end end = WAITING_FAILED;
	int signals = waiting_open();
	struct server *server;

	server = server_open(where, "/metrics", export_page, export);
	if (!server)
		goto out;
	export->netlink = client_open();
	fprintf(stderr, "fraktor: listening at %s\n", server_url(server));
	/* Nothing goes there, so that its other end went is no reason to end. */
	if (!freopen("/dev/null", "w", stdout))
		goto out;
	do {
		end = waiting_until(signals, server_fd(server), server_until_ns(server));
		if (end == WAITING_READY || end == WAITING_TIME)
			server_run(server);
	} while (end == WAITING_READY || end == WAITING_TIME);
out:
	server_close(server);
	if (signals >= 0)
		close(signals);
	return end == WAITING_STOP ? 0 : COMMAND_FAILED;
}

static int export_once(struct export *export)
{
	export->netlink = client_open();
	if (!export->netlink || export_read(export))
		return COMMAND_FAILED;
	exposition_print(&export->sources, &export->readers, stdout);
	return screen_flush() ? COMMAND_FAILED : 0;
}

static int export_run(int argc, char **argv)
{
	struct export_options options = { 0 };
	struct export export = { 0 };
	int rc;

	if (argp_parse(&export_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	rc = options.listen ? export_serve(&export, options.listen) : export_once(&export);
	frk_netlink_close(export.netlink);
	client_free(&export.sources);
	client_free_readers(&export.readers);
	return rc;
}

const struct command command_export = {
	.name = "export",
	.summary = "all of it for Prometheus",
	.run = export_run,
};

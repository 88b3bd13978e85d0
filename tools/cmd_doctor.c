// SPDX-License-Identifier: MIT
/*
 * fraktor doctor - what on this host stands in the way of low latency.  This
 * file knows which checks there are to make, not what they look at.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/command.h"
#include "common/screen.h"
#include "doctor/doctor.h"

/* What the user can do something about without a reboot comes later. */
static const struct doctor_check *const doctor_tables[] = {
	doctor_module, doctor_kernel, doctor_timer, doctor_privilege, doctor_uring,
	doctor_setting, doctor_processor, doctor_isolation, doctor_memory,
};

#define DOCTOR_TABLES (sizeof(doctor_tables) / sizeof(*doctor_tables))
#define DOCTOR_CHECKS_MAX 64

struct doctor_options {
	struct host host;
	bool json, list, brief, all;
	const struct doctor_check *only[DOCTOR_CHECKS_MAX];
	size_t only_count;
};

static const struct argp_option doctor_argp_options[] = {
	{ "all", 'a', NULL, 0, "Show also what is fine, and what could not be looked at", 0 },
	{ "brief", 'b', NULL, 0, "One line for each finding", 0 },
	{ "json", 'j', NULL, 0, "Print all checks as one object on a line", 0 },
	{ "list", 'l', NULL, 0, "List the checks, make none", 0 },
	{ "root", 'r', "DIR", 0, "Look at the /proc, /sys, /dev and /boot below DIR", 0 },
	{ 0 },
};

static const struct doctor_check *doctor_find(const char *id)
{
	for (size_t i = 0; i < DOCTOR_TABLES; i++)
		for (const struct doctor_check *check = doctor_tables[i]; check->id; check++)
			if (!strcmp(check->id, id))
				return check;
	return NULL;
}

static void doctor_add(struct doctor_options *options, const char *id,
		       struct argp_state *state)
{
	const struct doctor_check *check = doctor_find(id);

	if (!check)
		argp_error(state, "there is no check \"%s\": --list names them", id);
	else if (options->only_count == DOCTOR_CHECKS_MAX)
		argp_error(state, "\"%s\" is one too many", id);
	else
		options->only[options->only_count++] = check;
}

static void doctor_set_root(struct doctor_options *options, char *dir,
			    struct argp_state *state)
{
	size_t len = strlen(dir);
	struct stat stat_;

	if (stat(dir, &stat_) || !S_ISDIR(stat_.st_mode) || len > HOST_PATH_SIZE / 2) {
		argp_error(state, "--root=%s: a directory is needed", dir);
		return;
	}
	while (len && dir[len - 1] == '/')
		dir[--len] = '\0';
	options->host.root = dir;
}

static error_t doctor_parse(int key, char *arg, struct argp_state *state)
{
	struct doctor_options *options = state->input;

	switch (key) {
	case 'a':
		options->all = true;
		return 0;
	case 'b':
		options->brief = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'l':
		options->list = true;
		return 0;
	case 'r':
		doctor_set_root(options, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		doctor_add(options, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (options->json && (options->brief || options->all || options->list))
			argp_error(state, "--json always tells all: not with --all, --brief or --list");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp doctor_argp = {
	.options = doctor_argp_options,
	.parser = doctor_parse,
	.args_doc = "[CHECK...]",
	.doc = "Looks for what on this host makes ticks late: the kernel, its settings, the CPUs, what this user may do, fraktor itself.\v"
	       "Exit status: 0 if nothing but notes was found, 1 if there are problems or warnings, 2 for wrong usage.",
};

static void doctor_list(void)
{
	for (size_t i = 0; i < DOCTOR_TABLES; i++)
		for (const struct doctor_check *check = doctor_tables[i]; check->id; check++)
			printf("%-16s %-8s %s\n", check->id,
			       doctor_severity_name(check->severity), check->why);
}

static void doctor_look(struct doctor_report *report, const struct doctor_check *check)
{
	struct doctor_finding *finding = &report->finding[report->count++];

	finding->check = check;
	finding->text[0] = '\0';
	finding->verdict = check->look(report->host, finding->text);
}

static void doctor_look_all(struct doctor_report *report)
{
	for (size_t i = 0; i < DOCTOR_TABLES; i++)
		for (const struct doctor_check *check = doctor_tables[i]; check->id; check++)
			if (report->count < DOCTOR_CHECKS_MAX)
				doctor_look(report, check);
}

/* https://no-color.org: set and not empty. */
static bool doctor_has_colour(const struct screen *screen)
{
	const char *no = getenv("NO_COLOR");

	return screen->terminal && !(no && *no);
}

static void doctor_show(const struct doctor_options *options,
			const struct doctor_report *report)
{
	struct doctor_style style = { .brief = options->brief, .all = options->all };
	struct screen screen;

	if (options->json) {
		doctor_print_json(report);
		return;
	}
	screen_init(&screen);
	style.columns = screen.columns;
	style.colour = doctor_has_colour(&screen);
	doctor_print(report, &style);
}

static int doctor_run(int argc, char **argv)
{
	static struct doctor_finding findings[DOCTOR_CHECKS_MAX];
	struct doctor_options options = { .host.root = "" };
	struct doctor_report report = { .host = &options.host, .finding = findings };

	if (argp_parse(&doctor_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	if (options.list) {
		doctor_list();
		return 0;
	}
	for (size_t i = 0; i < options.only_count; i++)
		doctor_look(&report, options.only[i]);
	if (!options.only_count)
		doctor_look_all(&report);
	doctor_show(&options, &report);
	return doctor_count(&report, DOCTOR_PROBLEM) || doctor_count(&report, DOCTOR_WARNING);
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "what on this host makes ticks late, and what to do about it",
	.run = doctor_run,
};

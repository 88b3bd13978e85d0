// SPDX-License-Identifier: MIT
/*
 * fraktor - what the kernel's tick lines are doing, and how well this host does.
 * This file is the table of subcommands; it knows none of their options.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/command.h"
#include "common/screen.h"

static const struct command *const main_commands[] = {
	&command_list,
	&command_stat,
	&command_top,
	&command_readers,
	&command_monitor,
	&command_create,
	&command_start,
	&command_stop,
	&command_set,
	&command_doctor,
	&command_latency,
	&command_export,
	&command_record,
	&command_replay,
	&command_plot,
	&command_trace,
	&command_completion,
	&command_version,
};

#define MAIN_COMMANDS (sizeof(main_commands) / sizeof(main_commands[0]))

struct main_choice {
	const char *name;
	int at;			/* its index in argv */
};

static error_t main_parse(int key, char *arg, struct argp_state *state)
{
	struct main_choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		/* The rest belongs to the subcommand, options and all. */
		choice->name = arg;
		choice->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Appends the table of commands to --help. */
static char *main_help(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Commands:\n", out);
	for (size_t i = 0; i < MAIN_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", main_commands[i]->name,
			main_commands[i]->summary);
	fputs("\n\"fraktor COMMAND --help\" tells the options of a command, \"man fraktor-COMMAND\" the rest.",
	      out);
	fclose(out);
	return help;
}

static const struct argp main_argp = {
	.parser = main_parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Shows what the tick lines of the kernel module fraktor are doing.\v",
	.help_filter = main_help,
};

static const struct command *main_find(const char *name)
{
	for (size_t i = 0; i < MAIN_COMMANDS; i++)
		if (!strcmp(main_commands[i]->name, name))
			return main_commands[i];
	return NULL;
}

static int main_unknown(const char *name)
{
	fprintf(stderr, "fraktor: there is no command \"%s\"; there are:", name);
	for (size_t i = 0; i < MAIN_COMMANDS; i++)
		fprintf(stderr, "%s %s", i ? "," : "", main_commands[i]->name);
	fputs(" (see fraktor --help)\n", stderr);
	return COMMAND_MISUSED;
}

static int main_run(const struct command *command, int argc, char **argv)
{
	char *name;
	int rc;

	if (asprintf(&name, "fraktor %s", command->name) < 0)
		return COMMAND_FAILED;
	argv[0] = name;
	rc = command->run(argc, argv);
	free(name);
	/* What was written last may not have arrived: a full disk. */
	return screen_flush() && !rc ? COMMAND_FAILED : rc;
}

int main(int argc, char **argv)
{
	struct main_choice choice = { 0 };
	const struct command *command;

	screen_guard();
	/* Only characters: numbers keep their point in every language. */
	setlocale(LC_CTYPE, "");
	/* Set, not defined: a hidden symbol of ours would not be argp's. */
	argp_program_version = "fraktor " FRK_VERSION;
	argp_err_exit_status = COMMAND_MISUSED;
	if (argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &choice))
		return COMMAND_MISUSED;
	command = main_find(choice.name);
	if (!command)
		return main_unknown(choice.name);
	return main_run(command, argc - choice.at, argv + choice.at);
}

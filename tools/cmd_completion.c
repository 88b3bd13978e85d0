// SPDX-License-Identifier: MIT
/*
 * fraktor completion - print the completion of a shell.  The texts are the files
 * of tools/completion, put in by the build.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "common/command.h"

static const struct {
	const char *shell;
	const char *text;
} completion_scripts[] = {
	{
		.shell = "bash",
		.text =
#include "completion/fraktor.bash.inc"
	},
	{
		.shell = "zsh",
		.text =
#include "completion/fraktor.zsh.inc"
	},
};

#define COMPLETION_SCRIPTS (sizeof(completion_scripts) / sizeof(*completion_scripts))

static const char *completion_find(const char *shell)
{
	for (size_t i = 0; i < COMPLETION_SCRIPTS; i++)
		if (!strcmp(completion_scripts[i].shell, shell))
			return completion_scripts[i].text;
	return NULL;
}

static error_t completion_parse(int key, char *arg, struct argp_state *state)
{
	const char **text = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*text)
			argp_error(state, "one shell, not also \"%s\"", arg);
		*text = completion_find(arg);
		if (!*text)
			argp_error(state, "\"%s\": the shells are bash and zsh", arg);
		return 0;
	case ARGP_KEY_END:
		if (!*text)
			argp_error(state, "a shell is needed: bash or zsh");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp completion_argp = {
	.parser = completion_parse,
	.args_doc = "bash|zsh",
	.doc = "Prints what completes the command lines of fraktor in that shell.\v"
	       "For the shell that runs: source <(fraktor completion bash).  Installed packages have it in place.",
};

static int completion_run(int argc, char **argv)
{
	const char *text = NULL;

	if (argp_parse(&completion_argp, argc, argv, 0, NULL, &text))
		return COMMAND_MISUSED;
	fputs(text, stdout);
	return 0;
}

const struct command command_completion = {
	.name = "completion",
	.summary = "print the completion of a shell",
	.run = completion_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * What a subcommand is.  A new one is a file cmd_NAME.c with one struct, a
 * line in the table of main.c, a man page and a line of the completion.
 */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

/* Exit status; 0 is success, also when Ctrl-C ended a command meant to last. */
#define COMMAND_FAILED	1
#define COMMAND_MISUSED	2

/**
 * struct command - a subcommand
 * @name: how it is called.
 * @summary: a line for --help.
 * @run: does it; argv[0] is "fraktor NAME".  Returns the exit status.
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct command command_completion;
extern const struct command command_create;
extern const struct command command_doctor;
extern const struct command command_export;
extern const struct command command_latency;
extern const struct command command_list;
extern const struct command command_monitor;
extern const struct command command_plot;
extern const struct command command_readers;
extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_set;
extern const struct command command_start;
extern const struct command command_stat;
extern const struct command command_stop;
extern const struct command command_top;
extern const struct command command_trace;
extern const struct command command_version;

#endif /* TOOL_COMMAND_H */

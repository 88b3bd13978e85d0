/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping a source by name, and saying what it was before and
 * is now.  Must not know how it is done.
 */
#ifndef TOOL_CONTROL_H
#define TOOL_CONTROL_H

#include <fraktor/netlink.h>

/**
 * struct control - one of the two
 * @summary: for --help: what it does.
 * @detail: for --help: what else there is to know.
 * @done: "cannot be" what.
 * @run: does it.
 */
struct control {
	const char *summary;
	const char *detail;
	const char *done;
	int (*run)(struct frk_netlink *netlink, const char *name,
		   struct frk_error *error);
};

/* As a command's run(), see command.h. */
int control_run(const struct control *control, int argc, char **argv);

#endif /* TOOL_CONTROL_H */

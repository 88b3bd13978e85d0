// SPDX-License-Identifier: MIT
/*
 * fraktor start - make a source tick that does not.
 */
#include "common/command.h"
#include "common/control.h"

static const struct control start_control = {
	.summary = "Makes the tick source NAME tick, whoever made it, and prints what it is then and was before.",
	.detail = "Its first tick is due one period later or, aligned, at the next point of its grid.  Needs CAP_NET_ADMIN.",
	.done = "started",
	.run = frk_netlink_start,
};

static int start_run(int argc, char **argv)
{
	return control_run(&start_control, argc, argv);
}

const struct command command_start = {
	.name = "start",
	.summary = "make a source tick that does not",
	.run = start_run,
};

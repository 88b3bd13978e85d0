// SPDX-License-Identifier: MIT
/*
 * fraktor stop - make a source tick no more.
 */
#include "common/command.h"
#include "common/control.h"

static const struct control stop_control = {
	.summary = "Makes the tick source NAME tick no more, whoever made it, and prints what it is then and was before.",
	.detail = "Who waits for a tick is told; what a program makes of that is its own affair: many end.  Needs CAP_NET_ADMIN.",
	.done = "stopped",
	.run = frk_netlink_stop,
};

static int stop_run(int argc, char **argv)
{
	return control_run(&stop_control, argc, argv);
}

const struct command command_stop = {
	.name = "stop",
	.summary = "make a source tick no more",
	.run = stop_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * A command that runs as long as something is there for it.  Knows no source.
 */
#ifndef TOOL_CREATE_CHILD_H
#define TOOL_CREATE_CHILD_H

#include <signal.h>
#include <sys/types.h>

/* What a shell says of a command that cannot be run, or is not there. */
#define CHILD_NOT_RUN	126
#define CHILD_NOT_FOUND	127

/**
 * struct child - the command
 * @signals: those that ask for the end, as a descriptor.
 * @before: signals that were blocked before that.
 * @pid: who runs it.
 * @pidfd: readable when it has ended.
 */
struct child {
	int signals;
	sigset_t before;
	pid_t pid;
	int pidfd;
};

/**
 * child_listen() - take SIGINT, SIGTERM, SIGHUP and SIGQUIT from here on
 * @child: not there yet: it gets them as soon as it is.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int child_listen(struct child *child);

/**
 * child_start() - run it
 * @child: listens.
 * @argv: what to run, looked for in the path.
 *
 * It gets what child_listen() has taken meanwhile, and SIGTERM when this process
 * is gone, however it ended.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int child_start(struct child *child, char *const *argv);

/**
 * child_wait() - wait a while for its end
 * @child: it runs.  Signals that come are passed on, but for those of the
 *	terminal, which the command has had itself.
 * @timeout_ms: how long.
 *
 * Return: its exit status as a shell has it, or -1 if it runs on.
 */
int child_wait(struct child *child, int timeout_ms);

#endif /* TOOL_CREATE_CHILD_H */

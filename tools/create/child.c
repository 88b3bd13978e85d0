// SPDX-License-Identifier: MIT
/*
 * A command that runs as long as something is there for it.
 *
 * The terminal sends a Ctrl-C to all who are there: before the fork to this
 * process alone, after it to both.  So the child waits after the fork until it
 * has been given what came before: with signals blocked, the one that both got is
 * still one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"
#include "create/child.h"

static int child_complain(const char *command, int error)
{
	char name[256];

	text_clean(name, sizeof(name), command);
	fprintf(stderr, "fraktor: cannot run %s: %s\n", name, strerror(error));
	return -error;
}

int child_listen(struct child *child)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int error;
	sigset_t set;

	*child = (struct child){ .pid = -1, .pidfd = -1 };
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, &child->before);
	child->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child->signals >= 0)
		return 0;
	error = errno;
	fprintf(stderr, "fraktor: cannot take signals: %s\n", strerror(error));
	return -error;
}

/* --- in the child ------------------------------------------------------------ */

/* It begins with the signals that this process began with. */
static _Noreturn void child_exec(const struct child *child, char *const *argv)
{
	int error;

	sigprocmask(SIG_SETMASK, &child->before, NULL);
	execvp(argv[0], argv);
	/* Complaining may fail, too. */
	error = errno;
	child_complain(argv[0], error);
	_exit(error == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_RUN);
}

/* Nothing is sent of a parent that has gone before it was asked for. */
static _Noreturn void child_begin(const struct child *child, pid_t parent, const int *go,
				  char *const *argv)
{
	ssize_t n;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CHILD_NOT_RUN);
	close(go[1]);
	do
		n = read(go[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(CHILD_NOT_RUN);
	child_exec(child, argv);
}

/* --- in the parent ----------------------------------------------------------- */

static void child_pass_on(const struct child *child, bool of_terminal)
{
	struct signalfd_siginfo info;

	while (read(child->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (of_terminal || info.ssi_code != SI_KERNEL)
			kill(child->pid, (int)info.ssi_signo);
}

/* Return: 0 or a negative errno; @child->pid tells whether there is one. */
static int child_fork(struct child *child, const int *go, char *const *argv)
{
	pid_t parent = getpid();

	fflush(NULL);
	child->pid = fork();
	if (!child->pid)
		child_begin(child, parent, go, argv);
	if (child->pid < 0)
		return -errno;
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0)
		return -errno;
	child_pass_on(child, true);
	return write(go[1], "", 1) == 1 ? 0 : -errno;
}

int child_start(struct child *child, char *const *argv)
{
	int go[2], rc;

	if (pipe2(go, O_CLOEXEC))
		return child_complain(argv[0], errno);
	rc = child_fork(child, go, argv);
	close(go[0]);
	close(go[1]);
	if (!rc)
		return 0;
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	return child_complain(argv[0], -rc);
}

static int child_reap(struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(child->pidfd);
	close(child->signals);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_wait(struct child *child, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = child->pidfd, .events = POLLIN },
		{ .fd = child->signals, .events = POLLIN },
	};

	if (poll(fds, 2, timeout_ms) <= 0)
		return -1;
	if (fds[1].revents)
		child_pass_on(child, false);
	return fds[0].revents ? child_reap(child) : -1;
}

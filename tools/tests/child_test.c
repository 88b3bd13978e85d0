// SPDX-License-Identifier: MIT
/*
 * child_test.c - a command that is accompanied: signals at the wrong moment, how
 * it ends, what is left of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "create/child.h"

/* For ever, unless a signal ends it. */
static char *const endless[] = { "sleep", "1000000", NULL };

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Whoever has begun the tests may ignore or block some. */
static void all_signals(void)
{
	sigset_t none;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		signal(ends[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

TestSuite(child, .init = all_signals, .timeout = 60);

/* As the terminal sends it, but to this process alone. */
static void press(int signal)
{
	siginfo_t info = { .si_signo = signal, .si_code = SI_KERNEL };

	cr_assert_eq(syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info), 0);
}

static int end_of(struct child *child)
{
	int status;

	do
		status = child_wait(child, 1000);
	while (status < 0);
	return status;
}

static int run(char *const *argv)
{
	struct child child;

	cr_assert_eq(child_listen(&child), 0);
	cr_assert_eq(child_start(&child, argv), 0);
	return end_of(&child);
}

Test(child, its_exit_status_is_told)
{
	char *const argv[] = { "sh", "-c", "exit 7", NULL };

	cr_assert_eq(run(argv), 7);
}

Test(child, a_signal_that_killed_it_is_told)
{
	char *const argv[] = { "sh", "-c", "kill -KILL $$", NULL };

	cr_assert_eq(run(argv), 128 + SIGKILL);
}

/* It has not been there to get it from the terminal. */
Test(child, a_ctrl_c_before_it_is_there_ends_it)
{
	struct child child;

	cr_assert_eq(child_listen(&child), 0);
	press(SIGINT);
	cr_assert_eq(child_start(&child, endless), 0);
	cr_assert_eq(end_of(&child), 128 + SIGINT);
}

Test(child, so_does_any_signal_that_asks_for_the_end)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct child child;

		cr_assert_eq(child_listen(&child), 0);
		kill(getpid(), ends[i]);
		cr_assert_eq(child_start(&child, endless), 0);
		cr_assert_eq(end_of(&child), 128 + ends[i]);
		all_signals();
	}
}

Test(child, a_signal_later_is_passed_on)
{
	struct child child;

	cr_assert_eq(child_listen(&child), 0);
	cr_assert_eq(child_start(&child, endless), 0);
	kill(getpid(), SIGTERM);
	cr_assert_eq(end_of(&child), 128 + SIGTERM);
}

/* The terminal has sent it one, too. */
Test(child, a_ctrl_c_later_is_not)
{
	char *const argv[] = { "cat", NULL };
	struct child child;
	int pipes[2];

	cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
	dup2(pipes[0], STDIN_FILENO);
	cr_assert_eq(child_listen(&child), 0);
	cr_assert_eq(child_start(&child, argv), 0);
	press(SIGINT);
	cr_assert_eq(child_wait(&child, 1000), -1);
	close(pipes[1]);
	cr_assert_eq(end_of(&child), 0);
}

Test(child, it_begins_with_the_signals_that_were_blocked_before)
{
	char *const argv[] = { "grep", "-q", "^SigBlk:[^0-9a-f]*0*800$", "/proc/self/status", NULL };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
	cr_assert_eq(run(argv), 0);
}

Test(child, what_cannot_be_run_is_told_apart_from_what_is_not_there)
{
	char *const none[] = { "/nonexistent", NULL }, *const directory[] = { "/", NULL };

	cr_assert_eq(run(none), CHILD_NOT_FOUND);
	cr_assert_eq(run(directory), CHILD_NOT_RUN);
}

/* The complaint fails, and says so in errno. */
Test(child, also_when_nobody_can_be_told)
{
	char *const none[] = { "/nonexistent", NULL };

	close(STDERR_FILENO);
	cr_assert_eq(run(none), CHILD_NOT_FOUND);
}

Test(child, it_does_not_outlive_who_accompanies_it)
{
	int status, gone = 0, pipes[2];
	char go;
	pid_t pid;

	cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
	/* What is left of a child comes to this process. */
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid = fork();
	if (!pid) {
		struct child child;

		if (child_listen(&child) || child_start(&child, endless) || write(pipes[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(pipes[0], &go, 1), 1);
	kill(pid, SIGKILL);
	/* Killed, or not even begun: it may not have come so far yet. */
	for (; wait(&status) > 0; gone++)
		cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == CHILD_NOT_RUN);
	cr_assert_eq(gone, 2);
}

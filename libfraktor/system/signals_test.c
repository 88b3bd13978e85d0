// SPDX-License-Identifier: MIT
/*
 * signals_test.c - SIGTERM and SIGINT stop the system that asked for it, in order, and
 * nothing of that is left behind.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(signals, .timeout = 30);

static atomic_uint handled;

static void note(int number)
{
	(void)number;
	handled++;
}

static int try_build(int stop_on_signals, struct frk_error *error, struct frk_system **ret)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .stop_on_signals = stop_on_signals, .error = error);

	return frk_system_build(&opts, ret);
}

static struct frk_system *build(int stop_on_signals)
{
	struct frk_system *system;

	cr_assert_eq(try_build(stop_on_signals, NULL, &system), 0);
	return system;
}

static void stop_by(int number)
{
	struct counter counter = { 0 };
	struct frk_system *system = build(1);

	spawn_counter(system, &counter);
	raise(number);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.stopped, counter.started);
	frk_system_unref(system);
}

Test(signals, s10_either_of_them_stops_the_system_in_order)
{
	stop_by(SIGTERM);
	stop_by(SIGINT);
}

Test(signals, s10_what_handled_them_before_does_so_again)
{
	struct frk_system *system;

	signal(SIGTERM, note);
	system = build(1);
	raise(SIGTERM);
	cr_assert_eq(handled, 0);
	frk_system_unref(system);
	raise(SIGTERM);
	cr_assert_eq(handled, 1);
	/* One the application has put there meanwhile stays. */
	signal(SIGTERM, SIG_DFL);
	system = build(1);
	signal(SIGTERM, note);
	frk_system_unref(system);
	raise(SIGTERM);
	cr_assert_eq(handled, 2);
}

Test(signals, s10_who_did_not_ask_is_left_alone)
{
	struct frk_system *system;

	signal(SIGTERM, note);
	system = build(0);
	raise(SIGTERM);
	cr_assert_eq(handled, 1);
	cr_assert_eq(frk_system_unref(system), NULL);
}

Test(signals, s10_they_are_for_one_system_at_a_time)
{
	struct frk_system *first = build(1), *second = NULL;
	struct frk_error error = { 0 };
	unsigned int running = threads(), open = files();

	cr_assert_eq(try_build(1, &error, &second), -EBUSY);
	cr_assert_eq(second, NULL);
	cr_assert_neq(strstr(error.text, "stop_on_signals"), NULL, "%s", error.text);
	cr_assert_eq(threads(), running);
	cr_assert_eq(files(), open);
	/* And the first one still has them. */
	raise(SIGTERM);
	cr_assert_eq(frk_system_run(first), 0);
	frk_system_unref(first);
	second = build(1);
	frk_system_unref(second);
}

static int never_return(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == PING)
		for (;;)
			pause();
	return 0;
}

/* An actor that does not come back: the second signal does what it always did. */
static void hang(int ready)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = never_return);
	struct frk_system *system = build(1);
	struct frk_pid pid;

	frk_system_spawn(system, &actor, &pid);
	frk_system_send(system, pid, PING, NULL, 0);
	(void)!write(ready, "", 1);
	frk_system_run(system);
	_exit(1);
}

Test(signals, s10_the_second_one_does_not_wait)
{
	int ready[2], status;
	char byte;
	pid_t child;

	cr_assert_eq(pipe(ready), 0);
	child = fork();
	if (!child)
		hang(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	kill(child, SIGTERM);
	usleep(50000);
	cr_assert_eq(waitpid(child, &status, WNOHANG), 0);
	/* Two that come before the first is handled are one. */
	do {
		kill(child, SIGTERM);
		usleep(50000);
	} while (!waitpid(child, &status, WNOHANG));
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void *send_many(void *data)
{
	(void)data;
	for (int i = 0; i < 20000; i++)
		kill(getpid(), SIGTERM);
	return NULL;
}

/* Handlers that run while a system is taken apart: none touches what is gone. */
Test(signals, s10_signals_while_systems_come_and_go)
{
	pthread_t thread;

	signal(SIGTERM, note);
	cr_assert_eq(pthread_create(&thread, NULL, send_many, NULL), 0);
	for (int i = 0; i < 50; i++)
		frk_system_unref(build(1));
	pthread_join(thread, NULL);
	cr_assert_gt(handled, 0);
}

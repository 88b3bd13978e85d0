// SPDX-License-Identifier: MIT
/*
 * signal_test.c - a signal handler sends, wherever the signal finds the thread that runs
 * the actors: in the middle of a send of its own, at the end of a turn, before it sleeps.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <criterion/criterion.h>

#include <fraktor/fraktor.h>

#include "tick/clock.h"

enum { HELLO = FRK_MESSAGE_USER, BALL, NUDGE };

#define SIGNALS 20000U
#define SPREAD 65536U
#define NUDGE_EACH 2U
/* Without a message it sleeps longer than the test has. */
#define PERIOD_NS FRK_S(20)
#define PATIENCE_NS FRK_S(5)

static struct frk_system *tested;
static struct frk_pid players[2], counter;
static pthread_t worker;
static atomic_bool refused;
static atomic_uint there, hellos, nudges;
/* Only the worker's. */
static uint64_t balls;

static int play(struct frk_context *context, const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	if (message->kind != BALL)
		return 0;
	balls++;
	/* Some rounds, then the thread sleeps until it is nudged. */
	if (balls % 64)
		return frk_context_send(context, players[self.index == players[0].index], BALL,
					NULL, 0);
	return 0;
}

/* Threads of the library have all signals blocked; an actor may see that otherwise. */
static void unblock(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int count_them(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == FRK_MESSAGE_STARTED) {
		unblock();
		worker = pthread_self();
		there = 1;
	}
	if (message->kind == HELLO)
		hellos++;
	if (message->kind == NUDGE) {
		nudges++;
		return frk_context_send(context, players[0], BALL, NULL, 0);
	}
	return 0;
}

static void on_signal(int number)
{
	(void)number;
	if (frk_system_send(tested, counter, HELLO, NULL, 0))
		refused = true;
}

static struct frk_pid start(frk_receive_fn receive, unsigned int worker_n)
{
	const struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .worker = FRK_WORKER(worker_n));
	struct frk_pid pid = { 0 };

	cr_assert_eq(frk_system_spawn(tested, &opts, &pid), 0);
	return pid;
}

static bool becomes(atomic_uint *value, unsigned int wanted)
{
	uint64_t until_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + PATIENCE_NS;

	while (*value < wanted) {
		if (frki_clock_now_ns(CLOCK_MONOTONIC) > until_ns)
			return false;
		sched_yield();
	}
	return true;
}

static void interrupt_all(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	for (unsigned int i = 1; i <= SIGNALS; i++) {
		if (i % NUDGE_EACH == 0)
			cr_assert_eq(frk_system_send(tested, counter, NUDGE, NULL, 0), 0);
		/* Somewhere in what that began, up to some hundred microseconds. */
		for (volatile unsigned int j = i * 7919U % SPREAD; j; j--)
			;
		cr_assert_eq(pthread_kill(worker, SIGUSR1), 0);
		cr_assert(becomes(&hellos, i), "signal %u is not heard of", i);
		cr_assert(becomes(&nudges, i / NUDGE_EACH));
	}
}

/* The actors are the last one's. */
static void run(unsigned int workers)
{
	const struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = PERIOD_NS, .workers = workers,
		.quiet = 1, .silent_periods = FRK_SILENT_NEVER);
	struct frk_dead_letters letters = { 0 };

	cr_assert_eq(frk_system_build(&opts, &tested), 0);
	players[0] = start(play, workers - 1);
	players[1] = start(play, workers - 1);
	counter = start(count_them, workers - 1);
	cr_assert(becomes(&there, 1));
	interrupt_all();
	cr_assert_not(refused);
	frk_system_stop(tested);
	cr_assert_eq(frk_system_run(tested), 0);
	frk_system_get_dead_letters(tested, &letters);
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		if (i != FRK_DEAD_CLOSED && i != FRK_DEAD_ENDED)
			cr_assert_eq(letters.by_reason[i], 0);
	cr_assert_eq(hellos, SIGNALS);
	frk_system_unref(tested);
}

Test(signal, s5_what_a_signal_handler_sends_is_not_lost, .timeout = 120)
{
	run(1);
}

Test(signal, s5_what_a_signal_handler_sends_is_not_lost_with_several_workers, .timeout = 120)
{
	run(2);
}

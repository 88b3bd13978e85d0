// SPDX-License-Identifier: MIT
/*
 * shutdown_test.c - the end: exactly at its tick, in order, for everybody.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(shutdown, .timeout = 30);

Test(shutdown, a_run_hands_out_exactly_its_periods)
{
	struct frk_system *system = build_scripted(FRK_S(10));
	struct counter counter = { 0 };
	struct frk_metrics metrics;

	spawn_counter(system, &counter);
	frki_scripted_ticks(5000);
	frki_scripted_batch(6000); /* a thousand too many, found together */
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_get_metrics(system, &metrics);
	cr_assert_eq(metrics.ticks_total, 10000);
	cr_assert_eq(metrics.periods_total, 10000);
	cr_assert_eq(frki_scripted_left(), 1000);
	cr_assert_eq(counter.count, 10000);
	cr_assert_eq(counter.stopped, 1);
	frk_system_unref(system);
}

Test(shutdown, a_run_of_less_than_a_period_ends_with_the_first_tick)
{
	struct frk_system *system = build_scripted(1);
	struct counter counter = { 0 };

	spawn_counter(system, &counter);
	frki_scripted_ticks(1);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.ticks, 1);
	frk_system_unref(system);
}

Test(shutdown, a_last_tick_of_several_periods_ends_the_run_too)
{
	struct frk_system *system = build_scripted(FRK_MS(5));
	struct counter counter = { 0 };

	spawn_counter(system, &counter);
	frki_scripted_ticks(3);
	frki_scripted_tick(4);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.count, 7);
	frk_system_unref(system);
}

static struct {
	int order[8];
	unsigned int n;
} stopped;

static int note_stopped(struct frk_context *context,
			const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STOPPED)
		stopped.order[stopped.n++] = *(int *)counter->data;
	return 0;
}

Test(shutdown, the_youngest_actor_stops_first_and_the_driver_last)
{
	struct counter counters[4];
	struct frk_system *system = build_scripted(0);
	int numbers[4] = { 0, 1, 2, 3 };
	struct frk_pid first;

	for (int i = 0; i < 3; i++) {
		counters[i] = (struct counter){ .then = note_stopped,
						.data = &numbers[i] };
		if (i == 0)
			first = spawn_counter(system, &counters[i]);
		else
			spawn_counter(system, &counters[i]);
	}
	frki_scripted_ticks(1);
	/* A slot that is used again makes its actor no older. */
	frk_system_stop_actor(system, first);
	frki_scripted_settle();
	counters[3] = (struct counter){ .then = note_stopped,
					.data = &numbers[3] };
	spawn_counter(system, &counters[3]);
	frki_scripted_settle();
	cr_assert_eq(frki_scripted_calls().stop, 0);
	frk_system_stop(system);
	frk_system_stop(system);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(stopped.n, 4);
	cr_assert_eq(stopped.order[0], 0);
	cr_assert_eq(stopped.order[1], 3);
	cr_assert_eq(stopped.order[2], 2);
	cr_assert_eq(stopped.order[3], 1);
	cr_assert_eq(frki_scripted_calls().stop, 1);
	cr_assert_eq(frki_scripted_calls().close, 0);
	frk_system_unref(system);
}

static struct frk_pid neighbour;

/* Stops the system while its own mailbox and another one hold messages. */
static int stop_system(struct frk_context *context,
		       const struct frk_message *message)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = count);
	struct frk_system *system = frk_context_system(context);
	struct frk_pid self = frk_context_self(context);

	if (message->kind != PING || !message->size)
		return 0;
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(frk_context_send(context, self, PING, NULL, 0), 0);
		cr_assert_eq(frk_context_send(context, neighbour, PING, NULL,
					      0),
			     0);
	}
	frk_system_stop(system);
	cr_assert_eq(frk_context_send(context, self, PING, NULL, 0),
		     -ESHUTDOWN);
	cr_assert_eq(frk_system_send(system, self, PING, NULL, 0), -ESHUTDOWN);
	cr_assert_eq(frk_system_spawn(system, &opts, NULL), -ESHUTDOWN);
	cr_assert_eq(frk_context_after(context, PING, 0, NULL), -ESHUTDOWN);
	return 0;
}

Test(shutdown, delivers_what_is_in_the_mailboxes_and_refuses_the_rest)
{
	struct frk_system *system = build_scripted(0);
	struct counter a = { .then = stop_system }, b = { 0 };
	struct frk_pid pid = spawn_counter(system, &a);

	neighbour = spawn_counter(system, &b);
	frki_scripted_settle();
	cr_assert_eq(frk_system_send(system, pid, PING, "stop", 4), 0);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(a.pings, 6);
	cr_assert_eq(b.pings, 5);
	cr_assert_eq(a.stopped, 1);
	cr_assert_eq(b.stopped, 1);
	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), -ESHUTDOWN);
	frk_system_unref(system);
}

Test(shutdown, actors_that_had_no_turn_yet_are_started_and_stopped)
{
	struct frk_system *system = build_scripted(0);
	struct counter counters[20] = { 0 };

	for (int i = 0; i < 20; i++)
		spawn_counter(system, &counters[i]);
	frk_system_unref(system);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(counters[i].started, 1);
		cr_assert_eq(counters[i].stopped, 1);
	}
}

static struct frk_system *signalled;

static void on_signal(int number)
{
	(void)number;
	frk_system_stop(signalled);
}

Test(shutdown, may_be_asked_for_by_a_signal_handler)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };

	signalled = system;
	signal(SIGTERM, on_signal);
	spawn_counter(system, &counter);
	frki_scripted_settle();
	raise(SIGTERM);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.stopped, 1);
	frk_system_unref(system);
}

Test(shutdown, of_a_whole_system_leaves_no_thread_and_no_file)
{
	unsigned int had_threads = threads(), had_files = files();
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .run_ns = FRK_MS(5));
	struct frk_system *system;

	for (int i = 0; i < 20; i++) {
		cr_assert_eq(frk_system_build(&opts, &system), 0);
		cr_assert_gt(threads(), had_threads);
		if (i % 2)
			cr_assert_eq(frk_system_run(system), 0);
		frk_system_unref(system);
		cr_assert(threads_become(had_threads));
		cr_assert_eq(files(), had_files);
	}
}

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

/* --- phases */

#define ORDER 8
#define FAREWELL (FRK_MESSAGE_USER + 10)

static struct {
	/* Which actor got which message: 1000 times the actor, and the kind. */
	_Atomic unsigned int what[ORDER];
	atomic_uint n;
	/* One of the end, and one of phase 5. */
	struct frk_pid last, later;
} seen;

static unsigned int number_of(unsigned int actor, unsigned int kind)
{
	return 1000 * actor + kind;
}

static int note_order(struct frk_context *context, const struct frk_message *message)
{
	unsigned int me = *(unsigned int *)frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return 0;
	seen.what[seen.n++ % ORDER] = number_of(me, message->kind);
	if (message->kind != FRK_MESSAGE_STOPPED || !me)
		return 0;
	/* Who ends later is there, and hears of it. */
	cr_assert_eq(frk_context_send(context, seen.last, FAREWELL + me, NULL, 0), 0);
	if (me == 1)
		cr_assert_eq(frk_context_send(context, seen.later, FAREWELL, NULL, 0), 0);
	return 0;
}

static struct frk_pid spawn_phased(struct frk_system *system, frk_receive_fn receive,
				   void *state, uint32_t phase)
{
	const struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .state = state, .stop_phase = phase);
	struct frk_pid pid = { 0 };

	cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
	return pid;
}

static struct frk_system *build_phased(uint32_t workers, uint64_t phase_max_ns)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .workers = workers, .quiet = 1,
		.phase_max_ns = phase_max_ns);
	struct frk_system *system = NULL;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	return system;
}

static unsigned int place_of(unsigned int what)
{
	unsigned int i = 0;

	while (i < seen.n && seen.what[i] != what)
		i++;
	cr_assert_lt(i, seen.n, "%u is missing", what);
	return i;
}

static void stop_in_phases(uint32_t workers)
{
	struct frk_system *system = build_phased(workers, 0);
	unsigned int numbers[] = { 0, 1, 2 };

	seen.n = 0;
	seen.last = spawn_phased(system, note_order, &numbers[0], 0);
	seen.later = spawn_phased(system, note_order, &numbers[2], 5);
	spawn_phased(system, note_order, &numbers[1], 2);
	frk_system_stop(system);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(seen.n, 6);
	cr_assert_eq(place_of(number_of(1, FRK_MESSAGE_STOPPED)), 0);
	cr_assert_lt(place_of(number_of(2, FAREWELL)),
		     place_of(number_of(2, FRK_MESSAGE_STOPPED)));
	place_of(number_of(0, FAREWELL + 1));
	place_of(number_of(0, FAREWELL + 2));
	cr_assert_eq(place_of(number_of(0, FRK_MESSAGE_STOPPED)), 5);
	cr_assert_eq(frk_system_send(system, seen.last, FAREWELL, NULL, 0), -ESHUTDOWN);
	frk_system_unref(system);
}

Test(shutdown, s10_phase_by_phase_while_the_rest_goes_on)
{
	for (int i = 0; i < 20; i++)
		stop_in_phases(1);
}

Test(shutdown, s10_phase_by_phase_with_several_workers)
{
	for (int i = 0; i < 20; i++)
		stop_in_phases(2);
}

static int wait_for_timer(struct frk_context *context, const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, TICK, FRK_MS(2), NULL);
	counter->ticks += message->kind == TICK;
	return 0;
}

static int hold(struct frk_context *context, const struct frk_message *message)
{
	atomic_bool *held = frk_context_state(context);

	(void)message;
	if (message->kind == FRK_MESSAGE_STOPPED)
		return 0;
	while (*held)
		;
	return 0;
}

Test(shutdown, s10_time_goes_on_in_a_phase)
{
	struct frk_system *system = build_phased(2, FRK_S(20));
	const struct frk_actor_opts slow = FRK_ACTOR_OPTS(
		.receive = hold, .state = &(atomic_bool){ true }, .stop_phase = 1,
		.worker = FRK_WORKER(1));
	struct counter counter = { 0 };
	unsigned int before;

	cr_assert_eq(frk_system_spawn(system, &slow, NULL), 0);
	spawn_phased(system, wait_for_timer, &counter, 0);
	while (!counter.ticks)
		;
	before = counter.ticks;
	frk_system_stop(system);
	/* That one is in the way, and the phase may take long. */
	while (counter.ticks < before + 5)
		;
	*(atomic_bool *)slow.state = false;
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_unref(system);
}

Test(shutdown, s10_a_phase_that_takes_too_long_is_told_and_over)
{
	struct frk_system *system = build_phased(2, FRK_MS(20));
	atomic_bool held = true;
	const struct frk_actor_opts slow = FRK_ACTOR_OPTS(
		.receive = hold, .state = &held, .stop_phase = 3, .worker = FRK_WORKER(1));
	struct frk_subscription *events;
	unsigned int number = 0;
	struct frk_event event;

	cr_assert_eq(frk_subscription_open(system, FRK_EVENT_LOG, 0, &events), 0);
	cr_assert_eq(frk_system_spawn(system, &slow, NULL), 0);
	spawn_phased(system, note_order, &number, 4);
	frk_system_stop(system);
	while (!frk_subscription_next(events, &event))
		cr_assert_eq(frk_subscription_wait(events, FRK_S(10)), 0);
	cr_assert_eq(event.log.level, FRK_LOG_WARNING);
	cr_assert_str_eq(event.log.text,
			 "phase 3 of the shutdown is over after 20 ms: 1 actors have not ended");
	held = false;
	cr_assert_eq(frk_system_run(system), 0);
	frk_subscription_close(events);
	frk_system_unref(system);
}

/* @gone: the driver, and not the run. */
static void end_without_ticks(bool gone)
{
	struct frk_system *system = build_scripted(gone ? 0 : FRK_MS(1));
	unsigned int numbers[] = { 0, 1, 2 };

	seen.n = 0;
	seen.last = spawn_phased(system, note_order, &numbers[0], 0);
	seen.later = spawn_phased(system, note_order, &numbers[2], FRK_STOP_PHASES);
	spawn_phased(system, note_order, &numbers[1], 1);
	frki_scripted_ticks(1);
	if (gone)
		frki_scripted_end();
	cr_assert_eq(frk_system_run(system), gone ? -ESHUTDOWN : 0);
	cr_assert_eq(seen.n, 6);
	cr_assert_eq(seen.what[5], number_of(0, FRK_MESSAGE_STOPPED));
	frk_system_unref(system);
}

Test(shutdown, s10_phases_are_had_when_a_run_is_over)
{
	end_without_ticks(false);
}

Test(shutdown, s10_phases_are_had_when_the_driver_is_gone)
{
	end_without_ticks(true);
}

/* In phase 1, when one of it says farewell, another one of that phase begins. */
static int replace_itself(struct frk_context *context, const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = replace_itself, .state = counter, .stop_phase = 1);

	if (message->kind == FRK_MESSAGE_STARTED)
		counter->started++;
	if (message->kind != FRK_MESSAGE_STOPPED)
		return 0;
	counter->stopped++;
	if (counter->started < 5)
		cr_assert_eq(frk_system_spawn(frk_context_system(context), &opts, NULL), 0);
	return 0;
}

Test(shutdown, s10_who_begins_in_its_phase_ends_in_it)
{
	struct frk_system *system = build_phased(1, 0);
	struct counter counter = { 0 };

	spawn_phased(system, replace_itself, &counter, 1);
	frk_system_stop(system);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.started, 5);
	cr_assert_eq(counter.stopped, 5);
	frk_system_unref(system);
}

Test(shutdown, s10_a_phase_that_there_is_not_is_refused)
{
	struct frk_system *system = build_scripted(0);
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = note_order, .stop_phase = FRK_STOP_PHASES + 1);

	cr_assert_eq(frk_system_spawn(system, &opts, NULL), -EINVAL);
	frk_system_unref(system);
}

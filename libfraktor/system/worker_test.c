// SPDX-License-Identifier: MIT
/*
 * worker_test.c - the loop: a blocked actor and the ticks meanwhile, drivers that
 * end or break, many actors at once.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(worker, .timeout = 30);

static int block_100_ms(struct frk_context *context,
			const struct frk_message *message)
{
	const struct timespec pause = { .tv_nsec = 100000000 };

	(void)context;
	if (message->kind == TICK && message->count >= 10) {
		((struct counter *)frk_context_state(context))->then = NULL;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Periods without a tick of their own, in a run with a blocked actor. */
static uint64_t missed_while_blocked(void)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .run_ns = FRK_MS(300));
	struct counter counter = { .then = block_100_ms };
	struct frk_system *system;
	struct frk_metrics metrics;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	spawn_counter(system, &counter);
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_get_metrics(system, &metrics);
	frk_system_unref(system);
	cr_assert_null(counter.then, "it did not block");
	cr_assert_eq(metrics.dropped_total, 0);
	cr_assert_geq(metrics.periods_total, 300);
	cr_assert_eq(metrics.ticks_total + metrics.missed_total,
		     metrics.periods_total);
	return metrics.missed_total;
}

/*
 * A busy machine may keep the timerfd's thread off the CPU, now and then, for
 * longer than the actor blocks; an actor that delayed the ticks would do so
 * every time.
 */
Test(worker, r1_4_a_blocked_actor_does_not_delay_the_ticks)
{
	uint64_t missed = missed_while_blocked();

	for (int i = 0; missed >= 50 && i < 10; i++)
		missed = missed_while_blocked();
	cr_assert_lt(missed, 50, "missed %llu, time and again",
		     (unsigned long long)missed);
}

static atomic_int gate;

static int wait_at_gate(struct frk_context *context,
			const struct frk_message *message)
{
	(void)context;
	if (message->kind == PING)
		while (!gate)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	return 0;
}

Test(worker, r1_4_ticks_queue_up_while_an_actor_is_blocked)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { .then = wait_at_gate };
	struct frk_pid pid = spawn_counter(system, &counter);
	struct frk_metrics metrics;

	frki_scripted_ticks(10);
	frk_system_send(system, pid, PING, NULL, 0);
	while (!counter.pings)
		;
	frki_scripted_batch(100);
	cr_assert_eq(frki_scripted_left(), 100);
	gate = 1;
	frki_scripted_settle();
	cr_assert_eq(counter.ticks, 11);
	cr_assert_eq(counter.count, 110);
	frk_system_get_metrics(system, &metrics);
	cr_assert_eq(metrics.ticks_total, 110);
	cr_assert_eq(metrics.missed_total, 0);
	cr_assert_eq(metrics.dropped_total, 0);
	frk_system_unref(system);
}

Test(worker, a_driver_that_stops_by_itself_ends_the_run)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .error = &error);
	struct counter counter = { 0 };
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	spawn_counter(system, &counter);
	frki_scripted_settle();
	frki_scripted_batch(5);
	frki_scripted_end();
	cr_assert_eq(frk_system_run(system), -ESHUTDOWN);
	cr_assert_eq(error.code, -ESHUTDOWN);
	cr_assert_str_eq(error.driver, "scripted");
	cr_assert_str_eq(error.text,
			 "the tick driver stopped by itself: the script ended");
	cr_assert_eq(counter.count, 5);
	cr_assert_eq(counter.stopped, 1);
	cr_assert_eq(frk_system_run(system), -ESHUTDOWN);
	frk_system_unref(system);
}

Test(worker, a_driver_that_cannot_wait_ends_the_run)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .error = &error);
	struct counter counter = { 0 };
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	spawn_counter(system, &counter);
	frki_scripted_break(-EIO);
	cr_assert_eq(frk_system_run(system), -EIO);
	cr_assert_str_eq(error.call, "wait");
	cr_assert_eq(counter.stopped, 1);
	frk_system_unref(system);
}

Test(worker, r2_3_a_driver_that_lies_makes_nothing_early_and_nothing_hang)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };
	struct frk_driver_info info;

	spawn_counter(system, &counter);
	frki_scripted_ticks(10);
	frki_scripted_put(0, 0);
	frki_scripted_settle();
	cr_assert_eq(counter.count, 10);
	frki_scripted_put(1ULL << 63, 1); /* jumps */
	frki_scripted_settle();
	cr_assert_eq(counter.ticks, 11);
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(3), 1); /* again */
	cr_assert_eq(frk_system_run(system), -ESHUTDOWN);
	cr_assert_eq(counter.ticks, 11);
	frk_system_get_driver(system, &info);
	cr_assert_str_eq(info.stopped, "it went back in time");
	frk_system_unref(system);
}

Test(worker, r2_2_a_note_of_the_driver_is_no_tick)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };
	struct frk_metrics metrics;

	spawn_counter(system, &counter);
	frki_scripted_ticks(3);
	frki_scripted_note(FRKI_SCRIPTED_START_NS + FRK_S(50), FRK_TICK_SUSPEND);
	frki_scripted_note(FRKI_SCRIPTED_START_NS + FRK_S(60), FRK_TICK_RESUME);
	frki_scripted_settle();
	cr_assert_eq(counter.count, 3);
	cr_assert_eq(counter.now_ns, FRKI_SCRIPTED_START_NS + FRK_MS(3));
	frki_scripted_ticks(1);
	cr_assert_eq(counter.count, 4);
	cr_assert_eq(frk_system_get_metrics(system, &metrics), 0);
	cr_assert_eq(metrics.ticks_total, 4);
	cr_assert_eq(metrics.missed_total, 0);
	frk_system_unref(system);
}

Test(worker, many_timers_at_one_tick_all_fire)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors_max = 1000,
		.timers_max = 1000);
	static struct counter counters[1000];
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	for (int i = 0; i < 1000; i++)
		spawn_counter(system, &counters[i]);
	frki_scripted_ticks(20);
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(counters[i].ticks, 20);
		cr_assert_eq(counters[i].count, 20);
	}
	frk_system_unref(system);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(counters[i].stopped, 1);
}

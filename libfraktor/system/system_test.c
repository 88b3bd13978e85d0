// SPDX-License-Identifier: MIT
/*
 * system_test.c - a whole system, on a driver that ticks when the test says so:
 * building it, time, messages from outside, pids.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(system, .timeout = 30);

int count(struct frk_context *context, const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);
	int ret;

	counter->now_ns = frk_context_now_ns(context);
	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		counter->started++;
		/* Its end may have been asked for before its beginning. */
		ret = frk_context_every(context, TICK, 0, NULL);
		cr_assert(!ret || ret == -ESTALE || ret == -ESHUTDOWN);
		break;
	case FRK_MESSAGE_STOPPED:
		counter->stopped++;
		break;
	case TICK:
		counter->ticks++;
		counter->count = message->count;
		break;
	case PING:
		counter->pings++;
		break;
	}
	return counter->then ? counter->then(context, message) : 0;
}

struct frk_system *build_scripted(uint64_t run_ns)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .run_ns = run_ns);
	struct frk_system *system = NULL;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	return system;
}

struct frk_pid spawn_counter(struct frk_system *system, struct counter *counter)
{
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = count, .state = counter);
	struct frk_pid pid;

	cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
	return pid;
}

Test(system, r1_1_building_it_starts_a_driver_and_ticks_come_by_themselves)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .run_ns = FRK_MS(50));
	struct counter counter = { 0 };
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	spawn_counter(system, &counter);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_gt(counter.ticks, 0);
	cr_assert_eq(counter.stopped, 1);
	cr_assert_null(frk_system_unref(system));
}

Test(system, r1_1_the_driver_is_opened_started_stopped_and_closed_once)
{
	struct frk_system *system = build_scripted(0);
	struct frki_scripted_calls calls = frki_scripted_calls();

	cr_assert_eq(calls.open, 1);
	cr_assert_eq(calls.start, 1);
	cr_assert_eq(calls.stop, 0);
	frk_system_unref(system);
	calls = frki_scripted_calls();
	cr_assert_eq(calls.start, 1);
	cr_assert_geq(calls.stop, 1);
	cr_assert_eq(calls.close, 1);
}

/* --- time and messages ----------------------------------------------------- */

Test(system, every_tick_reaches_the_actor)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };

	spawn_counter(system, &counter);
	frki_scripted_ticks(1000);
	cr_assert_eq(counter.ticks, 1000);
	cr_assert_eq(counter.count, 1000);
	cr_assert_eq(counter.now_ns, FRKI_SCRIPTED_START_NS + FRK_S(1));
	frk_system_unref(system);
	cr_assert_eq(counter.stopped, 1);
}

Test(system, ticks_found_together_are_one_message_and_a_jump)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };

	spawn_counter(system, &counter);
	frki_scripted_settle();
	frki_scripted_batch(100);
	frki_scripted_settle();
	cr_assert_eq(counter.ticks, 1);
	cr_assert_eq(counter.count, 100);
	frki_scripted_tick(7);
	frki_scripted_settle();
	cr_assert_eq(counter.count, 107);
	frk_system_unref(system);
}

Test(system, messages_from_outside_wake_it_without_a_tick)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };
	struct frk_pid pid = spawn_counter(system, &counter);

	for (unsigned int i = 1; i <= 100; i++) {
		cr_assert_eq(frk_system_send(system, pid, PING, "x", 1), 0);
		frki_scripted_settle();
		cr_assert_eq(counter.pings, i);
	}
	cr_assert_eq(counter.now_ns, 0);
	frk_system_unref(system);
}

Test(system, a_stopped_actor_is_stale_for_everybody)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };
	struct frk_pid pid = spawn_counter(system, &counter);

	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
	cr_assert_eq(frk_system_stop_actor(system, pid), 0);
	frki_scripted_settle();
	cr_assert_eq(counter.pings, 1);
	cr_assert_eq(counter.stopped, 1);
	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), -ESTALE);
	cr_assert_eq(frk_system_stop_actor(system, pid), -ESTALE);
	frki_scripted_ticks(3);
	cr_assert_eq(counter.ticks, 0);
	frk_system_unref(system);
}

Test(system, bad_messages_are_refused)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { 0 };
	struct frk_pid pid = spawn_counter(system, &counter);
	char big[FRK_MESSAGE_PAYLOAD_MAX + 1] = "";

	cr_assert_eq(frk_system_send(system, pid, 1, NULL, 0), -EINVAL);
	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 1), -EINVAL);
	cr_assert_eq(frk_system_send(system, pid, PING, big, sizeof(big)),
		     -EMSGSIZE);
	frk_system_unref(system);
}

static int ask_to_run(struct frk_context *context,
		      const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);
	struct frk_system *system = frk_context_system(context);

	if (message->kind == PING) {
		counter->count = (uint64_t)-frk_system_run(system);
		cr_assert_null(frk_system_unref(system));
	}
	return 0;
}

Test(system, an_actor_can_neither_wait_for_its_end_nor_free_it)
{
	struct frk_system *system = build_scripted(0);
	struct counter counter = { .then = ask_to_run };
	struct frk_pid pid = spawn_counter(system, &counter);

	frk_system_send(system, pid, PING, NULL, 0);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(counter.count, EDEADLK);
	cr_assert_eq(counter.stopped, 1);
	frk_system_unref(system);
}

Test(system, r3_6_the_driver_in_effect_can_be_read_while_and_after)
{
	struct frk_system *system = build_scripted(FRK_MS(3));
	struct frk_driver_info info;
	struct frk_metrics metrics;

	cr_assert_eq(frk_system_get_driver(system, &info), 0);
	cr_assert_str_eq(info.name, "scripted");
	cr_assert_str_eq(info.path, "condition variable");
	cr_assert_eq(info.kind, FRK_DRIVER_CUSTOM);
	cr_assert_eq(info.resolution_ns, FRK_MS(1));
	cr_assert_gt(info.start_ns, 0);
	frki_scripted_ticks(3);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(frk_system_get_driver(system, &info), 0);
	cr_assert_eq(info.ticks_total, 3);
	cr_assert_eq(frk_system_get_metrics(system, &metrics), 0);
	cr_assert_eq(metrics.ticks_total, 3);
	frk_system_unref(system);
}

Test(system, functions_refuse_null)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = count);
	struct frk_pid pid = { 0 };

	cr_assert_eq(frk_system_build(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_system_spawn(NULL, &opts, NULL), -EINVAL);
	cr_assert_eq(frk_system_send(NULL, pid, PING, NULL, 0), -EINVAL);
	cr_assert_eq(frk_system_stop_actor(NULL, pid), -EINVAL);
	cr_assert_eq(frk_system_run(NULL), -EINVAL);
	cr_assert_eq(frk_system_get_metrics(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_system_get_driver(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_report_live(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_report_summary(NULL, NULL), -EINVAL);
	frk_system_stop(NULL);
	cr_assert_null(frk_system_unref(NULL));
}

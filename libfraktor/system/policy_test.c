// SPDX-License-Identifier: MIT
/*
 * policy_test.c - what becomes of a system whose driver stops, falls silent or
 * lies: told by events, decided by the policy, without a timer lost or early.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system.h"
#include "system/system_test.h"
#include "testing/faulty_driver.h"
#include "testing/scripted_driver.h"

static struct frk_system *system_;
static struct frk_subscription *events;
static struct frk_error error;

static const struct frk_driver_entry mine[] = { { &frki_faulty_driver, 1000 } };

static struct frk_system_opts opts;

static void setup(void)
{
	struct frk_system_opts fresh = FRK_SYSTEM_OPTS(
		.driver_name = "faulty", .drivers = mine, .drivers_n = 1,
		.retry_backoff_ns = FRK_MS(5), .error = &error);

	opts = fresh;
	frki_faulty.after = 20;
	frki_faulty.lives = 1;
}

TestSuite(policy, .init = setup, .timeout = 60);

static void build(void)
{
	cr_assert_eq(frk_system_build(&opts, &system_), 0, "%s", error.text);
	cr_assert_eq(frk_subscription_open(system_, FRK_EVENT_ALL, 100, &events), 0);
}

static void teardown(void)
{
	frk_subscription_close(events);
	frk_system_unref(system_);
}

/* The next event of a key; the test's own time limit is its end. */
static struct frk_event await(uint32_t key)
{
	struct frk_event event = { 0 };
	int ret;

	while ((ret = frk_subscription_next(events, &event)) >= 0) {
		if (ret && event.key == key)
			return event;
		if (!ret)
			frk_subscription_wait(events, FRK_S(1));
	}
	cr_assert_fail("the system ended without event %u", key);
	return event;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * FRK_S(1) + (uint64_t)now.tv_nsec;
}

/* --- fail-fast --------------------------------------------------------------- */

static void assert_fails_fast(enum frki_fault fault, enum frk_stop_reason reason,
			      int code, const char *words)
{
	struct frk_driver_info info;
	struct frk_event event;

	frki_faulty.fault = fault;
	frki_faulty.opened = 0;
	build();
	event = await(FRK_EVENT_DRIVER_STARTED);
	cr_assert_str_eq(event.driver.name, "faulty");
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_str_eq(event.driver.name, "faulty");
	cr_assert_eq(event.driver.reason, reason);
	cr_assert_eq(event.driver.then, FRK_THEN_SHUTDOWN);
	cr_assert_eq(event.driver.code, code == -ESHUTDOWN ? 0 : code);
	cr_assert_str_eq(event.driver.text, words);
	cr_assert_eq(frk_system_run(system_), code);
	cr_assert_eq(error.code, code);
	cr_assert_str_eq(error.driver, "faulty");
	frk_system_get_driver(system_, &info);
	cr_assert_str_eq(info.name, "faulty");
	cr_assert_str_eq(info.stopped, words);
	cr_assert_eq(info.ticks_total, 20);
	/* Nothing comes behind the end. */
	while (frk_subscription_next(events, &event) > 0)
		cr_assert_neq(event.key, FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(frk_subscription_next(events, &event), -ESHUTDOWN);
	teardown();
}

Test(policy, r2_3_fail_fast_is_the_default_when_a_driver_ends)
{
	assert_fails_fast(FRKI_FAULT_END, FRK_STOP_ENDED, -ESHUTDOWN, "it had enough");
}

Test(policy, r2_3_fail_fast_when_a_driver_breaks)
{
	assert_fails_fast(FRKI_FAULT_BROKEN, FRK_STOP_BROKEN, -EIO,
			  "waiting for it failed");
}

Test(policy, r2_3_fail_fast_when_a_driver_lies)
{
	assert_fails_fast(FRKI_FAULT_AHEAD, FRK_STOP_LYING, -ESHUTDOWN,
			  "it told of a tick that is still to come");
	assert_fails_fast(FRKI_FAULT_BACK, FRK_STOP_LYING, -ESHUTDOWN,
			  "it went back in time");
	assert_fails_fast(FRKI_FAULT_REPEAT, FRK_STOP_LYING, -ESHUTDOWN,
			  "it told of a tick twice");
}

Test(policy, r2_3_fail_fast_when_a_driver_falls_silent)
{
	opts.silent_periods = 1000;
	assert_fails_fast(FRKI_FAULT_SILENT, FRK_STOP_SILENT, -ESHUTDOWN,
			  "it said nothing for too long");
}

/* --- the watchdog -------------------------------------------------------------- */

/* It is not earlier than it may be; how much later is up to the machine. */
Test(policy, r2_3_silence_is_noticed_after_the_periods_that_were_allowed)
{
	struct frk_event event;

	frki_faulty.fault = FRKI_FAULT_SILENT;
	opts.silent_periods = 500;
	build();
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_SILENT);
	cr_assert_neq(frki_faulty.fault_ns, 0);
	cr_assert_geq(event.at_ns, frki_faulty.told_ns + FRK_MS(500));
	teardown();
}

/* Where time is simulated nobody expects a tick. */
Test(policy, r2_3_a_simulated_driver_may_be_silent)
{
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 200000000 };
	struct frk_event event;

	system_ = build_scripted(0);
	cr_assert_eq(frk_subscription_open(system_, FRK_EVENT_DRIVER_STOPPED, 100,
					   &events),
		     0);
	nanosleep(&pause, NULL);
	cr_assert_eq(frk_subscription_next(events, &event), 0);
	frk_system_stop(system_);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_ASKED);
	teardown();
}

static int block(struct frk_context *context, const struct frk_message *message)
{
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 500000000 };

	(void)context;
	if (message->kind == FRK_MESSAGE_STARTED)
		nanosleep(&pause, NULL);
	return 0;
}

/* The driver is not silent because nobody listens. */
Test(policy, r2_3_a_busy_reader_is_no_silent_driver)
{
	struct counter counter = { .then = block };

	opts.run_ns = FRK_S(2);
	opts.silent_periods = 1000;
	frki_faulty.fault = FRKI_FAULT_NONE;
	build();
	spawn_counter(system_, &counter);
	cr_assert_eq(frk_system_run(system_), 0);
	teardown();
}

/* An actor that never lets the worker rest. */
static int go_on(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED || message->kind == PING)
		frk_context_send(context, frk_context_self(context), PING, NULL, 0);
	return 0;
}

Test(policy, r2_3_a_silent_driver_is_found_while_actors_are_busy)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = go_on);
	struct frk_event event;

	opts.silent_periods = 100;
	frki_faulty.fault = FRKI_FAULT_SILENT;
	build();
	cr_assert_eq(frk_system_spawn(system_, &actor, NULL), 0);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_SILENT);
	cr_assert_geq(event.at_ns, frki_faulty.told_ns + FRK_MS(100));
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	teardown();
}

static int block_once(struct frk_context *context, const struct frk_message *message)
{
	static const struct timespec pause = { .tv_nsec = 600000000 };

	(void)context;
	if (message->kind == PING)
		nanosleep(&pause, NULL);
	return 0;
}

/* One callback is longer than all of the silence. */
Test(policy, r2_3_a_silent_driver_is_found_when_a_busy_actor_is_done)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = block_once);
	struct frk_event event;
	struct frk_pid pid;

	opts.silent_periods = 100;
	frki_faulty.fault = FRKI_FAULT_SILENT;
	build();
	cr_assert_eq(frk_system_spawn(system_, &actor, &pid), 0);
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_SILENT);
	teardown();
}

/* --- several in one --------------------------------------------------------------- */

/* The other one says nothing for the whole of the test: nobody waits for it. */
Test(policy, r2_3_one_of_several_that_ends_is_told_at_once)
{
	struct frk_driver_member two[] = { { .driver = &frk_driver_pulse },
					   { .driver = &frki_faulty_driver } };
	struct frk_tick_feed *feed;
	struct frk_event event;

	cr_assert_eq(frk_tick_feed_new(0, &feed), 0);
	two[0].feed = feed;
	opts.driver_name = "fused";
	opts.members = two;
	opts.members_n = 2;
	opts.silent_periods = FRK_SILENT_NEVER;
	frki_faulty.fault = FRKI_FAULT_END;
	build();
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_str_eq(event.driver.name, "faulty");
	cr_assert_eq(event.driver.member, 2);
	cr_assert_eq(event.driver.reason, FRK_STOP_ENDED);
	cr_assert_eq(event.driver.then, FRK_THEN_NOTHING);
	cr_assert_str_eq(event.driver.text, "it had enough");
	/* Then all have ended, and that is the end. */
	frk_tick_feed_fault(feed);
	do {
		event = await(FRK_EVENT_DRIVER_STOPPED);
	} while (event.driver.member);
	cr_assert_str_eq(event.driver.name, "fused");
	cr_assert_eq(event.driver.then, FRK_THEN_SHUTDOWN);
	cr_assert_neq(*event.driver.text, '\0');
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	teardown();
	frk_tick_feed_unref(feed);
}

/* --- retry ----------------------------------------------------------------------- */

/* On the driver of a script: 20 ticks a life, however slow the machine is. */
Test(policy, r2_3_retry_starts_the_driver_again)
{
	struct counter counter = { 0 };
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_event event;

	opts.driver_name = NULL;
	opts.drivers_n = 0;
	opts.driver = &frki_scripted_driver;
	opts.stop_policy = FRK_STOP_RETRY;
	build();
	spawn_counter(system_, &counter);
	for (uint32_t life = 0; life < 3; life++) {
		event = await(FRK_EVENT_DRIVER_STARTED);
		cr_assert_eq(event.driver.attempt, life);
		frki_scripted_ticks(20);
		if (life == 2)
			break;
		frki_scripted_end();
		event = await(FRK_EVENT_DRIVER_STOPPED);
		cr_assert_eq(event.driver.reason, FRK_STOP_ENDED);
		cr_assert_eq(event.driver.then, FRK_THEN_RETRY);
		cr_assert_eq(event.driver.attempt, life + 1);
		cr_assert_eq(event.driver.delay_ns, FRK_MS(5) << life);
	}
	frk_system_get_driver(system_, &info);
	cr_assert_str_eq(info.name, "scripted");
	frk_system_stop(system_);
	cr_assert_eq(frk_system_run(system_), 0);
	frk_system_get_metrics(system_, &metrics);
	cr_assert_eq(metrics.ticks_total, 60);
	frk_system_get_driver(system_, &info);
	cr_assert_eq(info.ticks_total, 60);
	cr_assert_eq(frki_scripted_calls().open, 3);
	cr_assert_gt(counter.ticks, 0);
	teardown();
}

Test(policy, r2_3_retry_gives_up_after_its_attempts)
{
	struct frk_event event;

	opts.stop_policy = FRK_STOP_RETRY;
	opts.retry_attempts = 2;
	/* One tick proves nothing, however late it is. */
	frki_faulty.after = 1;
	frki_faulty.fault = FRKI_FAULT_END;
	frki_faulty.lives = 100;
	build();
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	cr_assert_eq(frki_faulty.opened, 3);
	for (int i = 0; i < 3; i++)
		event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.then, FRK_THEN_SHUTDOWN);
	teardown();
}

/* What does not start again is an attempt like any other. */
Test(policy, r2_3_a_driver_that_does_not_start_again_is_told)
{
	struct frk_event event;

	opts.stop_policy = FRK_STOP_RETRY;
	opts.retry_attempts = 2;
	frki_faulty.after = 1;
	frki_faulty.lives = 100;
	frki_faulty.fault = FRKI_FAULT_START;
	build();
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_ENDED);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_FAILED);
	cr_assert_eq(event.driver.code, -ENODEV);
	cr_assert_not_null(strstr(event.driver.text, "does not start"));
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	teardown();
}

/* A pause between two lines is no pause for actors. */
Test(policy, r2_3_messages_are_handled_while_there_is_no_driver)
{
	struct counter counter = { 0 };
	struct frk_pid pid;

	opts.stop_policy = FRK_STOP_RETRY;
	opts.retry_backoff_ns = FRK_S(50);
	frki_faulty.fault = FRKI_FAULT_END;
	build();
	pid = spawn_counter(system_, &counter);
	await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	while (!counter.pings)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	/* Nor does it hold up the end. */
	teardown();
}

/* --- fallback -------------------------------------------------------------------- */

#define TIMERS 40

static struct {
	atomic_uint fired;
	atomic_uint early;
	atomic_uint wrong;
} timers;

/* Timers that become due before, while and after the driver goes away. */
static int with_timers(struct frk_context *context, const struct frk_message *message)
{
	unsigned int i = message->kind - FRK_MESSAGE_USER;

	if (message->kind == FRK_MESSAGE_STARTED)
		for (i = 0; i < TIMERS; i++)
			cr_assert_eq(frk_context_after(context, FRK_MESSAGE_USER + i,
						       FRK_MS(1 + 7 * i), NULL),
				     0);
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	timers.early += message->deadline_ns > now_ns() ||
			message->deadline_ns > frk_context_now_ns(context);
	timers.wrong += i != timers.fired++;
	if (timers.fired == TIMERS)
		frk_system_stop(frk_context_system(context));
	return 0;
}

static void assert_falls_back(enum frki_fault fault, const char *to)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = with_timers);
	struct frk_driver_info info;
	struct frk_event event;

	memset(&timers, 0, sizeof(timers));
	opts.stop_policy = FRK_STOP_FALLBACK;
	frki_faulty.fault = fault;
	frki_faulty.opened = 0;
	build();
	cr_assert_eq(frk_system_spawn(system_, &actor, NULL), 0);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.then, FRK_THEN_FALLBACK);
	event = await(FRK_EVENT_DRIVER_CHANGED);
	cr_assert_str_eq(event.driver.next, "faulty");
	if (to)
		cr_assert_str_eq(event.driver.name, to);
	cr_assert_str_neq(event.driver.name, "faulty");
	cr_assert_eq(frk_system_run(system_), 0);
	frk_system_get_driver(system_, &info);
	cr_assert_str_eq(info.name, event.driver.name);
	cr_assert_eq(timers.fired, TIMERS);
	cr_assert_eq(timers.early, 0);
	cr_assert_eq(timers.wrong, 0);
	teardown();
}

Test(policy, r2_3_after_a_fallback_no_timer_is_lost_and_none_is_early)
{
	opts.fallback_name = "timerfd";
	assert_falls_back(FRKI_FAULT_END, "timerfd");
	assert_falls_back(FRKI_FAULT_AHEAD, "timerfd");
	assert_falls_back(FRKI_FAULT_REPEAT, "timerfd");
	assert_falls_back(FRKI_FAULT_BROKEN, "timerfd");
}

Test(policy, r2_3_falls_back_from_silence)
{
	opts.fallback_name = "nanosleep";
	assert_falls_back(FRKI_FAULT_SILENT, "nanosleep");
}

Test(policy, r2_3_r3_4_falls_back_to_the_best_other_driver)
{
	opts.fallback_name = "auto";
	assert_falls_back(FRKI_FAULT_END, NULL);
}

Test(policy, r2_3_a_fallback_that_does_not_work_is_the_end)
{
	struct frk_event event;

	opts.stop_policy = FRK_STOP_FALLBACK;
	opts.fallback_name = "pulse"; /* without a feed */
	frki_faulty.fault = FRKI_FAULT_END;
	build();
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	event = await(FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_FAILED);
	cr_assert_str_eq(event.driver.name, "pulse");
	cr_assert_eq(event.driver.then, FRK_THEN_SHUTDOWN);
	cr_assert_eq(event.driver.code, -EINVAL);
	teardown();
}

/* --- wake-ups ---------------------------------------------------------------------- */

/* Messages from outside reach actors whatever becomes of the lines meanwhile. */
Test(policy, r2_3_no_message_is_left_lying_while_drivers_change)
{
	struct counter counter = { 0 };
	struct frk_pid pid;
	unsigned int sent = 0;

	opts.stop_policy = FRK_STOP_RETRY;
	opts.retry_attempts = 1000;
	opts.retry_backoff_ns = 1;
	opts.run_ns = FRK_MS(300);
	frki_faulty.fault = FRKI_FAULT_END;
	frki_faulty.after = 2;
	frki_faulty.lives = 8;
	build();
	pid = spawn_counter(system_, &counter);
	while (frki_faulty.opened < 9 &&
	       !frk_system_send(system_, pid, PING, NULL, 0)) {
		sent++;
		while (counter.pings < sent)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	cr_assert_gt(sent, 0);
	frk_system_run(system_);
	teardown();
}

// SPDX-License-Identifier: MIT
/*
 * event_test.c - what a system tells: how well ticks come, drift beyond the budget,
 * and that it does to whoever listens, and how.  Time is the script's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/manual_driver.h"
#include "testing/scripted_driver.h"

static struct frk_system *system_;
static struct frk_subscription *events;
static struct frk_error error;
static struct frk_system_opts opts;

static void setup(void)
{
	struct frk_system_opts fresh =
		FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver, .error = &error);

	opts = fresh;
}

static void teardown(void)
{
	frk_subscription_close(events);
	frk_system_unref(system_);
}

TestSuite(events, .init = setup, .fini = teardown, .timeout = 60);

static void build(uint32_t keys)
{
	cr_assert_eq(frk_system_build(&opts, &system_), 0, "%s", error.text);
	cr_assert_eq(frk_subscription_open(system_, keys, 100, &events), 0);
}

/* Ticks of a line that says a millisecond and takes @step_ns. */
static void tick_every(uint64_t step_ns, unsigned int n)
{
	for (unsigned int i = 1; i <= n; i++)
		frki_scripted_put(FRKI_SCRIPTED_START_NS + i * step_ns, 1);
	frki_scripted_settle();
}

static bool next(struct frk_event *event)
{
	return frk_subscription_next(events, event) > 0;
}

Test(events, r1_5_the_metrics_of_each_second_are_told)
{
	struct frk_event event;

	build(FRK_EVENT_TICK_METRICS);
	tick_every(FRK_MS(1), 999);
	cr_assert_not(next(&event));
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(1000), 1);
	frki_scripted_settle();
	cr_assert(next(&event));
	cr_assert_eq(event.key, FRK_EVENT_TICK_METRICS);
	cr_assert_str_eq(event.metrics.name, "scripted");
	cr_assert_eq(event.metrics.metrics.ticks_last_second, 1000);
	cr_assert_eq(event.metrics.metrics.ticks_total, 1000);
	cr_assert_eq(event.metrics.metrics.drift_last_second_ppb, 0);
	cr_assert_not(next(&event));
}

Test(events, r1_5_a_tick_of_several_seconds_is_told_of_once)
{
	struct frk_event event;

	build(FRK_EVENT_TICK_METRICS);
	frki_scripted_tick(1);
	frki_scripted_tick(3500);
	frki_scripted_settle();
	cr_assert(next(&event));
	cr_assert_eq(event.metrics.metrics.missed_total, 3499);
	cr_assert_not(next(&event));
}

Test(events, r1_5_metrics_can_be_switched_off)
{
	struct frk_event event;

	opts.quiet = 1;
	build(FRK_EVENT_ALL);
	tick_every(FRK_MS(1), 2500);
	cr_assert(next(&event));
	cr_assert_eq(event.key, FRK_EVENT_DRIVER_STARTED);
	cr_assert_not(next(&event));
}

/* --- the budget of 5 % ---------------------------------------------------------- */

static void assert_drift(uint64_t step_ns, int64_t ppb)
{
	struct frk_event event;

	build(FRK_EVENT_DRIFT_EXCEEDED);
	tick_every(step_ns, 2500);
	if (!ppb) {
		cr_assert_not(next(&event));
		return;
	}
	cr_assert(next(&event));
	cr_assert_str_eq(event.drift.name, "scripted");
	cr_assert_eq(event.drift.budget_ppb, 50000000);
	cr_assert_eq(event.drift.stops, 0);
	/* To the last part of a million. */
	cr_assert_lt(llabs(event.drift.drift_ppb - ppb), 1000, "%lld",
		     (long long)event.drift.drift_ppb);
}

Test(events, r1_2_a_driver_that_is_4_percent_slow_is_within_the_budget)
{
	assert_drift(FRK_US(1040), 0);
}

Test(events, r1_2_a_driver_that_is_4_percent_fast_is_within_the_budget)
{
	assert_drift(FRK_US(960), 0);
}

Test(events, r1_2_a_driver_that_is_6_percent_slow_exceeds_the_budget)
{
	assert_drift(FRK_US(1060), 60000000);
}

Test(events, r1_2_a_driver_that_is_6_percent_fast_exceeds_the_budget)
{
	assert_drift(FRK_US(940), -60000000);
}

/* It lies about its resolution: a millisecond that takes two. */
Test(events, r2_3_a_driver_that_lies_about_its_resolution_is_stopped_if_wanted)
{
	struct frk_driver_info info;
	struct frk_event event;

	opts.drift_stops = 1;
	build(FRK_EVENT_DRIFT_EXCEEDED | FRK_EVENT_DRIVER_STOPPED);
	tick_every(FRK_MS(2), 600);
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	cr_assert(next(&event));
	cr_assert_eq(event.key, FRK_EVENT_DRIFT_EXCEEDED);
	cr_assert_eq(event.drift.drift_ppb, 1000000000);
	cr_assert_eq(event.drift.stops, 1);
	cr_assert(next(&event));
	cr_assert_eq(event.key, FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_DRIFT);
	frk_system_get_driver(system_, &info);
	cr_assert_str_eq(info.stopped, "its drift went beyond the budget");
}

Test(events, r1_2_the_budget_may_be_any)
{
	struct frk_event event;

	opts.drift_budget_ppb = 1000000; /* 0.1 % */
	build(FRK_EVENT_DRIFT_EXCEEDED);
	tick_every(FRK_US(1002), 1000);
	cr_assert(next(&event));
	cr_assert_eq(event.drift.budget_ppb, 1000000);
}

/* --- several drivers ---------------------------------------------------------------- */

static struct frk_event await(uint32_t key)
{
	struct frk_event event = { 0 };

	while (frk_subscription_next(events, &event) <= 0 || event.key != key)
		frk_subscription_wait(events, FRK_S(1));
	return event;
}

Test(events, r1_2_r2_2_of_several_drivers_each_has_its_own_account_and_budget)
{
	const struct frk_driver_member two[] = {
		{ .driver = &frki_driver_manual },
		{ .driver = &frki_scripted_driver },
	};
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_event event;

	opts.driver = &frk_driver_fused;
	opts.members = two;
	opts.members_n = 2;
	opts.feed_slots = 8192;
	opts.silent_periods = FRK_SILENT_NEVER;
	build(FRK_EVENT_ALL);
	/* Both have a second and more; then one closes it for the whole. */
	tick_every(FRK_US(1060), 1500);
	while (frk_system_get_member(system_, 1, &info, &metrics) ||
	       metrics.ticks_total < 1499)
		;
	cr_assert_str_eq(info.name, "scripted");
	/* Not more at once than its feed holds. */
	for (uint64_t i = 1; i <= 3500; i++) {
		cr_assert_eq(frki_manual_tick(1), 0);
		while (i % 500 == 0 &&
		       !frk_system_get_member(system_, 0, &info, &metrics) &&
		       metrics.ticks_total < i - 1)
			;
	}
	event = await(FRK_EVENT_DRIFT_EXCEEDED);
	cr_assert_str_eq(event.drift.name, "scripted");
	cr_assert_eq(event.drift.member, 2);
	cr_assert_lt(llabs(event.drift.drift_ppb - 60000000), 1000);
	do {
		event = await(FRK_EVENT_TICK_METRICS);
	} while (event.metrics.member != 1 || !event.metrics.metrics.ticks_last_second);
	cr_assert_str_eq(event.metrics.name, "manual");
	cr_assert_eq(event.metrics.metrics.ticks_last_second, 1000);
	cr_assert_eq(event.metrics.metrics.drift_last_second_ppb, 0);
	cr_assert_eq(frk_system_get_member(system_, 2, &info, &metrics), -ENOENT);
}

/* --- subscribers ------------------------------------------------------------------ */

Test(events, s9_a_subscriber_that_does_not_come_is_in_nobodys_way)
{
	struct frk_subscription *quick;
	struct frk_event event;
	unsigned int got = 0;

	opts.events_max = 4;
	build(FRK_EVENT_TICK_METRICS);
	cr_assert_eq(frk_subscription_open(system_, FRK_EVENT_TICK_METRICS, 0, &quick), 0);
	for (int second = 0; second < 10; second++) {
		frki_scripted_batch(1000);
		frki_scripted_settle();
		while (frk_subscription_next(quick, &event) > 0)
			got++;
	}
	cr_assert_eq(got, 10);
	cr_assert_eq(frk_subscription_lost(quick), 0);
	for (got = 0; next(&event);)
		got++;
	cr_assert_eq(got, 4);
	/* The start of the driver was lost, too. */
	cr_assert_eq(frk_subscription_lost(events), 7);
	frk_subscription_close(quick);
}

Test(events, s9_waiting_ends_with_an_event_the_time_or_the_system)
{
	struct frk_event event;

	build(FRK_EVENT_ALL);
	cr_assert_eq(frk_subscription_wait(events, UINT64_MAX), 0);
	cr_assert(next(&event));
	cr_assert_eq(frk_subscription_wait(events, FRK_MS(5)), -ETIMEDOUT);
	frk_system_stop(system_);
	while (frk_subscription_next(events, &event) >= 0)
		cr_assert_eq(frk_subscription_wait(events, UINT64_MAX), 0);
	cr_assert_eq(event.key, FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.driver.reason, FRK_STOP_ASKED);
	cr_assert_eq(frk_subscription_wait(events, UINT64_MAX), 0);
}

Test(events, s9_misuse_is_refused)
{
	struct frk_subscription *other;
	struct frk_event event;

	build(FRK_EVENT_ALL);
	cr_assert_eq(frk_subscription_open(system_, 0, 0, &other), -EINVAL);
	cr_assert_eq(frk_subscription_open(NULL, 1, 0, &other), -EINVAL);
	cr_assert_eq(frk_subscription_next(NULL, &event), -EINVAL);
	cr_assert_eq(frk_subscription_next(events, NULL), -EINVAL);
	cr_assert_eq(frk_subscription_wait(NULL, 0), -EINVAL);
	cr_assert_eq(frk_event_print(NULL, stdout), -EINVAL);
	frk_subscription_close(NULL);
}

Test(events, s9_an_application_has_events_of_its_own)
{
	struct frk_event mine = { .key = FRK_EVENT_USER << 3, .word = { 7, 8 } };
	struct frk_event own = { .key = FRK_EVENT_DRIVER_STARTED };
	struct frk_event two = { .key = FRK_EVENT_USER | FRK_EVENT_USER << 1 };
	struct frk_event got;

	build(FRK_EVENT_USER << 3 | FRK_EVENT_LOG);
	cr_assert_eq(frk_event_publish(system_, &mine), 0);
	cr_assert(next(&got));
	cr_assert_eq(got.key, FRK_EVENT_USER << 3);
	cr_assert_eq(got.word[1], 8);
	cr_assert_gt(got.at_ns, 0);
	/* What the system tells, nobody else does. */
	cr_assert_eq(frk_event_publish(system_, &own), -EINVAL);
	cr_assert_eq(frk_event_publish(system_, &two), -EINVAL);
	cr_assert_eq(frk_event_publish(NULL, &mine), -EINVAL);
	cr_assert_eq(frk_event_publish(system_, NULL), -EINVAL);
	cr_assert_eq(frk_event_log(NULL, FRK_LOG_INFO, "x"), -EINVAL);
	cr_assert_not(next(&got));
}

Test(events, s9_a_log_line_that_is_too_long_is_cut)
{
	struct frk_event got;
	char text[500];

	build(FRK_EVENT_LOG);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_assert_eq(frk_event_log(system_, FRK_LOG_WARNING, "%d %s", 5, text), 0);
	cr_assert(next(&got));
	cr_assert_eq(got.log.level, FRK_LOG_WARNING);
	cr_assert_eq(strlen(got.log.text), sizeof(got.log.text) - 1);
	cr_assert_eq(strncmp(got.log.text, "5 xxx", 5), 0);
}

/* --- lines of a log ----------------------------------------------------------------- */

static void assert_line(const struct frk_event *event, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	cr_assert_eq(frk_event_print(event, stream), 0);
	fclose(stream);
	cr_assert_str_eq(text, expected);
	free(text);
}

Test(events, s9_an_event_is_a_line_of_a_log)
{
	struct frk_event stopped = {
		.at_ns = 12000000345,
		.key = FRK_EVENT_DRIVER_STOPPED,
		.driver = {
			.name = "kernel", .next = "timerfd", .text = "its CPU went offline",
			.reason = FRK_STOP_ENDED, .then = FRK_THEN_FALLBACK,
		},
	};
	struct frk_event failed = {
		.key = FRK_EVENT_DRIVER_STOPPED,
		.driver = {
			.name = "kernel", .reason = FRK_STOP_FAILED, .attempt = 2,
			.then = FRK_THEN_RETRY, .code = -ENOENT, .delay_ns = 200,
		},
	};
	struct frk_event drift = {
		.key = FRK_EVENT_DRIFT_EXCEEDED,
		.drift = { "pulse", -60000000, 50000000, 1 },
	};
	struct frk_event metrics = {
		.key = FRK_EVENT_TICK_METRICS,
		.metrics = { "timerfd", { .ticks_last_second = 1000, .missed_total = 3 } },
	};

	assert_line(&stopped,
		    "fraktor: 12.000000345 driver-stopped driver=kernel reason=ended then=fallback next=timerfd text=its CPU went offline\n");
	assert_line(&failed,
		    "fraktor: 0.000000000 driver-stopped driver=kernel reason=failed then=retry attempt=2 delay_ns=200 code=ENOENT\n");
	failed.driver.member = 3;
	assert_line(&failed,
		    "fraktor: 0.000000000 driver-stopped driver=kernel member=3 reason=failed then=retry attempt=2 delay_ns=200 code=ENOENT\n");
	assert_line(&drift,
		    "fraktor: 0.000000000 drift-exceeded driver=pulse drift_ppb=-60000000 budget_ppb=50000000 stops=yes\n");
	assert_line(&metrics,
		    "fraktor: 0.000000000 tick-metrics driver=timerfd ticks_last_second=1000 drift_ppb=0 phase_error_ns=0 missed=3 dropped=0 lateness_p50_ns=0 lateness_p99_ns=0 lateness_max_ns=0\n");
}

Test(events, s9_so_is_what_others_tell)
{
	struct frk_event letter = {
		.key = FRK_EVENT_DEAD_LETTER,
		.dead_letter = { { 3, 9 }, { 1, 2 }, 20, FRK_DEAD_FULL, 1 },
	};
	struct frk_event letters = { .key = FRK_EVENT_DEAD_LETTER, .dead_letter.count = 77 };
	struct frk_event failure = {
		.key = FRK_EVENT_ACTOR_FAILED,
		.failure = { { 3, 9 }, "pump\n2", -EIO, FRK_DIRECTIVE_RESTART, 1 },
	};
	struct frk_event blocked = {
		.key = FRK_EVENT_ACTOR_BLOCKED,
		.blocked = { { 3, 9 }, "pump", 2, 1, 25000000, "/plant/pump" },
	};
	struct frk_event failures = { .key = FRK_EVENT_ACTOR_FAILED, .failure.count = 5 };
	struct frk_event log = {
		.key = FRK_EVENT_LOG, .log = { FRK_LOG_ERROR, 0, "two\nlines\x1b[2J" },
	};
	struct frk_event source = {
		.key = FRK_EVENT_SOURCE,
		.source = { .type = "stopped", .name = "motor", .reason = "cpu-gone",
			    .id = 4, .cpu = 1, .ticks = 99 },
	};
	struct frk_event gone = { .key = FRK_EVENT_SOURCE, .source.type = "gone" };
	struct frk_event user = { .key = FRK_EVENT_USER << 2, .word = { 0xabc } };

	assert_line(&letter,
		    "fraktor: 0.000000000 dead-letter count=1 to=3.9 sender=1.2 kind=20 reason=full\n");
	assert_line(&letters, "fraktor: 0.000000000 dead-letter count=77\n");
	assert_line(&failure,
		    "fraktor: 0.000000000 actor-failed count=1 actor=3.9 code=EIO then=restart text=pump?2\n");
	assert_line(&blocked,
		    "fraktor: 0.000000000 actor-blocked actor=3.9 worker=2 over=yes ns=25000000 text=/plant/pump\n");
	assert_line(&failures, "fraktor: 0.000000000 actor-failed count=5\n");
	assert_line(&log, "fraktor: 0.000000000 log level=error text=two?lines?[2J\n");
	assert_line(&source,
		    "fraktor: 0.000000000 source type=stopped name=motor id=4 cpu=1 ticks=99 dropped=0 reason=cpu-gone\n");
	assert_line(&gone, "fraktor: 0.000000000 source type=gone\n");
	assert_line(&user, "fraktor: 0.000000000 user bit=26 word=0xabc\n");
}

/* SPDX-License-Identifier: MIT */
/*
 * supply_test.c - one line after another, step by step: the test is the reader, and
 * the driver does what the test says.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tick/clock.h"
#include "tick/supply.h"

/* The driver: its time is made up, and it ticks by @periods when drained. */
static struct fake {
	uint32_t periods;
	bool ended;
	int start;
	unsigned int opened;
	uint64_t seq, deadline_ns;
	/* Of one that is made of two: whose tick it is, and the period of the second. */
	uint16_t driver;
	uint64_t other_ns;
	const char *stopped;
	bool ended_note;
} fake;

static struct frki_supply supply;
static struct frki_supply_opts opts;
static struct frk_event told;
static unsigned int stops;

static int fake_open(void *state, const struct frk_driver_opts *line_opts,
		     struct frk_error *error)
{
	(void)state;
	(void)error;
	fake.opened++;
	fake.ended = false;
	fake.seq = 0;
	fake.deadline_ns += line_opts->period_ns;
	return 0;
}

static int fake_start(void *state, struct frk_error *error)
{
	(void)state;
	(void)error;
	return fake.start;
}

static int fake_drain(void *state, struct frk_tick *ret_ticks, size_t n)
{
	(void)state;
	(void)n;
	if (fake.ended)
		return -ESHUTDOWN;
	if (fake.ended_note) {
		fake.ended_note = false;
		*ret_ticks = (struct frk_tick){ .seq = ++fake.seq, .driver = 2,
						.flags = FRK_TICK_ENDED };
		return 1;
	}
	if (!fake.periods)
		return 0;
	*ret_ticks = (struct frk_tick){
		.seq = ++fake.seq, .driver = fake.driver, .periods = fake.periods,
		.deadline_ns = fake.deadline_ns,
		.fired_ns = fake.deadline_ns + (fake.periods - 1) * FRK_MS(1),
		.flags = fake.seq == 1 ? FRK_TICK_FIRST : 0,
	};
	fake.deadline_ns += fake.periods * FRK_MS(1);
	fake.periods = 0;
	return 1;
}

static int fake_zero(void *state)
{
	(void)state;
	return 0;
}

static void fake_nothing(void *state)
{
	(void)state;
}

static void fake_info(const void *state, struct frk_driver_info *ret_info)
{
	(void)state;
	*ret_info = (struct frk_driver_info){ .name = "fake", .kind = FRK_DRIVER_CUSTOM,
					      .path = "a test", .version = "7" };
}

static uint64_t fake_dropped(const void *state)
{
	(void)state;
	return 0;
}

static const struct frk_driver_ops fake_ops = {
	.size = sizeof(fake_ops), .name = "fake", .kind = FRK_DRIVER_CUSTOM,
	.state_size = 1, .open = fake_open, .start = fake_start, .drain = fake_drain,
	.wait = fake_zero, .wake = fake_nothing, .stop = fake_zero, .close = fake_nothing,
	.info = fake_info, .dropped = fake_dropped, .flags = FRK_DRIVER_SIMULATED,
};

static int fake_member(const void *state, unsigned int index,
		       struct frk_driver_info *ret_info, struct frk_metrics *ret_metrics)
{
	fake_info(state, ret_info);
	*ret_metrics = (struct frk_metrics){ 0 };
	ret_info->resolution_ns = index ? fake.other_ns : FRK_MS(1);
	if (index == 1 && fake.stopped)
		snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s", fake.stopped);
	return index < 2 ? 0 : -ENOENT;
}

static void on_event(void *data, const struct frk_event *event)
{
	(void)data;
	told = *event;
	stops += event->key == FRK_EVENT_DRIVER_STOPPED;
}

static const struct frki_supply_ops ops = { .event = on_event };

static void setup(void)
{
	opts = (struct frki_supply_opts){
		.driver = &fake_ops,
		.line = FRK_DRIVER_OPTS(.name = "test", .period_ns = FRK_MS(1)),
		.policy = FRK_STOP_RETRY, .attempts = 3, .backoff_ns = 1,
	};
	fake.deadline_ns = FRK_S(1000);
	fake.driver = 1;
	fake.other_ns = FRK_MS(1);
	frki_registry_init(&supply.bootstrap.registry);
}

static void teardown(void)
{
	frki_supply_close(&supply);
}

TestSuite(supply, .init = setup, .fini = teardown, .timeout = 60);

static void start(void)
{
	cr_assert_eq(frki_supply_start(&supply, &opts, &ops, NULL, NULL), 0);
}

static void tick(uint32_t periods)
{
	struct frk_tick got;

	fake.periods = periods;
	cr_assert_eq(frki_supply_drain(&supply, &got), 1);
	cr_assert_eq(got.periods, periods);
}

static int look(void)
{
	struct frk_tick got;

	return frki_supply_drain(&supply, &got);
}

/* The line ends, or has; a reason of its own goes before that. */
static void end(enum frk_stop_reason reason)
{
	unsigned int before = stops;

	fake.ended = !reason;
	supply.why = reason;
	look();
	cr_assert_eq(stops, before + 1);
}

/* Sleep until the next line is there. */
static void go_on(void)
{
	while (supply.down && !supply.over) {
		cr_assert_eq(frki_supply_wait(&supply), 0);
		look();
	}
}

/* Whatever else was noticed in the same moment: a drift, a silence. */
Test(supply, r2_3_a_pause_before_a_retry_is_slept_through)
{
	opts.backoff_ns = FRK_MS(50);
	start();
	end(FRK_STOP_NONE);
	supply.why = FRK_STOP_DRIFT;
	cr_assert_eq(told.driver.then, FRK_THEN_RETRY);
	cr_assert_eq(frki_supply_wait(&supply), 0);
	cr_assert_geq(frki_clock_now_ns(CLOCK_MONOTONIC), supply.again_ns);
	look();
	cr_assert_eq(told.key, FRK_EVENT_DRIVER_STARTED);
	/* And what was said of the one before is not held against this one. */
	cr_assert_eq(supply.why, FRK_STOP_NONE);
}

Test(supply, r2_3_a_wake_ends_the_pause_before_a_retry_once)
{
	opts.backoff_ns = FRK_MS(50);
	start();
	end(FRK_STOP_NONE);
	frki_supply_wake(&supply);
	cr_assert_eq(frki_supply_wait(&supply), 0);
	cr_assert_eq(frki_supply_wait(&supply), 0);
	cr_assert_geq(frki_clock_now_ns(CLOCK_MONOTONIC), supply.again_ns);
	go_on();
}

static void tick_on(unsigned int n)
{
	while (n--)
		tick(1);
}

/* However long it takes each time to find that out. */
Test(supply, r2_3_a_driver_that_starts_and_never_ticks_is_not_tried_for_ever)
{
	opts.attempts = 2;
	start();
	for (uint32_t i = 1; i <= 2; i++) {
		end(FRK_STOP_NONE);
		cr_assert_eq(told.driver.then, FRK_THEN_RETRY);
		cr_assert_eq(told.driver.attempt, i);
		go_on();
	}
	end(FRK_STOP_NONE);
	cr_assert_eq(told.driver.then, FRK_THEN_SHUTDOWN);
	cr_assert_eq(fake.opened, 3);
}

/* A second of ticks is the proof, and nothing less. */
Test(supply, r2_3_a_driver_that_ticked_for_a_second_counts_anew)
{
	start();
	tick_on(10);
	end(FRK_STOP_NONE);
	cr_assert_eq(told.driver.attempt, 1);
	go_on();
	tick_on(1000);
	end(FRK_STOP_NONE);
	cr_assert_eq(told.driver.attempt, 2);
	go_on();
	tick_on(1001);
	end(FRK_STOP_NONE);
	cr_assert_eq(told.driver.attempt, 1);
	go_on();
}

/* One tick can stand for any time: it proves that it was late. */
Test(supply, r2_3_a_late_tick_is_no_proof)
{
	start();
	tick(1);
	end(FRK_STOP_NONE);
	go_on();
	tick(5000);
	end(FRK_STOP_NONE);
	cr_assert_eq(told.driver.attempt, 2);
	go_on();
}

/* Of the driver that did not start nothing is told that was another's. */
Test(supply, r2_3_r3_6_what_did_not_start_is_not_described_by_the_one_before)
{
	struct frk_driver_info info;

	opts.policy = FRK_STOP_FALLBACK;
	opts.fallback = &frk_driver_pulse; /* without a feed */
	start();
	tick_on(3);
	end(FRK_STOP_NONE);
	go_on();
	cr_assert_eq(told.driver.reason, FRK_STOP_FAILED);
	cr_assert_str_eq(told.driver.name, "pulse");
	cr_assert_eq(told.driver.kind, FRK_DRIVER_PULSE);
	frki_supply_get_info(&supply, &info);
	cr_assert_str_eq(info.name, "pulse");
	cr_assert_eq(info.kind, FRK_DRIVER_PULSE);
	cr_assert_str_eq(info.path, "");
	cr_assert_str_eq(info.version, "");
	cr_assert_eq(info.start_ns, 0);
	cr_assert_eq(info.resolution_ns, 0);
	/* That of the whole goes on. */
	cr_assert_eq(info.ticks_total, 3);
	cr_assert_not_null(strstr(info.why, "pulse failed"));
}

Test(supply, r2_3_r3_6_what_does_not_start_again_keeps_its_name_and_kind)
{
	struct frk_driver_info info;

	start();
	end(FRK_STOP_NONE);
	fake.start = -ENODEV;
	frki_supply_wait(&supply);
	look();
	cr_assert_eq(told.driver.reason, FRK_STOP_FAILED);
	cr_assert_str_eq(told.driver.name, "fake");
	cr_assert_eq(told.driver.kind, FRK_DRIVER_CUSTOM);
	cr_assert_eq(told.driver.code, -ENODEV);
	frki_supply_get_info(&supply, &info);
	cr_assert_str_eq(info.path, "");
	cr_assert_str_eq(info.stopped, "the driver failed to start");
}

/* --- several in one ----------------------------------------------------------------- */

static void start_two(void)
{
	static struct frk_driver_ops two;

	two = fake_ops;
	two.member = fake_member;
	opts.driver = &two;
	opts.quiet = true;
	start();
	/* No clock: there is no watchdog in these tests. */
	supply.members.silent_ns = FRK_S(1);
}

static void tick_of(uint16_t driver)
{
	fake.driver = driver;
	tick(1);
}

Test(supply, r2_3_a_silent_one_among_others_is_told_once)
{
	start_two();
	tick_of(2);
	for (int i = 0; i < 1900; i++)
		tick_of(1);
	cr_assert_eq(stops, 0);
	for (int i = 0; i < 8000; i++)
		tick_of(1);
	cr_assert_eq(stops, 1);
	cr_assert_eq(told.driver.reason, FRK_STOP_SILENT);
	cr_assert_eq(told.driver.then, FRK_THEN_NOTHING);
	cr_assert_eq(told.driver.member, 2);
	cr_assert_str_eq(told.driver.text, "it said nothing for too long");
	/* It can fall silent again. */
	tick_of(2);
	for (int i = 0; i < 5000; i++)
		tick_of(1);
	cr_assert_eq(stops, 2);
}

/* The process was stopped for a minute: each is late, and one is the first. */
Test(supply, r2_3_a_stop_of_the_process_makes_nobody_silent)
{
	start_two();
	tick_of(2);
	tick_of(1);
	tick(60000);
	for (int i = 0; i < 900; i++)
		tick_of(1);
	tick_of(2);
	for (int i = 0; i < 1000; i++)
		tick_of(1);
	cr_assert_eq(stops, 0);
}

/* Eight periods of its own. */
Test(supply, r2_3_a_slow_one_among_quick_ones_is_not_silent)
{
	fake.other_ns = FRK_S(5);
	opts.line.period_ns = FRK_MS(1);
	start_two();
	supply.members.silent_ns = FRK_MS(8);
	tick_of(2);
	for (int i = 0; i < 40000; i++)
		tick_of(1);
	cr_assert_eq(stops, 0);
}

Test(supply, r2_3_one_that_ended_is_told_at_once_and_once)
{
	struct frk_tick got;

	start_two();
	tick_of(1);
	fake.stopped = "the module went away";
	fake.ended_note = true;
	cr_assert_eq(frki_supply_drain(&supply, &got), 1);
	cr_assert_eq(stops, 1);
	cr_assert_eq(told.driver.reason, FRK_STOP_ENDED);
	cr_assert_eq(told.driver.member, 2);
	cr_assert_str_eq(told.driver.text, "the module went away");
	for (int i = 0; i < 5000; i++)
		tick_of(1);
	cr_assert_eq(stops, 1);
}

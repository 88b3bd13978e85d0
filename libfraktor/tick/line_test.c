/* SPDX-License-Identifier: MIT */
/*
 * line_test.c - a line, over a driver of the application that records what is
 * done to it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/tick.h>

#include "base/error.h"

static struct {
	int opens, starts, stops, closes, wakes;
	int open_err, start_err, stop_err;
	int in_words;
	int zeroed;
	uint64_t next_seq;
	int give;
	uint16_t flags;
	uint64_t deadline_ns, period_ns;
	struct frk_driver_opts opts;
	char name[64];
} fake;

static int fake_open(void *state, const struct frk_driver_opts *opts,
		     struct frk_error *error)
{
	static const char zeroes[24];

	fake.opens++;
	fake.zeroed = !memcmp(state, zeroes, sizeof(zeroes));
	fake.opts = *opts;
	snprintf(fake.name, sizeof(fake.name), "%s", opts->name);
	if (fake.open_err && fake.in_words)
		frki_error_set(error, fake.open_err, "fake", "dig()", "rock");
	return fake.open_err;
}

static int fake_start(void *state, struct frk_error *error)
{
	(void)state;
	(void)error;
	fake.starts++;
	return fake.start_err;
}

static int fake_drain(void *state, struct frk_tick *ret_ticks, size_t n)
{
	int i;

	(void)state;
	for (i = 0; i < fake.give && (size_t)i < n; i++)
		ret_ticks[i] = (struct frk_tick){ .seq = ++fake.next_seq,
						  .periods = 2,
						  .flags = fake.flags,
						  .deadline_ns = 1 + fake.deadline_ns,
						  .fired_ns = 1 + fake.deadline_ns };
	return i ? i : fake.give;
}

static int fake_wait(void *state)
{
	(void)state;
	return -EIO;
}

static void fake_wake(void *state)
{
	(void)state;
	fake.wakes++;
}

static int fake_stop(void *state)
{
	(void)state;
	fake.stops++;
	return fake.stop_err;
}

static void fake_close(void *state)
{
	(void)state;
	fake.closes++;
}

static void fake_info(const void *state, struct frk_driver_info *ret_info)
{
	(void)state;
	strcpy(ret_info->name, "fake");
	ret_info->kind = FRK_DRIVER_CUSTOM;
	ret_info->resolution_ns = fake.period_ns;
}

static void fake_info_of_nothing(const void *state, struct frk_driver_info *ret_info)
{
	(void)state;
	(void)ret_info;
}

static uint64_t fake_dropped(const void *state)
{
	(void)state;
	return 7;
}

static const struct frk_driver_ops fake_ops = {
	.size = sizeof(fake_ops),
	.name = "fake",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = 24,
	.open = fake_open,
	.start = fake_start,
	.drain = fake_drain,
	.wait = fake_wait,
	.wake = fake_wake,
	.stop = fake_stop,
	.close = fake_close,
	.info = fake_info,
	.dropped = fake_dropped,
	.flags = FRK_DRIVER_SIMULATED,
};

static const struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = "line",
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 16,
};

static struct frk_line *open_fake(void)
{
	struct frk_line *line;

	cr_assert_eq(frk_line_open(&fake_ops, &normal, NULL, &line), 0);
	return line;
}

/* --- what is refused ------------------------------------------------------- */

static void assert_refused(const struct frk_driver_ops *ops,
			   const struct frk_driver_opts *opts, const char *word)
{
	struct frk_line *line = NULL;
	struct frk_error error = { 0 };

	cr_expect_eq(frk_line_open(ops, opts, &error, &line), -EINVAL);
	cr_expect_null(line);
	cr_expect_eq(error.code, -EINVAL);
	cr_expect_not_null(strstr(error.text, word), "'%s' is not in '%s'", word,
			   error.text);
	cr_expect_eq(frk_line_open(ops, opts, NULL, &line), -EINVAL);
	cr_expect_eq(fake.opens, 0);
}

#define refused_ops(word, ...)                        \
	do {                                          \
		struct frk_driver_ops bad = fake_ops; \
		__VA_ARGS__;                          \
		assert_refused(&bad, &normal, word);  \
	} while (0)

#define refused_opts(word, ...)                        \
	do {                                           \
		struct frk_driver_opts bad = normal;   \
		__VA_ARGS__;                           \
		assert_refused(&fake_ops, &bad, word); \
	} while (0)

Test(line, r2_1_an_incomplete_table_is_refused_in_words)
{
	assert_refused(NULL, &normal, "no tick driver");
	refused_ops("size", bad.size = 8);
	refused_ops("name", bad.name = NULL);
	refused_ops("'open'", bad.open = NULL);
	refused_ops("'start'", bad.start = NULL);
	refused_ops("'drain'", bad.drain = NULL);
	refused_ops("'wait'", bad.wait = NULL);
	refused_ops("'wake'", bad.wake = NULL);
	refused_ops("'stop'", bad.stop = NULL);
	refused_ops("'close'", bad.close = NULL);
	refused_ops("'info'", bad.info = NULL);
	refused_ops("'dropped'", bad.dropped = NULL);
}

Test(line, r1_3_bad_options_are_refused_in_words)
{
	assert_refused(&fake_ops, NULL, "options");
	refused_opts("size", bad.size = 0);
	refused_opts("period", bad.period_ns = 0);
	refused_opts("clock", bad.clockid = CLOCK_PROCESS_CPUTIME_ID);
	refused_opts("clock", bad.clockid = 4711);
	refused_opts("slots", bad.slots = 1);
	refused_opts("slots", bad.slots = 17);
	refused_opts("slots", bad.slots = 1U << 31);
	refused_opts("priority", bad.rt_priority = -1);
	refused_opts("priority", bad.rt_priority = 100);
	refused_opts("CPU", bad.cpu = UINT32_MAX);
}

/* --- what the driver sees ---------------------------------------------------- */

Test(line, what_is_not_named_has_a_default)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(.period_ns = 7);
	struct frk_line *line;
	char name[64];

	cr_assert_eq(frk_line_open(&fake_ops, &opts, NULL, &line), 0);
	snprintf(name, sizeof(name), "fraktor-%ld", (long)getpid());
	cr_expect_str_eq(fake.name, name);
	cr_expect_eq(fake.opts.clockid, CLOCK_MONOTONIC);
	cr_expect_eq(fake.opts.slots, 1024);
	cr_expect_eq(fake.opts.period_ns, 7);
	frk_line_close(line);
}

Test(line, options_of_a_newer_header_are_taken_while_they_ask_for_nothing_new)
{
	struct {
		struct frk_driver_opts opts;
		uint64_t newer;
	} given = { .opts = normal };
	struct frk_line *line;

	given.opts.size = sizeof(given);
	cr_assert_eq(frk_line_open(&fake_ops, &given.opts, NULL, &line), 0);
	cr_expect_eq(fake.opts.size, sizeof(struct frk_driver_opts));
	cr_expect_str_eq(fake.name, "line");
	frk_line_close(line);
	given.newer = 1;
	cr_assert_eq(frk_line_open(&fake_ops, &given.opts, NULL, &line), -EINVAL);
}

Test(line, the_state_is_zeroed_and_the_driver_closed)
{
	frk_line_close(open_fake());
	cr_assert(fake.zeroed);
	cr_assert_eq(fake.opens, 1);
	cr_assert_eq(fake.stops, 0);
	cr_assert_eq(fake.closes, 1);
	frk_line_close(NULL);
}

Test(line, r1_3_a_failed_open_is_not_closed_and_keeps_its_words)
{
	struct frk_line *line = NULL;
	struct frk_error error;

	fake.open_err = -EBUSY;
	fake.in_words = 1;
	cr_assert_eq(frk_line_open(&fake_ops, &normal, &error, &line), -EBUSY);
	cr_assert_null(line);
	cr_assert_eq(fake.closes, 0);
	cr_assert_str_eq(error.call, "dig()");
	cr_assert_str_eq(error.text, "rock");
}

Test(line, r1_3_a_driver_without_words_is_given_some)
{
	struct frk_line *line;
	struct frk_error error;

	fake.open_err = -EBUSY;
	cr_assert_eq(frk_line_open(&fake_ops, &normal, &error, &line), -EBUSY);
	cr_assert_eq(error.code, -EBUSY);
	cr_assert_str_eq(error.driver, "fake");
	cr_assert_str_eq(error.call, "open");
}

static int fake_open_half(void *state, const struct frk_driver_opts *opts,
			  struct frk_error *error)
{
	(void)state;
	(void)opts;
	snprintf(error->text, sizeof(error->text), "rock");
	return -EBUSY;
}

static int fake_start_half(void *state, struct frk_error *error)
{
	(void)state;
	error->code = -EIO;
	snprintf(error->call, sizeof(error->call), "dig()");
	return -EBUSY;
}

/* What a driver of the application leaves out is known all the same. */
Test(line, r1_3_an_error_says_driver_call_and_errno_whatever_the_driver_says)
{
	struct frk_driver_ops half = fake_ops;
	struct frk_driver_info info;
	struct frk_line *line;
	struct frk_error error;

	half.open = fake_open_half;
	cr_assert_eq(frk_line_open(&half, &normal, &error, &line), -EBUSY);
	cr_assert_eq(error.code, -EBUSY);
	cr_assert_str_eq(error.driver, "fake");
	cr_assert_str_eq(error.call, "open");
	cr_assert_str_eq(error.text, "rock");
	half.open = fake_open;
	half.start = fake_start_half;
	half.name = "mine";
	half.info = fake_info_of_nothing;
	cr_assert_eq(frk_line_open(&half, &normal, &error, &line), 0);
	cr_assert_eq(frk_line_start(line, &error), -EBUSY);
	cr_assert_eq(error.code, -EBUSY);
	cr_assert_str_eq(error.driver, "mine");
	cr_assert_str_eq(error.call, "dig()");
	cr_assert_str_eq(error.text, "the driver failed to start");
	/* Nor is it nameless for saying nothing of itself. */
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.name, "mine");
	cr_assert_eq(info.kind, FRK_DRIVER_CUSTOM);
	frk_line_close(line);
}

Test(line, starts_once)
{
	struct frk_line *line = open_fake();

	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_start(line, NULL), -EALREADY);
	cr_assert_eq(fake.starts, 1);
	frk_line_close(line);
	cr_assert_eq(fake.stops, 1);
}

Test(line, a_failed_start_may_be_tried_again)
{
	struct frk_line *line = open_fake();
	struct frk_driver_info info;
	struct frk_error error;

	fake.start_err = -EPERM;
	cr_assert_eq(frk_line_start(line, &error), -EPERM);
	cr_assert_str_eq(error.call, "start");
	frk_line_get_info(line, &info);
	cr_assert_eq(info.start_ns, 0);
	fake.start_err = 0;
	cr_assert_eq(frk_line_start(line, NULL), 0);
	frk_line_close(line);
}

Test(line, stop_is_idempotent_and_ends_a_wait)
{
	struct frk_line *line = open_fake();

	cr_assert_eq(frk_line_stop(line), 0);
	cr_assert_eq(fake.stops, 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_stop(line), 0);
	cr_assert_eq(fake.wakes, 1);
	cr_assert_eq(frk_line_stop(line), 0);
	frk_line_close(line);
	cr_assert_eq(fake.stops, 1);
	cr_assert_eq(fake.closes, 1);
}

Test(line, a_failed_stop_is_tried_again)
{
	struct frk_line *line = open_fake();

	cr_assert_eq(frk_line_start(line, NULL), 0);
	fake.stop_err = -EIO;
	cr_assert_eq(frk_line_stop(line), -EIO);
	fake.stop_err = 0;
	frk_line_close(line);
	cr_assert_eq(fake.stops, 2);
}

Test(line, drain_hands_on_and_counts)
{
	struct frk_line *line = open_fake();
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick ticks[8];

	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_drain(line, ticks, 0), -EINVAL);
	fake.give = 3;
	cr_assert_eq(frk_line_drain(line, ticks, 8), 3);
	cr_assert_eq(frk_line_drain(line, ticks, 2), 2);
	fake.give = 0;
	cr_assert_eq(frk_line_drain(line, ticks, 8), 0);
	fake.give = -ESHUTDOWN;
	cr_assert_eq(frk_line_drain(line, ticks, 8), -ESHUTDOWN);
	cr_assert_eq(frk_line_wait(line), -EIO);

	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total, 5);
	cr_assert_eq(metrics.missed_total, 5);
	cr_assert_eq(metrics.dropped_total, 7);
	cr_assert(metrics.timestamp_ns);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.name, "fake");
	cr_assert_eq(info.ticks_total, 5);
	cr_assert(info.start_ns);
	frk_line_close(line);
}

/* Two periods in each tick, so they come every 20 ms when it is 10 ms. */
Test(line, r1_5_a_period_that_someone_changes_is_no_drift)
{
	struct frk_line *line = open_fake();
	struct frk_metrics metrics;
	struct frk_tick tick;

	cr_assert_eq(frk_line_start(line, NULL), 0);
	fake.give = 1;
	fake.flags = FRK_TICK_FIRST | FRK_TICK_MISSED;
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	fake.period_ns = FRK_MS(10);
	fake.flags = FRK_TICK_CHANGED | FRK_TICK_MISSED;
	for (int i = 0; i < 10; i++) {
		fake.deadline_ns += FRK_MS(20);
		cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
		fake.flags = FRK_TICK_MISSED;
	}
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total, 11);
	cr_assert_eq(metrics.drift_ppb, 0);
	frk_line_close(line);
}

/* --- leads ------------------------------------------------------------------- */

static int set_leads;
static uint64_t set_lead_ns;

static int fake_set_lead(void *state, uint64_t lead_ns)
{
	(void)state;
	set_leads++;
	set_lead_ns = lead_ns;
	return 0;
}

static struct frk_tick script[8];
static int scripted;

/* All of the script at once, as after a pause. */
static int fake_play(void *state, struct frk_tick *ret_ticks, size_t n)
{
	int given = scripted < (int)n ? scripted : (int)n;

	(void)state;
	memcpy(ret_ticks, script, (size_t)given * sizeof(*script));
	scripted -= given;
	return given;
}

static int fake_sleep(void *state)
{
	(void)state;
	return 0;
}

static struct frk_line *open_leading(uint64_t lead_ns)
{
	static struct frk_driver_ops ops;
	struct frk_driver_opts opts = normal;
	struct frk_line *line;

	ops = fake_ops;
	ops.set_lead = fake_set_lead;
	ops.drain = fake_play;
	ops.wait = fake_sleep;
	/* Without one, its time is the clock's. */
	if (lead_ns == FRK_LEAD_NONE)
		ops.flags = 0;
	opts.lead_ns = lead_ns;
	cr_assert_eq(frk_line_open(&ops, &opts, NULL, &line), 0);
	return line;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void put(uint64_t deadline_ns, uint16_t flags)
{
	script[scripted] = (struct frk_tick){
		.seq = ++fake.next_seq, .periods = 1, .flags = flags,
		.deadline_ns = deadline_ns, .fired_ns = flags & FRK_TICK_LEAD ? deadline_ns - 1000 : deadline_ns,
	};
	scripted++;
}

Test(line, r1_2_a_tick_that_came_early_is_held_until_it_is_due)
{
	struct frk_line *line = open_leading(FRK_US(100));
	struct frk_metrics metrics;
	struct frk_tick tick;
	uint64_t due_ns;

	for (int i = 0; i < 50; i++) {
		due_ns = now_ns() + FRK_US(300);
		put(due_ns, FRK_TICK_LEAD);
		cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
		cr_assert_geq(now_ns(), due_ns);
		cr_assert_eq(tick.deadline_ns, due_ns);
	}
	frk_line_get_metrics(line, &metrics);
	cr_expect_eq(metrics.lead_ns, FRK_US(100));
	cr_expect_eq(metrics.lead_ticks_total, 50);
	cr_expect_eq(metrics.ticks_total, 50);
	cr_expect_leq(metrics.lead_hits_total, 50);
	cr_expect_gt(metrics.spin_mean_ns, 0);
	cr_expect_eq(metrics.spin_mean_ns, metrics.spin_total_ns / 50);
	frk_line_close(line);
}

/* Nobody spins for an hour because a driver says that it came early. */
Test(line, r1_2_a_tick_that_came_too_early_ends_the_line, .timeout = 20)
{
	struct frk_driver_ops honest = fake_ops;
	struct frk_driver_info info;
	struct frk_tick tick;
	struct frk_line *line;

	honest.drain = fake_play;
	honest.flags = 0;
	cr_assert_eq(frk_line_open(&honest, &normal, NULL, &line), 0);
	put(now_ns() + FRK_S(3600), FRK_TICK_LEAD);
	script[0].fired_ns = now_ns();
	cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, "it ticked before the deadline");
	frk_line_close(line);
}

Test(line, r2_2_what_is_due_does_not_wait_for_what_came_early)
{
	struct frk_line *line = open_leading(FRK_US(100));
	struct frk_tick ticks[8];
	uint64_t due_ns = now_ns() + FRK_S(1);

	put(due_ns - FRK_S(3), 0);
	put(due_ns - FRK_S(2), FRK_TICK_LEAD);
	put(due_ns, FRK_TICK_LEAD);
	cr_assert_eq(frk_line_drain(line, ticks, 8), 2);
	cr_assert_lt(now_ns(), due_ns);
	cr_expect_eq(ticks[1].seq, 2);
	cr_assert_eq(frk_line_wait(line), 0);
	cr_assert_eq(frk_line_drain(line, ticks, 8), 1);
	cr_assert_geq(now_ns(), due_ns);
	cr_expect_eq(ticks[0].seq, 3);
	cr_assert_eq(frk_line_drain(line, ticks, 8), 0);
	frk_line_close(line);
}

Test(line, r1_2_a_lead_is_calibrated_and_put_into_effect_while_the_reader_waits)
{
	struct frk_line *line = open_leading(FRK_LEAD_AUTO);
	struct frk_driver_info info;
	struct frk_tick tick;

	frk_line_get_info(line, &info);
	cr_expect_eq(info.lead_ns, fake.opts.lead_ns, "the driver opens with a number");
	/* Always too late by a lot: a longer lead is asked for. */
	for (int i = 0; i < 8; i++) {
		put(now_ns() - FRK_US(20), 0);
		cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
		cr_assert_eq(frk_line_wait(line), 0);
	}
	cr_expect_gt(set_leads, 0);
	frk_line_get_info(line, &info);
	cr_expect_eq(info.lead_ns, set_lead_ns);
	cr_expect_gt(info.lead_ns, FRK_US(60));
	frk_line_close(line);
}

Test(line, a_driver_that_cannot_lead_does_not)
{
	struct frk_driver_opts opts = normal;
	struct frk_driver_info info;
	struct frk_line *line;

	opts.lead_ns = FRK_LEAD_AUTO;
	cr_assert_eq(frk_line_open(&fake_ops, &opts, NULL, &line), 0);
	cr_expect_eq(fake.opts.lead_ns, 0);
	frk_line_get_info(line, &info);
	cr_expect_eq(info.lead_ns, 0);
	frk_line_close(line);
}

Test(line, r1_3_what_goes_not_together_is_refused_in_words)
{
	refused_opts("latency", bad.latency = 99);
	refused_opts("wait", bad.wait = 99);
	refused_opts("spin_max_ppm", bad.spin_max_ppm = 1000001);
	refused_opts("half a period", bad.lead_ns = FRK_US(501));
	refused_opts("half a period", bad.accuracy_ns = FRK_US(501));
	refused_opts("accuracy", bad.lead_ns = 1; bad.accuracy_ns = 1);
	refused_opts("TAI", bad.lead_ns = FRK_LEAD_AUTO; bad.clockid = CLOCK_TAI);
}

/* --- what cannot be true ------------------------------------------------------- */

static void assert_lie(const char *lie)
{
	struct frk_line *line = open_leading(FRK_LEAD_NONE);
	struct frk_driver_info info;
	struct frk_tick tick;

	scripted = 0;
	put(now_ns() - FRK_MS(2), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	put(now_ns() - FRK_MS(1), 0);
	if (strstr(lie, "twice"))
		script[0].seq--;
	if (strstr(lie, "went back"))
		script[0].deadline_ns -= FRK_S(1);
	if (strstr(lie, "to come"))
		script[0].fired_ns += FRK_S(5);
	if (strstr(lie, "before the deadline"))
		script[0].fired_ns -= 1;
	/* Nor is what comes behind it believed. */
	put(now_ns(), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
	cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
	cr_assert_eq(frk_line_wait(line), 0);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, lie);
	frk_line_close(line);
}

Test(line, r2_3_a_driver_that_lies_is_not_heard_any_more)
{
	assert_lie("it told of a tick twice");
	assert_lie("it went back in time");
	assert_lie("it told of a tick that is still to come");
	assert_lie("it ticked before the deadline");
}

Test(line, r2_3_what_came_before_a_lie_is_handed_out)
{
	struct frk_line *line = open_leading(FRK_LEAD_NONE);
	struct frk_tick ticks[8];

	put(now_ns() - FRK_MS(3), 0);
	put(now_ns() - FRK_MS(2), 0);
	put(now_ns() + FRK_S(100), 0);
	cr_assert_eq(frk_line_drain(line, ticks, 8), 2);
	cr_assert_eq(frk_line_drain(line, ticks, 8), -ESHUTDOWN);
	frk_line_close(line);
}

Test(line, r3_3_simulated_time_may_be_any)
{
	struct frk_driver_ops ops = fake_ops;
	struct frk_line *line;
	struct frk_tick tick;

	ops.drain = fake_play;
	ops.flags = FRK_DRIVER_SIMULATED;
	cr_assert_eq(frk_line_open(&ops, &normal, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	put(now_ns() + FRK_S(1000), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	frk_line_close(line);
}

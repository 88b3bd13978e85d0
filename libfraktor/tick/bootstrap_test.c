/* SPDX-License-Identifier: MIT */
/*
 * bootstrap_test.c - a line, over a driver of the application that records
 * what is done to it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "tick/bootstrap.h"

static struct {
	int opens, starts, stops, closes, wakes;
	int open_err, start_err, stop_err;
	int in_words;
	int zeroed;
	uint64_t next_seq;
	int give;
	uint16_t flags;
	uint64_t deadline_ns, period_ns;
} fake;

static int fake_open(void *state, const struct frk_driver_opts *opts,
		     struct frk_error *error)
{
	static const char zeroes[24];

	fake.opens++;
	fake.zeroed = !memcmp(state, zeroes, sizeof(zeroes));
	cr_assert_str_eq(opts->name, "line");
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
};

static const struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = "line",
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 16,
};

static struct frki_line *open_fake(void)
{
	struct frki_line *line;

	cr_assert_eq(frki_line_open(&line, &fake_ops, &normal, NULL), 0);
	return line;
}

/* --- what is refused ------------------------------------------------------- */

static void assert_refused(const struct frk_driver_ops *ops,
			   const struct frk_driver_opts *opts, const char *word)
{
	struct frki_line *line = NULL;
	struct frk_error error = { 0 };

	cr_expect_eq(frki_line_open(&line, ops, opts, &error), -EINVAL);
	cr_expect_null(line);
	cr_expect_eq(error.code, -EINVAL);
	cr_expect_not_null(strstr(error.text, word), "'%s' is not in '%s'", word,
			   error.text);
	cr_expect_eq(frki_line_open(&line, ops, opts, NULL), -EINVAL);
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

Test(bootstrap, r2_1_an_incomplete_table_is_refused_in_words)
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

Test(bootstrap, r1_3_bad_options_are_refused_in_words)
{
	assert_refused(&fake_ops, NULL, "options");
	refused_opts("size", bad.size = 0);
	refused_opts("name", bad.name = NULL);
	refused_opts("period", bad.period_ns = 0);
	refused_opts("clock", bad.clockid = CLOCK_REALTIME);
	refused_opts("clock", bad.clockid = 4711);
	refused_opts("slots", bad.slots = 0);
	refused_opts("slots", bad.slots = 1);
	refused_opts("slots", bad.slots = 17);
	refused_opts("slots", bad.slots = 1U << 31);
	refused_opts("priority", bad.rt_priority = -1);
	refused_opts("priority", bad.rt_priority = 100);
	refused_opts("CPU", bad.cpu = UINT32_MAX);
}

/* --- what the driver sees ---------------------------------------------------- */

Test(bootstrap, the_state_is_zeroed_and_the_driver_closed)
{
	frki_line_close(open_fake());
	cr_assert(fake.zeroed);
	cr_assert_eq(fake.opens, 1);
	cr_assert_eq(fake.stops, 0);
	cr_assert_eq(fake.closes, 1);
	frki_line_close(NULL);
}

Test(bootstrap, r1_3_a_failed_open_is_not_closed_and_keeps_its_words)
{
	struct frki_line *line = NULL;
	struct frk_error error;

	fake.open_err = -EBUSY;
	fake.in_words = 1;
	cr_assert_eq(frki_line_open(&line, &fake_ops, &normal, &error), -EBUSY);
	cr_assert_null(line);
	cr_assert_eq(fake.closes, 0);
	cr_assert_str_eq(error.call, "dig()");
	cr_assert_str_eq(error.text, "rock");
}

Test(bootstrap, r1_3_a_driver_without_words_is_given_some)
{
	struct frki_line *line;
	struct frk_error error;

	fake.open_err = -EBUSY;
	cr_assert_eq(frki_line_open(&line, &fake_ops, &normal, &error), -EBUSY);
	cr_assert_eq(error.code, -EBUSY);
	cr_assert_str_eq(error.driver, "fake");
	cr_assert_str_eq(error.call, "open");
}

Test(bootstrap, starts_once)
{
	struct frki_line *line = open_fake();

	cr_assert_eq(frki_line_start(line, NULL), 0);
	cr_assert_eq(frki_line_start(line, NULL), -EALREADY);
	cr_assert_eq(fake.starts, 1);
	frki_line_close(line);
	cr_assert_eq(fake.stops, 1);
}

Test(bootstrap, a_failed_start_may_be_tried_again)
{
	struct frki_line *line = open_fake();
	struct frk_driver_info info;
	struct frk_error error;

	fake.start_err = -EPERM;
	cr_assert_eq(frki_line_start(line, &error), -EPERM);
	cr_assert_str_eq(error.call, "start");
	frki_line_get_info(line, &info);
	cr_assert_eq(info.start_ns, 0);
	fake.start_err = 0;
	cr_assert_eq(frki_line_start(line, NULL), 0);
	frki_line_close(line);
}

Test(bootstrap, stop_is_idempotent_and_ends_a_wait)
{
	struct frki_line *line = open_fake();

	cr_assert_eq(frki_line_stop(line), 0);
	cr_assert_eq(fake.stops, 0);
	cr_assert_eq(frki_line_start(line, NULL), 0);
	cr_assert_eq(frki_line_stop(line), 0);
	cr_assert_eq(fake.wakes, 1);
	cr_assert_eq(frki_line_stop(line), 0);
	frki_line_close(line);
	cr_assert_eq(fake.stops, 1);
	cr_assert_eq(fake.closes, 1);
}

Test(bootstrap, a_failed_stop_is_tried_again)
{
	struct frki_line *line = open_fake();

	cr_assert_eq(frki_line_start(line, NULL), 0);
	fake.stop_err = -EIO;
	cr_assert_eq(frki_line_stop(line), -EIO);
	fake.stop_err = 0;
	frki_line_close(line);
	cr_assert_eq(fake.stops, 2);
}

Test(bootstrap, drain_hands_on_and_counts)
{
	struct frki_line *line = open_fake();
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_tick ticks[8];

	cr_assert_eq(frki_line_start(line, NULL), 0);
	cr_assert_eq(frki_line_drain(line, ticks, 0), -EINVAL);
	fake.give = 3;
	cr_assert_eq(frki_line_drain(line, ticks, 8), 3);
	cr_assert_eq(frki_line_drain(line, ticks, 2), 2);
	fake.give = 0;
	cr_assert_eq(frki_line_drain(line, ticks, 8), 0);
	fake.give = -ESHUTDOWN;
	cr_assert_eq(frki_line_drain(line, ticks, 8), -ESHUTDOWN);
	cr_assert_eq(frki_line_wait(line), -EIO);

	frki_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total, 5);
	cr_assert_eq(metrics.missed_total, 5);
	cr_assert_eq(metrics.dropped_total, 7);
	cr_assert(metrics.timestamp_ns);
	frki_line_get_info(line, &info);
	cr_assert_str_eq(info.name, "fake");
	cr_assert_eq(info.ticks_total, 5);
	cr_assert(info.start_ns);
	frki_line_close(line);
}

/* Two periods in each tick, so they come every 20 ms when it is 10 ms. */
Test(bootstrap, r1_5_a_period_that_someone_changes_is_no_drift)
{
	struct frki_line *line = open_fake();
	struct frk_metrics metrics;
	struct frk_tick tick;

	cr_assert_eq(frki_line_start(line, NULL), 0);
	fake.give = 1;
	fake.flags = FRK_TICK_FIRST | FRK_TICK_MISSED;
	cr_assert_eq(frki_line_drain(line, &tick, 1), 1);
	fake.period_ns = FRK_MS(10);
	fake.flags = FRK_TICK_CHANGED | FRK_TICK_MISSED;
	for (int i = 0; i < 10; i++) {
		fake.deadline_ns += FRK_MS(20);
		cr_assert_eq(frki_line_drain(line, &tick, 1), 1);
		fake.flags = FRK_TICK_MISSED;
	}
	frki_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total, 11);
	cr_assert_eq(metrics.drift_ppb, 0);
	frki_line_close(line);
}

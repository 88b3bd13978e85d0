/* SPDX-License-Identifier: MIT */
/*
 * driver_pulse_test.c - ticks that the program pushes: conformance, from a signal
 * handler, what is missing, what is refused, how it ends.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "testing/beaten_driver.h"
#include "testing/conformance_driver.h"

static struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = "test",
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 64,
};
static struct frk_tick_feed *feed;
static struct frk_line *line;

static void setup(void)
{
	cr_assert_eq(frk_tick_feed_new(64, &feed), 0);
	normal.feed = feed;
}

static void teardown(void)
{
	frk_line_close(line);
	frk_tick_feed_unref(feed);
}

TestSuite(driver_pulse, .init = setup, .fini = teardown, .timeout = 60);

static void open_line(void)
{
	cr_assert_eq(frk_line_open(&frk_driver_pulse, &normal, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
}

Test(driver_pulse, r2_4_conforms)
{
	const struct frki_conformance_check *check;

	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frki_beaten_pulse, &normal);

		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

/* --- from where ------------------------------------------------------------ */

static volatile sig_atomic_t handled;

static void on_alarm(int number)
{
	(void)number;
	if (!frk_tick_feed_push(feed))
		handled++;
}

/*
 * A handler that interrupts everything, pushes and drains included: what was
 * pushed is what was handed out plus what was dropped (inject == feed count).
 */
Test(driver_pulse, r2_2_a_signal_handler_may_push_at_any_moment)
{
	const struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { 0 };
	const struct sigaction action = { .sa_handler = on_alarm,
					  .sa_flags = SA_RESTART };
	struct frk_metrics metrics;
	struct frk_tick ticks[8];
	uint64_t pushed = 0, seq = 0;
	int n;

	open_line();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (handled < 2000) {
		pushed += !frk_tick_feed_push(feed);
		n = frk_line_drain(line, ticks, 8);
		for (int i = 0; i < n; i++) {
			cr_assert(ticks[i].seq > seq);
			seq = ticks[i].seq;
		}
	}
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN);
	frk_line_stop(line);
	while (frk_line_drain(line, ticks, 8) > 0)
		;
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.ticks_total + metrics.dropped_total,
		     pushed + (uint64_t)handled);
}

Test(driver_pulse, a_handler_leaves_errno_alone)
{
	open_line();
	errno = ENOTTY;
	frk_tick_feed_push(feed);
	cr_assert_eq(errno, ENOTTY);
}

static void *push_later(void *data)
{
	const struct timespec time = { .tv_nsec = 20000000 };

	nanosleep(&time, NULL);
	frk_tick_feed_push(data);
	return NULL;
}

Test(driver_pulse, r2_4_a_push_wakes_a_reader_that_sleeps)
{
	struct frk_tick tick;
	pthread_t thread;

	open_line();
	cr_assert_eq(pthread_create(&thread, NULL, push_later, feed), 0);
	while (!frk_line_drain(line, &tick, 1))
		cr_assert_eq(frk_line_wait(line), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(tick.flags, FRK_TICK_FIRST);
	cr_assert_eq(tick.periods, 1);
	cr_assert_eq(tick.deadline_ns, tick.fired_ns);
}

/* --- what is missing --------------------------------------------------------- */

/* However long the machine took: the count is told from the times. */
Test(driver_pulse, r2_2_pulses_that_did_not_come_are_missed)
{
	const struct timespec silence = { .tv_nsec = 30000000 };
	struct frk_tick first, second;
	struct frk_metrics metrics;
	uint64_t elapsed_ns;

	open_line();
	frk_tick_feed_push(feed);
	nanosleep(&silence, NULL);
	frk_tick_feed_push(feed);
	cr_assert_eq(frk_line_drain(line, &first, 1), 1);
	cr_assert_eq(frk_line_drain(line, &second, 1), 1);
	elapsed_ns = second.fired_ns - first.fired_ns;
	cr_assert_geq(second.periods, 30);
	cr_assert_eq(second.periods, (elapsed_ns + FRK_US(500)) / FRK_MS(1));
	cr_assert(second.flags & FRK_TICK_MISSED);
	cr_assert_eq(second.deadline_ns,
		     second.fired_ns - (second.periods - 1) * FRK_MS(1));
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.missed_total, second.periods - 1);
}

Test(driver_pulse, r2_2_a_burst_of_pulses_misses_nothing)
{
	struct frk_tick ticks[64];
	uint64_t fired_ns = 0;

	open_line();
	for (int i = 0; i < 20; i++)
		cr_assert_eq(frk_tick_feed_push(feed), 0);
	cr_assert_eq(frk_line_drain(line, ticks, 64), 20);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(ticks[i].seq, (uint64_t)i + 1);
		cr_assert_geq(ticks[i].fired_ns, fired_ns);
		fired_ns = ticks[i].fired_ns;
	}
}

Test(driver_pulse, r2_2_dropped_pulses_are_not_called_missed)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct frk_tick first, ticks[64];
	struct frk_metrics metrics;
	uint64_t passed;

	open_line();
	frk_tick_feed_push(feed);
	cr_assert_eq(frk_line_drain(line, &first, 1), 1);
	for (int i = 0; i < 70; i++) {
		nanosleep(&pause, NULL);
		frk_tick_feed_push(feed);
	}
	cr_assert_eq(frk_line_drain(line, ticks, 64), 64);
	cr_assert_eq(ticks[0].seq, 8);
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.dropped_total, 6);
	/* Of the periods that passed, six had a pulse of their own. */
	passed = (ticks[0].fired_ns - first.fired_ns + FRK_US(500)) / FRK_MS(1);
	cr_assert_geq(passed, 7);
	cr_assert_eq(ticks[0].periods, passed - 6);
}

/* --- refusals and ends ------------------------------------------------------- */

static void assert_refused(int code, const char *word)
{
	struct frk_error error = { 0 };

	cr_assert_eq(frk_line_open(&frk_driver_pulse, &normal, &error, &line), code);
	cr_assert_str_eq(error.driver, "pulse");
	cr_assert_not_null(strstr(error.text, word), "%s", error.text);
}

Test(driver_pulse, r1_3_what_cannot_be_is_refused_in_words)
{
	struct frk_tick_feed *none = NULL;

	normal.feed = NULL;
	assert_refused(-EINVAL, "no feed");
	normal.feed = feed;
	normal.clockid = CLOCK_TAI;
	assert_refused(-EOPNOTSUPP, "CLOCK_MONOTONIC");
	cr_assert_eq(frk_tick_feed_new(3, &none), -EINVAL);
	cr_assert_eq(frk_tick_feed_new(1U << 22, &none), -EINVAL);
	cr_assert_null(none);
	cr_assert_eq(frk_tick_feed_push(NULL), -EINVAL);
}

Test(driver_pulse, a_feed_has_one_line_at_a_time)
{
	struct frk_line *second;

	open_line();
	cr_assert_eq(frk_line_open(&frk_driver_pulse, &normal, NULL, &second), -EBUSY);
	frk_line_close(line);
	open_line();
	frk_tick_feed_push(feed);
}

Test(driver_pulse, pushes_without_a_line_are_ignored)
{
	struct frk_tick tick;

	cr_assert_eq(frk_tick_feed_push(feed), -ESHUTDOWN);
	cr_assert_eq(frk_line_open(&frk_driver_pulse, &normal, NULL, &line), 0);
	cr_assert_eq(frk_tick_feed_push(feed), -ESHUTDOWN);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 0);
	frk_line_stop(line);
	cr_assert_eq(frk_tick_feed_push(feed), -ESHUTDOWN);
}

/* What the first line left is not the second one's. */
Test(driver_pulse, a_line_starts_with_nothing_of_the_one_before)
{
	struct frk_tick tick;
	struct frk_metrics metrics;

	open_line();
	for (int i = 0; i < 70; i++)
		frk_tick_feed_push(feed);
	frk_line_close(line);
	open_line();
	cr_assert_eq(frk_line_drain(line, &tick, 1), 0);
	frk_tick_feed_push(feed);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	cr_assert_eq(tick.seq, 1);
	cr_assert(tick.flags & FRK_TICK_FIRST);
	frk_line_get_metrics(line, &metrics);
	cr_assert_eq(metrics.dropped_total, 0);
}

Test(driver_pulse, r2_3_a_fault_ends_the_line_and_says_so)
{
	struct frk_driver_info info;
	struct frk_tick tick;

	frk_tick_feed_fault(feed);
	open_line();
	frk_tick_feed_push(feed);
	frk_tick_feed_fault(feed);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
	frk_line_get_info(line, &info);
	cr_assert_str_eq(info.stopped, "the program reported a fault");
	cr_assert_eq(frk_tick_feed_push(feed), -ESHUTDOWN);
}

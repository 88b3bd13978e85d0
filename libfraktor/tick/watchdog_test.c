/* SPDX-License-Identifier: MIT */
/*
 * watchdog_test.c - silence is noticed, and nothing else is.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tick/clock.h"
#include "tick/watchdog.h"

static struct frki_watchdog watchdog;
static atomic_uint called;
static _Atomic uint64_t called_ns;

static void on_silent(void *data)
{
	(void)data;
	if (!called++)
		called_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
}

static void start(uint64_t limit_ns)
{
	watchdog.limit_ns = limit_ns;
	watchdog.look_ns = FRK_MS(1);
	watchdog.silent = on_silent;
	cr_assert_eq(frki_watchdog_start(&watchdog, NULL), 0);
}

static void teardown(void)
{
	frki_watchdog_stop(&watchdog);
}

TestSuite(watchdog, .fini = teardown, .timeout = 60);

static void sleep_ms(long ms)
{
	const struct timespec time = { .tv_sec = ms / 1000,
				       .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

Test(watchdog, r2_3_silence_is_noticed_and_not_too_early)
{
	uint64_t began_ns = frki_clock_now_ns(CLOCK_MONOTONIC);

	start(FRK_MS(200));
	while (!called)
		sleep_ms(1);
	cr_assert_geq(called_ns, began_ns + FRK_MS(200));
	cr_assert(frki_watchdog_is_silent(&watchdog));
	frki_watchdog_hear(&watchdog);
	cr_assert_not(frki_watchdog_is_silent(&watchdog));
}

/* It says so again and again, should the first time have gone unheard. */
Test(watchdog, r2_3_it_goes_on_barking)
{
	start(FRK_MS(100));
	while (called < 3)
		sleep_ms(1);
}

static void hear_at(uint64_t heard_ns)
{
	watchdog.limit_ns = FRK_S(1);
	watchdog.heard_ns = heard_ns;
}

/* Sleeps of @ms, one after the other, from @from_ns on. */
static bool sleeps(uint64_t from_ns, unsigned int n, uint64_t ms)
{
	bool silent = false;

	for (unsigned int i = 0; i < n; i++, from_ns += FRK_MS(ms))
		silent = frki_watchdog_slept(&watchdog, from_ns, from_ns + FRK_MS(ms));
	cr_assert_eq(silent, frki_watchdog_is_silent(&watchdog));
	return silent;
}

/* What was heard since is no silence, whoever was too busy to hear it earlier. */
Test(watchdog, r2_3_a_silence_is_over_with_the_first_word)
{
	hear_at(FRK_S(10));
	cr_assert_not(sleeps(FRK_S(10), 9, 100));
	cr_assert(sleeps(FRK_MS(10900), 1, 100));
	frki_watchdog_hear(&watchdog);
	cr_assert_not(frki_watchdog_is_silent(&watchdog));
}

/* It counts from the word on, and not from the sleep that it fell into. */
Test(watchdog, r2_3_a_silence_begins_with_the_last_word)
{
	hear_at(FRK_S(10));
	cr_assert_not(sleeps(FRK_S(10), 9, 100));
	hear_at(FRK_MS(10950));
	cr_assert_not(sleeps(FRK_MS(10900), 10, 100));
	cr_assert_eq(watchdog.quiet_ns, FRK_MS(950));
	cr_assert(sleeps(FRK_MS(11900), 1, 50));
}

/*
 * A process that is stopped for a bit more than the limit, or for an hour, wherever
 * the watchdog is then: in a sleep, before the first, between two.
 */
Test(watchdog, r2_3_time_in_which_nothing_ran_is_no_silence)
{
	hear_at(FRK_S(10));
	cr_assert_not(sleeps(FRK_S(10), 1, 125));
	cr_assert_not(sleeps(FRK_MS(11050), 1, 125));
	cr_assert_not(sleeps(FRK_S(3600), 5, 125));
	cr_assert_eq(watchdog.quiet_ns, FRK_MS(875));
	/* It has the rest of the limit, and no more than that. */
	cr_assert(sleeps(FRK_S(3700), 1, 125));
}

/* Until then nothing is to be said; from then on there is the whole limit. */
Test(watchdog, r2_3_what_is_not_expected_yet_is_no_silence)
{
	hear_at(FRK_S(3600));
	cr_assert_not(sleeps(FRK_S(10), 100, 125));
	cr_assert_not(frki_watchdog_is_silent(&watchdog));
	cr_assert_not(sleeps(FRK_S(3600), 7, 125));
	cr_assert(sleeps(FRK_MS(3600875), 1, 125));
}

/* It sleeps for an hour, and is to look again before. */
Test(watchdog, r2_3_an_expectation_that_is_taken_back_is_forgotten)
{
	start(FRK_MS(50));
	frki_watchdog_expect(&watchdog, frki_clock_now_ns(CLOCK_MONOTONIC) + FRK_S(3600));
	sleep_ms(200);
	cr_assert_eq(called, 0);
	frki_watchdog_expect(&watchdog, 0);
	while (!called)
		sleep_ms(1);
	cr_assert(frki_watchdog_is_silent(&watchdog));
}

/* Nothing was slept through: the word came when the process went on. */
Test(watchdog, r2_3_a_word_behind_a_stop_begins_anew)
{
	hear_at(FRK_S(10));
	cr_assert_not(sleeps(FRK_S(10), 7, 125));
	hear_at(FRK_S(20));
	cr_assert_not(sleeps(FRK_MS(10875), 1, 125));
	cr_assert_eq(watchdog.quiet_ns, 0);
}

/* An hour's patience does not hold up the end. */
Test(watchdog, it_stops_at_once_and_twice)
{
	start(FRK_S(3600));
	frki_watchdog_stop(&watchdog);
	frki_watchdog_stop(&watchdog);
	cr_assert_eq(called, 0);
}

Test(watchdog, without_a_limit_nothing_is_silent)
{
	frki_watchdog_hear(&watchdog);
	cr_assert_eq(watchdog.heard_ns, 0);
	cr_assert_not(frki_watchdog_is_silent(&watchdog));
}

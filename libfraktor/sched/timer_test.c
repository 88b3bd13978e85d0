// SPDX-License-Identifier: MIT
/*
 * timer_test.c - timers and logical time, tick by tick.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "sched/timer.h"

#define BASE 1000000000ULL
#define P 1000ULL

static struct frki_scheduler scheduler;
static struct frki_timer timer;

static void setup(void)
{
	frki_scheduler_init(&scheduler, P);
	frki_timer_init(&timer);
}

TestSuite(timer, .init = setup);
TestSuite(scheduler, .init = setup);

static void tick_at(uint64_t ns, uint32_t periods)
{
	struct frk_tick tick = { .deadline_ns = ns, .periods = periods };

	frki_scheduler_tick(&scheduler, &tick);
}

/* The @n-th tick of the line. */
static void tick(uint64_t n)
{
	tick_at(BASE + n * P, 1);
}

static struct frki_timer *pop(void)
{
	unsigned int budget = 1000;

	return frki_timer_pop(&scheduler, &budget);
}

Test(scheduler, time_is_zero_before_the_first_tick)
{
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), 0);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 0);
}

Test(scheduler, time_is_the_newest_tick_and_the_periods_it_stands_for)
{
	tick(1);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), BASE + P);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 1);
	tick_at(BASE + 2 * P, 5);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), BASE + 6 * P);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 6);
}

Test(scheduler, a_first_tick_that_missed_some_counts_them)
{
	tick_at(BASE + P, 10);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 10);
}

Test(scheduler, time_never_goes_back_whatever_a_driver_says)
{
	tick(5);
	tick(3);
	tick_at(0, 1);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), BASE + 5 * P);
	tick_at(UINT64_MAX - 1, UINT32_MAX);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), UINT64_MAX);
	tick(7);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), UINT64_MAX);
}

Test(scheduler, r2_2_a_note_moves_no_time)
{
	struct frk_tick note = { .fired_ns = BASE + 100 * P,
				 .deadline_ns = BASE + 100 * P,
				 .flags = FRK_TICK_RESUME };

	frki_scheduler_tick(&scheduler, &note);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), 0);
	tick(1);
	frki_scheduler_tick(&scheduler, &note);
	cr_assert_eq(frki_scheduler_now_ns(&scheduler), BASE + P);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 1);
}

/* The three ways to tell of five missed periods come to the same time. */
Test(scheduler, r1_5_time_is_the_same_whatever_happens_to_late_ticks)
{
	struct frk_tick late = { .deadline_ns = BASE + 2 * P, .fired_ns = BASE + 7 * P };

	tick(1);
	late.periods = 6;	/* delay, and skip when the next one is on time */
	frki_scheduler_tick(&scheduler, &late);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 7);
	frki_scheduler_init(&scheduler, P);
	tick(1);
	late.periods = 1;	/* burst */
	for (; late.deadline_ns <= BASE + 7 * P; late.deadline_ns += P)
		frki_scheduler_tick(&scheduler, &late);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 7);
}

/* Four periods of P / 4 have passed, not four of P. */
Test(scheduler, r1_5_a_shortened_period_makes_nothing_early)
{
	struct frk_tick missed = { .deadline_ns = BASE + P + P / 4, .periods = 4 };

	tick(1);
	missed.fired_ns = missed.deadline_ns + 3 * P / 4 + 5;
	frki_scheduler_tick(&scheduler, &missed);
	cr_assert_leq(frki_scheduler_now_ns(&scheduler), missed.fired_ns);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 2);
}

Test(scheduler, a_dropped_tick_does_not_lose_time)
{
	tick(1);
	tick(9);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&scheduler), 9);
}

Test(timer, fires_once_at_the_first_tick_not_before_its_time)
{
	tick(1);
	cr_assert_eq(frki_timer_arm(&timer, &scheduler, 2 * P + 1, false), 0);
	tick(3);
	cr_assert_null(pop());
	tick(4);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(timer.count, 1);
	cr_assert_eq(timer.deadline_ns, BASE + 4 * P);
	cr_assert_not(frki_timer_armed(&timer));
	tick(100);
	cr_assert_null(pop());
}

Test(timer, without_delay_fires_at_the_next_tick)
{
	tick(1);
	frki_timer_arm(&timer, &scheduler, 0, false);
	cr_assert_null(pop());
	tick(2);
	cr_assert_eq(pop(), &timer);
}

Test(timer, armed_before_the_first_tick_counts_from_one_period_before_it)
{
	frki_timer_arm(&timer, &scheduler, P, true);
	tick(1);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(timer.deadline_ns, BASE + P);
}

Test(timer, of_any_interval_keeps_its_rate_for_ever)
{
	const uint64_t interval = 2 * P + P / 3;
	uint64_t fired = 0;

	tick(1);
	frki_timer_arm(&timer, &scheduler, interval, true);
	for (uint64_t n = 2; n < 5000; n++) {
		uint64_t passed = (n - 1) * P / interval;

		tick(n);
		if (passed == fired) {
			cr_assert_null(pop());
			continue;
		}
		cr_assert_eq(pop(), &timer);
		cr_assert_eq(timer.count, ++fired);
		cr_assert_eq(timer.deadline_ns, BASE + n * P);
	}
}

Test(timer, that_missed_periods_fires_once_and_counts_them)
{
	tick(1);
	frki_timer_arm(&timer, &scheduler, 10 * P, true);
	tick(46);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(timer.count, 4);
	cr_assert_eq(timer.deadline_ns, BASE + 41 * P);
	cr_assert_null(pop());
	tick(50);
	cr_assert_null(pop());
	tick(51);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(timer.count, 5);
}

Test(timer, shorter_than_a_tick_counts_all_it_stands_for)
{
	tick(1);
	frki_timer_arm(&timer, &scheduler, P / 4, true);
	for (uint64_t n = 2; n < 10; n++) {
		tick(n);
		cr_assert_eq(pop(), &timer);
		cr_assert_eq(timer.count, (n - 1) * 4);
		cr_assert_eq(timer.deadline_ns, BASE + n * P);
		cr_assert_null(pop());
	}
}

Test(timer, is_never_early_when_ticks_are_off_the_grid)
{
	tick(1);
	tick_at(BASE + 2 * P + P / 2, 1);
	frki_timer_arm(&timer, &scheduler, P, false);
	tick_at(BASE + 3 * P + P / 4, 1);
	cr_assert_null(pop());
	tick_at(BASE + 4 * P, 1);
	cr_assert_eq(pop(), &timer);
	cr_assert_leq(timer.deadline_ns, frki_scheduler_now_ns(&scheduler));
}

Test(timer, cancelled_does_not_fire)
{
	tick(1);
	frki_timer_arm(&timer, &scheduler, P, true);
	cr_assert(frki_timer_cancel(&timer, &scheduler));
	cr_assert_not(frki_timer_cancel(&timer, &scheduler));
	tick(5);
	cr_assert_null(pop());
	frki_timer_arm(&timer, &scheduler, P, true);
	tick(6);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(timer.count, 1);
	cr_assert(frki_timer_cancel(&timer, &scheduler));
}

Test(timer, takes_the_longest_interval_and_refuses_longer_ones)
{
	tick(1);
	cr_assert_eq(frki_timer_arm(&timer, &scheduler, FRKI_TIMER_MAX_NS + 1,
				    true),
		     -ERANGE);
	cr_assert_not(frki_timer_armed(&timer));
	cr_assert_eq(frki_timer_arm(&timer, &scheduler, FRKI_TIMER_MAX_NS,
				    true),
		     0);
	tick_at(BASE + FRKI_TIMER_MAX_NS, 1);
	cr_assert_null(pop());
	tick_at(BASE + FRKI_TIMER_MAX_NS + 2 * P, 1);
	cr_assert_eq(pop(), &timer);
	tick_at(UINT64_MAX, 1);
	pop();
	cr_assert_eq(frki_wheel_check(&scheduler.wheel), 0);
}

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
static struct frki_firing firing;

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

static int arm(uint64_t delay_ns, enum frki_timer_mode mode)
{
	struct frki_timer_opts opts = { .delay_ns = delay_ns, .mode = mode };

	return frki_timer_arm(&timer, &scheduler, &opts);
}

static struct frki_timer *pop(void)
{
	unsigned int budget = 1000;

	return frki_timer_pop(&scheduler, &budget, &firing);
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

/* By an inverse: as exact as a division, whatever is divided. */
Test(scheduler, s2_divides_exactly)
{
	uint64_t x = 88172645463325252ULL;

	for (int i = 0; i < 1000000; i++) {
		uint64_t ns, period, rest;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ns = i % 3 ? x >> (i % 64) : UINT64_MAX - (uint64_t)(i % 1000);
		period = x * 0x9e3779b97f4a7c15ULL >> (i % 63);
		period += period == 0;
		if (i % 5 == 0)
			ns = ns / period * period - (i % 2);
		scheduler.period_ns = period;
		scheduler.inverse = UINT64_MAX / period;
		cr_assert_eq(frki_scheduler_divide(&scheduler, ns, &rest), ns / period);
		cr_assert_eq(rest, ns % period);
	}
}

Test(scheduler, s2_says_until_when_no_tick_is_needed)
{
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), 0);
	tick(1);
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), FRKI_SCHEDULER_NEVER);
	arm(12345 * P + 1, FRKI_TIMER_SKIP);
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), BASE + 12347 * P);
	tick(12346);
	cr_assert_null(pop());
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), BASE + 12347 * P);
	tick(12350);
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), BASE + 12350 * P);
	cr_assert_eq(pop(), &timer);
	cr_assert_null(pop());
	frki_timer_cancel(&timer, &scheduler);
	cr_assert_eq(frki_scheduler_next_ns(&scheduler), FRKI_SCHEDULER_NEVER);
	arm(FRKI_TIMER_MAX_NS, FRKI_TIMER_ONCE);
	cr_assert_lt(frki_scheduler_next_ns(&scheduler), FRKI_SCHEDULER_NEVER);
}

Test(timer, s2_fires_once_at_the_first_tick_not_before_its_time)
{
	tick(1);
	cr_assert_eq(arm(2 * P + 1, FRKI_TIMER_ONCE), 0);
	tick(3);
	cr_assert_null(pop());
	tick(4);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 1);
	cr_assert_eq(firing.deadline_ns, BASE + 4 * P);
	cr_assert_not(frki_timer_armed(&timer));
	tick(100);
	cr_assert_null(pop());
}

Test(timer, s2_without_delay_fires_at_the_next_tick)
{
	tick(1);
	arm(0, FRKI_TIMER_ONCE);
	cr_assert_null(pop());
	tick(2);
	cr_assert_eq(pop(), &timer);
}

Test(timer, s2_armed_before_the_first_tick_counts_from_one_period_before_it)
{
	arm(P, FRKI_TIMER_SKIP);
	tick(1);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.deadline_ns, BASE + P);
}

Test(timer, s2_of_any_interval_keeps_its_rate_for_ever)
{
	const uint64_t interval = 2 * P + P / 3;
	uint64_t fired = 0;

	tick(1);
	arm(interval, FRKI_TIMER_SKIP);
	for (uint64_t n = 2; n < 5000; n++) {
		uint64_t passed = (n - 1) * P / interval;

		tick(n);
		if (passed == fired) {
			cr_assert_null(pop());
			continue;
		}
		cr_assert_eq(pop(), &timer);
		cr_assert_eq(firing.count, ++fired);
		cr_assert_eq(firing.deadline_ns, BASE + n * P);
	}
}

Test(timer, s2_that_missed_periods_fires_once_and_counts_them)
{
	tick(1);
	arm(10 * P, FRKI_TIMER_SKIP);
	tick(46);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 4);
	cr_assert_eq(firing.deadline_ns, BASE + 41 * P);
	cr_assert_null(pop());
	tick(50);
	cr_assert_null(pop());
	tick(51);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 5);
}

Test(timer, s2_shorter_than_a_tick_counts_all_it_stands_for)
{
	tick(1);
	arm(P / 4, FRKI_TIMER_SKIP);
	for (uint64_t n = 2; n < 10; n++) {
		tick(n);
		cr_assert_eq(pop(), &timer);
		cr_assert_eq(firing.count, (n - 1) * 4);
		cr_assert_eq(firing.deadline_ns, BASE + n * P);
		cr_assert_null(pop());
	}
}

Test(timer, s2_is_never_early_when_ticks_are_off_the_grid)
{
	tick(1);
	tick_at(BASE + 2 * P + P / 2, 1);
	arm(P, FRKI_TIMER_ONCE);
	tick_at(BASE + 3 * P + P / 4, 1);
	cr_assert_null(pop());
	tick_at(BASE + 4 * P, 1);
	cr_assert_eq(pop(), &timer);
	cr_assert_leq(firing.deadline_ns, frki_scheduler_now_ns(&scheduler));
}

Test(timer, s2_cancelled_does_not_fire)
{
	tick(1);
	arm(P, FRKI_TIMER_SKIP);
	cr_assert(frki_timer_cancel(&timer, &scheduler));
	cr_assert_not(frki_timer_cancel(&timer, &scheduler));
	tick(5);
	cr_assert_null(pop());
	arm(P, FRKI_TIMER_SKIP);
	tick(6);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 1);
	cr_assert(frki_timer_cancel(&timer, &scheduler));
}

Test(timer, s2_takes_the_longest_interval_and_refuses_longer_ones)
{
	tick(1);
	cr_assert_eq(arm(FRKI_TIMER_MAX_NS + 1, FRKI_TIMER_SKIP),
		     -ERANGE);
	cr_assert_not(frki_timer_armed(&timer));
	cr_assert_eq(arm(FRKI_TIMER_MAX_NS, FRKI_TIMER_SKIP),
		     0);
	tick_at(BASE + FRKI_TIMER_MAX_NS, 1);
	cr_assert_null(pop());
	tick_at(BASE + FRKI_TIMER_MAX_NS + 2 * P, 1);
	cr_assert_eq(pop(), &timer);
	tick_at(UINT64_MAX, 1);
	pop();
	cr_assert_eq(frki_wheel_check(&scheduler.wheel), 0);
}

Test(timer, s2_what_is_due_beyond_64_bits_never_comes_in_any_mode)
{
	for (int mode = FRKI_TIMER_ONCE; mode <= FRKI_TIMER_DELAY; mode++) {
		setup();
		tick(1);
		tick_at(BASE + FRKI_TIMER_MAX_NS + 10 * P, 1);
		cr_assert_null(pop());
		cr_assert_eq(arm(FRKI_TIMER_MAX_NS, (enum frki_timer_mode)mode), 0);
		/* The last time there is, short of where 64 bits end. */
		tick_at(UINT64_MAX - P, 1);
		cr_assert_null(pop());
		cr_assert(frki_timer_armed(&timer));
		cr_assert_eq(frki_wheel_check(&scheduler.wheel), 0);
	}
}

/* --- modes --------------------------------------------------------------------- */

Test(timer, s2_at_a_fixed_rate_every_due_time_fires_one_by_one)
{
	tick(1);
	arm(10 * P, FRKI_TIMER_RATE);
	tick(46);
	for (uint64_t n = 1; n <= 4; n++) {
		cr_assert_eq(pop(), &timer);
		cr_assert_eq(firing.count, n);
		cr_assert_eq(firing.missed, 0);
		cr_assert_eq(firing.deadline_ns, BASE + (1 + 10 * n) * P);
		cr_assert_null(pop());
		frki_timer_done(&timer, &scheduler);
	}
	cr_assert_null(pop());
	tick(51);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 5);
}

/* Four periods late, a hundred, whatever: it goes on. */
Test(timer, s2_a_periodic_timer_is_never_given_up)
{
	static const enum frki_timer_mode modes[] = {
		FRKI_TIMER_SKIP, FRKI_TIMER_RATE, FRKI_TIMER_DELAY
	};

	for (int i = 0; i < 3; i++) {
		setup();
		tick(1);
		arm(P, modes[i]);
		tick(1000000);
		for (int n = 0; n < 3; n++) {
			cr_assert_eq(pop(), &timer);
			frki_timer_done(&timer, &scheduler);
			tick(1000001 + n);
		}
		cr_assert(frki_timer_armed(&timer));
	}
}

Test(timer, s2_missed_due_times_are_counted_and_told)
{
	tick(1);
	arm(P, FRKI_TIMER_SKIP);
	tick(2);
	pop();
	cr_assert_eq(firing.missed, 0);
	tick(12);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.missed, 9);
	cr_assert_eq(firing.count, 11);
	cr_assert_eq(scheduler.stats.missed, 9);
	cr_assert_eq(scheduler.stats.fired, 2);
	cr_assert_eq(scheduler.stats.late, 1);
	cr_assert_eq(scheduler.stats.late_max_ticks, 9);
}

Test(timer, s2_with_a_fixed_delay_counts_from_when_the_work_was_done)
{
	tick(1);
	arm(10 * P, FRKI_TIMER_DELAY);
	tick(11);
	cr_assert_eq(pop(), &timer);
	cr_assert_not(frki_timer_armed(&timer));
	tick(18);
	frki_timer_done(&timer, &scheduler);
	tick(27);
	cr_assert_null(pop());
	tick(28);
	cr_assert_eq(pop(), &timer);
	cr_assert_eq(firing.count, 2);
	cr_assert_eq(firing.deadline_ns, BASE + 28 * P);
}

Test(timer, s2_a_first_delay_may_differ_from_the_interval)
{
	struct frki_timer_opts opts = { .delay_ns = 3 * P,
					.interval_ns = 5 * P,
					.mode = FRKI_TIMER_SKIP };

	tick(1);
	cr_assert_eq(frki_timer_arm(&timer, &scheduler, &opts), 0);
	for (uint64_t n = 4; n < 100; n += 5) {
		tick(n - 1);
		cr_assert_null(pop());
		tick(n);
		cr_assert_eq(pop(), &timer);
	}
}

/* Thirty timers that are due all over a second fire at a few ticks, none early
 * and none after what it allows. */
Test(timer, s2_accuracy_makes_timers_fire_together)
{
	static struct frki_timer many[30];
	unsigned int busy = 0, fired = 0;

	tick(1);
	for (unsigned int i = 0; i < 30; i++) {
		struct frki_timer_opts opts = { .delay_ns = (100 + 31 * i) * P,
						.accuracy_ns = 300 * P };

		frki_timer_init(&many[i]);
		cr_assert_eq(frki_timer_arm(&many[i], &scheduler, &opts), 0);
	}
	for (uint64_t n = 2; n < 1500; n++) {
		struct frki_timer *one;
		unsigned int before = fired;

		tick(n);
		for (; (one = pop()); fired++) {
			cr_assert_leq(firing.deadline_ns, BASE + n * P);
			cr_assert_geq(firing.deadline_ns + 300 * P, BASE + n * P);
		}
		busy += fired > before;
	}
	cr_assert_eq(fired, 30);
	cr_assert_leq(busy, 5, "%u ticks", busy);
	cr_assert_eq(scheduler.stats.late, 0, "later than asked is not late");
}

Test(timer, s2_a_used_up_budget_is_counted)
{
	unsigned int budget = 1;
	static struct frki_timer other;
	struct frki_timer_opts opts = { .delay_ns = P };

	tick(1);
	frki_timer_init(&other);
	arm(P, FRKI_TIMER_ONCE);
	frki_timer_arm(&other, &scheduler, &opts);
	tick(2);
	cr_assert_eq(frki_timer_pop(&scheduler, &budget, &firing), &timer);
	cr_assert_null(frki_timer_pop(&scheduler, &budget, &firing));
	cr_assert_eq(scheduler.stats.carried, 1);
	cr_assert_eq(pop(), &other);
	cr_assert_eq(scheduler.stats.late, 0);
}

/* Nothing is left over: neither after the last one that is due, nor on a wheel
 * with timers for later, nor where nothing could be done at all. */
Test(timer, s2_a_budget_that_is_just_enough_is_not)
{
	unsigned int budget = 1;
	static struct frki_timer other;
	struct frki_timer_opts opts = { .delay_ns = 2 * P };

	tick(1);
	frki_timer_init(&other);
	arm(P, FRKI_TIMER_ONCE);
	frki_timer_arm(&other, &scheduler, &opts);
	tick(2);
	cr_assert_eq(frki_timer_pop(&scheduler, &budget, &firing), &timer);
	cr_assert_null(frki_timer_pop(&scheduler, &budget, &firing));
	cr_assert_eq(budget, 0);
	cr_assert_eq(scheduler.stats.carried, 0);
	tick(3);
	cr_assert_null(frki_timer_pop(&scheduler, &budget, &firing));
	cr_assert_eq(scheduler.stats.carried, 1);
	cr_assert_eq(pop(), &other);
	budget = 0;
	cr_assert_null(frki_timer_pop(&scheduler, &budget, &firing));
	cr_assert_eq(scheduler.stats.carried, 1);
}

Test(timer, s2_takes_a_cache_line_at_most)
{
	cr_assert_leq(sizeof(struct frki_timer), 64);
	cr_assert_leq(sizeof(struct frki_wheel_node), 32);
}

// SPDX-License-Identifier: MIT
/*
 * log_test.c - the log, its replay, dump and warnings.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "sched/timer.h"

#define P 1000ULL
#define TIMERS 50
#define LAGGARDS 6
#define RECORDS 200000

static struct frki_scheduler scheduler;
static struct frki_timer timers[TIMERS];
static struct frki_log_record records[RECORDS], again[RECORDS];
static uint64_t seed = 4711;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint32_t id_of(const struct frki_timer *timer, const void *data)
{
	return (uint32_t)(timer - (const struct frki_timer *)data);
}

static struct frki_timer *timer_of(uint32_t id, void *data)
{
	return (struct frki_timer *)data + id;
}

static struct frki_log log_ = {
	.records = records, .capacity = RECORDS, .id_of = id_of, .data = timers
};

static void setup(void)
{
	frki_scheduler_init(&scheduler, P);
	for (int i = 0; i < TIMERS; i++)
		frki_timer_init(&timers[i]);
}

TestSuite(log, .init = setup);

static void some_input(void)
{
	struct frki_timer *timer = &timers[rnd() % TIMERS];
	struct frki_timer_opts opts = { .delay_ns = rnd() % 1000 * P,
					.interval_ns = (1 + rnd() % 500) * P / 3,
					.accuracy_ns = rnd() % 2 * 20 * P,
					.mode = (enum frki_timer_mode)(rnd() % 4) };

	if (rnd() % 4 == 0)
		frki_timer_cancel(timer, &scheduler);
	else if (!frki_timer_armed(timer))
		frki_timer_arm(timer, &scheduler, &opts);
}

/* With ticks that come late, budgets that end, and what else happens. */
static void some_life(void)
{
	uint64_t ns = 5000 * P;

	for (int step = 0; step < 5000; step++) {
		struct frk_tick tick = { .deadline_ns = ns,
					 .fired_ns = ns + 9 * P,
					 .periods = (uint32_t)(1 + rnd() % 3) };
		unsigned int budget = (unsigned int)(rnd() % 20);
		struct frki_firing firing;
		struct frki_timer *timer;

		frki_scheduler_tick(&scheduler, &tick);
		while ((timer = frki_timer_pop(&scheduler, &budget, &firing))) {
			some_input();
			frki_timer_done(timer, &scheduler);
		}
		some_input();
		ns += rnd() % 10 * P;
	}
}

Test(log, s2_a_replay_has_the_same_order_byte_for_byte)
{
	static struct frki_timer other[TIMERS];
	struct frki_scheduler second;
	struct frki_log log2 = {
		.records = again, .capacity = RECORDS, .id_of = id_of, .data = other
	};

	scheduler.log = &log_;
	some_life();
	cr_assert_gt(log_.total, 10000);
	cr_assert_eq(frki_log_first(&log_), 0, "a larger log is needed");
	frki_scheduler_init(&second, P);
	second.log = &log2;
	for (int i = 0; i < TIMERS; i++)
		frki_timer_init(&other[i]);
	cr_assert_eq(frki_log_replay(&log_, &second, timer_of, other), log_.total);
	cr_assert(frki_log_equal(&log_, &log2));
	cr_assert_eq(memcmp(records, again, log_.total * sizeof(records[0])), 0);
	cr_assert_eq(scheduler.stats.fired, second.stats.fired);
}

/* Some fixed rates that never catch up, their work
 * done when the turn is over, some others, and budgets that end early. */
static void lag(unsigned int turns)
{
	uint64_t ns = 5000 * P;

	for (unsigned int i = 0; i < LAGGARDS; i++) {
		struct frki_timer_opts opts = { .delay_ns = P * (1 + i),
						.interval_ns = P * (1 + i) / 2,
						.mode = FRKI_TIMER_RATE };

		frki_timer_arm(&timers[i], &scheduler, &opts);
	}
	for (unsigned int turn = 0; turn < turns; turn++, ns += (1 + rnd() % 90) * P) {
		struct frk_tick tick = { .deadline_ns = ns, .periods = 1 };
		unsigned int budget = 1 + (unsigned int)(rnd() % 4), fired = 0;
		struct frki_timer *timer, *busy[4];
		struct frki_firing firing;

		frki_scheduler_tick(&scheduler, &tick);
		while ((timer = frki_timer_pop(&scheduler, &budget, &firing)))
			busy[fired++] = timer;
		while (fired)
			frki_timer_done(busy[--fired], &scheduler);
		some_input();
	}
}

Test(log, s2_a_replay_has_the_order_of_fixed_rates_that_lag)
{
	static struct frki_timer other[TIMERS];
	struct frki_scheduler second;
	struct frki_log log2 = {
		.records = again, .capacity = RECORDS, .id_of = id_of, .data = other
	};

	scheduler.log = &log_;
	lag(20000);
	cr_assert_eq(frki_log_first(&log_), 0, "a larger log is needed");
	cr_assert_gt(scheduler.stats.carried, 1000);
	frki_scheduler_init(&second, P);
	second.log = &log2;
	for (int i = 0; i < TIMERS; i++)
		frki_timer_init(&other[i]);
	cr_assert_eq(frki_log_replay(&log_, &second, timer_of, other), log_.total);
	cr_assert(frki_log_equal(&log_, &log2));
	cr_assert_eq(memcmp(records, again, log_.total * sizeof(records[0])), 0);
	cr_assert_eq(scheduler.stats.carried, second.stats.carried);
	cr_assert_eq(scheduler.stats.late_max_ticks, second.stats.late_max_ticks);
	cr_assert_eq(scheduler.wheel.now_ticks, second.wheel.now_ticks);
}

Test(log, s2_a_replay_stops_where_something_else_comes_out)
{
	static struct frki_timer other[TIMERS];
	struct frki_scheduler second;
	uint64_t wrong = 0;

	scheduler.log = &log_;
	some_life();
	while (records[wrong].kind != FRKI_LOG_FIRED || wrong < 3000)
		wrong++;
	records[wrong].value[0]++;
	frki_scheduler_init(&second, P);
	for (int i = 0; i < TIMERS; i++)
		frki_timer_init(&other[i]);
	cr_assert_eq(frki_log_replay(&log_, &second, timer_of, other), wrong);
}

Test(log, s2_that_is_full_has_the_newest_and_says_so)
{
	log_.capacity = 10;
	scheduler.log = &log_;
	some_life();
	cr_assert_eq(frki_log_first(&log_), log_.total - 10);
	cr_assert_eq(frki_log_replay(&log_, &scheduler, timer_of, timers), 0);
}

static void check_due(const struct frki_timer *timer, uint64_t due_ns, void *data)
{
	uint32_t id = id_of(timer, timers);

	cr_assert_eq(due_ns, scheduler.base_ns + timer->due_ns);
	cr_assert_not(((bool *)data)[id], "twice");
	((bool *)data)[id] = true;
}

Test(log, s2_a_dump_has_every_timer_that_is_armed)
{
	bool seen[TIMERS] = { false };

	some_life();
	frki_timer_dump(&scheduler, check_due, seen);
	for (int i = 0; i < TIMERS; i++)
		cr_assert_eq(seen[i], frki_timer_armed(&timers[i]));
}

Test(log, s2_warnings_say_what_has_happened_since)
{
	struct frki_timer_opts opts = { .delay_ns = P, .mode = FRKI_TIMER_SKIP };
	struct frk_tick tick = { .deadline_ns = 100 * P, .periods = 1 };
	struct frk_timer_stats since;
	unsigned int budget = 10;
	struct frki_firing firing;

	cr_assert_eq(frki_scheduler_warnings(&scheduler, NULL), 0);
	frki_timer_arm(&timers[0], &scheduler, &opts);
	frki_scheduler_tick(&scheduler, &tick);
	while (frki_timer_pop(&scheduler, &budget, &firing))
		;
	cr_assert_eq(frki_scheduler_warnings(&scheduler, NULL), 0);
	opts.mode = FRKI_TIMER_ONCE;
	frki_timer_arm(&timers[1], &scheduler, &opts);
	tick.deadline_ns = 105 * P;
	frki_scheduler_tick(&scheduler, &tick);
	budget = 1;
	while (frki_timer_pop(&scheduler, &budget, &firing))
		;
	cr_assert_eq(frki_scheduler_warnings(&scheduler, &since),
		     FRKI_WARNING_LATE | FRKI_WARNING_MISSED | FRKI_WARNING_OVERLOADED);
	cr_assert_eq(since.late_total, 1);
	cr_assert_eq(since.missed_total, 4);
	cr_assert_eq(frki_scheduler_warnings(&scheduler, &since), 0);
	cr_assert_eq(since.fired_total, 0);
}

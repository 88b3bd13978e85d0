/* SPDX-License-Identifier: MIT */
/*
 * metrics_test.c - the account of a line, from made-up times.
 */
#include <criterion/criterion.h>

#include "tick/metrics.h"

#define PERIOD FRK_MS(1)
#define START FRK_S(100)

static struct frki_metrics metrics;
static struct frk_metrics got;
static uint64_t seq;

static void setup(void)
{
	frki_metrics_init(&metrics, PERIOD);
	seq = 0;
}

TestSuite(metrics, .init = setup);

static void record(uint64_t index, uint32_t periods, uint16_t flags, uint64_t fired_late,
		   uint64_t out_late)
{
	struct frk_tick tick = {
		.seq = ++seq,
		.deadline_ns = START + index * PERIOD,
		.periods = periods,
		.flags = flags,
	};

	tick.fired_ns = tick.deadline_ns + (periods - 1) * PERIOD + fired_late;
	frki_metrics_record(&metrics, &tick, 1, tick.deadline_ns + out_late, 0);
}

/* A tick due at @index periods after the first, handed over @late after. */
static void tick_at(uint64_t index, uint32_t periods, uint64_t fired_late, uint64_t late)
{
	record(index, periods, !seq ? FRK_TICK_FIRST : 0, fired_late, late);
}

static void get(void)
{
	frki_metrics_get(&metrics, &got);
}

Test(metrics, an_empty_account_is_all_zeroes)
{
	get();
	cr_assert_eq(got.ticks_total, 0);
	cr_assert_eq(got.lateness_p99_ns, 0);
	cr_assert_eq(got.drift_ppb, 0);
}

Test(metrics, totals_count_what_was_missed)
{
	tick_at(0, 1, 0, 10);
	tick_at(1, 3, 0, 10);
	tick_at(4, 1, 0, 10);
	get();
	cr_assert_eq(got.ticks_total, 3);
	cr_assert_eq(got.periods_total, 5);
	cr_assert_eq(got.missed_total, 2);
	cr_assert_eq(got.drift_ppb, 0);
}

Test(metrics, a_line_on_its_grid_has_no_drift)
{
	for (uint64_t i = 0; i <= 5000; i++)
		tick_at(i, 1, 500, 700);
	get();
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.drift_last_second_ppb, 0);
	cr_assert_eq(got.ticks_last_second, 1000);
}

Test(metrics, drift_is_positive_when_the_line_is_slow)
{
	/* 100 ns more at every tick of 1 ms: 100 ppm. */
	for (uint64_t i = 0; i <= 3000; i++)
		tick_at(i, 1, i * 100, i * 100);
	get();
	cr_assert_eq(got.drift_ppb, 100000);
	cr_assert_eq(got.drift_last_second_ppb, 100000);
}

Test(metrics, drift_formula)
{
	cr_assert_eq(frki_metrics_drift_ppb(0, 0, PERIOD), 0);
	cr_assert_eq(frki_metrics_drift_ppb(FRK_S(1), 1000, PERIOD), 0);
	cr_assert_eq(frki_metrics_drift_ppb(FRK_S(1) + 1, 1000, PERIOD), 1);
	cr_assert_eq(frki_metrics_drift_ppb(FRK_S(1) - 1, 1000, PERIOD), -1);
	/* A year of ticks, one second too long: 31.7 ppb. */
	cr_assert_eq(frki_metrics_drift_ppb(FRK_S(31536001), 31536000000ULL, PERIOD), 32);
}

Test(metrics, the_last_second_is_judged_by_itself)
{
	/* Half a second late once, then on a new grid of its own. */
	for (uint64_t i = 0; i <= 1000; i++)
		tick_at(i, 1, 0, 0);
	for (uint64_t i = 1001; i <= 4000; i++)
		tick_at(i, 1, 1000, 1000);
	get();
	cr_assert_eq(got.drift_last_second_ppb, 0);
	cr_assert_eq(got.drift_ppb, 250);
}

Test(metrics, r2_2_dropped_ticks_are_no_drift)
{
	tick_at(0, 1, 0, 0);
	seq += 500;
	tick_at(501, 1, 0, 0);
	get();
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.ticks_total, 2);
	cr_assert_eq(got.missed_total, 0);
}

Test(metrics, seconds_without_ticks_count_none)
{
	tick_at(0, 1, 0, 0);
	tick_at(1, 1, 0, 0);
	tick_at(999, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 3);
	tick_at(5500, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 0);
}

Test(metrics, a_second_is_whole_with_its_thousandth_tick)
{
	for (uint64_t i = 0; i < 999; i++)
		tick_at(i, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 0);
	tick_at(999, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 1000);
}

Test(metrics, a_tick_beyond_a_second_belongs_to_the_next)
{
	for (uint64_t i = 0; i < 998; i++)
		tick_at(i, 1, 0, 0);
	tick_at(1000, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 998);
	for (uint64_t i = 1001; i < 2000; i++)
		tick_at(i, 1, 0, 0);
	get();
	cr_assert_eq(got.ticks_last_second, 1000);
}

Test(metrics, lateness_is_hand_over_minus_deadline)
{
	for (uint64_t i = 0; i < 99; i++)
		tick_at(i, 1, 0, 20);
	tick_at(99, 1, 0, 1000);
	get();
	cr_assert_eq(got.lateness_min_ns, 20);
	cr_assert_eq(got.lateness_p50_ns, 20);
	cr_assert_eq(got.lateness_p99_ns, 20);
	cr_assert_eq(got.lateness_max_ns, 1000);
}

Test(metrics, percentiles_stay_within_min_and_max)
{
	tick_at(0, 1, 0, 1000001);
	get();
	cr_assert_eq(got.lateness_p50_ns, 1000001);
	cr_assert_eq(got.lateness_p99_ns, 1000001);
}

Test(metrics, a_clock_that_stepped_back_is_no_huge_lateness)
{
	struct frk_tick tick = {
		.seq = 1, .deadline_ns = START, .fired_ns = START, .periods = 1
	};

	frki_metrics_record(&metrics, &tick, 1, START - 5, 0);
	get();
	cr_assert_eq(got.lateness_max_ns, 0);
}

Test(metrics, drift_is_against_the_reference_clock)
{
	/* The line's clock is set forward by 1 ms in the middle of 1 s. */
	struct frk_tick tick = {
		.seq = 1, .deadline_ns = START, .fired_ns = START, .periods = 1
	};

	frki_metrics_record(&metrics, &tick, 1, START, 0);
	tick.seq = 2;
	tick.deadline_ns = tick.fired_ns = START + FRK_S(1);
	tick.periods = 1000;
	frki_metrics_record(&metrics, &tick, 1, tick.fired_ns, 1000000);
	get();
	cr_assert_eq(got.drift_ppb, -1000000);
}

Test(metrics, a_batch_is_the_sum_of_its_ticks)
{
	struct frk_tick ticks[3];

	for (uint64_t i = 0; i < 3; i++)
		ticks[i] = (struct frk_tick){ .seq = i + 1,
					      .periods = 1,
					      .deadline_ns = START + i * PERIOD,
					      .fired_ns = START + i * PERIOD };
	frki_metrics_record(&metrics, ticks, 3, START + 2 * PERIOD, 0);
	get();
	cr_assert_eq(got.ticks_total, 3);
	cr_assert_eq(got.lateness_max_ns, 2 * PERIOD);
	cr_assert_eq(got.lateness_min_ns, 0);
}

/* --- policies, notes, changes --------------------------------------------- */

static void note(uint64_t fired_ns, uint16_t flags)
{
	struct frk_tick tick = { .seq = ++seq, .fired_ns = fired_ns, .flags = flags };

	frki_metrics_record(&metrics, &tick, 1, fired_ns, 0);
}

Test(metrics, r2_2_a_note_counts_for_nothing)
{
	struct frk_metrics before;

	tick_at(0, 1, 0, 10);
	tick_at(1, 1, 0, 10);
	frki_metrics_get(&metrics, &before);
	note(START + FRK_S(5), FRK_TICK_SUSPEND);
	note(START + FRK_S(9), FRK_TICK_RESUME);
	get();
	cr_assert_arr_eq(&got, &before, sizeof(got));
	tick_at(2, 1, 0, 10);
	get();
	cr_assert_eq(got.ticks_total, 3);
	cr_assert_eq(got.periods_total, 3);
	cr_assert_eq(got.missed_total, 0);
	cr_assert_eq(got.drift_ppb, 0);
}

Test(metrics, r2_2_a_note_before_the_first_tick_begins_nothing)
{
	note(START - FRK_S(5), FRK_TICK_RESUME);
	get();
	cr_assert_eq(got.ticks_total, 0);
	tick_at(0, 1, 0, 10);
	tick_at(1, 1, 0, 10);
	get();
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.ticks_total, 2);
}

Test(metrics, r2_2_ticks_dropped_before_a_note_are_no_drift)
{
	tick_at(0, 1, 0, 0);
	seq += 500;
	note(START, FRK_TICK_SUSPEND);
	tick_at(501, 1, 0, 0);
	get();
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.ticks_total, 2);
}

/* "skip": the tick on time counts the late ones, of which no record tells. */
Test(metrics, r1_5_skipped_ticks_are_missed_and_no_drift)
{
	for (uint64_t i = 0; i < 2000; i += 4)
		tick_at(i, 4, 100, 0);
	get();
	cr_assert_eq(got.ticks_total, 500);
	cr_assert_eq(got.periods_total, 2000);
	cr_assert_eq(got.missed_total, 1500);
	cr_assert_eq(got.drift_ppb, 0);
}

/* "burst": the first one stands for what is too much, the rest for one each. */
Test(metrics, r1_5_a_burst_counts_every_period_once)
{
	struct frk_tick ticks[64];
	uint64_t fired_ns = START + 100 * PERIOD;

	tick_at(0, 1, 0, 0);
	for (uint64_t i = 0; i < 64; i++)
		ticks[i] = (struct frk_tick){
			.seq = ++seq,
			.deadline_ns = START + (i ? 36 + i : 1) * PERIOD,
			.fired_ns = fired_ns,
			.periods = i ? 1 : 36,
			.flags = FRK_TICK_BURST | FRK_TICK_LATE |
				 (i ? 0 : FRK_TICK_MISSED),
		};
	frki_metrics_record(&metrics, ticks, 64, fired_ns, 0);
	get();
	cr_assert_eq(got.ticks_total, 65);
	cr_assert_eq(got.periods_total, 100);
	cr_assert_eq(got.missed_total, 35);
	tick_at(100, 1, 0, 0);
	get();
	cr_assert_eq(got.periods_total, 101);
	cr_assert_eq(got.drift_ppb, 0);
}

Test(metrics, r1_5_a_changed_period_is_a_new_grid)
{
	struct frk_tick tick = { .periods = 1, .flags = FRK_TICK_CHANGED };

	for (uint64_t i = 0; i < 100; i++)
		tick_at(i, 1, 0, 0);
	frki_metrics_change(&metrics, 4 * PERIOD);
	/* What was made before the change is judged by the old period. */
	tick_at(100, 1, 0, 0);
	get();
	cr_assert_eq(got.drift_ppb, 0);
	for (uint64_t i = 1; i <= 500; i++) {
		tick.seq = ++seq;
		tick.deadline_ns = START + (100 + 4 * i) * PERIOD;
		tick.fired_ns = tick.deadline_ns;
		frki_metrics_record(&metrics, &tick, 1, tick.fired_ns, 0);
		tick.flags = 0;
	}
	get();
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.drift_last_second_ppb, 0);
	cr_assert_eq(got.ticks_last_second, 250);
	cr_assert_eq(got.ticks_total, 601);
}

Test(metrics, r1_5_a_line_without_a_period_keeps_the_old_one)
{
	frki_metrics_change(&metrics, 0);
	cr_assert_eq(metrics.next_period_ns, PERIOD);
}

/* --- what nobody needed ------------------------------------------------------ */

/* Handed over 7 ns after it fired. */
static void idle_at(uint64_t index, uint32_t periods, uint64_t fired_late, uint16_t flags)
{
	record(index, periods, FRK_TICK_IDLE | flags, fired_late,
	       (periods - 1) * PERIOD + fired_late + 7);
}

Test(metrics, r1_5_the_phase_error_is_that_of_the_newest_tick)
{
	tick_at(0, 1, 10, 20);
	get();
	cr_assert_eq(got.phase_error_ns, 10);
	tick_at(1, 5, 30, 40);
	get();
	cr_assert_eq(got.phase_error_ns, 30);
}

Test(metrics, s2_what_nobody_needed_is_neither_missed_nor_late)
{
	tick_at(0, 1, 10, 20);
	idle_at(1, 100, 50, 0);
	get();
	cr_assert_eq(got.periods_total, 101);
	cr_assert_eq(got.missed_total, 0);
	cr_assert_eq(got.lateness_max_ns, 57);
	cr_assert_eq(got.phase_error_ns, 50);
}

/* He asks up to a period after the deadline: of that nobody is late, and nothing drifts. */
Test(metrics, s2_who_asks_is_nobodys_lateness)
{
	tick_at(0, 1, 0, 20);
	idle_at(1, 100, PERIOD - 10, FRK_TICK_ASKED);
	get();
	cr_assert_eq(got.missed_total, 0);
	cr_assert_eq(got.lateness_max_ns, 20);
	cr_assert_eq(got.drift_ppb, 0);
	cr_assert_eq(got.phase_error_ns, 0);
}

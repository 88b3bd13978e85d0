// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's grid: deadlines that neither slide nor come twice, whatever
 * the interrupt does.
 */
#include "../grid.h"
#include "unit.h"

#define MS 1000000ULL

/* A grid of @period_ns, started at 0. */
static struct fraktor_grid started(u64 period_ns)
{
	struct fraktor_grid grid;

	fraktor_grid_set(&grid, period_ns, false, 0);
	fraktor_grid_start(&grid, 0);
	return grid;
}

UNIT(grid, r1_2_first_deadline_is_one_period_ahead)
{
	struct fraktor_grid grid;

	fraktor_grid_set(&grid, MS, false, 0);
	fraktor_grid_start(&grid, 12345);
	unit_eq(grid.deadline_ns, 12345 + MS);
	unit_eq(grid.expiry_ns, grid.deadline_ns);
}

UNIT(grid, r1_2_never_early)
{
	struct fraktor_grid grid = started(MS), before = grid;
	u64 deadline = 0;
	bool changed = false;

	unit_eq(fraktor_grid_advance(&grid, MS - 1, &deadline, &changed), 0);
	unit_true(!memcmp(&grid, &before, sizeof(grid)));
	unit_eq(fraktor_grid_advance(&grid, MS, &deadline, &changed), 1);
	unit_eq(deadline, MS);
	unit_false(changed);
	unit_eq(grid.expiry_ns, 2 * MS);
}

UNIT(grid, r1_2_lateness_does_not_slide_the_grid)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	for (u64 i = 1; i <= 1000; i++) {
		u64 late = i * 997 % MS;

		unit_eq(fraktor_grid_advance(&grid, i * MS + late, &deadline,
					     &changed), 1);
		unit_eq(deadline, i * MS);
	}
}

UNIT(grid, r2_1_missed_periods_are_counted_and_the_next_lies_ahead)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	unit_eq(fraktor_grid_advance(&grid, 2 * MS - 1, &deadline, &changed), 1);
	unit_eq(fraktor_grid_advance(&grid, 5 * MS, &deadline, &changed), 4);
	unit_eq(deadline, 2 * MS);
	unit_eq(grid.deadline_ns, 6 * MS);
	unit_gt(grid.expiry_ns, 5 * MS);
}

UNIT(grid, a_year_late_is_one_step)
{
	struct fraktor_grid grid = started(100000);
	u64 year = 365ULL * 86400 * 1000000000, deadline = 0;
	bool changed;

	unit_eq(fraktor_grid_advance(&grid, year, &deadline, &changed),
		year / 100000);
	unit_eq(deadline, 100000);
	unit_eq(grid.deadline_ns, year + 100000);
}

UNIT(grid, aligned_deadlines_are_multiples_plus_phase)
{
	struct fraktor_grid grid;
	u64 deadline = 0;
	bool changed;

	fraktor_grid_set(&grid, 10 * MS, true, 3 * MS);
	fraktor_grid_start(&grid, 12 * MS);
	unit_eq(grid.deadline_ns, 13 * MS);
	fraktor_grid_start(&grid, 13 * MS);
	unit_eq(grid.deadline_ns, 23 * MS);
	fraktor_grid_start(&grid, 1 * MS);
	unit_eq(grid.deadline_ns, 3 * MS);
	unit_eq(fraktor_grid_advance(&grid, 44 * MS, &deadline, &changed), 5);
	unit_eq(deadline, 3 * MS);
	unit_eq(grid.deadline_ns, 53 * MS);
}

UNIT(grid, change_waits_for_the_tick_that_ends_the_old_grid)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed = false;

	fraktor_grid_change(&grid, 3 * MS, false, 0);
	unit_eq(grid.period_ns, MS);
	unit_eq(fraktor_grid_advance(&grid, MS + 500, &deadline, &changed), 1);
	unit_true(changed);
	unit_eq(deadline, MS);
	/* One new period behind the last deadline, not behind the interrupt. */
	unit_eq(grid.deadline_ns, 4 * MS);
	unit_eq(fraktor_grid_advance(&grid, 4 * MS, &deadline, &changed), 1);
	unit_false(changed);
	unit_eq(grid.deadline_ns, 7 * MS);
}

UNIT(grid, change_to_an_aligned_grid_goes_to_its_next_point)
{
	struct fraktor_grid grid = started(7 * MS);
	u64 deadline = 0;
	bool changed;

	fraktor_grid_change(&grid, 10 * MS, true, 0);
	unit_eq(fraktor_grid_advance(&grid, 7 * MS, &deadline, &changed), 1);
	unit_eq(grid.deadline_ns, 10 * MS);
	unit_true(grid.aligned);
}

UNIT(grid, change_before_a_start_is_there_from_the_start)
{
	struct fraktor_grid grid = started(MS);

	fraktor_grid_change(&grid, 5 * MS, false, 0);
	fraktor_grid_start(&grid, 100 * MS);
	unit_eq(grid.deadline_ns, 105 * MS);
	unit_false(grid.changing);
}

UNIT(grid, widened_line_looks_less_often_and_loses_no_period)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	fraktor_grid_widen(&grid, 4);
	unit_eq(grid.expiry_ns, 4 * MS);
	unit_eq(fraktor_grid_advance(&grid, 3 * MS, &deadline, &changed), 0);
	unit_eq(fraktor_grid_advance(&grid, 4 * MS, &deadline, &changed), 4);
	unit_eq(deadline, MS);
	unit_eq(grid.expiry_ns, 8 * MS);
	fraktor_grid_widen(&grid, 1);
	unit_eq(grid.expiry_ns, 5 * MS);
}

/* Every period is in exactly one step, at random interrupts and changes. */
UNIT(grid, r1_2_deadlines_are_whole_under_random_use)
{
	struct fraktor_grid grid = started(MS);
	unsigned long long random = 11;
	u64 now = 0, next = MS;

	for (unsigned int i = 0; i < 20000; i++) {
		u64 deadline = 0, period = grid.period_ns, periods;
		bool changed = false;

		now += unit_random(&random, 3 * MS);
		if (!unit_random(&random, 50))
			fraktor_grid_change(&grid, 1000 + unit_random(&random, MS),
					    unit_random(&random, 2), 999);
		if (!unit_random(&random, 50))
			fraktor_grid_widen(&grid, 1 + unit_random(&random, 8));
		periods = fraktor_grid_advance(&grid, now, &deadline, &changed);
		if (!periods)
			continue;
		unit_eq(deadline, next);
		unit_le(deadline + (periods - 1) * period, now);
		next = grid.deadline_ns;
		unit_gt(next, deadline + (periods - 1) * period);
		if (!changed)
			unit_eq(next, deadline + periods * period);
	}
}

UNIT(grid, r1_2_a_step_is_an_advance_by_one)
{
	struct fraktor_grid stepped, advanced;
	u64 deadline = 0;
	bool changed;

	fraktor_grid_set(&stepped, MS, true, MS / 4);
	fraktor_grid_start(&stepped, 12345);
	advanced = stepped;
	for (u64 i = 0; i < 100; i++) {
		u64 now = advanced.expiry_ns + i * 9999;

		unit_true(fraktor_grid_is_plain(&stepped));
		unit_eq(fraktor_grid_advance(&advanced, now, &deadline, &changed), 1);
		unit_eq(fraktor_grid_step(&stepped), deadline);
		unit_eq(stepped.deadline_ns, advanced.deadline_ns);
		unit_eq(stepped.target_ns, advanced.target_ns);
		unit_eq(stepped.expiry_ns, advanced.expiry_ns);
	}
	fraktor_grid_lead(&stepped, 1);
	unit_false(fraktor_grid_is_plain(&stepped));
	fraktor_grid_widen(&advanced, 2);
	unit_false(fraktor_grid_is_plain(&advanced));
	fraktor_grid_widen(&advanced, 1);
	fraktor_grid_change(&advanced, 2 * MS, false, 0);
	unit_false(fraktor_grid_is_plain(&advanced));
}

/* --- lead --------------------------------------------------------------- */

/* A grid of 1 ms that is looked at 100 us before each deadline. */
static struct fraktor_grid leading(void)
{
	struct fraktor_grid grid;

	fraktor_grid_set(&grid, MS, false, 0);
	fraktor_grid_lead(&grid, MS / 10);
	fraktor_grid_start(&grid, 0);
	return grid;
}

UNIT(grid, r1_2_a_lead_expires_early_and_moves_no_deadline)
{
	struct fraktor_grid grid = leading();
	u64 deadline = 0;
	bool changed;

	unit_eq(grid.expiry_ns, MS - MS / 10);
	for (u64 i = 1; i <= 1000; i++) {
		unit_eq(fraktor_grid_advance(&grid, i * MS - MS / 10 - 1,
					     &deadline, &changed), 0);
		unit_eq(fraktor_grid_advance(&grid, i * MS - MS / 10 + i % 7,
					     &deadline, &changed), 1);
		unit_eq(deadline, i * MS);
		unit_eq(grid.target_ns, (i + 1) * MS);
	}
}

UNIT(grid, r2_1_under_a_lead_a_tick_stands_for_no_deadline_ahead_but_its_own)
{
	struct fraktor_grid grid = leading();
	u64 deadline = 0;
	bool changed;

	/* Within the lead of the next deadline: that one comes by itself. */
	unit_eq(fraktor_grid_advance(&grid, 2 * MS - 1, &deadline, &changed), 1);
	unit_eq(deadline, MS);
	unit_true(grid.expiry_ns < 2 * MS - 1);
	unit_eq(fraktor_grid_advance(&grid, 2 * MS - 1, &deadline, &changed), 1);
	unit_eq(deadline, 2 * MS);
	/* Behind it: missed. */
	unit_eq(fraktor_grid_advance(&grid, 5 * MS, &deadline, &changed), 3);
	unit_eq(deadline, 3 * MS);
	unit_eq(grid.deadline_ns, 6 * MS);
}

UNIT(grid, a_lead_that_changes_counts_from_the_next_but_one)
{
	struct fraktor_grid grid = leading();
	u64 deadline = 0;
	bool changed;

	fraktor_grid_lead(&grid, MS / 2);
	unit_eq(grid.expiry_ns, MS - MS / 10);
	unit_eq(fraktor_grid_advance(&grid, MS - MS / 10, &deadline, &changed), 1);
	unit_eq(grid.expiry_ns, 2 * MS - MS / 2);
	fraktor_grid_lead(&grid, 0);
	unit_eq(fraktor_grid_advance(&grid, 2 * MS - MS / 2, &deadline, &changed), 1);
	unit_eq(deadline, 2 * MS);
	unit_eq(grid.expiry_ns, 3 * MS);
	unit_eq(grid.target_ns, 3 * MS);
}

UNIT(grid, a_lead_outlives_a_change_of_the_grid)
{
	struct fraktor_grid grid = leading();
	u64 deadline = 0;
	bool changed;

	fraktor_grid_change(&grid, 10 * MS, false, 0);
	unit_eq(fraktor_grid_advance(&grid, MS - MS / 10, &deadline, &changed), 1);
	unit_true(changed);
	unit_eq(grid.target_ns, 11 * MS);
	unit_eq(grid.expiry_ns, 11 * MS - MS / 10);
}

UNIT(grid, a_widened_grid_has_no_lead)
{
	struct fraktor_grid grid = leading();
	u64 deadline = 0;
	bool changed;

	fraktor_grid_widen(&grid, 4);
	unit_eq(grid.target_ns, 4 * MS);
	unit_eq(grid.expiry_ns, 4 * MS);
	unit_eq(fraktor_grid_advance(&grid, 4 * MS, &deadline, &changed), 4);
	fraktor_grid_widen(&grid, 1);
	unit_eq(grid.expiry_ns, 5 * MS - MS / 10);
}

/* --- idle */

UNIT(grid, s2_idle_looks_at_the_first_deadline_not_before)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	unit_eq(fraktor_grid_advance(&grid, MS, &deadline, &changed), 1);
	fraktor_grid_idle(&grid, 10 * MS + 1);
	unit_true(grid.idle);
	unit_false(fraktor_grid_is_plain(&grid));
	unit_eq(grid.expiry_ns, 11 * MS);
	unit_eq(fraktor_grid_advance(&grid, 11 * MS - 1, &deadline, &changed), 0);
	unit_eq(fraktor_grid_advance(&grid, 11 * MS, &deadline, &changed), 10);
	unit_eq(deadline, 2 * MS);
	/* And then at each again. */
	unit_false(grid.idle);
	unit_eq(grid.expiry_ns, 12 * MS);
	/* A deadline itself is not before it. */
	fraktor_grid_idle(&grid, 20 * MS);
	unit_eq(grid.expiry_ns, 20 * MS);
}

UNIT(grid, s2_idle_until_what_has_passed_is_not_idle)
{
	struct fraktor_grid grid = started(MS);

	fraktor_grid_idle(&grid, 50 * MS);
	fraktor_grid_idle(&grid, 0);
	unit_false(grid.idle);
	unit_eq(grid.expiry_ns, MS);
	fraktor_grid_idle(&grid, MS);
	unit_false(grid.idle);
}

UNIT(grid, s2_idle_with_a_lead_ends_one_deadline_earlier)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	fraktor_grid_lead(&grid, MS / 4);
	fraktor_grid_idle(&grid, 10 * MS);
	unit_eq(grid.expiry_ns, 9 * MS);
	unit_eq(fraktor_grid_advance(&grid, 9 * MS, &deadline, &changed), 9);
	unit_eq(grid.expiry_ns, 10 * MS - MS / 4);
}

UNIT(grid, s2_catching_up_stands_for_what_has_passed)
{
	struct fraktor_grid grid = started(MS);
	u64 deadline = 0;
	bool changed;

	fraktor_grid_idle(&grid, 1000 * MS);
	fraktor_grid_catch_up(&grid, 7 * MS + 300);
	unit_eq(grid.target_ns, 7 * MS);
	unit_eq(fraktor_grid_advance(&grid, grid.target_ns, &deadline, &changed), 7);
	unit_eq(deadline, MS);
	unit_eq(grid.expiry_ns, 8 * MS);
}

UNIT(grid, s2_a_grid_that_is_wide_or_changes_does_not_idle)
{
	struct fraktor_grid grid = started(MS);

	unit_true(fraktor_grid_can_idle(&grid));
	fraktor_grid_widen(&grid, 2);
	unit_false(fraktor_grid_can_idle(&grid));
	fraktor_grid_widen(&grid, 1);
	fraktor_grid_change(&grid, 2 * MS, false, 0);
	unit_false(fraktor_grid_can_idle(&grid));
}

UNIT_SUITE(grid,
	   UNIT_CASE(grid, r1_2_first_deadline_is_one_period_ahead),
	   UNIT_CASE(grid, r1_2_never_early),
	   UNIT_CASE(grid, r1_2_lateness_does_not_slide_the_grid),
	   UNIT_CASE(grid, r2_1_missed_periods_are_counted_and_the_next_lies_ahead),
	   UNIT_CASE(grid, a_year_late_is_one_step),
	   UNIT_CASE(grid, aligned_deadlines_are_multiples_plus_phase),
	   UNIT_CASE(grid, change_waits_for_the_tick_that_ends_the_old_grid),
	   UNIT_CASE(grid, change_to_an_aligned_grid_goes_to_its_next_point),
	   UNIT_CASE(grid, change_before_a_start_is_there_from_the_start),
	   UNIT_CASE(grid, widened_line_looks_less_often_and_loses_no_period),
	   UNIT_CASE(grid, r1_2_deadlines_are_whole_under_random_use),
	   UNIT_CASE(grid, r1_2_a_step_is_an_advance_by_one),
	   UNIT_CASE(grid, r1_2_a_lead_expires_early_and_moves_no_deadline),
	   UNIT_CASE(grid, r2_1_under_a_lead_a_tick_stands_for_no_deadline_ahead_but_its_own),
	   UNIT_CASE(grid, a_lead_that_changes_counts_from_the_next_but_one),
	   UNIT_CASE(grid, a_lead_outlives_a_change_of_the_grid),
	   UNIT_CASE(grid, a_widened_grid_has_no_lead),
	   UNIT_CASE(grid, s2_idle_looks_at_the_first_deadline_not_before),
	   UNIT_CASE(grid, s2_idle_until_what_has_passed_is_not_idle),
	   UNIT_CASE(grid, s2_idle_with_a_lead_ends_one_deadline_earlier),
	   UNIT_CASE(grid, s2_catching_up_stands_for_what_has_passed),
	   UNIT_CASE(grid, s2_a_grid_that_is_wide_or_changes_does_not_idle));

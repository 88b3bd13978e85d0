/* SPDX-License-Identifier: MIT */
/*
 * grid_test.c - deadlines in user space: what is late, missed, passed over.
 */
#include <criterion/criterion.h>

#include <fraktor/base.h>

#include "tick/grid.h"

#define MS FRK_MS(1)

static struct frki_grid grid;
static struct fraktor_tick ticks[FRKI_GRID_RECORDS];

static void setup(void)
{
	grid = (struct frki_grid){ .period_ns = MS };
	frki_grid_start(&grid, 0);
}

TestSuite(grid, .init = setup);

static void assert_record(const struct fraktor_tick *tick, uint64_t deadline_ms,
			  uint32_t periods, uint16_t flags)
{
	cr_assert_eq(tick->deadline_ns, deadline_ms * MS);
	cr_assert_eq(tick->periods, periods);
	cr_assert_eq(tick->flags, flags);
}

Test(grid, s1_those_that_are_aligned_have_the_same_deadlines)
{
	struct frki_grid other = { .period_ns = MS, .aligned = true };

	grid.aligned = true;
	frki_grid_start(&grid, 5 * MS + 1);
	frki_grid_start(&other, 6 * MS - 1);
	cr_assert_eq(grid.deadline_ns, 6 * MS);
	cr_assert_eq(other.deadline_ns, 6 * MS);
	/* Now is none to come. */
	frki_grid_start(&other, 6 * MS);
	cr_assert_eq(other.deadline_ns, 7 * MS);
	cr_assert_eq(frki_grid_pass(&other, 7 * MS - 1, false, ticks), 0);
}

Test(grid, r1_2_never_early_and_no_lateness_adds_up)
{
	cr_assert_eq(frki_grid_pass(&grid, MS - 1, false, ticks), 0);
	for (uint64_t i = 1; i <= 1000; i++) {
		cr_assert_eq(frki_grid_pass(&grid, i * MS + i * 997 % MS, false, ticks), 1);
		assert_record(ticks, i, 1, i == 1 ? FRAKTOR_TICK_F_FIRST : 0);
	}
}

Test(grid, r2_1_a_late_thread_makes_one_record)
{
	cr_assert_eq(frki_grid_pass(&grid, 5 * MS + 3, false, ticks), 1);
	assert_record(ticks, 1, 5, FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED);
	cr_assert_eq(grid.target_ns, 6 * MS);
}

Test(grid, s2_an_idle_time_ends_at_the_first_deadline_not_before)
{
	frki_grid_pass(&grid, MS, false, ticks);
	frki_grid_idle(&grid, 10 * MS + 1);
	cr_assert(frki_grid_idles(&grid));
	cr_assert_eq(grid.target_ns, 11 * MS);
	cr_assert_eq(frki_grid_pass(&grid, 11 * MS - 1, false, ticks), 0);
	cr_assert_eq(frki_grid_pass(&grid, 11 * MS + 5, false, ticks), 1);
	assert_record(ticks, 2, 10, FRAKTOR_TICK_F_IDLE);
	cr_assert_not(frki_grid_idles(&grid));
	cr_assert_eq(grid.target_ns, 12 * MS);
	frki_grid_idle(&grid, 20 * MS);
	cr_assert_eq(grid.target_ns, 20 * MS);
	frki_grid_idle(&grid, UINT64_MAX);
	cr_assert_eq(grid.target_ns, 12 * MS + FRAKTOR_IDLE_MAX_NS);
	frki_grid_idle(&grid, 0);
	cr_assert_eq(grid.target_ns, 12 * MS);
}

Test(grid, s2_what_is_missed_behind_it_is_told_as_missed)
{
	frki_grid_pass(&grid, MS, false, ticks);
	frki_grid_idle(&grid, 10 * MS);
	cr_assert_eq(frki_grid_pass(&grid, 13 * MS, false, ticks), 2);
	assert_record(&ticks[0], 2, 9, FRAKTOR_TICK_F_IDLE);
	assert_record(&ticks[1], 11, 3, FRAKTOR_TICK_F_MISSED);
}

Test(grid, s2_who_asks_is_told_of_what_has_passed)
{
	frki_grid_pass(&grid, MS, false, ticks);
	frki_grid_idle(&grid, 1000 * MS);
	cr_assert_eq(frki_grid_pass(&grid, 2 * MS - 1, true, ticks), 0);
	cr_assert_eq(frki_grid_pass(&grid, 2 * MS + 1, true, ticks), 1);
	assert_record(ticks, 2, 1, FRAKTOR_TICK_F_ASKED);
	frki_grid_idle(&grid, 1000 * MS);
	cr_assert_eq(frki_grid_pass(&grid, 7 * MS + 300, true, ticks), 1);
	assert_record(ticks, 3, 5, FRAKTOR_TICK_F_IDLE | FRAKTOR_TICK_F_ASKED);
	cr_assert_eq(grid.target_ns, 8 * MS);
}

Test(grid, r1_5_who_asks_of_what_did_not_idle_hides_nothing)
{
	cr_assert_eq(frki_grid_pass(&grid, 3 * MS, true, ticks), 1);
	assert_record(ticks, 1, 3, FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED);
}

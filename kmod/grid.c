// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grid arithmetic, called from the tick interrupt: additions, and a division
 * only for a tick that is a whole period late or begins an aligned grid.
 */
#include <linux/limits.h>
#include <linux/math64.h>

#include "grid.h"

/* The first aligned deadline behind @now_ns. */
static u64 grid_align(const struct fraktor_grid *grid, u64 now_ns)
{
	u64 beyond;

	if (now_ns < grid->phase_ns)
		return grid->phase_ns;
	div64_u64_rem(now_ns - grid->phase_ns, grid->period_ns, &beyond);
	return now_ns - beyond + grid->period_ns;
}

static u64 grid_behind(const struct fraktor_grid *grid, u64 now_ns)
{
	return grid->aligned ? grid_align(grid, now_ns) :
			       now_ns + grid->period_ns;
}

void fraktor_grid_set(struct fraktor_grid *grid, u64 period_ns, bool aligned,
		      u64 phase_ns)
{
	*grid = (struct fraktor_grid) {
		.period_ns = period_ns,
		.phase_ns = phase_ns,
		.aligned = aligned,
		.widen = 1,
	};
}

void fraktor_grid_change(struct fraktor_grid *grid, u64 period_ns, bool aligned,
			 u64 phase_ns)
{
	grid->next_period_ns = period_ns;
	grid->next_phase_ns = phase_ns;
	grid->next_aligned = aligned;
	grid->changing = true;
}

void fraktor_grid_start(struct fraktor_grid *grid, u64 now_ns)
{
	if (grid->changing)
		fraktor_grid_set(grid, grid->next_period_ns, grid->next_aligned,
				 grid->next_phase_ns);
	grid->widen = 1;
	grid->deadline_ns = grid_behind(grid, now_ns);
	grid->expiry_ns = grid->deadline_ns;
}

/*
 * The new grid begins at the last deadline of the old one, not at now: a late
 * interrupt must not show in the deadlines.
 */
static void grid_renew(struct fraktor_grid *grid)
{
	u64 last_ns = grid->deadline_ns - grid->period_ns;

	fraktor_grid_set(grid, grid->next_period_ns, grid->next_aligned,
			 grid->next_phase_ns);
	grid->deadline_ns = grid_behind(grid, last_ns);
}

u64 fraktor_grid_advance(struct fraktor_grid *grid, u64 now_ns,
			 u64 *ret_deadline_ns, bool *ret_changed)
{
	u64 late_ns = now_ns - grid->deadline_ns;
	u64 periods = 1;

	if (now_ns < grid->expiry_ns)
		return 0;
	if (late_ns >= grid->period_ns)
		periods += div64_u64(late_ns, grid->period_ns);
	*ret_deadline_ns = grid->deadline_ns;
	grid->deadline_ns += periods * grid->period_ns;
	*ret_changed = grid->changing;
	if (grid->changing)
		grid_renew(grid);
	fraktor_grid_widen(grid, grid->widen);
	return periods;
}

void fraktor_grid_widen(struct fraktor_grid *grid, u32 widen)
{
	grid->widen = widen;
	grid->expiry_ns = grid->deadline_ns + (widen - 1) * grid->period_ns;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grid arithmetic, called from the tick interrupt: additions, and a division
 * only for a tick that is a whole period late, begins an aligned grid or ends an
 * idle time.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

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

void fraktor_grid_lead(struct fraktor_grid *grid, u64 lead_ns)
{
	grid->lead_ns = lead_ns;
}

/* The grid that was asked for meanwhile; the lead is no part of it. */
static void grid_take_next(struct fraktor_grid *grid)
{
	u64 lead_ns = grid->lead_ns;

	fraktor_grid_set(grid, grid->next_period_ns, grid->next_aligned,
			 grid->next_phase_ns);
	grid->lead_ns = lead_ns;
}

void fraktor_grid_start(struct fraktor_grid *grid, u64 now_ns)
{
	if (grid->changing)
		grid_take_next(grid);
	grid->deadline_ns = grid_behind(grid, now_ns);
	fraktor_grid_widen(grid, 1);
}

/*
 * The new grid begins at the last deadline of the old one, not at now: a late
 * interrupt must not show in the deadlines.
 */
static void grid_renew(struct fraktor_grid *grid)
{
	u64 last_ns = grid->deadline_ns - grid->period_ns;

	grid_take_next(grid);
	grid->deadline_ns = grid_behind(grid, last_ns);
}

u64 fraktor_grid_advance(struct fraktor_grid *grid, u64 now_ns,
			 u64 *ret_deadline_ns, bool *ret_changed)
{
	/* A tick that comes early comes for its target and none behind it. */
	u64 at_ns = max(now_ns, grid->target_ns);
	u64 late_ns = at_ns - grid->deadline_ns;
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
	grid->idle = false;
	grid->target_ns = grid->deadline_ns + (widen - 1) * grid->period_ns;
	grid->expiry_ns = grid->target_ns;
	if (widen == 1)
		grid->expiry_ns -= grid->lead_ns;
}

static void grid_aim(struct fraktor_grid *grid, u64 periods)
{
	fraktor_grid_widen(grid, 1);
	if (!periods)
		return;
	grid->target_ns += periods * grid->period_ns;
	grid->expiry_ns = grid->target_ns;
	grid->idle = true;
}

void fraktor_grid_idle(struct fraktor_grid *grid, u64 until_ns)
{
	u64 periods = 0;

	if (until_ns > grid->deadline_ns)
		periods = div64_u64(until_ns - grid->deadline_ns +
				    grid->period_ns - 1, grid->period_ns);
	if (grid->lead_ns && periods)
		periods--;
	grid_aim(grid, periods);
}

void fraktor_grid_catch_up(struct fraktor_grid *grid, u64 now_ns)
{
	grid_aim(grid, div64_u64(now_ns - grid->deadline_ns, grid->period_ns));
}

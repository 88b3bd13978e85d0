/* SPDX-License-Identifier: MIT */
/*
 * grid.c - the grid of grid.h.
 */
#include "tick/grid.h"

void frki_grid_start(struct frki_grid *grid, uint64_t now_ns)
{
	grid->deadline_ns = now_ns + grid->period_ns;
	if (grid->aligned)
		grid->deadline_ns -= grid->deadline_ns % grid->period_ns;
	grid->target_ns = grid->deadline_ns;
	grid->flags = FRAKTOR_TICK_F_FIRST;
}

void frki_grid_idle(struct frki_grid *grid, uint64_t until_ns)
{
	uint64_t max_ns = grid->deadline_ns + FRAKTOR_IDLE_MAX_NS, periods = 0;

	if (until_ns > max_ns)
		until_ns = max_ns;
	if (until_ns > grid->deadline_ns)
		periods = (until_ns - grid->deadline_ns - 1) / grid->period_ns + 1;
	grid->target_ns = grid->deadline_ns + periods * grid->period_ns;
}

static struct fraktor_tick grid_record(struct frki_grid *grid, uint64_t now_ns,
				       uint64_t periods, uint16_t flags)
{
	struct fraktor_tick tick = {
		.deadline_ns = grid->deadline_ns,
		.fired_ns = now_ns,
		.periods = periods > UINT32_MAX ? UINT32_MAX : (uint32_t)periods,
		.source = 1,
		.flags = grid->flags | flags,
	};

	grid->deadline_ns += periods * grid->period_ns;
	grid->target_ns = grid->deadline_ns;
	grid->flags = 0;
	return tick;
}

static struct fraktor_tick grid_record_idle(struct frki_grid *grid, uint64_t now_ns,
					    bool asked)
{
	uint64_t end_ns = now_ns < grid->target_ns ? now_ns : grid->target_ns;
	uint64_t passed = (end_ns - grid->deadline_ns) / grid->period_ns;
	uint16_t flags = passed ? FRAKTOR_TICK_F_IDLE : 0;

	if (asked)
		flags |= FRAKTOR_TICK_F_ASKED;
	return grid_record(grid, now_ns, passed + 1, flags);
}

unsigned int frki_grid_pass(struct frki_grid *grid, uint64_t now_ns, bool asked,
			    struct fraktor_tick ret_ticks[FRKI_GRID_RECORDS])
{
	unsigned int n = 0;
	uint64_t periods;

	if (now_ns < (asked ? grid->deadline_ns : grid->target_ns))
		return 0;
	if (frki_grid_idles(grid))
		ret_ticks[n++] = grid_record_idle(grid, now_ns, asked);
	if (now_ns < grid->deadline_ns)
		return n;
	periods = 1 + (now_ns - grid->deadline_ns) / grid->period_ns;
	ret_ticks[n++] = grid_record(grid, now_ns, periods,
				     periods > 1 ? FRAKTOR_TICK_F_MISSED : 0);
	return n;
}

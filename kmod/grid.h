/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grid of a line: when ticks are due.  Deadlines are absolute, each one
 * period behind the one before, whatever happens; a change of period or phase
 * begins a new grid at a tick.  Arithmetic only: the caller says what time it
 * is, on the line's clock.
 */
#ifndef FRAKTOR_GRID_H
#define FRAKTOR_GRID_H

#include <linux/types.h>

/**
 * struct fraktor_grid - deadlines of a line
 * @deadline_ns: first deadline that no tick has stood for.
 * @expiry_ns: when to look next: @deadline_ns, or some periods later while the
 *	line is widened.
 * @period_ns: distance of deadlines, not 0.
 * @phase_ns: deadlines are at multiples of @period_ns plus this, if @aligned.
 * @aligned: see @phase_ns.
 * @widen: look at every so many deadlines only; 1 as a rule.
 * @next_period_ns: takes effect at the next tick, if @changing.
 * @next_phase_ns: likewise.
 * @next_aligned: likewise.
 * @changing: the next tick ends this grid.
 */
struct fraktor_grid {
	u64 deadline_ns;
	u64 expiry_ns;
	u64 period_ns;
	u64 phase_ns;
	bool aligned;
	u32 widen;

	u64 next_period_ns;
	u64 next_phase_ns;
	bool next_aligned;
	bool changing;
};

/**
 * fraktor_grid_set() - say what the grid is, before it starts
 * @grid: the grid.
 * @period_ns: period, not 0.
 * @aligned: deadlines are at multiples of the period plus @phase_ns.
 * @phase_ns: less than the period.
 */
void fraktor_grid_set(struct fraktor_grid *grid, u64 period_ns, bool aligned,
		      u64 phase_ns);

/**
 * fraktor_grid_change() - say what the grid is from the next tick on
 * @grid: a grid that runs.
 * @period_ns: as in fraktor_grid_set().
 * @aligned: likewise.
 * @phase_ns: likewise.
 */
void fraktor_grid_change(struct fraktor_grid *grid, u64 period_ns, bool aligned,
			 u64 phase_ns);

/**
 * fraktor_grid_start() - begin: the first deadline lies ahead
 * @grid: the grid.
 * @now_ns: now.
 */
void fraktor_grid_start(struct fraktor_grid *grid, u64 now_ns);

/**
 * fraktor_grid_advance() - which deadlines have passed?
 * @grid: the grid; afterwards its expiry lies ahead.
 * @now_ns: now.
 * @ret_deadline_ns: the first of them.
 * @ret_changed: this tick ended a grid, and a new one has begun.
 *
 * Return: how many have passed; 0 if it is too early, and then nothing has
 * changed.
 */
u64 fraktor_grid_advance(struct fraktor_grid *grid, u64 now_ns,
			 u64 *ret_deadline_ns, bool *ret_changed);

/**
 * fraktor_grid_widen() - look at every so many deadlines only
 * @grid: a grid that runs.
 * @widen: 1 for all of them.
 */
void fraktor_grid_widen(struct fraktor_grid *grid, u32 widen);

#endif /* FRAKTOR_GRID_H */

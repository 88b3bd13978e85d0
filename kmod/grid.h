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
 * @target_ns: what the next tick is for: @deadline_ns, or some periods later
 *	while the line is widened.
 * @expiry_ns: when to look next: @target_ns, or @lead_ns before it.
 * @period_ns: distance of deadlines, not 0.
 * @phase_ns: deadlines are at multiples of @period_ns plus this, if @aligned.
 * @aligned: see @phase_ns.
 * @widen: look at every so many deadlines only; 1 as a rule.
 * @lead_ns: look so long before a deadline, less than the period.
 * @idle: nobody needs the ticks before @target_ns.
 * @next_period_ns: takes effect at the next tick, if @changing.
 * @next_phase_ns: likewise.
 * @next_aligned: likewise.
 * @changing: the next tick ends this grid.
 */
struct fraktor_grid {
	u64 deadline_ns;
	u64 target_ns;
	u64 expiry_ns;
	u64 period_ns;
	u64 phase_ns;
	bool aligned;
	u32 widen;
	u64 lead_ns;
	bool idle;

	u64 next_period_ns;
	u64 next_phase_ns;
	bool next_aligned;
	bool changing;
};

/**
 * fraktor_grid_set() - say what the grid is, before it starts; without a lead
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
 * fraktor_grid_lead() - look before deadlines, from the next but one on
 * @grid: the grid.
 * @lead_ns: so long before; 0 for not.
 */
void fraktor_grid_lead(struct fraktor_grid *grid, u64 lead_ns);

/**
 * fraktor_grid_start() - begin: the first deadline lies ahead
 * @grid: the grid.
 * @now_ns: now.
 */
void fraktor_grid_start(struct fraktor_grid *grid, u64 now_ns);

/**
 * fraktor_grid_advance() - which deadlines have passed?
 * @grid: the grid; afterwards its target lies ahead, and so does its expiry
 *	unless the next deadline is nearer than the lead.
 * @now_ns: now.
 * @ret_deadline_ns: the first of them.
 * @ret_changed: this tick ended a grid, and a new one has begun.
 *
 * Return: how many have passed, or will have within the lead; 0 if it is too
 * early, and then nothing has changed.
 */
u64 fraktor_grid_advance(struct fraktor_grid *grid, u64 now_ns,
			 u64 *ret_deadline_ns, bool *ret_changed);

/**
 * fraktor_grid_is_plain() - is a tick in time one step of the grid?
 * @grid: a grid that runs.
 *
 * Return: whether fraktor_grid_step() may stand for fraktor_grid_advance()
 * when less than a period has passed since the expiry.
 */
static inline bool fraktor_grid_is_plain(const struct fraktor_grid *grid)
{
	return !grid->changing && grid->widen == 1 && !grid->lead_ns &&
	       !grid->idle;
}

/**
 * fraktor_grid_step() - one deadline has passed
 * @grid: a plain grid whose expiry has come, less than a period ago.
 *
 * Return: the deadline.
 */
static inline u64 fraktor_grid_step(struct fraktor_grid *grid)
{
	u64 deadline_ns = grid->deadline_ns;
	u64 next_ns = deadline_ns + grid->period_ns;

	grid->deadline_ns = next_ns;
	grid->target_ns = next_ns;
	grid->expiry_ns = next_ns;
	return deadline_ns;
}

/**
 * fraktor_grid_widen() - look at every so many deadlines only
 * @grid: a grid that runs.
 * @widen: 1 for all of them.  Else without a lead: where interrupts take too
 *	much of the CPU there is none to spend on being early.
 */
void fraktor_grid_widen(struct fraktor_grid *grid, u32 widen);

/**
 * fraktor_grid_can_idle() - may the next tick be put off?
 * @grid: a grid that runs.
 *
 * Return: not while the line is widened, and not if the next tick changes it.
 */
static inline bool fraktor_grid_can_idle(const struct fraktor_grid *grid)
{
	return grid->widen == 1 && !grid->changing;
}

/**
 * fraktor_grid_idle() - look next at the first deadline not before a time
 * @grid: a grid that may idle.
 * @until_ns: the time; what is not beyond the next deadline ends it.
 *
 * With a lead, one deadline earlier: what is early stands for one period.
 */
void fraktor_grid_idle(struct fraktor_grid *grid, u64 until_ns);

/**
 * fraktor_grid_catch_up() - look at the last deadline that has passed
 * @grid: a grid that may idle.
 * @now_ns: now; not before its next deadline.
 */
void fraktor_grid_catch_up(struct fraktor_grid *grid, u64 now_ns);

#endif /* FRAKTOR_GRID_H */

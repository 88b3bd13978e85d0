// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tick: from an interrupt to records in every ring, by the source's
 * missed-tick behaviour; and what a tick notices on its way: lateness, drift,
 * too much load.  Everything here may run in hard interrupt and takes raw locks
 * only.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/percpu.h>

#include "fraktor.h"
#include "tick.h"
#include "trace.h"

/* Overload stretches a line so far, and then stops it. */
#define TICK_WIDEN_MAX	64

static DEFINE_PER_CPU(struct fraktor_load, tick_load);

static u64 tick_monotonic_ns(const struct fraktor_source *source, u64 now_ns)
{
	return source->clockid == CLOCK_MONOTONIC ? now_ns :
						    ktime_get_mono_fast_ns();
}

/* --- records ------------------------------------------------------------ */

/* At most one overflow a second is worth an event; it carries the totals. */
static void tick_note_overflow(struct fraktor_source *source)
{
	u64 now_ns = ktime_get_mono_fast_ns();

	if (now_ns < source->quiet_ns)
		return;
	source->quiet_ns = now_ns + NSEC_PER_SEC;
	fraktor_source_note(source, FRAKTOR_EVENT_OVERFLOW);
}

/**
 * fraktor_tick_make_room() - have room for a record
 * @source: its lock is held.
 * @link: of a reader whose ring seems to be full; its lock is held.
 */
noinline void fraktor_tick_make_room(struct fraktor_source *source,
				     struct fraktor_link *link)
{
	struct fraktor_ring *ring = &link->reader->ring;

	if (!fraktor_ring_make_room(ring))
		return;
	link->dropped++;
	trace_fraktor_drop(source->id, link->reader->id,
			   ring->meta->dropped_total);
	tick_note_overflow(source);
}

/**
 * fraktor_tick_trace() - have the tick seen by who traces
 * @deadline_ns: as in the record.
 * @fired_ns: likewise.
 * @periods: likewise.
 * @source: likewise.
 * @flags: likewise.
 *
 * By value: a record whose address is not taken stays in registers.
 */
noinline void fraktor_tick_trace(u64 deadline_ns, u64 fired_ns, u32 periods,
				 u16 source, u16 flags)
{
	const struct fraktor_tick tick = {
		.deadline_ns = deadline_ns,
		.fired_ns = fired_ns,
		.periods = periods,
		.source = source,
		.flags = flags,
	};

	trace_fraktor_tick(&tick);
}

static void tick_put(struct fraktor_source *source, u64 deadline_ns,
		     u64 fired_ns, u64 periods, u64 period_ns, u16 flags)
{
	struct fraktor_tick tick = {
		.fired_ns = fired_ns,
		.source = source->id,
		.flags = flags | source->flags,
	};

	source->flags = 0;
	if (unlikely(periods > 1) && !(flags & FRAKTOR_TICK_F_IDLE))
		tick.flags |= FRAKTOR_TICK_F_MISSED;
	/* More than 32 bits of periods: half a day at 10 us, a machine paused. */
	do {
		tick.deadline_ns = deadline_ns;
		tick.periods = min_t(u64, periods, U32_MAX);
		fraktor_tick_deliver(source, &tick);
		deadline_ns += tick.periods * period_ns;
		periods -= tick.periods;
	} while (unlikely(periods));
}

/* --- drift and load ----------------------------------------------------- */

static void tick_check_drift(struct fraktor_source *source)
{
	s64 ppb = source->stats.drift.last_ppb;

	if (abs(ppb) <= source->tuning.drift_ppb)
		return;
	trace_fraktor_drift(source->id, ppb, source->tuning.drift_ppb);
	fraktor_source_note(source, FRAKTOR_EVENT_DRIFT);
	if (source->tuning.flags & FRAKTOR_SOURCE_F_DRIFT_STOPS)
		fraktor_source_end(source, FRAKTOR_REASON_DRIFT);
}

/**
 * fraktor_tick_settle() - count the ticks whose counting was put off
 * @source: its lock is held.
 *
 * Before anybody looks at its statistics.  A drift found then may end a line
 * that runs.  Any context.
 */
void fraktor_tick_settle(struct fraktor_source *source)
{
	lockdep_assert_held(&source->lock);
	if (fraktor_stats_settle(&source->stats) &&
	    source->state == FRAKTOR_STATE_RUNNING)
		tick_check_drift(source);
}

static void tick_widen(struct fraktor_source *source, u32 widen, u64 now_ns)
{
	source->widened_ns = now_ns;
	source->plain_ns = 0;
	fraktor_grid_widen(&source->grid, widen);
	/* Waits may need a bound now, or none any more. */
	fraktor_link_publish_all(source);
}

static void tick_overload(struct fraktor_source *source, u64 now_ns)
{
	if (!(source->notes & BIT(FRAKTOR_EVENT_OVERLOAD)) &&
	    now_ns - source->widened_ns >= NSEC_PER_SEC)
		fraktor_source_note(source, FRAKTOR_EVENT_OVERLOAD);
	if (source->tuning.flags & FRAKTOR_SOURCE_F_OVERLOAD_STOPS ||
	    source->grid.widen >= TICK_WIDEN_MAX)
		fraktor_source_end(source, FRAKTOR_REASON_OVERLOAD);
	else
		tick_widen(source, source->grid.widen * 2, now_ns);
}

/*
 * The CPU's share is judged for all its lines together; the one that exceeds
 * it pays, which is most often the one that takes most.  @untimed ticks came
 * since the last one that was timed.
 */
static void tick_account(struct fraktor_source *source, u64 begin_ns,
			 u64 end_ns, u32 untimed)
{
	struct fraktor_load *load = this_cpu_ptr(&tick_load);
	u32 max_percent = fraktor_limits_max_load();
	u64 took_ns, others_ns;

	if (end_ns < begin_ns)
		end_ns = begin_ns;
	took_ns = end_ns - begin_ns;
	others_ns = fraktor_load_others_ns(untimed, source->timed_ns, took_ns);
	source->timed_ns = took_ns;
	source->stats.callback_max_ns = max(source->stats.callback_max_ns,
					    took_ns);
	if (unlikely(fraktor_load_add(load, begin_ns, end_ns, others_ns,
				      max_percent)) &&
	    source->state == FRAKTOR_STATE_RUNNING)
		tick_overload(source, end_ns);
	else if (unlikely(source->grid.widen > 1) &&
		 end_ns - source->widened_ns >= NSEC_PER_SEC &&
		 fraktor_load_is_calm(load, max_percent))
		tick_widen(source, source->grid.widen / 2, end_ns);
}

/* --- missed-tick behaviour ---------------------------------------------- */

static void tick_tell(struct fraktor_source *source, u64 deadline_ns,
		      u64 fired_ns, u64 late_ns, u64 periods, u64 period_ns,
		      u16 flags)
{
	u64 monotonic_ns = tick_monotonic_ns(source, fired_ns);

	/* Drift is that of the ticks: a lead that changes is none. */
	if (flags & FRAKTOR_TICK_F_LEAD)
		monotonic_ns += deadline_ns - fired_ns;
	/* Nor is it that of who asks. */
	if (flags & FRAKTOR_TICK_F_ASKED) {
		monotonic_ns -= late_ns;
		late_ns = 0;
	}
	tick_put(source, deadline_ns, fired_ns, periods, period_ns, flags);
	fraktor_tick_settle(source);
	if (unlikely(fraktor_stats_tick(&source->stats, late_ns, periods,
					monotonic_ns)))
		tick_check_drift(source);
}

static u16 tick_lateness_flag(const struct fraktor_source *source, u64 late_ns)
{
	return unlikely(late_ns >= fraktor_tune_late_ns(source)) ?
		       FRAKTOR_TICK_F_LATE : 0;
}

/*
 * A record for each period; the first one for what is beyond the bound.  Each
 * is as late as its own deadline says: the last ones may be in time.
 */
static void tick_burst(struct fraktor_source *source, u64 deadline_ns,
		       u64 fired_ns, u64 periods, u64 period_ns, u16 flags)
{
	u64 records = min_t(u64, periods, FRAKTOR_BURST_MAX);
	u64 first = periods - records + 1;

	while (records-- && source->state == FRAKTOR_STATE_RUNNING) {
		u64 late_ns = fired_ns - deadline_ns;

		tick_tell(source, deadline_ns, fired_ns, late_ns, first,
			  period_ns, flags | FRAKTOR_TICK_F_BURST |
			  tick_lateness_flag(source, late_ns));
		deadline_ns += first * period_ns;
		first = 1;
	}
}

/* Keep a late tick back, so that the next one in time stands for it, too. */
static bool tick_hold(struct fraktor_source *source, u64 deadline_ns,
		      u64 periods)
{
	if (source->held_ticks == FRAKTOR_SKIP_MAX)
		return false;
	if (!source->held)
		source->held_ns = deadline_ns;
	source->held += periods;
	source->held_ticks++;
	return true;
}

/* What was kept back is part of this tick. */
static u64 tick_unhold(struct fraktor_source *source, u64 *deadline_ns)
{
	u64 held = source->held;

	if (likely(!held))
		return 0;
	*deadline_ns = source->held_ns;
	source->held = 0;
	source->held_ticks = 0;
	return held;
}

static void tick_due(struct fraktor_source *source, u64 deadline_ns,
		     u64 fired_ns, u64 late_ns, u64 periods, u64 period_ns,
		     u16 flags)
{
	u16 late = tick_lateness_flag(source, late_ns);

	if (unlikely(late)) {
		source->stats.late++;
		if (source->tuning.missed == FRAKTOR_MISSED_SKIP &&
		    tick_hold(source, deadline_ns, periods))
			return;
	}
	periods += tick_unhold(source, &deadline_ns);
	if (unlikely(periods > 1) &&
	    source->tuning.missed == FRAKTOR_MISSED_BURST)
		tick_burst(source, deadline_ns, fired_ns, periods, period_ns,
			   flags);
	else
		tick_tell(source, deadline_ns, fired_ns, late_ns, periods,
			  period_ns, flags | late);
}

/*
 * This tick was the last one of its grid.  Periods of the old grid cannot be
 * counted in a record of the new one: what was kept back is told now.
 */
static void tick_changed(struct fraktor_source *source, u64 fired_ns,
			 u64 late_ns, u64 period_ns)
{
	u64 deadline_ns;
	u64 periods = tick_unhold(source, &deadline_ns);

	if (unlikely(periods))
		tick_tell(source, deadline_ns, fired_ns, late_ns, periods,
			  period_ns, FRAKTOR_TICK_F_LATE);
	source->flags |= FRAKTOR_TICK_F_CHANGED;
	fraktor_drift_reset(&source->stats.drift, source->grid.period_ns);
	fraktor_link_publish_all(source);
	fraktor_source_note(source, FRAKTOR_EVENT_CHANGED);
}

/* --- what drivers call -------------------------------------------------- */

/* Did the lead bring this tick before its deadline? */
static u16 tick_lead(struct fraktor_source *source, u64 now_ns, u64 target_ns)
{
	if (now_ns < target_ns) {
		source->stats.early++;
		return FRAKTOR_TICK_F_LEAD;
	}
	source->stats.lead_missed++;
	return 0;
}

/*
 * An idle time is over.  This record stands for what nobody needed, as if it came
 * in time; if it is a period late and more, the next expiry, which is due by
 * then, tells what was missed.
 */
static void tick_idle(struct fraktor_source *source, u64 now_ns, u16 flags)
{
	struct fraktor_grid *grid = &source->grid;
	u64 target_ns = grid->target_ns;
	u64 late_ns = now_ns - target_ns;
	u64 deadline_ns, periods;
	bool changed;

	if (grid->idle)
		flags |= FRAKTOR_TICK_F_IDLE;
	periods = fraktor_grid_advance(grid, target_ns, &deadline_ns, &changed);
	if (!(flags & FRAKTOR_TICK_F_ASKED))
		flags |= tick_lateness_flag(source, late_ns);
	if (flags & FRAKTOR_TICK_F_LATE)
		source->stats.late++;
	tick_tell(source, deadline_ns, now_ns, late_ns, periods,
		  grid->period_ns, flags);
	source->stats.missed -= periods - 1;
	source->stats.idled += periods - 1;
}

static void tick_expire(struct fraktor_source *source, u64 now_ns)
{
	struct fraktor_grid *grid = &source->grid;
	u64 period_ns = grid->period_ns;
	u64 expiry_ns = grid->expiry_ns;
	u64 target_ns = grid->target_ns;
	u64 late_ns = now_ns > target_ns ? now_ns - target_ns : 0;
	bool widened = target_ns != grid->deadline_ns;
	u64 deadline_ns, periods;
	bool changed;
	u16 flags;

	/*
	 * A record for several periods is made when the last of them is due:
	 * who holds an early record back looks at its one deadline.
	 */
	if (unlikely(source->held && now_ns < target_ns))
		return;
	if (unlikely(grid->idle)) {
		if (now_ns < target_ns)
			return;
		tick_idle(source, now_ns, 0);
		fraktor_idle_ended(source);
		return;
	}
	periods = fraktor_grid_advance(grid, now_ns, &deadline_ns, &changed);
	/*
	 * TAI can be set back between the expiry and here.  A tick is never
	 * early: it comes when its clock gets there again.
	 */
	if (unlikely(!periods))
		return;
	flags = expiry_ns != target_ns ? tick_lead(source, now_ns, target_ns) : 0;
	if (unlikely(widened)) {
		source->stats.widened += periods - 1;
		flags |= FRAKTOR_TICK_F_WIDENED;
	}
	tick_due(source, deadline_ns, now_ns, late_ns, periods, period_ns, flags);
	if (unlikely(changed))
		tick_changed(source, now_ns, late_ns, period_ns);
}

/* When the driver is to call again; 0 if the line has stopped. */
static u64 tick_next_ns(const struct fraktor_source *source)
{
	if (source->state != FRAKTOR_STATE_RUNNING)
		return 0;
	return unlikely(source->held) ? source->grid.target_ns :
					source->grid.expiry_ns;
}

/**
 * fraktor_tick_plain_settle() - do what was put off, and time this tick
 * @source: its lock is held, and it runs; as much as can be was put off.
 *
 * Return: as fraktor_tick_expire().
 */
noinline u64 fraktor_tick_plain_settle(struct fraktor_source *source)
{
	u64 begin_ns = fraktor_stats_last_ns(&source->stats);
	u64 end_ns = ktime_get_mono_fast_ns();

	fraktor_tick_settle(source);
	tick_account(source, begin_ns, end_ns,
		     fraktor_stats_restart(&source->stats) - 1);
	return tick_next_ns(source);
}

/**
 * fraktor_tick_special() - whatever else than plain a tick may be
 * @source: its lock is held.
 * @now_ns: as in fraktor_tick_expire().
 * @begin_ns: likewise.
 *
 * Finds out whether the next one may be plain.
 *
 * Return: as fraktor_tick_expire().
 */
noinline u64 fraktor_tick_special(struct fraktor_source *source, u64 now_ns,
				  u64 begin_ns)
{
	u64 end_ns;

	if (source->state != FRAKTOR_STATE_RUNNING)
		return 0;
	source->stats.expiries++;
	tick_expire(source, now_ns);
	end_ns = ktime_get_mono_fast_ns();
	fraktor_tick_settle(source);
	tick_account(source, begin_ns, end_ns,
		     fraktor_stats_restart(&source->stats));
	source->plain_ns = 0;
	if (source->state == FRAKTOR_STATE_RUNNING &&
	    fraktor_grid_is_plain(&source->grid) && !source->held &&
	    !source->flags)
		source->plain_ns = min(source->grid.period_ns,
				       fraktor_tune_late_ns(source));
	return tick_next_ns(source);
}

/**
 * fraktor_tick_idle() - tell what has passed, and look again as late as allowed
 * @source: a line with a timer, which is not armed; its lock is held, and it runs.
 * @now_ns: now, on its clock.
 * @until_ns: see struct fraktor_idle.
 *
 * A line that has something else to tell at its next tick does not idle.
 */
void fraktor_tick_idle(struct fraktor_source *source, u64 now_ns, u64 until_ns)
{
	struct fraktor_grid *grid = &source->grid;

	fraktor_tick_settle(source);
	if (source->state != FRAKTOR_STATE_RUNNING)
		return;
	fraktor_stats_restart(&source->stats);
	source->plain_ns = 0;
	if (now_ns >= grid->deadline_ns && grid->idle) {
		fraktor_grid_catch_up(grid, now_ns);
		tick_idle(source, now_ns, FRAKTOR_TICK_F_ASKED);
	} else if (now_ns >= grid->deadline_ns) {
		/* The interrupt that would have told was not there yet. */
		tick_expire(source, now_ns);
	}
	if (!fraktor_grid_can_idle(grid) || source->held)
		return;
	fraktor_grid_idle(grid, min(until_ns, now_ns + FRAKTOR_IDLE_MAX_NS));
}

/**
 * fraktor_tick_share() - count an expiry in an interrupt that another line had
 * @source: the line.
 *
 * Called in hard interrupt, with interrupts off.
 */
void fraktor_tick_share(struct fraktor_source *source)
{
	raw_spin_lock(&source->lock);
	if (source->state == FRAKTOR_STATE_RUNNING)
		source->stats.shared++;
	raw_spin_unlock(&source->lock);
}

/* Pulses that did not come, by the line's own word on how often they do. */
static u64 tick_pulse_periods(const struct fraktor_source *source, u64 now_ns)
{
	u64 period_ns = source->grid.period_ns;
	u64 elapsed_ns = now_ns - source->last_ns;

	if (!period_ns || source->flags & FRAKTOR_TICK_F_FIRST ||
	    elapsed_ns < period_ns + period_ns / 2)
		return 1;
	return div64_u64(elapsed_ns + period_ns / 2, period_ns);
}

static void tick_pulse(struct fraktor_source *source, u64 now_ns)
{
	u64 periods = tick_pulse_periods(source, now_ns);
	u16 flags = 0;

	source->last_ns = now_ns;
	source->held += periods;
	/* Overload: a line that is not ours can only be heard less often. */
	if (unlikely(++source->held_ticks < source->grid.widen))
		return;
	if (unlikely(source->held_ticks > 1)) {
		source->stats.widened += source->held_ticks - 1;
		flags |= FRAKTOR_TICK_F_WIDENED;
	}
	periods = source->held;
	source->held = 0;
	source->held_ticks = 0;
	/* The last of the periods is the one that ends now. */
	tick_tell(source, now_ns - (periods - 1) * source->grid.period_ns,
		  now_ns, 0, periods, source->grid.period_ns, flags);
}

/**
 * fraktor_tick_pulse() - a pulse has come
 * @source: a line without a grid.
 * @now_ns: now, on its clock, which is CLOCK_MONOTONIC.
 *
 * Any context but NMI.
 */
void fraktor_tick_pulse(struct fraktor_source *source, u64 now_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (likely(source->state == FRAKTOR_STATE_RUNNING)) {
		tick_pulse(source, now_ns);
		if (likely(source->state == FRAKTOR_STATE_RUNNING))
			tick_account(source, now_ns, ktime_get_mono_fast_ns(), 0);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/**
 * fraktor_tick_make() - a tick of which the driver knows everything
 * @source: the line.
 * @deadline_ns: first deadline passed.
 * @fired_ns: when that was seen; not before @deadline_ns.
 * @periods: periods that have passed, at least 1.
 *
 * Any context but NMI.
 */
void fraktor_tick_make(struct fraktor_source *source, u64 deadline_ns,
		       u64 fired_ns, u64 periods)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING)
		tick_due(source, deadline_ns, fired_ns, fired_ns - deadline_ns,
			 periods, source->grid.period_ns, 0);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/**
 * fraktor_tick_remark() - put a note into the line's history
 * @source: the line; nothing happens unless it runs.
 * @flag: FRAKTOR_TICK_F_SUSPEND or FRAKTOR_TICK_F_RESUME.
 */
void fraktor_tick_remark(struct fraktor_source *source, u16 flag)
{
	struct fraktor_tick tick = {
		.source = source->id,
		.flags = flag,
	};
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING) {
		tick.fired_ns = fraktor_clock_now_ns(source->clockid);
		tick.deadline_ns = tick.fired_ns;
		fraktor_tick_deliver(source, &tick);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

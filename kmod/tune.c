// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be changed of a source, while it runs, too.  Period and phase take
 * effect at the next tick, lead and accuracy behind it, the rest at once.
 */
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "fraktor.h"

#define TUNE_FLAGS	(FRAKTOR_SOURCE_F_ALIGN |		\
			 FRAKTOR_SOURCE_F_CPU_STRICT |		\
			 FRAKTOR_SOURCE_F_SUSPEND_STOPS |	\
			 FRAKTOR_SOURCE_F_DRIFT_STOPS |		\
			 FRAKTOR_SOURCE_F_OVERLOAD_STOPS)

#define TUNE_WHAT	(FRAKTOR_SET_PERIOD | FRAKTOR_SET_PHASE |	\
			 FRAKTOR_SET_LATE | FRAKTOR_SET_DRIFT |		\
			 FRAKTOR_SET_MISSED | FRAKTOR_SET_STALL |	\
			 FRAKTOR_SET_FLAGS | FRAKTOR_SET_LEAD |		\
			 FRAKTOR_SET_ACCURACY)

static bool tune_is_aligned(const struct fraktor_tuning *tuning)
{
	return tuning->flags & FRAKTOR_SOURCE_F_ALIGN;
}

/* A driver's line has no grid of ours: what it says of itself stays. */
static bool tune_is_of_a_driver(const struct fraktor_source *source)
{
	return source->driver == &fraktor_pulse_driver;
}

static int tune_check_line(const struct fraktor_tuning *tuning,
			   const struct fraktor_tuning *old)
{
	if (tuning->period_ns != old->period_ns || tuning->phase_ns ||
	    tune_is_aligned(tuning))
		return -EOPNOTSUPP;
	return 0;
}

static int tune_check_grid(const struct fraktor_tuning *tuning,
			   const struct fraktor_tuning *old)
{
	int err;

	/* A period that stays needs no permission anew. */
	if (!old || tuning->period_ns != old->period_ns) {
		err = fraktor_limits_check_period(tuning->period_ns);
		if (err)
			return err;
	}
	if (tuning->phase_ns >= tuning->period_ns ||
	    (tuning->phase_ns && !tune_is_aligned(tuning)))
		return -EINVAL;
	return 0;
}

/*
 * Half a period, so that an expiry is never before the deadline of the tick
 * before, nor behind that of the next.  A clock that can be set back would have
 * readers hold a record for as long.
 */
static int tune_check_timer(const struct fraktor_source *source,
			    const struct fraktor_tuning *tuning)
{
	u64 max_ns = tuning->period_ns / 2;

	if (!tuning->lead_ns && !tuning->accuracy_ns)
		return 0;
	if (source->driver != &fraktor_hrtimer_driver)
		return -EOPNOTSUPP;
	if (tuning->lead_ns > min_t(u64, max_ns, FRAKTOR_LEAD_MAX_NS) ||
	    tuning->accuracy_ns > max_ns ||
	    (tuning->lead_ns && tuning->accuracy_ns) ||
	    (tuning->lead_ns && source->clockid == CLOCK_TAI))
		return -EINVAL;
	return 0;
}

/**
 * fraktor_tune_check() - could a source be like this?
 * @source: the source; its driver is set.
 * @tuning: what it would be.
 * @old: what it is, NULL if it is being made.
 *
 * Return: 0, -EINVAL, -EPERM or -EOPNOTSUPP (the period of a driver's line; lead
 * and accuracy without a timer).
 */
int fraktor_tune_check(const struct fraktor_source *source,
		       const struct fraktor_tuning *tuning,
		       const struct fraktor_tuning *old)
{
	int err;

	if (tuning->missed > FRAKTOR_MISSED_BURST ||
	    tuning->late_ns > FRAKTOR_PERIOD_MAX_NS ||
	    tuning->drift_ppb > NSEC_PER_SEC ||
	    tuning->flags & ~TUNE_FLAGS)
		return -EINVAL;
	err = tune_is_of_a_driver(source) && old ? tune_check_line(tuning, old) :
						   tune_check_grid(tuning, old);
	return err ? err : tune_check_timer(source, tuning);
}

static void tune_apply_grid(struct fraktor_source *source,
			    const struct fraktor_tuning *tuning)
{
	bool aligned = tune_is_aligned(tuning);

	if (source->state != FRAKTOR_STATE_RUNNING)
		fraktor_grid_set(&source->grid, tuning->period_ns, aligned,
				 tuning->phase_ns);
	else if (tuning->period_ns != source->tuning.period_ns ||
		 tuning->phase_ns != source->tuning.phase_ns ||
		 aligned != tune_is_aligned(&source->tuning))
		fraktor_grid_change(&source->grid, tuning->period_ns, aligned,
				    tuning->phase_ns);
}

/**
 * fraktor_tune_apply() - let a source be like this
 * @source: its lock is held, or nobody else knows it.
 * @tuning: checked.
 */
void fraktor_tune_apply(struct fraktor_source *source,
			const struct fraktor_tuning *tuning)
{
	tune_apply_grid(source, tuning);
	fraktor_grid_lead(&source->grid, tuning->lead_ns);
	source->tuning = *tuning;
	source->plain_ns = 0;
	if (!source->tuning.drift_ppb)
		source->tuning.drift_ppb = FRAKTOR_DRIFT_PPB_DEFAULT;
	if (!source->tuning.stall_periods)
		source->tuning.stall_periods = FRAKTOR_STALL_PERIODS_DEFAULT;
}

/**
 * fraktor_tune_late_ns() - from which lateness on is a tick late?
 * @source: the source.
 *
 * Return: nanoseconds.
 */
u64 fraktor_tune_late_ns(const struct fraktor_source *source)
{
	return source->tuning.late_ns ?: source->grid.period_ns;
}

static void tune_merge(struct fraktor_tuning *tuning,
		       const struct fraktor_set *set)
{
	if (set->what & FRAKTOR_SET_PERIOD)
		tuning->period_ns = set->period_ns;
	if (set->what & FRAKTOR_SET_PHASE)
		tuning->phase_ns = set->phase_ns;
	if (set->what & FRAKTOR_SET_LATE)
		tuning->late_ns = set->late_ns;
	if (set->what & FRAKTOR_SET_DRIFT)
		tuning->drift_ppb = set->drift_ppb;
	if (set->what & FRAKTOR_SET_MISSED)
		tuning->missed = set->missed;
	if (set->what & FRAKTOR_SET_STALL)
		tuning->stall_periods = set->stall_periods;
	if (set->what & FRAKTOR_SET_FLAGS)
		tuning->flags = set->flags;
	if (set->what & FRAKTOR_SET_LEAD)
		tuning->lead_ns = set->lead_ns;
	if (set->what & FRAKTOR_SET_ACCURACY)
		tuning->accuracy_ns = set->accuracy_ns;
}

static int tune_change_rate(struct fraktor_source *source, u64 period_ns)
{
	int err;

	if (!source->rate_ns)
		return 0;
	err = fraktor_limits_change_rate(source->cpu, source->rate_ns,
					 period_ns);
	if (!err)
		source->rate_ns = period_ns;
	return err;
}

static int tune_set(struct fraktor_source *source, const struct fraktor_set *set)
{
	struct fraktor_tuning tuning = source->tuning;
	unsigned long flags;
	int err;

	tune_merge(&tuning, set);
	err = fraktor_tune_check(source, &tuning, &source->tuning);
	if (err)
		return err;
	/* The mutex keeps others from coming. */
	if (tuning.lead_ns && READ_ONCE(source->nr_unled))
		return -EPROTONOSUPPORT;
	err = tune_change_rate(source, tuning.period_ns);
	if (err)
		return err;
	raw_spin_lock_irqsave(&source->lock, flags);
	fraktor_tune_apply(source, &tuning);
	fraktor_link_publish_all(source);
	if (!source->grid.changing)
		fraktor_source_note(source, FRAKTOR_EVENT_CHANGED);
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return 0;
}

/**
 * fraktor_tune_set() - change a source; may sleep
 * @source: the source.
 * @set: what to change.
 *
 * Return: 0, -EINVAL, -EPERM, -EOPNOTSUPP, -ENOSPC (the CPU has its fill of
 * ticks) or -EPROTONOSUPPORT (a lead, and a reader that does not hold early
 * records back); but for 0, nothing has changed.
 */
int fraktor_tune_set(struct fraktor_source *source, const struct fraktor_set *set)
{
	int err;

	if (!set->what || set->what & ~TUNE_WHAT || set->reserved)
		return -EINVAL;
	/* The line stays where it is meanwhile. */
	cpus_read_lock();
	mutex_lock(&source->mutex);
	fraktor_idle_end(source);
	err = tune_set(source, set);
	mutex_unlock(&source->mutex);
	cpus_read_unlock();
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources: making them, starting and stopping them, and their end.  What a
 * tick does is in tick.c, when it comes is the driver's business.
 */
#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fraktor.h"
#include "tests/manual.h"
#include "trace.h"

/* --- making ------------------------------------------------------------ */

static const struct fraktor_driver *source_driver(u32 driver)
{
	if (driver == FRAKTOR_DRIVER_HRTIMER)
		return &fraktor_hrtimer_driver;
	return fraktor_manual_find(driver);
}

static int source_check_cpu(s32 cpu)
{
	if (cpu == FRAKTOR_CPU_CURRENT)
		return 0;
	if (cpu < 0 || cpu >= nr_cpu_ids)
		return -EINVAL;
	return cpu_online(cpu) ? 0 : -ENODEV;
}

static struct fraktor_source *source_alloc(kuid_t uid, bool privileged)
{
	struct fraktor_source *source;
	int err;

	err = fraktor_limits_get_source(uid, privileged);
	if (err)
		return ERR_PTR(err);
	source = kzalloc(sizeof(*source), GFP_KERNEL_ACCOUNT);
	if (!source) {
		fraktor_limits_put_source(uid);
		return ERR_PTR(-ENOMEM);
	}
	raw_spin_lock_init(&source->lock);
	INIT_HLIST_HEAD(&source->links);
	mutex_init(&source->mutex);
	mutex_init(&source->event_mutex);
	kref_init(&source->ref);
	INIT_WORK(&source->event_work, fraktor_event_work);
	source->uid = uid;
	source->clockid = CLOCK_MONOTONIC;
	source->cpu = raw_smp_processor_id();
	source->home_cpu = source->cpu;
	return source;
}

static void source_free(struct fraktor_source *source)
{
	put_pid(source->pid);
	fraktor_limits_put_source(source->uid);
	kfree(source);
}

static int source_init(struct fraktor_source *source,
		       const struct fraktor_create *create)
{
	const struct fraktor_tuning tuning = {
		.period_ns = create->period_ns,
		.phase_ns = create->phase_ns,
		.late_ns = create->late_ns,
		.drift_ppb = create->drift_ppb,
		.missed = create->missed,
		.stall_periods = create->stall_periods,
		.flags = create->flags,
		.lead_ns = create->lead_ns,
		.accuracy_ns = create->accuracy_ns,
	};
	int err;

	source->clockid = create->clockid;
	err = fraktor_tune_check(source, &tuning, NULL);
	if (err)
		return err;
	err = source_check_cpu(create->cpu);
	if (err)
		return err;
	if (!source->driver->knows_clock(create->clockid) ||
	    !fraktor_registry_name_is_valid(create->name))
		return -EINVAL;
	if (create->cpu != FRAKTOR_CPU_CURRENT)
		source->cpu = create->cpu;
	source->home_cpu = source->cpu;
	source->pid = get_pid(task_tgid(current));
	strscpy(source->name, create->name, sizeof(source->name));
	fraktor_tune_apply(source, &tuning);
	fraktor_stats_reset(&source->stats, tuning.period_ns);
	if (source->driver->init)
		source->driver->init(source);
	return 0;
}

/**
 * fraktor_source_publish() - let others find it, and tell them; may sleep
 * @source: new.
 */
void fraktor_source_publish(struct fraktor_source *source)
{
	fraktor_registry_show(source);
	fraktor_event_send(source, FRAKTOR_EVENT_CREATED);
}

/**
 * fraktor_source_new() - make a source for a user, stopped; may sleep
 * @create: what the user asked for.
 *
 * fraktor_source_publish() is left to the caller, fraktor_source_kill() in any case.
 *
 * Return: the source with a reference for its owner, or an error pointer.
 */
struct fraktor_source *fraktor_source_new(const struct fraktor_create *create)
{
	const struct fraktor_driver *driver = source_driver(create->driver);
	struct fraktor_source *source;
	int err;

	if (!driver)
		return ERR_PTR(-EOPNOTSUPP);
	source = source_alloc(current_uid(), capable(CAP_SYS_RESOURCE));
	if (IS_ERR(source))
		return source;
	source->driver = driver;
	err = source_init(source, create);
	if (err)
		goto err_init;
	err = fraktor_registry_add(source);
	if (err)
		goto err_init;
	return source;

err_init:
	source_free(source);
	return ERR_PTR(err);
}

/**
 * fraktor_source_new_line() - make a source for another driver; may sleep
 * @line: copied.
 *
 * Return: the source with a reference for the driver, or an error pointer.
 */
struct fraktor_source *
fraktor_source_new_line(const struct fraktor_pulse_line *line)
{
	const struct fraktor_tuning tuning = { .period_ns = line->period_ns };
	struct fraktor_source *source;
	int err;

	source = source_alloc(GLOBAL_ROOT_UID, true);
	if (IS_ERR(source))
		return source;
	source->driver = &fraktor_pulse_driver;
	source->line = *line;
	strscpy(source->name, line->name, sizeof(source->name));
	fraktor_tune_apply(source, &tuning);
	fraktor_stats_reset(&source->stats, tuning.period_ns);
	err = fraktor_registry_add(source);
	if (err) {
		source_free(source);
		return ERR_PTR(err);
	}
	fraktor_source_publish(source);
	return source;
}

static void source_release(struct kref *ref)
{
	struct fraktor_source *source =
		container_of(ref, struct fraktor_source, ref);

	cancel_work_sync(&source->event_work);
	source_free(source);
}

/**
 * fraktor_source_unref() - give a reference back; may sleep
 * @source: the source.
 */
void fraktor_source_unref(struct fraktor_source *source)
{
	kref_put(&source->ref, source_release);
}

/* --- state ------------------------------------------------------------- */

static void source_set_state(struct fraktor_source *source, u32 state,
			     u32 reason)
{
	lockdep_assert_held(&source->lock);
	if (source->state == FRAKTOR_STATE_RUNNING)
		source->stop_reason = reason;
	source->plain_ns = 0;
	WRITE_ONCE(source->state, state);
	WRITE_ONCE(source->reason, reason);
	fraktor_link_publish_all(source);
}

static void source_begin(struct fraktor_source *source)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	/* A change that found no tick to begin at. */
	fraktor_tune_apply(source, &source->tuning);
	fraktor_stats_reset(&source->stats, source->tuning.period_ns);
	source->started_ns = ktime_get_ns();
	source->last_ns = source->started_ns;
	source->flags = FRAKTOR_TICK_F_FIRST;
	source->held = 0;
	source->held_ticks = 0;
	source->starting = true;
	source_set_state(source, FRAKTOR_STATE_RUNNING, FRAKTOR_REASON_NONE);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/* The start has been told, or was none: now what came since. */
static void source_begun(struct fraktor_source *source)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	source->starting = false;
	if (source->notes)
		fraktor_event_queue(source);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

static void source_finish(struct fraktor_source *source, u32 state, u32 reason)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING)
		source->stopped_ns = ktime_get_ns();
	source_set_state(source, state, reason);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/**
 * fraktor_source_note() - have an event sent soon
 * @source: its lock is held.
 * @event: enum fraktor_event.
 *
 * Any context.  What the event says is looked up when it is sent.
 */
void fraktor_source_note(struct fraktor_source *source, u32 event)
{
	lockdep_assert_held(&source->lock);
	source->notes |= BIT(event);
	fraktor_event_queue(source);
}

/**
 * fraktor_source_end() - the line stops by itself
 * @source: its lock is held, and it runs.
 * @reason: enum fraktor_reason.
 *
 * Any context.  Who waits is released at once; fraktor_source_settle() does
 * later what needs process context.
 */
void fraktor_source_end(struct fraktor_source *source, u32 reason)
{
	source->stopped_ns = ktime_get_mono_fast_ns();
	source_set_state(source, FRAKTOR_STATE_STOPPED, reason);
	trace_fraktor_stop(source->id, reason);
	fraktor_source_note(source, FRAKTOR_EVENT_STOPPED);
}

/* --- start and stop: with the CPUs held and under the mutex ------------- */

/* Lines that may tick: a tick asks whether there are others. */
atomic_t fraktor_source_armed = ATOMIC_INIT(0);

/* A line without a CPU of its own must not keep others from coming and going. */
static void source_lock(struct fraktor_source *source)
{
	if (source->driver->move)
		cpus_read_lock();
	mutex_lock(&source->mutex);
}

static void source_unlock(struct fraktor_source *source)
{
	mutex_unlock(&source->mutex);
	if (source->driver->move)
		cpus_read_unlock();
}

static int source_arm(struct fraktor_source *source)
{
	int err;

	if (source->tuning.period_ns && source->driver->move) {
		err = fraktor_limits_get_rate(source->cpu,
					      source->tuning.period_ns);
		if (err)
			return err;
		source->rate_ns = source->tuning.period_ns;
	}
	err = source->driver->start(source);
	if (err) {
		if (source->rate_ns)
			fraktor_limits_put_rate(source->cpu, source->rate_ns);
		source->rate_ns = 0;
		return err;
	}
	source->armed = true;
	atomic_inc(&fraktor_source_armed);
	return 0;
}

static void source_disarm(struct fraktor_source *source)
{
	if (!source->armed)
		return;
	source->armed = false;
	source->driver->stop(source);
	atomic_dec(&fraktor_source_armed);
	if (source->rate_ns)
		fraktor_limits_put_rate(source->cpu, source->rate_ns);
	source->rate_ns = 0;
}

/*
 * A CPU that was away when the line was to come back may be there now: a start
 * begins where the user asked.
 */
static int source_start(struct fraktor_source *source)
{
	/* A line that runs may stop by itself at any time. */
	u32 state = READ_ONCE(source->state);
	u32 reason = READ_ONCE(source->reason);
	int err;

	lockdep_assert_held(&source->mutex);
	if (state == FRAKTOR_STATE_RUNNING)
		return -EALREADY;
	if (state == FRAKTOR_STATE_DEAD)
		return -ESHUTDOWN;
	source_disarm(source);
	source->cpu = source->home_cpu;
	/* What is left of the run before belongs before this start. */
	fraktor_event_flush(source);
	source_begin(source);
	err = source_arm(source);
	if (err) {
		source_finish(source, state, reason);
		source_begun(source);
		return err;
	}
	trace_fraktor_start(source->id, source->name, source->cpu,
			    source->tuning.period_ns);
	fraktor_watch_kick();
	fraktor_event_send(source, FRAKTOR_EVENT_STARTED);
	source_begun(source);
	return 0;
}

static int source_stop(struct fraktor_source *source, u32 state, u32 reason)
{
	int err = -EALREADY;

	lockdep_assert_held(&source->mutex);
	source_disarm(source);
	/* It may have stopped by itself in the meantime, and said so. */
	if (READ_ONCE(source->state) == FRAKTOR_STATE_RUNNING) {
		source_finish(source, FRAKTOR_STATE_STOPPED, reason);
		trace_fraktor_stop(source->id, reason);
		fraktor_event_send(source, FRAKTOR_EVENT_STOPPED);
		err = 0;
	}
	if (state == FRAKTOR_STATE_DEAD)
		source_finish(source, state, reason);
	return err;
}

/**
 * fraktor_source_start() - begin to tick; may sleep
 * @source: the source.
 *
 * Return: 0, -EALREADY if it runs, -ENODEV if its CPU is offline, -ENOSPC if
 * that CPU has its fill of ticks, -ESHUTDOWN if it is dead.
 */
int fraktor_source_start(struct fraktor_source *source)
{
	int err;

	source_lock(source);
	err = source_start(source);
	source_unlock(source);
	return err;
}

/**
 * fraktor_source_stop_held() - tick no more; the CPUs are held already
 * @source: the source.
 * @reason: enum fraktor_reason.
 *
 * Return: as fraktor_source_stop().
 */
int fraktor_source_stop_held(struct fraktor_source *source, u32 reason)
{
	int err;

	mutex_lock(&source->mutex);
	err = source_stop(source, FRAKTOR_STATE_STOPPED, reason);
	mutex_unlock(&source->mutex);
	return err;
}

/**
 * fraktor_source_stop() - tick no more, and release who waits; may sleep
 * @source: the source.
 * @reason: enum fraktor_reason.
 *
 * When it returns, no tick is in progress.
 *
 * Return: 0 or -EALREADY if it does not run.
 */
int fraktor_source_stop(struct fraktor_source *source, u32 reason)
{
	int err;

	source_lock(source);
	err = source_stop(source, FRAKTOR_STATE_STOPPED, reason);
	source_unlock(source);
	return err;
}

/**
 * fraktor_source_settle() - finish what fraktor_source_end() began; may sleep
 * @source: the source.
 */
void fraktor_source_settle(struct fraktor_source *source)
{
	source_lock(source);
	if (READ_ONCE(source->state) != FRAKTOR_STATE_RUNNING)
		source_disarm(source);
	source_unlock(source);
}

/**
 * fraktor_source_kill() - the owner is gone, and so is the source; may sleep
 * @source: the source; the owner's reference remains the caller's.
 * @reason: enum fraktor_reason.
 *
 * Readers drain their rings and then find it dead.
 */
void fraktor_source_kill(struct fraktor_source *source, u32 reason)
{
	fraktor_registry_remove(source);
	source_lock(source);
	source_stop(source, FRAKTOR_STATE_DEAD, reason);
	source_unlock(source);
	/* Whom nobody has found nobody misses. */
	if (source->shown)
		fraktor_event_send(source, FRAKTOR_EVENT_REMOVED);
}

/* --- a driver's line runs while it is read ------------------------------ */

/**
 * fraktor_source_use() - one reader more; may sleep
 * @source: the source.
 *
 * Return: 0, or what the driver says to being started.
 */
int fraktor_source_use(struct fraktor_source *source)
{
	int err = 0;

	if (source->driver != &fraktor_pulse_driver)
		return 0;
	source_lock(source);
	if (READ_ONCE(source->state) == FRAKTOR_STATE_DEAD)
		err = -ENOENT;
	else if (!source->users)
		err = source_start(source);
	if (!err)
		source->users++;
	source_unlock(source);
	return err;
}

/**
 * fraktor_source_unuse() - one reader less; may sleep
 * @source: the source.
 */
void fraktor_source_unuse(struct fraktor_source *source)
{
	if (source->driver != &fraktor_pulse_driver)
		return;
	source_lock(source);
	if (!--source->users && READ_ONCE(source->state) != FRAKTOR_STATE_DEAD)
		source_stop(source, FRAKTOR_STATE_STOPPED, FRAKTOR_REASON_UNUSED);
	source_unlock(source);
}

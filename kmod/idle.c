// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines that nobody needs for a while: their timer is armed at the deadline that
 * is needed next, so that they cost nothing until then.  What a reader missed
 * nothing of is told when he asks, or at that deadline.
 */
#include <linux/cpu.h>
#include <linux/errno.h>

#include "fraktor.h"

/**
 * fraktor_idle_ended() - its timer came: the line ticks every period again
 * @source: its lock is held.
 *
 * Any context.  The watch that may sleep meanwhile is kicked from a work item.
 */
void fraktor_idle_ended(struct fraktor_source *source)
{
	lockdep_assert_held(&source->lock);
	/* Waits may need no bound any more. */
	fraktor_link_publish_all(source);
	if (fraktor_watch_sleeps())
		fraktor_event_queue(source);
}

static void idle_apply(struct fraktor_source *source, u64 until_ns)
{
	unsigned long flags;

	source->driver->stop(source);
	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING) {
		fraktor_tick_idle(source, fraktor_clock_now_ns(source->clockid),
				  until_ns);
		/* Waits may need a bound now, or none any more. */
		fraktor_link_publish_all(source);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
	/* One that has stopped meanwhile gets an expiry that finds it out. */
	source->driver->move(source, source->cpu);
	/* One look at least: a record may have been made that nobody takes. */
	fraktor_watch_kick();
}

static bool idle_is(struct fraktor_source *source)
{
	unsigned long flags;
	bool idle;

	raw_spin_lock_irqsave(&source->lock, flags);
	idle = source->grid.idle;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return idle;
}

/**
 * fraktor_idle_end() - have the line tick every period; may sleep
 * @source: its mutex and the CPUs are held.
 */
void fraktor_idle_end(struct fraktor_source *source)
{
	lockdep_assert_held(&source->mutex);
	if (source->armed && idle_is(source))
		idle_apply(source, 0);
}

static int idle_set(struct fraktor_source *source, u64 until_ns)
{
	if (!source->driver->move)
		return -EOPNOTSUPP;
	if (READ_ONCE(source->state) != FRAKTOR_STATE_RUNNING)
		return -ESHUTDOWN;
	/* The mutex keeps others from coming. */
	if (READ_ONCE(source->nr_links) > 1)
		return -EBUSY;
	idle_apply(source, until_ns);
	return 0;
}

/**
 * fraktor_idle_set() - FRAKTOR_IOC_IDLE; may sleep
 * @source: the source.
 * @until_ns: see struct fraktor_idle.
 *
 * Return: 0, -EOPNOTSUPP, -ESHUTDOWN or -EBUSY.
 */
int fraktor_idle_set(struct fraktor_source *source, u64 until_ns)
{
	int err;

	/* The line stays where it is meanwhile. */
	cpus_read_lock();
	mutex_lock(&source->mutex);
	err = idle_set(source, until_ns);
	mutex_unlock(&source->mutex);
	cpus_read_unlock();
	return err;
}

/**
 * fraktor_idle_joined() - another reader has come; may sleep
 * @source: the source.
 *
 * He has asked for nothing: the line ticks every period for him.
 */
void fraktor_idle_joined(struct fraktor_source *source)
{
	if (!source->driver->move)
		return;
	cpus_read_lock();
	mutex_lock(&source->mutex);
	fraktor_idle_end(source);
	mutex_unlock(&source->mutex);
	cpus_read_unlock();
}

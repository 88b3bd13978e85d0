// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources: which exist, starting and stopping them, and the tick, which goes
 * from the driver's interrupt into every reader's ring.
 */
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ktime.h>
#include <linux/xarray.h>

#include "fraktor.h"

/* Ids fit the 16 bits of a record; 0 means none. */
#define SOURCE_ID_LIMIT	XA_LIMIT(1, U16_MAX)

static DEFINE_MUTEX(source_registry_mutex);
static DEFINE_XARRAY_ALLOC1(source_registry);
static u32 source_next_id;

/* --- making and finding ------------------------------------------------ */

/* Names go into logs, file names and netlink: keep to what is safe there. */
static bool source_name_is_valid(const char *name)
{
	size_t len = strnlen(name, FRAKTOR_NAME_LEN);

	if (len == FRAKTOR_NAME_LEN)
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("._-", *name)))
			return false;
	return true;
}

static struct fraktor_source *source_find(const char *name)
{
	struct fraktor_source *source;
	unsigned long id;

	lockdep_assert_held(&source_registry_mutex);
	xa_for_each(&source_registry, id, source)
		if (!strcmp(source->name, name))
			return source;
	return NULL;
}

static int source_check(const struct fraktor_create *create)
{
	int err;

	err = fraktor_limits_check_period(create->period_ns);
	if (err)
		return err;
	if (!fraktor_hrtimer_knows_clock(create->clockid) ||
	    create->missed != FRAKTOR_MISSED_DELAY ||
	    !source_name_is_valid(create->name))
		return -EINVAL;
	if (create->cpu == FRAKTOR_CPU_CURRENT)
		return 0;
	if (create->cpu < 0 || create->cpu >= nr_cpu_ids)
		return -EINVAL;
	return cpu_online(create->cpu) ? 0 : -ENODEV;
}

/* Name and id are settled together: "tick<id>" must not collide either. */
static int source_register(struct fraktor_source *source)
{
	int err;

	mutex_lock(&source_registry_mutex);
	if (*source->name && source_find(source->name)) {
		err = -EEXIST;
		goto out;
	}
	err = xa_alloc_cyclic(&source_registry, &source->id, NULL,
			      SOURCE_ID_LIMIT, &source_next_id, GFP_KERNEL);
	if (err < 0)
		goto out;
	err = 0;
	if (!*source->name)
		snprintf(source->name, sizeof(source->name), "tick%u",
			 source->id);
	if (source_find(source->name)) {
		xa_erase(&source_registry, source->id);
		err = -EEXIST;
		goto out;
	}
	xa_store(&source_registry, source->id, source, GFP_KERNEL);
out:
	mutex_unlock(&source_registry_mutex);
	return err;
}

static void source_unregister(struct fraktor_source *source)
{
	mutex_lock(&source_registry_mutex);
	xa_erase(&source_registry, source->id);
	mutex_unlock(&source_registry_mutex);
}

/**
 * fraktor_source_new() - make a source, stopped
 * @create: what the user asked for.
 *
 * Return: the source with a reference for its owner, or an error pointer.
 */
struct fraktor_source *fraktor_source_new(const struct fraktor_create *create)
{
	struct fraktor_source *source;
	int err;

	err = source_check(create);
	if (err)
		return ERR_PTR(err);
	err = fraktor_limits_get_source();
	if (err)
		return ERR_PTR(err);
	source = kzalloc(sizeof(*source), GFP_KERNEL_ACCOUNT);
	if (!source) {
		err = -ENOMEM;
		goto err_alloc;
	}

	raw_spin_lock_init(&source->lock);
	INIT_LIST_HEAD(&source->readers);
	mutex_init(&source->mutex);
	kref_init(&source->ref);
	INIT_WORK(&source->event_work, fraktor_event_work);
	source->period_ns = create->period_ns;
	source->clockid = create->clockid;
	source->missed = create->missed;
	source->cpu = create->cpu == FRAKTOR_CPU_CURRENT ?
			      raw_smp_processor_id() : create->cpu;
	strscpy(source->name, create->name, sizeof(source->name));
	fraktor_stats_reset(&source->stats, source->period_ns);
	fraktor_hrtimer_init(source);

	err = source_register(source);
	if (err)
		goto err_register;
	return source;

err_register:
	kfree(source);
err_alloc:
	fraktor_limits_put_source();
	return ERR_PTR(err);
}

static void source_release(struct kref *ref)
{
	struct fraktor_source *source =
		container_of(ref, struct fraktor_source, ref);

	cancel_work_sync(&source->event_work);
	kfree(source);
	fraktor_limits_put_source();
}

/**
 * fraktor_source_unref() - give a reference back; may sleep
 * @source: the source.
 */
void fraktor_source_unref(struct fraktor_source *source)
{
	kref_put(&source->ref, source_release);
}

/**
 * fraktor_source_get() - a living source by name or, if that is empty, by id
 * @name: its name, terminated.
 * @id: its id.
 *
 * Return: the source with a reference, or NULL.
 */
struct fraktor_source *fraktor_source_get(const char *name, u32 id)
{
	struct fraktor_source *source;

	mutex_lock(&source_registry_mutex);
	source = *name ? source_find(name) : xa_load(&source_registry, id);
	if (source)
		kref_get(&source->ref);
	mutex_unlock(&source_registry_mutex);
	return source;
}

/**
 * fraktor_source_next() - walk the living sources
 * @id: in: the smallest id wanted; out: the id of the source returned.
 *
 * Return: the source with a reference, or NULL at the end.
 */
struct fraktor_source *fraktor_source_next(u32 *id)
{
	struct fraktor_source *source;
	unsigned long index = *id;

	mutex_lock(&source_registry_mutex);
	source = xa_find(&source_registry, &index, U16_MAX, XA_PRESENT);
	if (source)
		kref_get(&source->ref);
	mutex_unlock(&source_registry_mutex);
	*id = index;
	return source;
}

/* --- readers ----------------------------------------------------------- */

static void source_publish_state(struct fraktor_source *source,
				 struct fraktor_reader *reader)
{
	struct fraktor_meta *meta = reader->ring.meta;

	WRITE_ONCE(meta->reason, source->reason);
	/* Pairs with the reader's acquire of the state: the reason fits it. */
	smp_store_release(&meta->state, source->state);
}

/**
 * fraktor_source_attach() - let a reader have the ticks from now on
 * @source: the source; the caller's reference becomes the reader's.
 * @reader: its ring is set up; its source is set here.
 *
 * Return: 0, -EUSERS if the source has its fill of readers, or -ENOENT if it
 * has died meanwhile.
 */
int fraktor_source_attach(struct fraktor_source *source,
			  struct fraktor_reader *reader)
{
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_DEAD) {
		err = -ENOENT;
	} else if (source->nr_readers == FRAKTOR_READERS_MAX) {
		err = -EUSERS;
	} else {
		source_publish_state(source, reader);
		/*
		 * Before the next tick can find the reader, the reader knows
		 * its source.  Pairs with the acquire in
		 * fraktor_reader_source().
		 */
		smp_store_release(&reader->source, source);
		list_add_tail(&reader->node, &source->readers);
		source->nr_readers++;
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return err;
}

void fraktor_source_detach(struct fraktor_source *source,
			   struct fraktor_reader *reader)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	list_del(&reader->node);
	source->nr_readers--;
	source->dropped += reader->ring.meta->dropped_total;
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/* Records dropped over all rings; under the lock. */
u64 fraktor_source_dropped(struct fraktor_source *source)
{
	struct fraktor_reader *reader;
	u64 dropped = source->dropped;

	lockdep_assert_held(&source->lock);
	list_for_each_entry(reader, &source->readers, node)
		dropped += reader->ring.meta->dropped_total;
	return dropped;
}

/* --- start, stop, tick ------------------------------------------------- */

static void source_set_state(struct fraktor_source *source, u32 state,
			     u32 reason)
{
	struct fraktor_reader *reader;
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (state == FRAKTOR_STATE_RUNNING) {
		fraktor_stats_reset(&source->stats, source->period_ns);
		source->started_ns = ktime_get_ns();
		source->first = true;
	} else if (source->state == FRAKTOR_STATE_RUNNING) {
		source->stopped_ns = ktime_get_ns();
	}
	source->state = state;
	source->reason = reason;
	list_for_each_entry(reader, &source->readers, node) {
		source_publish_state(source, reader);
		if (state != FRAKTOR_STATE_RUNNING)
			fraktor_wait_wake(reader);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/**
 * fraktor_source_start() - begin to tick
 * @source: the source.
 *
 * Return: 0, -EALREADY if it runs, -ENODEV if its CPU is offline, -ENOSPC if
 * that CPU has its fill of ticks.
 */
int fraktor_source_start(struct fraktor_source *source)
{
	u32 reason;
	int err;

	mutex_lock(&source->mutex);
	if (source->state == FRAKTOR_STATE_RUNNING) {
		err = -EALREADY;
		goto out;
	}
	err = fraktor_limits_get_rate(source->cpu, source->period_ns);
	if (err)
		goto out;
	reason = source->reason;
	source_set_state(source, FRAKTOR_STATE_RUNNING, FRAKTOR_REASON_NONE);
	err = fraktor_hrtimer_start(source);
	if (err) {
		source_set_state(source, FRAKTOR_STATE_STOPPED, reason);
		fraktor_limits_put_rate(source->cpu, source->period_ns);
		goto out;
	}
	fraktor_event_send(source, FRAKTOR_EVENT_STARTED);
out:
	mutex_unlock(&source->mutex);
	return err;
}

/**
 * fraktor_source_stop() - tick no more, and release who waits
 * @source: the source.
 * @reason: enum fraktor_reason.
 *
 * When it returns, no tick is in progress.
 *
 * Return: 0 or -EALREADY if it does not run.
 */
int fraktor_source_stop(struct fraktor_source *source, u32 reason)
{
	int err = 0;

	mutex_lock(&source->mutex);
	if (source->state == FRAKTOR_STATE_RUNNING) {
		fraktor_hrtimer_stop(source);
		source_set_state(source, FRAKTOR_STATE_STOPPED, reason);
		fraktor_limits_put_rate(source->cpu, source->period_ns);
		fraktor_event_send(source, FRAKTOR_EVENT_STOPPED);
	} else {
		err = -EALREADY;
	}
	mutex_unlock(&source->mutex);
	return err;
}

/**
 * fraktor_source_kill() - the owner's file is gone, and so is the source
 * @source: the source; the owner's reference remains the caller's.
 *
 * Readers drain their rings and then find it dead.
 */
void fraktor_source_kill(struct fraktor_source *source)
{
	source_unregister(source);
	fraktor_source_stop(source, FRAKTOR_REASON_OWNER_CLOSED);
	source_set_state(source, FRAKTOR_STATE_DEAD,
			 FRAKTOR_REASON_OWNER_CLOSED);
}

/* At most one overflow a second is worth an event; it carries the totals. */
static void source_note_overflow(struct fraktor_source *source,
				 struct fraktor_reader *reader, u64 now_ns)
{
	if (source->overflowed || now_ns < source->overflow_ns)
		return;
	source->overflowed = true;
	source->overflow_ns = now_ns + NSEC_PER_SEC;
	fraktor_wait_defer(reader);
}

static void source_deliver(struct fraktor_source *source,
			   const struct fraktor_tick *tick, u64 monotonic_ns)
{
	struct fraktor_reader *reader;

	list_for_each_entry(reader, &source->readers, node) {
		struct fraktor_meta *meta = reader->ring.meta;

		if (unlikely(tick->periods > 1))
			WRITE_ONCE(meta->missed_total,
				   meta->missed_total + tick->periods - 1);
		if (unlikely(fraktor_ring_push(&reader->ring, tick)))
			source_note_overflow(source, reader, monotonic_ns);
		fraktor_wait_wake(reader);
	}
}

/**
 * fraktor_source_tick() - a driver saw a deadline pass
 * @source: the source.
 * @deadline_ns: first deadline passed, on the source's clock.
 * @fired_ns: now, on the source's clock; not before @deadline_ns.
 * @periods: periods that have passed, at least 1.
 *
 * Called in hard interrupt, with interrupts off.  Takes time in proportion to
 * the readers, of which there are at most FRAKTOR_READERS_MAX.
 */
void fraktor_source_tick(struct fraktor_source *source, u64 deadline_ns,
			 u64 fired_ns, u64 periods)
{
	u64 monotonic_ns = source->clockid == CLOCK_MONOTONIC ?
				   fired_ns : ktime_get_mono_fast_ns();
	struct fraktor_tick tick = {
		.fired_ns = fired_ns,
		.source = source->id,
	};

	raw_spin_lock(&source->lock);
	fraktor_stats_tick(&source->stats, fired_ns - deadline_ns, periods,
			   monotonic_ns);
	if (unlikely(source->first)) {
		source->first = false;
		tick.flags |= FRAKTOR_TICK_F_FIRST;
	}
	if (unlikely(periods > 1))
		tick.flags |= FRAKTOR_TICK_F_MISSED;
	/* More than 32 bits of periods: half a day at 10 us, a machine paused. */
	do {
		tick.deadline_ns = deadline_ns;
		tick.periods = min_t(u64, periods, U32_MAX);
		source_deliver(source, &tick, monotonic_ns);
		deadline_ns += tick.periods * source->period_ns;
		periods -= tick.periods;
	} while (unlikely(periods));
	raw_spin_unlock(&source->lock);
}

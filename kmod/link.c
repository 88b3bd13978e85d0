// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: which source fills which ring, and what a ring's meta page says of
 * its sources.
 */
#include <linux/slab.h>

#include "fraktor.h"
#include "wait.h"

/*
 * Does the source tick often enough that no wait of this reader needs another
 * bound?  TAI can be set back, skipped ticks make no record, who idles makes none,
 * and a pulse comes when it comes.
 */
static bool link_is_prompt(const struct fraktor_source *source)
{
	return source->driver == &fraktor_hrtimer_driver &&
	       source->clockid != CLOCK_TAI &&
	       source->tuning.missed != FRAKTOR_MISSED_SKIP &&
	       !source->grid.idle &&
	       source->tuning.period_ns * source->grid.widen <=
		       FRAKTOR_URING_WAIT_BOUND_NS;
}

/* A line without a period is taken for one of ten pulses a second. */
static u64 link_stall_ns(const struct fraktor_source *source)
{
	u64 period_ns = source->grid.period_ns ?: NSEC_PER_SEC / 10;

	return period_ns * source->tuning.stall_periods;
}

static void link_publish_ring(struct fraktor_reader *reader, u32 state,
			      u32 reason)
{
	struct fraktor_meta *meta = reader->ring.meta;
	struct fraktor_link *first;

	first = list_first_entry_or_null(&reader->links, struct fraktor_link,
					 reader_node);
	if (first) {
		WRITE_ONCE(meta->source, first->source->id);
		WRITE_ONCE(meta->period_ns, READ_ONCE(first->member->period_ns));
	}
	if (reader->nr_running) {
		state = FRAKTOR_STATE_RUNNING;
		reason = FRAKTOR_REASON_NONE;
	}
	WRITE_ONCE(meta->reason, reason);
	/* Pairs with the reader's acquire of the state: the reason fits it. */
	smp_store_release(&meta->state, state);
}

static void link_publish(struct fraktor_link *link)
{
	struct fraktor_source *source = link->source;
	struct fraktor_reader *reader = link->reader;
	struct fraktor_member *member = link->member;
	bool running = source->state == FRAKTOR_STATE_RUNNING;
	bool prompt = running && link_is_prompt(source);
	bool unbound = link->prompt && !prompt;

	WRITE_ONCE(reader->nr_running,
		   reader->nr_running + running - link->running);
	reader->nr_prompt += prompt - link->prompt;
	link->running = running;
	link->stall_ns = link_stall_ns(source);
	link->prompt = prompt;
	WRITE_ONCE(member->cpu, source->cpu);
	WRITE_ONCE(member->period_ns, source->grid.period_ns);
	WRITE_ONCE(member->lead_ns, source->tuning.lead_ns);
	WRITE_ONCE(member->reason, source->reason);
	/* Likewise, for the reader of the member. */
	smp_store_release(&member->state, source->state);
	link_publish_ring(reader, source->state, source->reason);
	/* A wait may have counted on these ticks to bound it. */
	if (!running || unbound)
		fraktor_wait_wake(reader);
}

/**
 * fraktor_link_publish() - tell the ring what its source does now
 * @link: its source's lock is held.
 *
 * Wakes who waits if the source does not tick.
 */
void fraktor_link_publish(struct fraktor_link *link)
{
	struct fraktor_reader *reader = link->reader;

	lockdep_assert_held(&link->source->lock);
	raw_spin_lock(&reader->lock);
	link_publish(link);
	raw_spin_unlock(&reader->lock);
}

/**
 * fraktor_link_publish_all() - the same to all rings of a source
 * @source: its lock is held.
 */
void fraktor_link_publish_all(struct fraktor_source *source)
{
	struct fraktor_link *link;

	hlist_for_each_entry(link, &source->links, source_node)
		fraktor_link_publish(link);
}

static struct fraktor_member *link_free_member(struct fraktor_reader *reader)
{
	struct fraktor_meta *meta = reader->ring.meta;
	u32 i;

	for (i = 0; i < FRAKTOR_MEMBERS_MAX; i++)
		if (!meta->members[i].source)
			return &meta->members[i];
	return NULL;
}

/* Behind the others: who came first is woken first. */
static void link_add(struct fraktor_source *source, struct fraktor_link *link)
{
	struct fraktor_link *other, *last = NULL;

	hlist_for_each_entry(other, &source->links, source_node)
		last = other;
	if (last)
		hlist_add_behind(&link->source_node, &last->source_node);
	else
		hlist_add_head(&link->source_node, &source->links);
}

/* Both locks, in their order; the source may have died meanwhile. */
static int link_join(struct fraktor_link *link)
{
	struct fraktor_source *source = link->source;
	struct fraktor_reader *reader = link->reader;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_DEAD) {
		err = -ENOENT;
	} else if (source->nr_links == FRAKTOR_READERS_MAX) {
		err = -EUSERS;
	} else if (source->tuning.lead_ns && !link->led) {
		err = -EPROTONOSUPPORT;
	} else {
		link_add(source, link);
		source->nr_links++;
		source->nr_unled += !link->led;
		raw_spin_lock(&reader->lock);
		link->member = link_free_member(reader);
		list_add_tail(&link->reader_node, &reader->links);
		reader->nr_links++;
		if (link->led)
			WRITE_ONCE(reader->led, true);
		WRITE_ONCE(link->member->source, source->id);
		link_publish(link);
		raw_spin_unlock(&reader->lock);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return err;
}

/**
 * fraktor_link_lead() - the reader holds early records back from now on
 * @link: its reader's mutex is held.
 */
void fraktor_link_lead(struct fraktor_link *link)
{
	struct fraktor_source *source = link->source;
	unsigned long flags;

	WRITE_ONCE(link->reader->led, true);
	raw_spin_lock_irqsave(&source->lock, flags);
	source->nr_unled -= !link->led;
	link->led = true;
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/* A source has left: the ring stands for those that remain. */
static void link_publish_rest(struct fraktor_reader *reader)
{
	struct fraktor_link *last;

	if (list_empty(&reader->links)) {
		link_publish_ring(reader, FRAKTOR_STATE_STOPPED,
				  FRAKTOR_REASON_NONE);
		return;
	}
	last = list_last_entry(&reader->links, struct fraktor_link,
			       reader_node);
	link_publish_ring(reader, last->member->state, last->member->reason);
}

/* What the ring says of this source, it says no more. */
static void link_leave_reader(struct fraktor_link *link)
{
	struct fraktor_reader *reader = link->reader;

	raw_spin_lock(&reader->lock);
	list_del(&link->reader_node);
	reader->nr_links--;
	WRITE_ONCE(reader->nr_running, reader->nr_running - link->running);
	reader->nr_prompt -= link->prompt;
	memset(link->member, 0, sizeof(*link->member));
	link_publish_rest(reader);
	if (!reader->nr_running || link->prompt)
		fraktor_wait_wake(reader);
	raw_spin_unlock(&reader->lock);
}

static void link_leave(struct fraktor_link *link)
{
	struct fraktor_source *source = link->source;
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	hlist_del(&link->source_node);
	source->nr_links--;
	source->nr_unled -= !link->led;
	source->dropped += link->dropped;
	link_leave_reader(link);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/**
 * fraktor_link_new() - let a source fill a ring from now on; may sleep
 * @source: the source; the caller's reference becomes the link's on success.
 * @reader: its ring is there, its mutex is held.
 * @led: the reader holds early records back.
 *
 * Return: 0, -EPROTONOSUPPORT if it does not and they may come, -EMFILE if the
 * ring has its fill of sources, -EUSERS if the source has its fill of readers,
 * -ENOENT if it has died meanwhile, -ENOMEM, or what a driver's line says to
 * being started.
 */
int fraktor_link_new(struct fraktor_source *source,
		     struct fraktor_reader *reader, bool led)
{
	struct fraktor_link *link;
	int err;

	if (reader->nr_links == FRAKTOR_MEMBERS_MAX)
		return -EMFILE;
	link = kzalloc(sizeof(*link), GFP_KERNEL_ACCOUNT);
	if (!link)
		return -ENOMEM;
	link->source = source;
	link->reader = reader;
	link->led = led;
	/* Whether the source has a lead must not change meanwhile. */
	mutex_lock(&source->mutex);
	err = link_join(link);
	mutex_unlock(&source->mutex);
	if (err)
		goto err_join;
	/* Behind that: its first tick is for the reader that it starts for. */
	err = fraktor_source_use(source);
	if (err)
		goto err_use;
	if (READ_ONCE(source->nr_links) > 1)
		fraktor_idle_joined(source);
	return 0;

err_use:
	link_leave(link);
err_join:
	kfree(link);
	return err;
}

/**
 * fraktor_link_free() - let a source fill a ring no more; may sleep
 * @link: its reader's mutex is held, or nobody else can have the reader.
 */
void fraktor_link_free(struct fraktor_link *link)
{
	struct fraktor_source *source = link->source;

	link_leave(link);
	fraktor_source_unuse(source);
	fraktor_source_unref(source);
	kfree(link);
}

/**
 * fraktor_link_find() - a source of a ring
 * @reader: its mutex is held.
 * @source: the source, or NULL to look for its id.
 * @id: see @source.
 *
 * Return: the link or NULL.
 */
struct fraktor_link *fraktor_link_find(struct fraktor_reader *reader,
				       const struct fraktor_source *source,
				       u32 id)
{
	struct fraktor_link *link;

	list_for_each_entry(link, &reader->links, reader_node)
		if (source ? link->source == source : link->source->id == id)
			return link;
	return NULL;
}

/**
 * fraktor_link_dropped() - records dropped over all rings of a source
 * @source: its lock is held.
 *
 * Return: the number.  In a ring of several sources a drop counts for the one
 * that needed the room.
 */
u64 fraktor_link_dropped(struct fraktor_source *source)
{
	u64 dropped = source->dropped;
	struct fraktor_link *link;

	lockdep_assert_held(&source->lock);
	hlist_for_each_entry(link, &source->links, source_node)
		dropped += link->dropped;
	return dropped;
}

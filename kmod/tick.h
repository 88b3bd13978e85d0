/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tick that most are: in time, of one period, with nothing else to tell.  It
 * is inline all the way from the timer's callback to waking the reader: on
 * that way each call shows.  All other ticks are in tick.c.
 */
#ifndef FRAKTOR_TICK_H
#define FRAKTOR_TICK_H

#include "fraktor.h"
#include "trace.h"
#include "wait.h"

static __always_inline void tick_deliver_to(struct fraktor_source *source,
					    struct fraktor_link *link,
					    const struct fraktor_tick *tick)
{
	struct fraktor_reader *reader = link->reader;
	struct fraktor_meta *meta = reader->ring.meta;

	raw_spin_lock(&reader->lock);
	if (unlikely(tick->periods > 1) && !(tick->flags & FRAKTOR_TICK_F_IDLE))
		WRITE_ONCE(meta->missed_total,
			   meta->missed_total + tick->periods - 1);
	if (unlikely(fraktor_ring_is_full(&reader->ring)))
		fraktor_tick_make_room(source, link);
	fraktor_ring_put(&reader->ring, tick);
	fraktor_wait_wake(reader);
	raw_spin_unlock(&reader->lock);
}

/**
 * fraktor_tick_deliver() - a record for each reader, and wake those who wait
 * @source: its lock is held, with interrupts off.
 * @tick: the record.
 */
static __always_inline void fraktor_tick_deliver(struct fraktor_source *source,
						 const struct fraktor_tick *tick)
{
	struct fraktor_link *link;

	if (trace_fraktor_tick_enabled())
		fraktor_tick_trace(tick->deadline_ns, tick->fired_ns,
				   tick->periods, tick->source, tick->flags);
	hlist_for_each_entry(link, &source->links, source_node)
		tick_deliver_to(source, link, tick);
}

static __always_inline u64 tick_plain(struct fraktor_source *source, u64 now_ns,
				      u64 begin_ns)
{
	u64 late_ns = now_ns - source->grid.expiry_ns;
	struct fraktor_tick tick = {
		.deadline_ns = fraktor_grid_step(&source->grid),
		.fired_ns = now_ns,
		.periods = 1,
		.source = source->id,
	};

	/* Before the reader has it: behind that, there is less to remember. */
	fraktor_stats_put_off(&source->stats, late_ns, begin_ns);
	fraktor_tick_deliver(source, &tick);
	if (unlikely(fraktor_stats_is_full(&source->stats)))
		return fraktor_tick_plain_settle(source);
	return source->grid.expiry_ns;
}

/**
 * fraktor_tick_expire() - the time of a line's grid has come
 * @source: the line.
 * @now_ns: now, on its clock.
 * @begin_ns: now, on CLOCK_MONOTONIC.
 *
 * Called in hard interrupt, with interrupts off.  Takes time in proportion to
 * the readers, of which there are at most FRAKTOR_READERS_MAX.
 *
 * Return: when to call again, or 0 if the line has stopped.
 */
static __always_inline u64 fraktor_tick_expire(struct fraktor_source *source,
					       u64 now_ns, u64 begin_ns)
{
	u64 next_ns;

	raw_spin_lock(&source->lock);
	if (likely(now_ns - source->grid.expiry_ns < source->plain_ns))
		next_ns = tick_plain(source, now_ns, begin_ns);
	else
		next_ns = fraktor_tick_special(source, now_ns, begin_ns);
	raw_spin_unlock(&source->lock);
	return next_ns;
}

#endif /* FRAKTOR_TICK_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: looks ten times a second, while a line runs, for readers that
 * do not consume and for lines that fell silent, and sends the metrics once a
 * second.  It needs nobody's help, so it sees a process that hangs.  While all
 * lines idle, and nobody has anything to read, it sleeps.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "fraktor.h"

#define WATCH_PERIOD	(HZ / 10)
#define WATCH_METRICS	10	/* looks for one report */

static void watch_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(watch_work, watch_look);
static unsigned int watch_looks;

/* --- readers ------------------------------------------------------------ */

static u64 watch_patience_ns(struct fraktor_reader *reader)
{
	struct fraktor_link *link;
	u64 patience_ns = U64_MAX;

	lockdep_assert_held(&reader->lock);
	list_for_each_entry(link, &reader->links, reader_node)
		if (link->running)
			patience_ns = min(patience_ns, link->stall_ns);
	return patience_ns;
}

/*
 * Records that were dropped move the tail, too: only what was put in and is
 * neither there nor dropped was consumed.
 */
static u32 watch_judge(struct fraktor_reader *reader, u64 now_ns,
		       u64 *ret_behind)
{
	struct fraktor_ring *ring = &reader->ring;
	u64 behind = fraktor_ring_available(ring);
	u64 consumed = ring->head - behind - ring->meta->dropped_total;

	*ret_behind = behind;
	if (!behind || consumed != reader->watched) {
		reader->watched = consumed;
		reader->watched_ns = now_ns;
		if (!reader->stalled)
			return 0;
		reader->stalled = false;
		return FRAKTOR_EVENT_READER_RESUMED;
	}
	if (reader->stalled ||
	    now_ns - reader->watched_ns < watch_patience_ns(reader))
		return 0;
	reader->stalled = true;
	return FRAKTOR_EVENT_READER_STALLED;
}

/**
 * struct watch - one look
 * @now_ns: CLOCK_MONOTONIC.
 * @needed: there is something to look after.
 */
struct watch {
	u64 now_ns;
	bool needed;
};

static int watch_reader(struct fraktor_reader *reader, void *data)
{
	struct watch *watch = data;
	unsigned long flags;
	u64 behind;
	u32 event;

	raw_spin_lock_irqsave(&reader->lock, flags);
	event = watch_judge(reader, watch->now_ns, &behind);
	if (behind && reader->nr_running)
		watch->needed = true;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	if (event)
		fraktor_event_send_reader(reader, event, behind);
	return 0;
}

/* --- lines --------------------------------------------------------------- */

static bool watch_is_silent(const struct fraktor_source *source, u64 now_ns)
{
	u64 period_ns = source->grid.period_ns;

	return source->driver == &fraktor_pulse_driver && period_ns &&
	       source->last_ns < now_ns &&
	       now_ns - source->last_ns > max_t(u64, NSEC_PER_SEC,
						FRAKTOR_SILENT_PERIODS * period_ns);
}

static void watch_source(struct fraktor_source *source, void *data)
{
	struct watch *watch = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING) {
		if (!source->grid.idle)
			watch->needed = true;
		/* A slow line does not settle often. */
		fraktor_tick_settle(source);
		if (watch_is_silent(source, ktime_get_ns()))
			fraktor_source_end(source, FRAKTOR_REASON_DRIVER_FAULT);
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

static void watch_look(struct work_struct *work)
{
	struct watch watch = { .now_ns = ktime_get_ns() };
	u32 id = 0;

	fraktor_registry_each(watch_source, &watch);
	fraktor_reader_each(&id, watch_reader, &watch);
	if (++watch_looks % WATCH_METRICS == 0)
		fraktor_genl_send_metrics();
	if (watch.needed)
		fraktor_watch_kick();
}

/**
 * fraktor_watch_kick() - a line runs: look after it
 *
 * Process context.
 */
void fraktor_watch_kick(void)
{
	queue_delayed_work(fraktor_workqueue, &watch_work, WATCH_PERIOD);
}

/**
 * fraktor_watch_sleeps() - must it be kicked for a line that idles no more?
 *
 * Any context.
 */
bool fraktor_watch_sleeps(void)
{
	return !delayed_work_pending(&watch_work);
}

void fraktor_watch_exit(void)
{
	cancel_delayed_work_sync(&watch_work);
}

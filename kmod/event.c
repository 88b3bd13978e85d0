// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on the netlink group "events".  They are built and sent in process
 * context only: from the call that caused them, or from a work item on behalf
 * of the tick interrupt.  Which process one is about is nobody's business but
 * that of the group "processes", which privileged listeners join.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <net/genetlink.h>

#include "fraktor.h"
#include "genl.h"

/**
 * struct event - what an event says, taken under a lock
 * @type: enum fraktor_event.
 * @source: id of the source.
 * @name: its name.
 * @reason: enum fraktor_reason.
 * @time_ns: CLOCK_MONOTONIC when it happened.
 * @ticks: ticks since the start, then.
 * @dropped: dropped over all rings.
 * @cpu: CPU of the line.
 * @period_ns: its period.
 * @drift_ppb: over the last second.
 * @slept_ns: how long the last suspend took.
 * @reader: id of the reader, 0 if it is about none.
 * @behind: records it is behind.
 * @pid: of whom it is about, 0 if of nobody.
 */
struct event {
	u32 type;
	u32 source;
	char name[FRAKTOR_NAME_LEN];
	u32 reason;
	u64 time_ns;
	u64 ticks;
	u64 dropped;
	u32 cpu;
	u64 period_ns;
	s64 drift_ppb;
	u64 slept_ns;
	u32 reader;
	u64 behind;
	u32 pid;
};

struct workqueue_struct *fraktor_workqueue;

int fraktor_event_init(void)
{
	/* Not bound to a CPU: an isolated one is left alone. */
	fraktor_workqueue = alloc_workqueue("fraktor", WQ_UNBOUND, 0);
	return fraktor_workqueue ? 0 : -ENOMEM;
}

void fraktor_event_exit(void)
{
	destroy_workqueue(fraktor_workqueue);
}

/* --- what it says ------------------------------------------------------- */

static void event_take_source(struct event *event, struct fraktor_source *source)
{
	unsigned long flags;

	event->source = source->id;
	strscpy(event->name, source->name, sizeof(event->name));
	event->time_ns = ktime_get_ns();
	raw_spin_lock_irqsave(&source->lock, flags);
	fraktor_tick_settle(source);
	event->reason = source->reason;
	event->ticks = source->stats.ticks;
	event->dropped = fraktor_link_dropped(source);
	event->cpu = source->cpu;
	event->period_ns = source->grid.period_ns;
	event->drift_ppb = source->stats.drift.last_ppb;
	event->slept_ns = source->slept_ns;
	switch (event->type) {
	case FRAKTOR_EVENT_STARTED:
		/* It may have ticked since. */
		event->time_ns = source->started_ns;
		event->ticks = 0;
		break;
	case FRAKTOR_EVENT_STOPPED:
		event->time_ns = source->stopped_ns;
		event->reason = source->stop_reason;
		break;
	case FRAKTOR_EVENT_OWNER_DIED:
		event->pid = pid_nr(source->pid);
		break;
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

static void event_take_reader(struct event *event, struct fraktor_reader *reader)
{
	struct fraktor_link *link;
	unsigned long flags;

	event->time_ns = ktime_get_ns();
	event->reader = reader->id;
	event->pid = pid_nr(reader->pid);
	raw_spin_lock_irqsave(&reader->lock, flags);
	link = list_first_entry_or_null(&reader->links, struct fraktor_link,
					reader_node);
	if (link) {
		event->source = link->source->id;
		strscpy(event->name, link->source->name, sizeof(event->name));
		event->period_ns = link->member->period_ns;
		event->cpu = link->member->cpu;
	}
	event->ticks = reader->ring.head;
	event->dropped = reader->ring.meta->dropped_total;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
}

static int event_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FRAKTOR_A_EVENT_PAD);
}

static int event_put_extra(struct sk_buff *skb, const struct event *event)
{
	switch (event->type) {
	case FRAKTOR_EVENT_DRIFT:
		return nla_put_s64(skb, FRAKTOR_A_EVENT_DRIFT_PPB,
				   event->drift_ppb, FRAKTOR_A_EVENT_PAD);
	case FRAKTOR_EVENT_RESUMED:
		return event_put_u64(skb, FRAKTOR_A_EVENT_SLEPT_NS,
				     event->slept_ns);
	case FRAKTOR_EVENT_READER_STALLED:
	case FRAKTOR_EVENT_READER_RESUMED:
		return nla_put_u32(skb, FRAKTOR_A_EVENT_READER_ID,
				   event->reader) ||
		       event_put_u64(skb, FRAKTOR_A_EVENT_BEHIND, event->behind);
	default:
		return 0;
	}
}

static int event_fill(struct sk_buff *skb, const struct event *event,
		      bool with_pid)
{
	void *header = genlmsg_put(skb, 0, 0, &fraktor_genl_family, 0,
				   FRAKTOR_CMD_EVENT);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u32(skb, FRAKTOR_A_EVENT_TYPE, event->type) ||
	    nla_put_u32(skb, FRAKTOR_A_EVENT_SOURCE_ID, event->source) ||
	    nla_put_string(skb, FRAKTOR_A_EVENT_SOURCE_NAME, event->name) ||
	    event_put_u64(skb, FRAKTOR_A_EVENT_TIME_NS, event->time_ns) ||
	    nla_put_u32(skb, FRAKTOR_A_EVENT_REASON, event->reason) ||
	    event_put_u64(skb, FRAKTOR_A_EVENT_TICKS, event->ticks) ||
	    event_put_u64(skb, FRAKTOR_A_EVENT_DROPPED, event->dropped) ||
	    nla_put_u32(skb, FRAKTOR_A_EVENT_CPU, event->cpu) ||
	    event_put_u64(skb, FRAKTOR_A_EVENT_PERIOD_NS, event->period_ns) ||
	    event_put_extra(skb, event) ||
	    (with_pid && nla_put_u32(skb, FRAKTOR_A_EVENT_PID, event->pid)))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	return 0;
}

/* --- to whom ------------------------------------------------------------ */

static void event_send_to(const struct event *event, unsigned int group,
			  bool with_pid)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return;
	if (event_fill(skb, event, with_pid)) {
		nlmsg_free(skb);
		return;
	}
	/* -ESRCH: the last listener has left meanwhile. */
	genlmsg_multicast(&fraktor_genl_family, skb, 0, group, GFP_KERNEL);
}

static void event_send(const struct event *event)
{
	event_send_to(event, GENL_GROUP_EVENTS, false);
	if (event->pid)
		event_send_to(event, GENL_GROUP_PROCESSES, true);
}

static bool event_is_heard(void)
{
	return genl_has_listeners(&fraktor_genl_family, &init_net,
				  GENL_GROUP_EVENTS) ||
	       genl_has_listeners(&fraktor_genl_family, &init_net,
				  GENL_GROUP_PROCESSES);
}

static void event_tell(struct fraktor_source *source, u32 type)
{
	struct event event = { .type = type };

	if (!event_is_heard())
		return;
	event_take_source(&event, source);
	event_send(&event);
}

/* What a line did while it is being started is told after its start. */
static unsigned long event_take_notes(struct fraktor_source *source)
{
	unsigned long flags, notes = 0;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (!source->starting)
		swap(notes, source->notes);
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return notes;
}

/* A line that stopped by itself did all the rest before. */
static void event_tell_notes(struct fraktor_source *source)
{
	unsigned long notes;
	unsigned int type;

	lockdep_assert_held(&source->event_mutex);
	notes = event_take_notes(source);
	for_each_set_bit(type, &notes, BITS_PER_LONG)
		if (type != FRAKTOR_EVENT_STOPPED)
			event_tell(source, type);
	if (notes & BIT(FRAKTOR_EVENT_STOPPED))
		event_tell(source, FRAKTOR_EVENT_STOPPED);
}

/**
 * fraktor_event_flush() - tell what the interrupt has noted; may sleep
 * @source: the source.
 */
void fraktor_event_flush(struct fraktor_source *source)
{
	mutex_lock(&source->event_mutex);
	event_tell_notes(source);
	mutex_unlock(&source->event_mutex);
}

/**
 * fraktor_event_send() - tell whoever listens of a source; may sleep
 * @source: the source.
 * @type: enum fraktor_event.
 *
 * What the interrupt has noted before is told first.  An event that finds no
 * memory is lost; the statistics are not.
 */
void fraktor_event_send(struct fraktor_source *source, u32 type)
{
	mutex_lock(&source->event_mutex);
	event_tell_notes(source);
	event_tell(source, type);
	mutex_unlock(&source->event_mutex);
}

/**
 * fraktor_event_send_reader() - tell whoever listens of a reader; may sleep
 * @reader: it is registered and stays so.
 * @type: enum fraktor_event.
 * @behind: records it is behind.
 */
void fraktor_event_send_reader(struct fraktor_reader *reader, u32 type,
			       u64 behind)
{
	struct event event = { .type = type, .behind = behind };

	if (!event_is_heard())
		return;
	event_take_reader(&event, reader);
	event_send(&event);
}

/* --- on behalf of the interrupt ----------------------------------------- */

void fraktor_event_queue(struct fraktor_source *source)
{
	queue_work(fraktor_workqueue, &source->event_work);
}

/* The interrupt left notes; and if the line has stopped there, settle it. */
void fraktor_event_work(struct work_struct *work)
{
	struct fraktor_source *source =
		container_of(work, struct fraktor_source, event_work);

	if (READ_ONCE(source->state) != FRAKTOR_STATE_RUNNING)
		fraktor_source_settle(source);
	else
		fraktor_watch_kick();
	fraktor_event_flush(source);
}

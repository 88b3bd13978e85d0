// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on the netlink group "events".  They are built and sent in process
 * context only: from the system call that started or stopped a source, or
 * from a work item on behalf of the tick interrupt.
 */
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "fraktor.h"

/**
 * struct event - what an event says, taken under the source's lock
 * @type: enum fraktor_event.
 * @reason: enum fraktor_reason.
 * @time_ns: CLOCK_MONOTONIC when it happened.
 * @ticks: ticks since the start, then.
 * @dropped: dropped over all rings.
 */
struct event {
	u32 type;
	u32 reason;
	u64 time_ns;
	u64 ticks;
	u64 dropped;
};

static void event_snapshot(struct fraktor_source *source, struct event *event)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	event->reason = source->reason;
	event->ticks = source->stats.ticks;
	event->dropped = fraktor_source_dropped(source);
	switch (event->type) {
	case FRAKTOR_EVENT_STARTED:
		/* It may have ticked since. */
		event->time_ns = source->started_ns;
		event->ticks = 0;
		break;
	case FRAKTOR_EVENT_STOPPED:
		event->time_ns = source->stopped_ns;
		break;
	default:
		event->time_ns = ktime_get_ns();
		break;
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

static int event_fill(struct sk_buff *skb, const struct fraktor_source *source,
		      const struct event *event)
{
	void *header = genlmsg_put(skb, 0, 0, &fraktor_genl_family, 0,
				   FRAKTOR_CMD_EVENT);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u32(skb, FRAKTOR_A_EVENT_TYPE, event->type) ||
	    nla_put_u32(skb, FRAKTOR_A_EVENT_SOURCE_ID, source->id) ||
	    nla_put_string(skb, FRAKTOR_A_EVENT_SOURCE_NAME, source->name) ||
	    nla_put_u64_64bit(skb, FRAKTOR_A_EVENT_TIME_NS, event->time_ns,
			      FRAKTOR_A_EVENT_PAD) ||
	    nla_put_u32(skb, FRAKTOR_A_EVENT_REASON, event->reason) ||
	    nla_put_u64_64bit(skb, FRAKTOR_A_EVENT_TICKS, event->ticks,
			      FRAKTOR_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, FRAKTOR_A_EVENT_DROPPED, event->dropped,
			      FRAKTOR_A_EVENT_PAD))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	return 0;
}

/**
 * fraktor_event_send() - tell whoever listens
 * @source: the source.
 * @type: enum fraktor_event.
 *
 * May sleep.  An event that finds no memory is lost; the statistics are not.
 */
void fraktor_event_send(struct fraktor_source *source, u32 type)
{
	struct event event = { .type = type };
	struct sk_buff *skb;

	if (!genl_has_listeners(&fraktor_genl_family, &init_net, 0))
		return;
	event_snapshot(source, &event);
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	if (event_fill(skb, source, &event)) {
		nlmsg_free(skb);
		return;
	}
	/* -ESRCH: the last listener has left meanwhile. */
	genlmsg_multicast(&fraktor_genl_family, skb, 0, 0, GFP_KERNEL);
}

/* The tick interrupt noticed an overflow and left a note. */
void fraktor_event_work(struct work_struct *work)
{
	struct fraktor_source *source =
		container_of(work, struct fraktor_source, event_work);
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	source->overflowed = false;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	fraktor_event_send(source, FRAKTOR_EVENT_OVERFLOW);
}

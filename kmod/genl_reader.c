// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers on netlink: who has a ring, of which sources, and how far behind.
 * Answered by the kernel alone, so also for a process that hangs.
 */
#include <linux/ktime.h>
#include <linux/pid.h>
#include <net/genetlink.h>

#include "fraktor.h"
#include "genl.h"

/**
 * struct genl_reading - a reader at one instant
 * @sources: ids, the first one first.
 * @nr_sources: length of @sources.
 * @slots: of the ring.
 * @made: records put in.
 * @dropped: overwritten unread.
 * @behind: in the ring, not consumed.
 * @poisoned: nonsense found in the consumer page.
 * @idle_ns: nothing consumed, though there was something, for so long.
 * @stalled: the watchdog said so.
 * @wakeups: how often who waits was woken.
 */
struct genl_reading {
	u32 sources[FRAKTOR_MEMBERS_MAX];
	u32 nr_sources;
	u32 slots;
	u64 made;
	u64 dropped;
	u64 behind;
	u64 poisoned;
	u64 idle_ns;
	bool stalled;
	u64 wakeups;
};

static void genl_take_reading(struct fraktor_reader *reader,
			      struct genl_reading *reading)
{
	const struct fraktor_meta *meta = reader->ring.meta;
	u64 now_ns = ktime_get_ns();
	struct fraktor_link *link;
	unsigned long flags;

	reading->nr_sources = 0;
	raw_spin_lock_irqsave(&reader->lock, flags);
	list_for_each_entry(link, &reader->links, reader_node)
		reading->sources[reading->nr_sources++] = link->source->id;
	reading->slots = reader->ring.mask + 1;
	reading->made = reader->ring.head;
	reading->dropped = meta->dropped_total;
	reading->poisoned = meta->poisoned_total;
	reading->behind = fraktor_ring_available(&reader->ring);
	reading->idle_ns = reading->behind && now_ns > reader->watched_ns ?
				   now_ns - reader->watched_ns : 0;
	reading->stalled = reader->stalled;
	reading->wakeups = reader->wakeups;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
}

static int genl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FRAKTOR_A_READER_PAD);
}

static int genl_put_reading(struct sk_buff *skb,
			    const struct genl_reading *reading)
{
	return nla_put(skb, FRAKTOR_A_READER_SOURCES,
		       reading->nr_sources * sizeof(u32), reading->sources) ||
	       nla_put_u32(skb, FRAKTOR_A_READER_SLOTS, reading->slots) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_MADE, reading->made) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_DROPPED, reading->dropped) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_BEHIND, reading->behind) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_POISONED, reading->poisoned) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_IDLE_NS, reading->idle_ns) ||
	       genl_put_u64(skb, FRAKTOR_A_READER_WAKEUPS, reading->wakeups) ||
	       (reading->stalled &&
		nla_put_flag(skb, FRAKTOR_A_READER_STALLED));
}

static int genl_put_reader(struct sk_buff *skb, struct fraktor_reader *reader,
			   const struct genl_asker *asker)
{
	struct genl_reading reading;

	genl_take_reading(reader, &reading);
	if (nla_put_u32(skb, FRAKTOR_A_READER_ID, reader->id) ||
	    genl_put_reading(skb, &reading) ||
	    (READ_ONCE(reader->own) &&
	     nla_put_flag(skb, FRAKTOR_A_READER_OWNER)) ||
	    (fraktor_genl_may_know(asker, reader->uid) &&
	     nla_put_u32(skb, FRAKTOR_A_READER_PID, pid_nr(reader->pid))))
		return -EMSGSIZE;
	return 0;
}

/**
 * struct genl_walk - the walk over the readers
 * @skb: the message being filled.
 * @asker: who asks.
 * @flags: of the message.
 * @id: the reader wanted, 0 for all.
 * @found: @id was there.
 */
struct genl_walk {
	struct sk_buff *skb;
	struct genl_asker asker;
	int flags;
	u32 id;
	bool found;
};

static int genl_fill(struct fraktor_reader *reader, void *data)
{
	struct genl_walk *walk = data;
	void *header;
	int err;

	if (walk->id && reader->id != walk->id)
		return 1;
	header = genlmsg_put(walk->skb, walk->asker.portid, walk->asker.seq,
			     &fraktor_genl_family, walk->flags,
			     FRAKTOR_CMD_READER_GET);
	if (!header)
		return -EMSGSIZE;
	err = genl_put_reader(walk->skb, reader, &walk->asker);
	if (err) {
		genlmsg_cancel(walk->skb, header);
		return err;
	}
	genlmsg_end(walk->skb, header);
	walk->found = true;
	return walk->id ? 1 : 0;
}

int fraktor_genl_reader_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[FRAKTOR_A_READER_ID];
	struct genl_walk walk = {};
	int err;

	if (!attr) {
		GENL_SET_ERR_MSG(info, "give a reader's id");
		return -EINVAL;
	}
	/* Ids begin at 1; 0 is nobody, and stands for all in the walk. */
	walk.id = nla_get_u32(attr) ?: U32_MAX;
	fraktor_genl_ask(&walk.asker, skb, info->snd_seq);
	walk.skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!walk.skb)
		return -ENOMEM;
	err = fraktor_reader_each(&(u32){ walk.id }, genl_fill, &walk);
	if (err >= 0 && walk.found)
		return genlmsg_reply(walk.skb, info);
	nlmsg_free(walk.skb);
	if (err < 0)
		return err;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such reader");
	return -ENOENT;
}

/* cb->args[0] is the smallest id not sent yet, cb->args[1] says all are. */
int fraktor_genl_reader_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct genl_walk walk = { .skb = skb, .flags = NLM_F_MULTI };
	u32 id = cb->args[0];
	int err;

	if (cb->args[1])
		return 0;
	fraktor_genl_ask(&walk.asker, cb->skb, cb->nlh->nlmsg_seq);
	err = fraktor_reader_each(&id, genl_fill, &walk);
	if (!err)
		cb->args[1] = 1;
	cb->args[0] = id;
	/* Full is not an error as long as something fitted. */
	return skb->len ?: err;
}

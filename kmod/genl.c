// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: which sources there are, and how well they
 * tick.  uapi/fraktor.yaml specifies it.  Host-wide, so in the initial
 * network namespace only.
 */
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "fraktor.h"

/**
 * struct genl_snapshot - a source at one instant
 * @stats: its counters.
 * @state: enum fraktor_state.
 * @reason: enum fraktor_reason.
 * @readers: files attached.
 * @dropped: over all rings.
 * @running_ns: how long it runs, or ran the last time.
 */
struct genl_snapshot {
	struct fraktor_stats stats;
	u32 state;
	u32 reason;
	u32 readers;
	u64 dropped;
	u64 running_ns;
};

static u64 genl_running_ns(const struct fraktor_source *source)
{
	if (!source->started_ns)
		return 0;
	if (source->state == FRAKTOR_STATE_RUNNING)
		return ktime_get_ns() - source->started_ns;
	return source->stopped_ns - source->started_ns;
}

static void genl_take_snapshot(struct fraktor_source *source,
			       struct genl_snapshot *snapshot)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	snapshot->stats = source->stats;
	snapshot->state = source->state;
	snapshot->reason = source->reason;
	snapshot->readers = source->nr_readers;
	snapshot->dropped = fraktor_source_dropped(source);
	snapshot->running_ns = genl_running_ns(source);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

static int genl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FRAKTOR_A_STATS_PAD);
}

static int genl_put_s64(struct sk_buff *skb, int attr, s64 value)
{
	return nla_put_s64(skb, attr, value, FRAKTOR_A_STATS_PAD);
}

static int genl_put_lateness(struct sk_buff *skb,
			     const struct fraktor_stats *stats)
{
	u64 ticks = stats->ticks;

	return genl_put_u64(skb, FRAKTOR_A_STATS_LATENESS_MIN_NS,
			    ticks ? stats->lateness_min_ns : 0) ||
	       genl_put_u64(skb, FRAKTOR_A_STATS_LATENESS_MEAN_NS,
			    ticks ? div64_u64(stats->lateness_sum_ns, ticks) : 0) ||
	       genl_put_u64(skb, FRAKTOR_A_STATS_LATENESS_MAX_NS,
			    stats->lateness_max_ns) ||
	       nla_put(skb, FRAKTOR_A_STATS_HISTOGRAM, sizeof(stats->histogram),
		       stats->histogram);
}

static int genl_put_stats(struct sk_buff *skb,
			  const struct genl_snapshot *snapshot)
{
	const struct fraktor_stats *stats = &snapshot->stats;
	struct nlattr *nest = nla_nest_start(skb, FRAKTOR_A_SOURCE_STATS);

	if (!nest)
		return -EMSGSIZE;
	if (genl_put_u64(skb, FRAKTOR_A_STATS_TICKS, stats->ticks) ||
	    genl_put_u64(skb, FRAKTOR_A_STATS_MISSED, stats->missed) ||
	    genl_put_u64(skb, FRAKTOR_A_STATS_DROPPED, snapshot->dropped) ||
	    genl_put_lateness(skb, stats) ||
	    genl_put_u64(skb, FRAKTOR_A_STATS_TICKS_LAST_SECOND,
			 stats->drift.last_ticks) ||
	    genl_put_s64(skb, FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB,
			 stats->drift.last_ppb) ||
	    genl_put_s64(skb, FRAKTOR_A_STATS_DRIFT_PPB,
			 fraktor_drift_total_ppb(&stats->drift)) ||
	    genl_put_u64(skb, FRAKTOR_A_STATS_RUNNING_NS, snapshot->running_ns))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int genl_put_source(struct sk_buff *skb, struct fraktor_source *source)
{
	struct genl_snapshot snapshot;

	genl_take_snapshot(source, &snapshot);
	if (nla_put_u32(skb, FRAKTOR_A_SOURCE_ID, source->id) ||
	    nla_put_string(skb, FRAKTOR_A_SOURCE_NAME, source->name) ||
	    nla_put_string(skb, FRAKTOR_A_SOURCE_DRIVER, "hrtimer") ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_STATE, snapshot.state) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_REASON, snapshot.reason) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_CLOCKID, source->clockid) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_CPU, source->cpu) ||
	    nla_put_u64_64bit(skb, FRAKTOR_A_SOURCE_PERIOD_NS,
			      source->period_ns, FRAKTOR_A_SOURCE_PAD) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_READERS, snapshot.readers))
		return -EMSGSIZE;
	return genl_put_stats(skb, &snapshot);
}

static int genl_fill(struct sk_buff *skb, struct fraktor_source *source,
		     u32 portid, u32 seq, int flags)
{
	void *header = genlmsg_put(skb, portid, seq, &fraktor_genl_family,
				   flags, FRAKTOR_CMD_SOURCE_GET);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = genl_put_source(skb, source);
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* --- commands ---------------------------------------------------------- */

static struct fraktor_source *genl_find(struct genl_info *info)
{
	struct nlattr *name = info->attrs[FRAKTOR_A_SOURCE_NAME];
	struct nlattr *id = info->attrs[FRAKTOR_A_SOURCE_ID];
	struct fraktor_source *source;

	if (!name == !id) {
		GENL_SET_ERR_MSG(info, "give a source's id or its name");
		return ERR_PTR(-EINVAL);
	}
	if (name && !*(char *)nla_data(name)) {
		NL_SET_ERR_MSG_ATTR(info->extack, name, "the name is empty");
		return ERR_PTR(-EINVAL);
	}
	source = fraktor_source_get(name ? nla_data(name) : "",
				    id ? nla_get_u32(id) : 0);
	if (!source) {
		NL_SET_ERR_MSG_ATTR(info->extack, name ?: id,
				    "no such source");
		return ERR_PTR(-ENOENT);
	}
	return source;
}

static int genl_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct fraktor_source *source = genl_find(info);
	struct sk_buff *reply;
	int err = -ENOMEM;

	if (IS_ERR(source))
		return PTR_ERR(source);
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		goto out;
	err = genl_fill(reply, source, info->snd_portid, info->snd_seq, 0);
	if (err) {
		nlmsg_free(reply);
		goto out;
	}
	err = genlmsg_reply(reply, info);
out:
	fraktor_source_unref(source);
	return err;
}

/* cb->args[0] is the smallest id not sent yet. */
static int genl_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fraktor_source *source;
	u32 id = cb->args[0];
	int err = 0;

	while (!err && (source = fraktor_source_next(&id))) {
		err = genl_fill(skb, source, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, NLM_F_MULTI);
		fraktor_source_unref(source);
		if (!err)
			cb->args[0] = ++id;
	}
	/* Full is not an error as long as something fitted. */
	return skb->len ?: err;
}

static const struct nla_policy genl_get_policy[FRAKTOR_A_SOURCE_NAME + 1] = {
	[FRAKTOR_A_SOURCE_ID] = { .type = NLA_U32 },
	[FRAKTOR_A_SOURCE_NAME] = { .type = NLA_NUL_STRING,
				    .len = FRAKTOR_NAME_LEN - 1 },
};

static const struct genl_ops genl_ops[] = {
	{
		.cmd = FRAKTOR_CMD_SOURCE_GET,
		.policy = genl_get_policy,
		.maxattr = ARRAY_SIZE(genl_get_policy) - 1,
		.doit = genl_get_doit,
		.dumpit = genl_get_dumpit,
	},
};

static const struct genl_multicast_group genl_groups[] = {
	{ .name = FRAKTOR_GENL_MCGRP_EVENTS },
};

struct genl_family fraktor_genl_family __ro_after_init = {
	.name = FRAKTOR_GENL_NAME,
	.version = FRAKTOR_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = false,
	.parallel_ops = true,
	.ops = genl_ops,
	.n_ops = ARRAY_SIZE(genl_ops),
	.mcgrps = genl_groups,
	.n_mcgrps = ARRAY_SIZE(genl_groups),
};

int fraktor_genl_init(void)
{
	return genl_register_family(&fraktor_genl_family);
}

void fraktor_genl_exit(void)
{
	genl_unregister_family(&fraktor_genl_family);
}

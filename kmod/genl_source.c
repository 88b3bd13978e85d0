// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources on netlink: which there are, how well they tick, and changing them.
 */
#include <linux/capability.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/pid.h>
#include <net/genetlink.h>

#include "fraktor.h"
#include "genl.h"

/**
 * struct genl_snapshot - a source at one instant
 * @stats: its counters.
 * @tuning: what can be changed.
 * @period_ns: period in effect.
 * @late_ns: threshold in effect.
 * @state: enum fraktor_state.
 * @reason: enum fraktor_reason.
 * @cpu: the CPU in use.
 * @readers: rings that it fills.
 * @dropped: over all rings.
 * @moves: changes of the CPU.
 * @suspends: of the system.
 * @running_ns: how long it runs, or ran the last time.
 */
struct genl_snapshot {
	struct fraktor_stats stats;
	struct fraktor_tuning tuning;
	u64 period_ns;
	u64 late_ns;
	u32 state;
	u32 reason;
	u32 cpu;
	u32 readers;
	u64 dropped;
	u64 moves;
	u64 suspends;
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
	fraktor_tick_settle(source);
	snapshot->stats = source->stats;
	snapshot->tuning = source->tuning;
	snapshot->period_ns = source->grid.period_ns;
	snapshot->late_ns = fraktor_tune_late_ns(source);
	snapshot->state = source->state;
	snapshot->reason = source->reason;
	snapshot->cpu = source->cpu;
	snapshot->readers = source->nr_links;
	snapshot->dropped = fraktor_link_dropped(source);
	snapshot->moves = source->moves;
	snapshot->suspends = source->suspends;
	snapshot->running_ns = genl_running_ns(source);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/* --- filling ------------------------------------------------------------ */

static int genl_put_stat(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FRAKTOR_A_STATS_PAD);
}

static int genl_put_stat_signed(struct sk_buff *skb, int attr, s64 value)
{
	return nla_put_s64(skb, attr, value, FRAKTOR_A_STATS_PAD);
}

static int genl_put_lateness(struct sk_buff *skb,
			     const struct fraktor_stats *stats)
{
	u64 ticks = stats->ticks;

	return genl_put_stat(skb, FRAKTOR_A_STATS_LATENESS_MIN_NS,
			     ticks ? stats->lateness_min_ns : 0) ||
	       genl_put_stat(skb, FRAKTOR_A_STATS_LATENESS_MEAN_NS,
			     ticks ? div64_u64(stats->lateness_sum_ns, ticks) : 0) ||
	       genl_put_stat(skb, FRAKTOR_A_STATS_LATENESS_MAX_NS,
			     stats->lateness_max_ns) ||
	       nla_put(skb, FRAKTOR_A_STATS_HISTOGRAM, sizeof(stats->histogram),
		       stats->histogram);
}

static int genl_put_drift(struct sk_buff *skb, const struct fraktor_drift *drift)
{
	return genl_put_stat(skb, FRAKTOR_A_STATS_TICKS_LAST_SECOND,
			     drift->last_ticks) ||
	       genl_put_stat_signed(skb, FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB,
				    drift->last_ppb) ||
	       genl_put_stat_signed(skb, FRAKTOR_A_STATS_DRIFT_PPB,
				    fraktor_drift_total_ppb(drift));
}

static int genl_put_stats(struct sk_buff *skb,
			  const struct genl_snapshot *snapshot)
{
	const struct fraktor_stats *stats = &snapshot->stats;
	struct nlattr *nest = nla_nest_start(skb, FRAKTOR_A_SOURCE_STATS);

	if (!nest)
		return -EMSGSIZE;
	if (genl_put_stat(skb, FRAKTOR_A_STATS_TICKS, stats->ticks) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_MISSED, stats->missed) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_DROPPED, snapshot->dropped) ||
	    genl_put_lateness(skb, stats) ||
	    genl_put_drift(skb, &stats->drift) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_RUNNING_NS, snapshot->running_ns) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_LATE, stats->late) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_MOVES, snapshot->moves) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_SUSPENDS, snapshot->suspends) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_WIDENED, stats->widened) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_CALLBACK_MAX_NS,
			  stats->callback_max_ns) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_EARLY, stats->early) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_LEAD_MISSED, stats->lead_missed) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_EXPIRIES, stats->expiries) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_SHARED, stats->shared) ||
	    genl_put_stat(skb, FRAKTOR_A_STATS_IDLED, stats->idled))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int genl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FRAKTOR_A_SOURCE_PAD);
}

static int genl_put_tuning(struct sk_buff *skb,
			   const struct genl_snapshot *snapshot)
{
	const struct fraktor_tuning *tuning = &snapshot->tuning;

	return nla_put_u32(skb, FRAKTOR_A_SOURCE_FLAGS, tuning->flags) ||
	       nla_put_u32(skb, FRAKTOR_A_SOURCE_MISSED, tuning->missed) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_PHASE_NS, tuning->phase_ns) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_LATE_NS, snapshot->late_ns) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_DRIFT_PPB, tuning->drift_ppb) ||
	       nla_put_u32(skb, FRAKTOR_A_SOURCE_STALL_PERIODS,
			   tuning->stall_periods) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_LEAD_NS, tuning->lead_ns) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_ACCURACY_NS,
			    tuning->accuracy_ns);
}

static int genl_put_driver(struct sk_buff *skb,
			   const struct fraktor_source *source)
{
	const struct fraktor_driver *driver = source->driver;
	u64 resolution_ns = driver->resolution_ns ? driver->resolution_ns() : 0;

	return nla_put_string(skb, FRAKTOR_A_SOURCE_DRIVER, driver->name) ||
	       genl_put_u64(skb, FRAKTOR_A_SOURCE_RESOLUTION_NS, resolution_ns);
}

static int genl_put_source(struct sk_buff *skb, struct fraktor_source *source,
			   const struct genl_asker *asker)
{
	struct genl_snapshot snapshot;

	genl_take_snapshot(source, &snapshot);
	if (nla_put_u32(skb, FRAKTOR_A_SOURCE_ID, source->id) ||
	    nla_put_string(skb, FRAKTOR_A_SOURCE_NAME, source->name) ||
	    genl_put_driver(skb, source) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_STATE, snapshot.state) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_REASON, snapshot.reason) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_CLOCKID, source->clockid) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_CPU, snapshot.cpu) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_HOME_CPU, source->home_cpu) ||
	    genl_put_u64(skb, FRAKTOR_A_SOURCE_PERIOD_NS, snapshot.period_ns) ||
	    genl_put_tuning(skb, &snapshot) ||
	    nla_put_u32(skb, FRAKTOR_A_SOURCE_READERS, snapshot.readers) ||
	    (source->pid && fraktor_genl_may_know(asker, source->uid) &&
	     nla_put_u32(skb, FRAKTOR_A_SOURCE_OWNER_PID, pid_nr(source->pid))))
		return -EMSGSIZE;
	return genl_put_stats(skb, &snapshot);
}

static int genl_fill(struct sk_buff *skb, struct fraktor_source *source, u8 cmd,
		     const struct genl_asker *asker, int flags)
{
	void *header = genlmsg_put(skb, asker->portid, asker->seq,
				   &fraktor_genl_family, flags, cmd);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = genl_put_source(skb, source, asker);
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* --- get ---------------------------------------------------------------- */

/**
 * fraktor_genl_source_find() - the source that a request names; may sleep
 * @info: the request.
 *
 * Return: the source with a reference, or an error pointer and the request has
 * been told why.
 */
struct fraktor_source *fraktor_genl_source_find(struct genl_info *info)
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
	source = fraktor_registry_get(name ? nla_data(name) : "",
				      id ? nla_get_u32(id) : 0);
	if (!source) {
		NL_SET_ERR_MSG_ATTR(info->extack, name ?: id,
				    "no such source");
		return ERR_PTR(-ENOENT);
	}
	return source;
}

int fraktor_genl_source_get(struct sk_buff *skb, struct genl_info *info)
{
	struct fraktor_source *source = fraktor_genl_source_find(info);
	struct genl_asker asker;
	struct sk_buff *reply;
	int err = -ENOMEM;

	if (IS_ERR(source))
		return PTR_ERR(source);
	fraktor_genl_ask(&asker, skb, info->snd_seq);
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		goto out;
	err = genl_fill(reply, source, FRAKTOR_CMD_SOURCE_GET, &asker, 0);
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
int fraktor_genl_source_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fraktor_source *source;
	struct genl_asker asker;
	u32 id = cb->args[0];
	int err = 0;

	fraktor_genl_ask(&asker, cb->skb, cb->nlh->nlmsg_seq);
	while (!err && (source = fraktor_registry_next(&id))) {
		err = genl_fill(skb, source, FRAKTOR_CMD_SOURCE_GET, &asker,
				NLM_F_MULTI);
		fraktor_source_unref(source);
		if (!err)
			cb->args[0] = ++id;
	}
	/* Full is not an error as long as something fitted. */
	return skb->len ?: err;
}

/* --- set ---------------------------------------------------------------- */

static u64 genl_set_u64(struct genl_info *info, int attr, u64 what,
			struct fraktor_set *set)
{
	if (!info->attrs[attr])
		return 0;
	set->what |= what;
	return nla_get_u64(info->attrs[attr]);
}

static u32 genl_set_u32(struct genl_info *info, int attr, u64 what,
			struct fraktor_set *set)
{
	if (!info->attrs[attr])
		return 0;
	set->what |= what;
	return nla_get_u32(info->attrs[attr]);
}

static void genl_read_set(struct genl_info *info, struct fraktor_set *set)
{
	set->period_ns = genl_set_u64(info, FRAKTOR_A_SOURCE_PERIOD_NS,
				      FRAKTOR_SET_PERIOD, set);
	set->phase_ns = genl_set_u64(info, FRAKTOR_A_SOURCE_PHASE_NS,
				     FRAKTOR_SET_PHASE, set);
	set->late_ns = genl_set_u64(info, FRAKTOR_A_SOURCE_LATE_NS,
				    FRAKTOR_SET_LATE, set);
	set->drift_ppb = genl_set_u64(info, FRAKTOR_A_SOURCE_DRIFT_PPB,
				      FRAKTOR_SET_DRIFT, set);
	set->missed = genl_set_u32(info, FRAKTOR_A_SOURCE_MISSED,
				   FRAKTOR_SET_MISSED, set);
	set->stall_periods = genl_set_u32(info, FRAKTOR_A_SOURCE_STALL_PERIODS,
					  FRAKTOR_SET_STALL, set);
	set->flags = genl_set_u32(info, FRAKTOR_A_SOURCE_FLAGS,
				  FRAKTOR_SET_FLAGS, set);
	set->lead_ns = genl_set_u64(info, FRAKTOR_A_SOURCE_LEAD_NS,
				    FRAKTOR_SET_LEAD, set);
	set->accuracy_ns = genl_set_u64(info, FRAKTOR_A_SOURCE_ACCURACY_NS,
					FRAKTOR_SET_ACCURACY, set);
}

static const char *genl_set_failure(int err)
{
	switch (err) {
	case -EPERM:
		return "the period needs CAP_SYS_RESOURCE";
	case -ENOSPC:
		return "the CPU has its fill of ticks";
	case -EOPNOTSUPP:
		return "period, phase, lead and accuracy are not to be had of this driver";
	case -EPROTONOSUPPORT:
		return "a reader does not hold early ticks back, so there can be no lead";
	default:
		return "a value is out of range, or a phase without alignment";
	}
}

int fraktor_genl_source_set(struct sk_buff *skb, struct genl_info *info)
{
	struct fraktor_source *source = fraktor_genl_source_find(info);
	struct fraktor_set set = {};
	int err;

	if (IS_ERR(source))
		return PTR_ERR(source);
	genl_read_set(info, &set);
	if (!set.what) {
		GENL_SET_ERR_MSG(info, "nothing to change is given");
		err = -EINVAL;
	} else {
		err = fraktor_tune_set(source, &set);
		if (err && info->extack)
			info->extack->_msg = genl_set_failure(err);
	}
	fraktor_source_unref(source);
	return err;
}

/* --- metrics ------------------------------------------------------------ */

/**
 * fraktor_genl_send_metrics() - multicast how well each line ticks; may sleep
 *
 * Does nothing while nobody listens.
 */
void fraktor_genl_send_metrics(void)
{
	struct genl_asker nobody = { .uid = INVALID_UID };
	struct fraktor_source *source;
	struct sk_buff *skb;
	u32 id;

	if (!genl_has_listeners(&fraktor_genl_family, &init_net,
				GENL_GROUP_METRICS))
		return;
	for (id = 1; (source = fraktor_registry_next(&id)); id++) {
		skb = NULL;
		if (READ_ONCE(source->state) == FRAKTOR_STATE_RUNNING)
			skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
		if (skb && genl_fill(skb, source, FRAKTOR_CMD_METRICS, &nobody, 0)) {
			nlmsg_free(skb);
			skb = NULL;
		}
		if (skb)
			genlmsg_multicast(&fraktor_genl_family, skb, 0,
					  GENL_GROUP_METRICS, GFP_KERNEL);
		fraktor_source_unref(source);
	}
}

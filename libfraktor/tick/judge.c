/* SPDX-License-Identifier: MIT */
/*
 * judge.c - what a driver may not say.
 */
#include <stddef.h>

#include "tick/judge.h"

/* No lead is longer: see <fraktor/tick.h>. */
#define JUDGE_LEAD_MAX_NS 1000000U

/* A line may be too fast by this part of its time: that shows as drift. */
#define JUDGE_DRIFT_PART 16U

/*
 * A simulation has a time of its own.  The module's times are those of the initial
 * time namespace, which need not be ours, and it has no need to be told the time.
 * What comes of several drivers was judged one by one, each by its own clock.
 */
void frki_judge_init(struct frki_judge *judge, const struct frk_driver_ops *ops,
		     uint64_t period_ns)
{
	bool has_flags = ops->size > offsetof(struct frk_driver_ops, flags);
	bool simulated = has_flags && ops->flags & FRK_DRIVER_SIMULATED;
	bool fused = ops->kind == FRK_DRIVER_FUSED;

	*judge = (struct frki_judge){
		.in_order = !fused,
		.by_clock = !simulated && !fused && ops->kind != FRK_DRIVER_KERNEL,
	};
	if (judge->by_clock)
		judge->period_ns = period_ns;
}

uint64_t frki_judge_latest(struct frki_judge *judge, uint64_t now_ns,
			   uint64_t monotonic_ns)
{
	int64_t skew_ns = (int64_t)(now_ns - monotonic_ns);

	if (!judge->knows_skew || skew_ns > judge->skew_ns)
		judge->skew_ns = skew_ns;
	judge->knows_skew = true;
	monotonic_ns += (uint64_t)judge->skew_ns;
	return monotonic_ns > now_ns ? monotonic_ns : now_ns;
}

/* From the first deadline to the last one, at the least; all of time if it is more. */
static uint64_t judge_span(const struct frki_judge *judge, const struct frk_tick *tick)
{
	uint64_t span_ns;

	if (__builtin_mul_overflow(tick->periods - 1ULL, judge->period_ns, &span_ns))
		return UINT64_MAX;
	return span_ns - span_ns / JUDGE_DRIFT_PART;
}

/* When the last of its periods is due. */
static uint64_t judge_end(const struct frki_judge *judge, const struct frk_tick *tick)
{
	uint64_t end_ns;

	if (__builtin_add_overflow(tick->deadline_ns, judge_span(judge, tick), &end_ns))
		return UINT64_MAX;
	return end_ns;
}

/* How long before its deadline it may have been made. */
static uint64_t judge_lead(const struct frki_judge *judge, const struct frk_tick *tick)
{
	uint64_t half_ns = judge->period_ns / 2;

	if (!(tick->flags & FRK_TICK_LEAD))
		return 0;
	return half_ns && half_ns < JUDGE_LEAD_MAX_NS ? half_ns : JUDGE_LEAD_MAX_NS;
}

static const char *judge_time(const struct frki_judge *judge, const struct frk_tick *tick,
			      uint64_t now_ns)
{
	if (judge->in_order && tick->deadline_ns < judge->reached_ns)
		return "it went back in time";
	if (!judge->by_clock)
		return NULL;
	if (tick->fired_ns > now_ns)
		return "it told of a tick that is still to come";
	if (judge_end(judge, tick) > tick->fired_ns + judge_lead(judge, tick))
		return "it ticked before the deadline";
	return NULL;
}

const char *frki_judge_hear(struct frki_judge *judge, const struct frk_tick *tick,
			    uint64_t now_ns)
{
	const char *wrong = NULL;

	if (tick->seq <= judge->seq)
		return "it told of a tick twice";
	if (tick->flags & FRK_TICK_CHANGED)
		judge->period_ns = 0;
	if (tick->periods)
		wrong = judge_time(judge, tick, now_ns);
	if (wrong)
		return wrong;
	judge->seq = tick->seq;
	if (tick->periods)
		judge->reached_ns = judge_end(judge, tick);
	return NULL;
}

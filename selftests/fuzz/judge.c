// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of uapi/linux/fraktor.h in sentences that can be false.
 */
#include "judge.h"

#include <string.h>

#define PAGE_LEN	4096U

#define FLAGS_KNOWN	(FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED |	\
			 FRAKTOR_TICK_F_LATE | FRAKTOR_TICK_F_BURST |	\
			 FRAKTOR_TICK_F_CHANGED | FRAKTOR_TICK_F_MOVED |	\
			 FRAKTOR_TICK_F_WIDENED | FRAKTOR_TICK_F_SUSPEND |	\
			 FRAKTOR_TICK_F_RESUME | FRAKTOR_TICK_F_LEAD |	\
			 FRAKTOR_TICK_F_IDLE | FRAKTOR_TICK_F_ASKED)
#define FLAGS_NOTE	(FRAKTOR_TICK_F_SUSPEND | FRAKTOR_TICK_F_RESUME)

static const char *judge_lengths(const struct fraktor_meta *meta)
{
	if (meta->magic != FRAKTOR_META_MAGIC)
		return "meta: magic";
	if (meta->abi_version != FRAKTOR_ABI_VERSION)
		return "meta: abi_version";
	if (meta->struct_len < sizeof(*meta) || meta->struct_len > meta->meta_len)
		return "meta: struct_len";
	if (!meta->meta_len || meta->meta_len % PAGE_LEN ||
	    !meta->consumer_len || meta->consumer_len % PAGE_LEN ||
	    !meta->data_len || meta->data_len % PAGE_LEN)
		return "meta: a length is not whole pages";
	if (meta->record_size < sizeof(struct fraktor_tick))
		return "meta: record_size";
	if (!meta->slots || meta->slots & (meta->slots - 1))
		return "meta: slots is not a power of two";
	if ((uint64_t)meta->slots * meta->record_size > meta->data_len)
		return "meta: the slots do not fit into data_len";
	return NULL;
}

const char *judge_meta(const struct fraktor_meta *meta)
{
	const char *wrong = judge_lengths(meta);
	unsigned int i;

	if (wrong)
		return wrong;
	if (meta->nr_members > FRAKTOR_MEMBERS_MAX)
		return "meta: nr_members";
	if (meta->state > FRAKTOR_STATE_DEAD)
		return "meta: state";
	if (meta->reason > FRAKTOR_REASON_ADMIN)
		return "meta: reason";
	if (meta->reserved || meta->reserved2[0] || meta->reserved2[1] ||
	    meta->reserved2[2])
		return "meta: a reserved field is not zero";
	for (i = 0; i < FRAKTOR_MEMBERS_MAX; i++) {
		const struct fraktor_member *member = &meta->members[i];

		if (member->source > UINT16_MAX ||
		    member->state > FRAKTOR_STATE_DEAD ||
		    member->reason > FRAKTOR_REASON_ADMIN ||
		    member->lead_ns > FRAKTOR_LEAD_MAX_NS)
			return "meta: a member makes no sense";
	}
	return NULL;
}

const char *judge_head(const struct fraktor_meta *meta, uint64_t *seen)
{
	uint64_t head = __atomic_load_n(&meta->head, __ATOMIC_ACQUIRE);

	if (head < *seen)
		return "meta: head went back";
	*seen = head;
	return NULL;
}

static const char *judge_early(const struct fraktor_tick *tick)
{
	if (tick->fired_ns >= tick->deadline_ns)
		return "record: FRAKTOR_TICK_F_LEAD, and not early";
	if (tick->deadline_ns - tick->fired_ns > FRAKTOR_LEAD_MAX_NS)
		return "record: earlier than any lead";
	if (tick->periods != 1)
		return "record: early, and for several periods";
	return NULL;
}

const char *judge_record(const struct fraktor_tick *tick)
{
	if (tick->flags & ~FLAGS_KNOWN)
		return "record: an unknown flag";
	if (!tick->source)
		return "record: no source";
	if (!tick->periods)
		return tick->flags & FLAGS_NOTE ?
		       NULL : "record: a note that notes nothing";
	if (tick->flags & FLAGS_NOTE)
		return "record: a tick that is a note";
	if (tick->flags & FRAKTOR_TICK_F_LEAD)
		return judge_early(tick);
	if (tick->fired_ns < tick->deadline_ns)
		return "record: early, fired before its deadline";
	if ((tick->flags & FRAKTOR_TICK_F_MISSED) && tick->periods < 2)
		return "record: FRAKTOR_TICK_F_MISSED without a missed period";
	if ((tick->flags & FRAKTOR_TICK_F_IDLE) && tick->periods < 2)
		return "record: FRAKTOR_TICK_F_IDLE with nothing passed over";
	if (tick->flags & FRAKTOR_TICK_F_IDLE && tick->flags & FRAKTOR_TICK_F_MISSED)
		return "record: what nobody needed is missed";
	return NULL;
}

/* The record in a slot, or seq 0 if the kernel was writing it. */
static void judge_copy(const struct fraktor_tick *slot,
		       struct fraktor_tick *ret_tick)
{
	uint64_t seq = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	memcpy(ret_tick, slot, sizeof(*ret_tick));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	ret_tick->seq = __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq ?
			seq : 0;
}

const char *judge_slots(const struct fraktor_tick *slots, unsigned int nr,
			size_t len)
{
	unsigned int i;

	for (i = 0; i < nr && (i + 1) * sizeof(*slots) <= len; i++) {
		struct fraktor_tick tick;
		const char *wrong;

		judge_copy(&slots[i], &tick);
		if (!tick.seq)
			continue;
		if ((tick.seq & (nr - 1)) != i)
			return "slot: a record in the wrong place";
		wrong = judge_record(&tick);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static struct judge_line *judge_find(struct judge_line *lines, unsigned int n,
				     uint32_t source)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (lines[i].source == source || !lines[i].source)
			return &lines[i];
	return NULL;
}

const char *judge_order(struct judge_line *lines, unsigned int n,
			const struct fraktor_tick *tick)
{
	struct judge_line *line = judge_find(lines, n, tick->source);
	struct judge_line last;

	if (!line)
		return NULL;
	last = *line;
	line->source = tick->source;
	line->fired_ns = tick->fired_ns;
	if (tick->fired_ns < last.fired_ns)
		return "order: fired_ns went back";
	if (!tick->periods)
		return NULL;
	line->deadline_ns = tick->deadline_ns;
	line->early = tick->flags & FRAKTOR_TICK_F_LEAD;
	/* The line may be stopped and started before its last tick was due. */
	if (last.early && tick->flags & FRAKTOR_TICK_F_FIRST)
		return NULL;
	/* Also across a stop and a start, whose grid begins later. */
	if (tick->deadline_ns <= last.deadline_ns)
		return "order: a deadline came twice or went back";
	return NULL;
}

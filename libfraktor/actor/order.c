// SPDX-License-Identifier: MIT
/*
 * order.c - orders of mailboxes; see order.h.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "actor/order.h"
#include "actor/supervision.h"
#include "actor/watch.h"
#include "mailbox/levels.h"

static int check_ops(const struct frk_mailbox_ops *ops, const void *state)
{
	if (ops->size < sizeof(*ops) || !ops->push || !ops->pop)
		return -EINVAL;
	return !state && ops->state_size > FRK_MAILBOX_STATE_MAX ? -EINVAL : 0;
}

int frki_order_check(const struct frk_actor_opts *opts)
{
	if (!opts->mailbox_order && opts->mailbox_state)
		return -EINVAL;
	if (!opts->mailbox_order && !opts->mailbox_level)
		return 0;
	/* Which one is the oldest, the order of arrival says. */
	if (opts->mailbox_policy == FRK_MAILBOX_DROP_OLDEST ||
	    (opts->mailbox_order && opts->mailbox_level))
		return -EINVAL;
	return opts->mailbox_order ? check_ops(opts->mailbox_order, opts->mailbox_state) : 0;
}

void frki_order_equip(struct frki_tray *tray, struct frki_stage *stage,
		      const struct frk_actor_opts *opts)
{
	uint32_t mark = frki_pool_index(&stage->trays, tray) + 1;
	struct frki_levels *levels;

	if (opts->mailbox_order) {
		frki_tray_set_order(tray, opts->mailbox_order, opts->mailbox_state, mark);
	} else if (opts->mailbox_level) {
		levels = frki_tray_set_order(tray, &frki_mailbox_levels, NULL, mark);
		levels->level = opts->mailbox_level;
	}
}

/* What has its mark among all that there are, with the envelope @at so many bytes. */
static void find(struct frki_cell *cell, const struct frki_pool *pool, size_t at,
		 uint32_t mark)
{
	for (uint32_t i = 0; i < pool->n; i++) {
		struct frki_envelope *envelope =
			(void *)((unsigned char *)frki_pool_at(pool, i) + at);

		/* Relaxed: this turn has written the mark; others' are not it. */
		if (atomic_load_explicit(&envelope->order, memory_order_relaxed) != mark)
			continue;
		atomic_store_explicit(&envelope->order, 0, memory_order_relaxed);
		frki_mailbox_put_back(&cell->mailbox, envelope);
	}
}

static void take_all(struct frki_cell *cell, struct frki_stage *stage, struct frki_tray *tray)
{
	struct frki_envelope *envelope;

	while ((envelope = frki_tray_pop(tray)))
		frki_mailbox_put_back(&cell->mailbox, envelope);
	if (!tray->ordered_n)
		return;
	/* It has lost them; its turn has not, and neither have their senders. */
	find(cell, &stage->letters, offsetof(struct frki_letter, envelope), tray->mark);
	find(cell, &stage->alarms, offsetof(struct frki_alarm, envelope), tray->mark);
	find(cell, &stage->watches, offsetof(struct frki_watch, envelope), tray->mark);
}

void frki_order_close(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_tray *tray = frki_mailbox_tray(&cell->mailbox);

	if (!tray || !tray->order)
		return;
	frki_hand_take(&stage->hand);
	take_all(cell, stage, tray);
	frki_tray_drop_order(tray);
	frki_hand_release(&stage->hand);
}

void frki_order_mend(struct frki_cell *cell, struct frki_stage *stage)
{
	const struct frki_tray *tray = frki_mailbox_tray(&cell->mailbox);

	if (!tray || !tray->is_broken)
		return;
	frki_order_close(cell, stage);
	frki_stage_lock(stage);
	frki_supervision_fail(cell, stage, -EBADMSG);
	frki_stage_unlock(stage);
}

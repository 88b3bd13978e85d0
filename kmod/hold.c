// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records that came early (FRAKTOR_TICK_F_LEAD) are held back from read(2) until
 * they are due: whoever was woken is running by then.  The rest of the lead is
 * spent here, on the reader's own time, with interrupts on.
 */
#include <linux/errno.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "fraktor.h"

/* When the oldest record is due if it came early, else 0. */
static u64 hold_due_ns(const struct fraktor_reader *reader)
{
	const struct fraktor_tick *tick = fraktor_ring_peek(&reader->ring);

	return tick && tick->flags & FRAKTOR_TICK_F_LEAD ? tick->deadline_ns : 0;
}

static bool hold_is_ahead(const struct fraktor_reader *reader, u64 due_ns)
{
	return due_ns &&
	       fraktor_clock_now_ns(reader->ring.meta->clockid) < due_ns;
}

/**
 * fraktor_hold_is_early() - must the oldest record wait?
 * @reader: its lock is held.
 *
 * Return: whether it must.
 */
bool fraktor_hold_is_early(const struct fraktor_reader *reader)
{
	return hold_is_ahead(reader, hold_due_ns(reader));
}

/**
 * fraktor_hold_wait() - wait until the oldest record is due, if there is one
 * @reader: it is ready.
 *
 * Does not sleep: that would take longer than what is left, a lead at most.
 *
 * Return: 0 or -ERESTARTSYS.
 */
int fraktor_hold_wait(struct fraktor_reader *reader)
{
	unsigned long flags;
	u64 due_ns;

	raw_spin_lock_irqsave(&reader->lock, flags);
	due_ns = hold_due_ns(reader);
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	while (hold_is_ahead(reader, due_ns)) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		cond_resched();
		cpu_relax();
	}
	return 0;
}

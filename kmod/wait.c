// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits, and who is woken how.
 *
 * A tick is delivered in hard interrupt under a raw lock, so only what takes
 * raw locks may be called there.  On PREEMPT_RT that is waking a thread and
 * queueing task work; a wait queue is behind a sleeping lock and is woken
 * from irq_work, which runs in a thread there.  Elsewhere all are woken on
 * the spot.
 *
 * Order between a waiter and the tick: the waiter makes itself known, then
 * looks at the ring; the tick fills the ring, then looks for waiters; a full
 * barrier between the two on both sides.  One of them sees the other.
 */
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/rcuwait.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "fraktor.h"

/*
 * Lockdep with PROVE_RAW_LOCK_NESTING holds every kernel to the rules of
 * PREEMPT_RT, so it gets the wake-ups of PREEMPT_RT.
 */
#define WAIT_NEEDS_THREAD	(IS_ENABLED(CONFIG_PREEMPT_RT) ||	\
				 IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING))

/* Waiters name what they want; those for a hang-up are not woken by a tick. */
static void wait_wake_poll(struct fraktor_reader *reader)
{
	__poll_t key = 0;

	if (fraktor_ring_available(&reader->ring))
		key |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(reader->ring.meta->state) != FRAKTOR_STATE_RUNNING)
		key |= EPOLLHUP;
	/* Key 0 would mean "anything": the record has been taken meanwhile. */
	if (key)
		wake_up_interruptible_poll(&reader->poll, key);
}

/* Where sleeping locks are allowed: wake whom the interrupt could not. */
static void wait_irq_work(struct irq_work *work)
{
	struct fraktor_reader *reader =
		container_of(work, struct fraktor_reader, wake);

	/* The barrier was in fraktor_wait_wake(), before this was queued. */
	if (waitqueue_active(&reader->poll))
		wait_wake_poll(reader);
	fraktor_uring_release(reader);
}

void fraktor_wait_init(struct fraktor_reader *reader)
{
	rcuwait_init(&reader->sleeper);
	init_waitqueue_head(&reader->poll);
	init_irq_work(&reader->wake, wait_irq_work);
	timer_setup(&reader->bound, fraktor_uring_bound, 0);
}

/**
 * fraktor_wait_fini() - nothing of the reader is in flight any more
 * @reader: without links: no tick can wake it.
 */
void fraktor_wait_fini(struct fraktor_reader *reader)
{
	timer_delete_sync(&reader->bound);
	/*
	 * On PREEMPT_RT this waits for an RCU grace period, even for work that
	 * was never queued; a process that dies with hundreds of files must
	 * not pay that for each.
	 */
	if (reader->deferred)
		irq_work_sync(&reader->wake);
}

static void wait_defer(struct fraktor_reader *reader)
{
	reader->deferred = true;
	irq_work_queue(&reader->wake);
}

/**
 * fraktor_wait_wake() - wake whoever waits for this reader's ring
 * @reader: its lock is held.
 *
 * Any context.
 */
void fraktor_wait_wake(struct fraktor_reader *reader)
{
	bool defer = false;

	lockdep_assert_held(&reader->lock);
	smp_mb(); /* Pairs with those in rcuwait_wait_event() and in poll. */
	if (rcuwait_active(&reader->sleeper))
		rcuwait_wake_up(&reader->sleeper);
	if (reader->command) {
		if (WAIT_NEEDS_THREAD && reader->command_defers)
			defer = true;
		else
			fraktor_uring_complete(reader);
	}
	/* Ordered by the barrier above. */
	if (waitqueue_active(&reader->poll)) {
		if (WAIT_NEEDS_THREAD)
			defer = true;
		else
			wait_wake_poll(reader);
	}
	if (defer)
		wait_defer(reader);
}

static int wait_interruptible(struct fraktor_reader *reader)
{
	int state = 0;
	int err;

	err = rcuwait_wait_event(&reader->sleeper,
				 (state = fraktor_reader_state(reader)) != 0,
				 TASK_INTERRUPTIBLE);
	return err ? -ERESTARTSYS : state;
}

/**
 * fraktor_wait_read() - wait until there is a record to read
 * @reader: its read_mutex is held: one thread sleeps here.
 * @nonblock: do not sleep.
 *
 * Return: the number of records, -EAGAIN, -ESHUTDOWN, -ERESTARTSYS.
 */
int fraktor_wait_read(struct fraktor_reader *reader, bool nonblock)
{
	int state = fraktor_reader_state(reader);

	if (state)
		return state;
	return nonblock ? -EAGAIN : wait_interruptible(reader);
}

/**
 * fraktor_wait_poll() - ->poll
 * @reader: the reader.
 * @file: its file.
 * @table: of the caller.
 *
 * A file without a source is waited for too: epoll asks once, when the file
 * is added, and the source may come later.
 *
 * Return: EPOLLIN while there are records, EPOLLHUP while no source ticks.
 */
__poll_t fraktor_wait_poll(struct fraktor_reader *reader, struct file *file,
			   struct poll_table_struct *table)
{
	__poll_t mask = 0;

	poll_wait(file, &reader->poll, table);
	/* Pairs with the barrier in fraktor_wait_wake(). */
	smp_mb();
	if (!fraktor_reader_is_ready(reader))
		return EPOLLHUP;
	/* The state first, as in fraktor_reader_state(). */
	if (smp_load_acquire(&reader->ring.meta->state) != FRAKTOR_STATE_RUNNING)
		mask |= EPOLLHUP;
	if (fraktor_ring_available(&reader->ring))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

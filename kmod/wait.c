// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits, and who is woken how.
 *
 * A tick is delivered in hard interrupt under a raw lock, so only what takes
 * raw locks may be called there.  On PREEMPT_RT that is waking a thread and
 * queueing task work; a wait queue is behind a sleeping lock and is woken
 * by a thread, see waker.c.  Elsewhere all are woken on the spot.
 *
 * Order between a waiter and the tick: the waiter makes itself known, then
 * looks at the ring; the tick fills the ring, then looks for waiters; a full
 * barrier between the two on both sides.  One of them sees the other.
 */
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "fraktor.h"
#include "wait.h"

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

/**
 * fraktor_wait_wake_deferred() - wake whom the interrupt could not
 * @reader: the waker took it out of its list.
 *
 * Where sleeping locks are allowed.
 */
void fraktor_wait_wake_deferred(struct fraktor_reader *reader)
{
	/* The barrier was in fraktor_wait_wake(), before this was queued. */
	if (waitqueue_active(&reader->poll))
		wait_wake_poll(reader);
	/* One that the interrupt has left; the time of another has not come. */
	if (READ_ONCE(reader->command_defers))
		fraktor_uring_release(reader);
}

void fraktor_wait_init(struct fraktor_reader *reader)
{
	init_waitqueue_head(&reader->poll);
	timer_setup(&reader->bound, fraktor_uring_bound, 0);
}

/**
 * fraktor_wait_fini() - nothing of the reader is in flight any more
 * @reader: without links: no tick can wake it.
 */
void fraktor_wait_fini(struct fraktor_reader *reader)
{
	timer_delete_sync(&reader->bound);
	fraktor_waker_sync(reader);
}

/**
 * fraktor_wait_wake_others() - wake those that fraktor_wait_wake() does not
 * @reader: its lock is held.
 *
 * A command that is still there is one that defers.  Any context.
 */
void fraktor_wait_wake_others(struct fraktor_reader *reader)
{
	bool command = FRAKTOR_WAIT_DEFERS && reader->command;
	/* Ordered by the barrier in fraktor_wait_wake(). */
	bool poll = waitqueue_active(&reader->poll);

	reader->wakeups += command + poll;
	if (FRAKTOR_WAIT_NEEDS_THREAD)
		fraktor_waker_queue(reader);
	else if (poll)
		wait_wake_poll(reader);
}

/* What ends a sleep: a record, the end of them, FRAKTOR_IOC_WAKE, a signal. */
static int wait_result(struct fraktor_reader *reader)
{
	int state = fraktor_reader_state(reader);

	if (state)
		return state;
	if (READ_ONCE(reader->woken)) {
		WRITE_ONCE(reader->woken, false);
		return -ECANCELED;
	}
	return signal_pending(current) ? -ERESTARTSYS : 0;
}

/*
 * A sleeper that nobody has taken out takes itself out under the lock: who is
 * about to take it out would else take out the one that sleeps next, and wake
 * only this one.
 */
static void wait_leave(struct fraktor_reader *reader)
{
	unsigned long flags;

	if (!READ_ONCE(reader->sleeper))
		return;
	raw_spin_lock_irqsave(&reader->lock, flags);
	WRITE_ONCE(reader->sleeper, NULL);
	raw_spin_unlock_irqrestore(&reader->lock, flags);
}

/*
 * One thread is here at a time.  Who has been taken out has been woken, or will
 * be: before it was ready to sleep, perhaps, and then it must say its name anew,
 * unless there are records by now.
 *
 * Inline, and what follows schedule() is short: a tick is on its way to its
 * reader there.
 */
static __always_inline int wait_interruptible(struct fraktor_reader *reader,
					      bool count)
{
	int ret;

	for (;;) {
		WRITE_ONCE(reader->sleeper, current);
		/* Its barrier pairs with the one in fraktor_wait_wake(). */
		set_current_state(TASK_INTERRUPTIBLE);
		ret = wait_result(reader);
		if (unlikely(ret))
			break;
		if (likely(READ_ONCE(reader->sleeper)))
			schedule();
		else
			__set_current_state(TASK_RUNNING);
		/*
		 * Who has been taken out need not take itself out.  Pairs with
		 * the barrier in fraktor_wait_wake(): it sees the records.
		 */
		if (likely(!smp_load_acquire(&reader->sleeper))) {
			if (!count)
				return 1;
			ret = (int)fraktor_ring_available(&reader->ring);
			if (likely(ret))
				return ret;
		}
	}
	__set_current_state(TASK_RUNNING);
	wait_leave(reader);
	return ret;
}

static __always_inline int wait_read(struct fraktor_reader *reader,
				     bool nonblock, bool count)
{
	int state = fraktor_reader_state(reader);

	if (state)
		return state;
	return nonblock ? -EAGAIN : wait_interruptible(reader, count);
}

/**
 * fraktor_wait_read() - wait until there is a record to read
 * @reader: its read_mutex is held: one thread sleeps here.
 * @nonblock: do not sleep.
 *
 * Return: above 0 when it is worth looking for a record: if there is none after
 * all, ask again.  -EAGAIN, -ESHUTDOWN, -ERESTARTSYS, or -ECANCELED after
 * FRAKTOR_IOC_WAKE.
 */
int fraktor_wait_read(struct fraktor_reader *reader, bool nonblock)
{
	return wait_read(reader, nonblock, false);
}

/**
 * fraktor_wait_sleep() - FRAKTOR_IOC_WAIT
 * @reader: it is ready.
 *
 * Return: the number of records, -ESHUTDOWN, -ERESTARTSYS, -ECANCELED, -EBUSY.
 */
long fraktor_wait_sleep(struct fraktor_reader *reader)
{
	int ret;

	if (!mutex_trylock(&reader->read_mutex))
		return -EBUSY;
	ret = wait_read(reader, false, true);
	mutex_unlock(&reader->read_mutex);
	return ret;
}

/**
 * fraktor_wait_release() - FRAKTOR_IOC_WAKE
 * @reader: it is ready.
 *
 * Ends the sleep in progress, or the next one.
 */
void fraktor_wait_release(struct fraktor_reader *reader)
{
	unsigned long flags;

	WRITE_ONCE(reader->woken, true);
	raw_spin_lock_irqsave(&reader->lock, flags);
	smp_mb();	/* As in fraktor_wait_wake(). */
	fraktor_wait_wake_sleeper(reader);
	raw_spin_unlock_irqrestore(&reader->lock, flags);
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
	WRITE_ONCE(reader->others, true);
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

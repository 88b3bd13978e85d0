// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waker: a thread that wakes whom an interrupt must not wake, on
 * PREEMPT_RT.
 *
 * irq_work would do it, too, but by an interrupt of its own that wakes a thread
 * of the lowest real-time priority.  This one is woken by the tick itself.
 *
 * It does what is done in the interrupt elsewhere, and stands above the readers:
 * one that it woke, and that preempted it, would do so while it holds the wait
 * queue's lock and must not migrate, and the scheduler takes longer to note
 * that down than the thread needs to finish.
 *
 * reader->deferred says that the reader is in the list: the tick sets it, under
 * the reader's lock, and who works the list off takes it back, and holds
 * waker_mutex.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "compat/compat.h"
#include "fraktor.h"

static unsigned int waker_priority = 98;
module_param(waker_priority, uint, 0444);
MODULE_PARM_DESC(waker_priority,
		 "SCHED_FIFO priority of the thread that wakes readers in poll on PREEMPT_RT (default 98)");

static LLIST_HEAD(waker_list);
static DEFINE_MUTEX(waker_mutex);	/* one at a time works the list off */
static struct task_struct *waker_thread;

static void waker_wake(struct fraktor_reader *reader)
{
	/*
	 * From here on the tick may put it into the list again.  A full barrier:
	 * behind it we look for those whom the tick has left to us so far.  Pairs
	 * with the one in fraktor_wait_wake().
	 */
	xchg(&reader->deferred, 0);
	fraktor_wait_wake_deferred(reader);
}

static void waker_work(void)
{
	struct fraktor_reader *reader, *next;
	struct llist_node *list;

	mutex_lock(&waker_mutex);
	list = llist_del_all(&waker_list);
	if (list && list->next)
		list = llist_reverse_order(list);
	llist_for_each_entry_safe(reader, next, list, wake_node)
		waker_wake(reader);
	mutex_unlock(&waker_mutex);
}

/**
 * fraktor_waker_queue() - have those woken that the interrupt must not wake
 * @reader: its lock is held.
 *
 * Any context.
 */
void fraktor_waker_queue(struct fraktor_reader *reader)
{
	lockdep_assert_held(&reader->lock);
	if (READ_ONCE(reader->deferred))
		return;
	WRITE_ONCE(reader->deferred, 1);
	llist_add(&reader->wake_node, &waker_list);
	wake_up_process(waker_thread);
}

/**
 * fraktor_waker_sync() - the waker has done with a reader; may sleep
 * @reader: no tick can wake it any more.
 */
void fraktor_waker_sync(struct fraktor_reader *reader)
{
	if (waker_thread)
		waker_work();
	WARN_ON_ONCE(READ_ONCE(reader->deferred));
}

static int waker_run(void *unused)
{
	for (;;) {
		/* Its barrier pairs with that of wake_up_process(). */
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		if (llist_empty(&waker_list))
			schedule();
		__set_current_state(TASK_RUNNING);
		waker_work();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/**
 * fraktor_waker_init() - start the thread, where there has to be one
 *
 * Return: 0 or why it cannot be started: -EINVAL for a priority there is not.
 */
int fraktor_waker_init(void)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_FIFO,
		.sched_priority = waker_priority,
	};
	struct task_struct *thread;
	int err;

	if (!FRAKTOR_WAIT_NEEDS_THREAD)
		return 0;
	thread = kthread_create(waker_run, NULL, "fraktor-waker");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	err = sched_setattr_nocheck(thread, &attr);
	if (err) {
		kthread_stop(thread);
		return err;
	}
	wake_up_process(thread);
	waker_thread = thread;
	return 0;
}

/**
 * fraktor_waker_exit() - end the thread
 *
 * No reader is left.
 */
void fraktor_waker_exit(void)
{
	if (waker_thread)
		kthread_stop(waker_thread);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_URING_CMD_WAIT: io_uring's own way to wait for a tick.
 *
 * A command is completed in the task that submitted it, by task work that
 * the tick queues; io_uring_cmd_done() itself must not be called from
 * interrupts.  reader->command is the one word that says who owns a pending
 * command: who takes it out, under the source's lock, completes it.
 *
 * Where io_uring cannot cancel a command (before 6.7), one that stays pending
 * wedges exec and the ring's end.  So nothing stays pending: a tick, a stop,
 * a close of the file or the bound ends every wait.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>

#include "compat/compat.h"
#include "fraktor.h"

static struct fraktor_reader *uring_reader(struct io_uring_cmd *cmd)
{
	return cmd->file->private_data;
}

/* In the submitter's task: the command holds the file, the file the reader. */
FRAKTOR_URING_TASK_WORK(uring_finish)
{
	int res = fraktor_reader_state(uring_reader(cmd));

	fraktor_compat_uring_cmd_done(cmd, res, issue_flags);
}

/**
 * fraktor_uring_complete() - end the pending command
 * @reader: a command is pending; the source's lock is held.
 *
 * Hard interrupt is fine, except on PREEMPT_RT for a command that defers.
 */
void fraktor_uring_complete(struct fraktor_reader *reader)
{
	struct io_uring_cmd *cmd = reader->command;

	reader->command = NULL;
	io_uring_cmd_complete_in_task(cmd, uring_finish);
}

/**
 * fraktor_uring_release() - end the pending command, if there is one
 * @reader: it has a source.
 *
 * The result says what the ring holds: nothing, as a rule, and then the
 * submitter waits again.  Where sleeping locks are allowed.
 */
void fraktor_uring_release(struct fraktor_reader *reader)
{
	struct fraktor_source *source = reader->source;
	struct io_uring_cmd *cmd;
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	cmd = reader->command;
	reader->command = NULL;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	if (cmd)
		io_uring_cmd_complete_in_task(cmd, uring_finish);
}

void fraktor_uring_bound(struct timer_list *timer)
{
	struct fraktor_reader *reader =
		timer_container_of(reader, timer, bound);

	fraktor_uring_release(reader);
}

/*
 * Ticks that come often enough are the bound themselves.  A timer is up to two
 * jiffies late; the bound is a promise.
 */
static void uring_arm_bound(struct fraktor_reader *reader)
{
	if (reader->source->period_ns > FRAKTOR_URING_WAIT_BOUND_NS)
		mod_timer(&reader->bound, jiffies - 2 +
			  nsecs_to_jiffies(FRAKTOR_URING_WAIT_BOUND_NS));
}

/*
 * Once @cmd is pending it may be completed, and gone, before this returns, and
 * the reader with it.
 */
static int uring_pend(struct fraktor_reader *reader, struct io_uring_cmd *cmd,
		      u64 seen)
{
	struct fraktor_source *source = reader->source;
	bool defers = fraktor_compat_uring_defers(cmd);
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (reader->command) {
		ret = -EBUSY;
	} else if (reader->ring.head > seen ||
		   source->state != FRAKTOR_STATE_RUNNING) {
		ret = fraktor_reader_state(reader);
	} else {
		uring_arm_bound(reader);
		reader->command = cmd;
		reader->command_defers = defers;
		ret = -EIOCBQUEUED;
	}
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return ret;
}

static int uring_wait(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	const struct fraktor_uring_wait *payload =
		fraktor_compat_uring_payload(cmd);
	struct fraktor_reader *reader = uring_reader(cmd);
	int ret;

	/* The ring may be shared memory: read each word once. */
	if (READ_ONCE(payload->flags))
		return -EINVAL;
	if (!fraktor_reader_source(reader))
		return -ENOTCONN;
	ret = uring_pend(reader, cmd, READ_ONCE(payload->seen));
	if (ret < 0)
		return ret;
	/*
	 * io_uring takes any other return for a failure, which breaks links
	 * and, in a worker, completes nothing at all.
	 */
	fraktor_compat_uring_cmd_done(cmd, ret, issue_flags);
	return -EIOCBQUEUED;
}

int fraktor_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	/* A polled ring never runs the task work that ends a wait. */
	if (issue_flags & IO_URING_F_IOPOLL)
		return -EOPNOTSUPP;
	switch (cmd->cmd_op) {
	case FRAKTOR_URING_CMD_WAIT:
		return uring_wait(cmd, issue_flags);
	default:
		return -EINVAL;
	}
}

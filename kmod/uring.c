// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_URING_CMD_WAIT: io_uring's own way to wait for a tick.
 *
 * A command is completed in the task that submitted it, by task work that
 * the tick queues; io_uring_cmd_done() itself must not be called from
 * interrupts.  reader->command is the one word that says who owns a pending
 * command: who takes it out, under the reader's lock, completes it.
 *
 * Where io_uring cannot cancel a command (before 6.7), one that stays pending
 * wedges exec and the ring's end.  So nothing stays pending there: a tick, a
 * stop, a close of the file or the bound ends every wait.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>

#include "compat/compat.h"
#include "fraktor.h"
#include "tests/manual.h"
#include "wait.h"

/* What this kernel can do, and this build. */
u64 fraktor_uring_features(void)
{
	u64 features = FRAKTOR_FEATURE_URING_WAIT | FRAKTOR_FEATURE_IDLE |
		       FRAKTOR_FEATURE_TEST;

	if (FRAKTOR_COMPAT_URING_CANCELS)
		features |= FRAKTOR_FEATURE_URING_CANCEL;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		features |= FRAKTOR_FEATURE_RT;
	if (FRAKTOR_COMPAT_URING_DEFER)
		features |= FRAKTOR_FEATURE_URING_DEFER;
	return features;
}

static struct fraktor_reader *uring_reader(struct io_uring_cmd *cmd)
{
	return cmd->file->private_data;
}

/* --- ending a wait ------------------------------------------------------ */

/* In the submitter's task: the command holds the file, the file the reader. */
FRAKTOR_URING_TASK_WORK(fraktor_uring_finish)
{
	struct fraktor_reader *reader = uring_reader(cmd);
	int res = (int)fraktor_ring_available(&reader->ring);

	if (unlikely(!res))
		res = fraktor_reader_state(reader);
	fraktor_compat_uring_cmd_done(cmd, res, issue_flags);
}

FRAKTOR_URING_TASK_WORK_DECLARE(fraktor_uring_abort);

FRAKTOR_URING_TASK_WORK(fraktor_uring_abort)
{
	fraktor_compat_uring_cmd_done(cmd, -ECANCELED, issue_flags);
}

/* Take the pending command out: it is the caller's to complete. */
static struct io_uring_cmd *uring_take(struct fraktor_reader *reader)
{
	struct io_uring_cmd *cmd;
	unsigned long flags;

	raw_spin_lock_irqsave(&reader->lock, flags);
	cmd = reader->command;
	reader->command = NULL;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	return cmd;
}

/**
 * fraktor_uring_release() - end the pending command, if there is one
 * @reader: it is ready.
 *
 * The result says what the ring holds: nothing, as a rule, and then the
 * submitter waits again.  Where sleeping locks are allowed.
 */
void fraktor_uring_release(struct fraktor_reader *reader)
{
	struct io_uring_cmd *cmd = uring_take(reader);

	if (cmd)
		fraktor_compat_uring_complete(cmd, fraktor_uring_finish);
}

void fraktor_uring_bound(struct timer_list *timer)
{
	struct fraktor_reader *reader =
		timer_container_of(reader, timer, bound);

	fraktor_uring_release(reader);
}

/* --- waiting ------------------------------------------------------------ */

/*
 * Ticks that come often enough are the bound themselves.  A timer is up to two
 * jiffies late; the bound is a promise.
 */
static void uring_arm_bound(struct fraktor_reader *reader)
{
	if (!FRAKTOR_COMPAT_URING_CANCELS && !reader->nr_prompt)
		mod_timer(&reader->bound, jiffies - 2 +
			  nsecs_to_jiffies(FRAKTOR_URING_WAIT_BOUND_NS));
}

static bool uring_is_due(struct fraktor_reader *reader, u64 seen)
{
	return READ_ONCE(reader->ring.head) > seen ||
	       !READ_ONCE(reader->nr_running);
}

/*
 * Once @cmd is pending it may be completed, and gone, before this returns, and
 * the reader with it.
 */
static int uring_pend(struct fraktor_reader *reader, struct io_uring_cmd *cmd,
		      u64 seen)
{
	bool defers = fraktor_compat_uring_defers(cmd);
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&reader->lock, flags);
	if (reader->command) {
		ret = -EBUSY;
	} else if (uring_is_due(reader, seen)) {
		ret = fraktor_reader_state(reader);
	} else {
		uring_arm_bound(reader);
		reader->command = cmd;
		WRITE_ONCE(reader->others, true);
		WRITE_ONCE(reader->command_defers, defers);
		ret = -EIOCBQUEUED;
	}
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	return ret;
}

/*
 * io_uring takes a positive return for a failure, which breaks links and, in a
 * worker, completes nothing at all; and what was marked is only unmarked by
 * the proper completion.
 */
static int uring_wait(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	const struct fraktor_uring_wait *payload =
		fraktor_compat_uring_payload(cmd);
	struct fraktor_reader *reader = uring_reader(cmd);
	u64 seen;
	int ret;

	/* The ring may be shared memory: read each word once. */
	if (READ_ONCE(payload->flags))
		return -EINVAL;
	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	seen = READ_ONCE(payload->seen);
	if (uring_is_due(reader, seen)) {
		ret = fraktor_reader_state(reader);
	} else {
		fraktor_compat_uring_mark(cmd, issue_flags);
		ret = uring_pend(reader, cmd, seen);
	}
	if (ret != -EIOCBQUEUED)
		fraktor_compat_uring_cmd_done(cmd, ret, issue_flags);
	return -EIOCBQUEUED;
}

/* --- cancelling --------------------------------------------------------- */

/*
 * The ring, or its owner, ends.  A command that a tick has taken already ends
 * by itself.
 */
static int uring_cancelled(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct fraktor_reader *reader = uring_reader(cmd);
	unsigned long flags;
	bool ours;

	raw_spin_lock_irqsave(&reader->lock, flags);
	ours = reader->command == cmd;
	if (ours)
		reader->command = NULL;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	if (ours)
		fraktor_compat_uring_cmd_done(cmd, -ECANCELED, issue_flags);
	return 0;
}

static int uring_cancel(struct io_uring_cmd *cmd)
{
	const struct fraktor_uring_wait *payload =
		fraktor_compat_uring_payload(cmd);
	struct fraktor_reader *reader = uring_reader(cmd);
	struct io_uring_cmd *pending;

	if (READ_ONCE(payload->seen) || READ_ONCE(payload->flags))
		return -EINVAL;
	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	pending = uring_take(reader);
	if (!pending)
		return -ENOENT;
	fraktor_compat_uring_complete(pending, fraktor_uring_abort);
	return 0;
}

int fraktor_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	if (fraktor_compat_uring_is_cancel(issue_flags))
		return uring_cancelled(cmd, issue_flags);
	/* Who waits on a polled ring does not sleep until a wait ends. */
	if (fraktor_compat_uring_polled(cmd))
		return -EOPNOTSUPP;
	switch (cmd->cmd_op) {
	case FRAKTOR_URING_CMD_WAIT:
		return uring_wait(cmd, issue_flags);
	case FRAKTOR_URING_CMD_CANCEL:
		return uring_cancel(cmd);
	default:
		return -EINVAL;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waking who waits for a ring, as far as that needs no call of ours: on the way
 * from the interrupt to the reader each one shows.  The rest, and the rules,
 * are in wait.c.
 */
#ifndef FRAKTOR_WAIT_H
#define FRAKTOR_WAIT_H

#include "compat/compat.h"
#include "fraktor.h"

/* uring.c, in the submitter's task */
FRAKTOR_URING_TASK_WORK_DECLARE(fraktor_uring_finish);

/**
 * fraktor_wait_wake_sleeper() - wake the thread that sleeps, if one does
 * @reader: its lock is held, with interrupts off: who leaves by itself stays in
 *	memory meanwhile.
 *
 * A barrier stands between what is to be seen and this call.  Any context.
 */
static inline void fraktor_wait_wake_sleeper(struct fraktor_reader *reader)
{
	struct task_struct *sleeper = READ_ONCE(reader->sleeper);

	if (!sleeper)
		return;
	WRITE_ONCE(reader->sleeper, NULL);
	reader->wakeups++;
	wake_up_process(sleeper);
}

/* A command that must be ended elsewhere is left there. */
static inline void wait_wake_command(struct fraktor_reader *reader)
{
	struct io_uring_cmd *cmd = reader->command;

	if (!cmd || (FRAKTOR_WAIT_DEFERS && reader->command_defers))
		return;
	reader->command = NULL;
	reader->wakeups++;
	fraktor_compat_uring_complete(cmd, fraktor_uring_finish);
}

/**
 * fraktor_wait_wake() - wake whoever waits for this reader's ring
 * @reader: its lock is held, with interrupts off.
 *
 * Any context.
 */
static inline void fraktor_wait_wake(struct fraktor_reader *reader)
{
	lockdep_assert_held(&reader->lock);
	smp_mb(); /* Pairs with those of who is about to sleep, and in poll. */
	fraktor_wait_wake_sleeper(reader);
	/* Who polls sets it in front of his barrier, a command under the lock. */
	if (likely(!data_race(reader->others)))
		return;
	wait_wake_command(reader);
	if (unlikely(FRAKTOR_WAIT_DEFERS && reader->command) ||
	    /* The barrier above orders it. */
	    waitqueue_active(&reader->poll))
		fraktor_wait_wake_others(reader);
}

#endif /* FRAKTOR_WAIT_H */

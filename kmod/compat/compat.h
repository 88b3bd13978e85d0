/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows that kernels differ.  The rest of the module is
 * written for the newest kernel; here older ones learn the newer names.  The
 * HAVE_... come from Kbuild.include.
 */
#ifndef FRAKTOR_COMPAT_H
#define FRAKTOR_COMPAT_H

#include <linux/hrtimer.h>
#ifdef HAVE_HRTIMER_BASES_H
#include <linux/hrtimer_bases.h>
#endif
#include <linux/io_uring.h>
#include <linux/io_uring_types.h>
#include <linux/mm.h>
#include <linux/timer.h>

/*
 * Whether wait queues are out of reach of a hard interrupt.  Lockdep with
 * PROVE_RAW_LOCK_NESTING holds every kernel to the rules of PREEMPT_RT, so it
 * gets the wake-ups of PREEMPT_RT.
 */
#define FRAKTOR_WAIT_NEEDS_THREAD	(IS_ENABLED(CONFIG_PREEMPT_RT) ||	\
					 IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING))

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/*
 * Number of the timer interrupts that this CPU has had, for a hard timer's
 * callback; one that does not change where timers have no interrupt of their own.
 */
static inline u32 fraktor_compat_hrtimer_interrupt(const struct hrtimer *timer)
{
#ifdef CONFIG_HIGH_RES_TIMERS
	return timer->base->cpu_base->nr_events;
#else
	return 0;
#endif
}

#ifndef HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#ifndef HAVE_TIMER_CONTAINER_OF
#define timer_container_of(var, timer, field) from_timer(var, timer, field)
#endif

#ifdef HAVE_IO_URING_CMD_H
#include <linux/io_uring/cmd.h>
#endif

/* The payload area of the submitted command. */
static inline const void *fraktor_compat_uring_payload(struct io_uring_cmd *cmd)
{
#if defined(HAVE_IO_URING_SQE_CMD_TYPED)
	return cmd->sqe->cmd;
#elif defined(HAVE_IO_URING_CMD_H)
	return io_uring_sqe_cmd(cmd->sqe);
#else
	return cmd->cmd;
#endif
}

/*
 * The task-work callback: define it with FRAKTOR_URING_TASK_WORK(), which
 * gives its body "cmd" and "issue_flags" on every kernel.
 */
#ifdef HAVE_IO_URING_CMD_TW_REQ
#define FRAKTOR_URING_TASK_WORK_DECLARE(name)					\
	void name(struct io_tw_req tw_req, io_tw_token_t tw)

#define FRAKTOR_URING_TASK_WORK(name)						\
	static inline void __##name(struct io_uring_cmd *cmd,			\
				    unsigned int issue_flags);			\
	void name(struct io_tw_req tw_req, io_tw_token_t tw)			\
	{									\
		__##name(io_uring_cmd_from_tw(tw_req),				\
			 IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);			\
	}									\
	static inline void __##name(struct io_uring_cmd *cmd,			\
				    unsigned int issue_flags)

#define fraktor_compat_uring_cmd_done(cmd, res, issue_flags)			\
	io_uring_cmd_done(cmd, res, issue_flags)
#else
#define FRAKTOR_URING_TASK_WORK_DECLARE(name)					\
	void name(struct io_uring_cmd *cmd, unsigned int issue_flags)

#define FRAKTOR_URING_TASK_WORK(name)						\
	FRAKTOR_URING_TASK_WORK_DECLARE(name)

#define fraktor_compat_uring_cmd_done(cmd, res, issue_flags)			\
	io_uring_cmd_done(cmd, res, 0, issue_flags)
#endif

/*
 * Queue the completion of @cmd to its submitter.  A ring with DEFER_TASKRUN
 * signals its eventfd and its pollers on the way, under sleeping locks on
 * PREEMPT_RT, unless it is told that it is woken from a wake-up: then after a
 * grace period of RCU, so it is told only where it must.
 *
 * 6.12 has that flag, too, by back-port, but not what makes it work: of all
 * signals put off for an eventfd only the first comes.  Headers do not show
 * that; the kernels in which it works have the later task-work callback.
 */
#if defined(HAVE_IOU_F_TWQ_IN_WAKE) && defined(HAVE_IO_URING_CMD_TW_REQ)
#define FRAKTOR_COMPAT_URING_IN_WAKE	1
#define FRAKTOR_COMPAT_URING_DEFER	1

#define fraktor_compat_uring_complete(cmd, fn)					\
	__io_uring_cmd_do_in_task(cmd, fn, IOU_F_TWQ_LAZY_WAKE |		\
				  (FRAKTOR_WAIT_NEEDS_THREAD ?			\
				   IOU_F_TWQ_IN_WAKE : 0))
#else
#define FRAKTOR_COMPAT_URING_IN_WAKE	0

/*
 * Before there was a lazy way, a ring with DEFER_TASKRUN was woken through its
 * wait queue: it works, and costs more than a ring without.
 */
#ifdef HAVE_IO_URING_CMD_LAZY
#define FRAKTOR_COMPAT_URING_DEFER	(!IS_ENABLED(CONFIG_PREEMPT_RT))

#define fraktor_compat_uring_complete(cmd, fn)					\
	io_uring_cmd_do_in_task_lazy(cmd, fn)
#else
#define FRAKTOR_COMPAT_URING_DEFER	0

#define fraktor_compat_uring_complete(cmd, fn)					\
	io_uring_cmd_complete_in_task(cmd, fn)
#endif
#endif

/* Whether there are commands whose completion is not for a hard interrupt. */
#define FRAKTOR_WAIT_DEFERS	(FRAKTOR_WAIT_NEEDS_THREAD &&			\
				 !FRAKTOR_COMPAT_URING_IN_WAKE)

/* Whether completing @cmd may take sleeping locks on PREEMPT_RT. */
static inline bool fraktor_compat_uring_defers(struct io_uring_cmd *cmd)
{
	return !FRAKTOR_COMPAT_URING_IN_WAKE &&
	       cmd_to_io_kiocb(cmd)->ctx->flags & IORING_SETUP_DEFER_TASKRUN;
}

/*
 * Whether a pending command can be cancelled: at the end of its ring, at exec
 * and at exit.  A command that was marked is completed by
 * io_uring_cmd_done() only.
 */
#ifdef HAVE_IO_URING_CMD_CANCELABLE
#define FRAKTOR_COMPAT_URING_CANCELS	1

#define fraktor_compat_uring_mark(cmd, issue_flags)				\
	io_uring_cmd_mark_cancelable(cmd, issue_flags)

static inline bool fraktor_compat_uring_is_cancel(unsigned int issue_flags)
{
	return issue_flags & IO_URING_F_CANCEL;
}
#else
#define FRAKTOR_COMPAT_URING_CANCELS	0

#define fraktor_compat_uring_mark(cmd, issue_flags)				\
	((void)(cmd), (void)(issue_flags))

static inline bool fraktor_compat_uring_is_cancel(unsigned int issue_flags)
{
	return false;
}
#endif

/*
 * Whether @cmd is on a ring with IOPOLL.  Older kernels refuse it themselves or
 * say so in the issue flags; 7.x takes commands that cannot be polled there
 * without a word.
 */
static inline bool fraktor_compat_uring_polled(struct io_uring_cmd *cmd)
{
	return cmd_to_io_kiocb(cmd)->ctx->flags & IORING_SETUP_IOPOLL;
}

#endif /* FRAKTOR_COMPAT_H */

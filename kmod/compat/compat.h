/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows that kernels differ.  The rest of the module is
 * written for the newest kernel; here older ones learn the newer names.  The
 * HAVE_... come from Kbuild.include.
 */
#ifndef FRAKTOR_COMPAT_H
#define FRAKTOR_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/io_uring.h>
#include <linux/io_uring_types.h>
#include <linux/mm.h>
#include <linux/timer.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

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
 * The task-work callback: declare it with FRAKTOR_URING_TASK_WORK(), which
 * gives its body "cmd" and "issue_flags" on every kernel.
 */
#ifdef HAVE_IO_URING_CMD_TW_REQ
#define FRAKTOR_URING_TASK_WORK(name)						\
	static void __##name(struct io_uring_cmd *cmd, unsigned int issue_flags);	\
	static void name(struct io_tw_req tw_req, io_tw_token_t tw)		\
	{									\
		__##name(io_uring_cmd_from_tw(tw_req),				\
			 IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);			\
	}									\
	static void __##name(struct io_uring_cmd *cmd, unsigned int issue_flags)

#define fraktor_compat_uring_cmd_done(cmd, res, issue_flags)			\
	io_uring_cmd_done(cmd, res, issue_flags)
#else
#define FRAKTOR_URING_TASK_WORK(name)						\
	static void name(struct io_uring_cmd *cmd, unsigned int issue_flags)

#define fraktor_compat_uring_cmd_done(cmd, res, issue_flags)			\
	io_uring_cmd_done(cmd, res, 0, issue_flags)
#endif

/*
 * Whether completing @cmd queues work under sleeping locks on PREEMPT_RT: a
 * ring with DEFER_TASKRUN wakes its owner through a wait queue.
 */
static inline bool fraktor_compat_uring_defers(struct io_uring_cmd *cmd)
{
	return cmd_to_io_kiocb(cmd)->ctx->flags & IORING_SETUP_DEFER_TASKRUN;
}

#endif /* FRAKTOR_COMPAT_H */

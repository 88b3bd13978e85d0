/* SPDX-License-Identifier: MIT */
/*
 * drain_uring.c - wait through io_uring.
 *
 * The ring runs no DEFER_TASKRUN: the tick completes the command from hard
 * interrupt, which PREEMPT_RT before 7.2 allows only without it.  Nor
 * SINGLE_ISSUER, which without DEFER_TASKRUN saves nothing and would tie the
 * ring to the first thread that waits.  COOP_TASKRUN: a completion never
 * interrupts code that runs, the waiting thread sleeps in the kernel anyway.
 *
 * Each wait is one io_uring_enter(), which hands in the next command and
 * sleeps on it.  The poll of the wake eventfd stays armed beside it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <linux/fraktor.h>

#include "tick/drain_uring.h"

/* One command, one poll, and room for completions nobody has looked at. */
#define URING_ENTRIES 4

/* The file's place in the table of registered files. */
#define URING_FILE 0

/*
 * How long the end of a cancelled command is waited for: it needs the thread
 * that handed it in, which may be busy.
 */
#define URING_CANCEL_NS (2 * FRAKTOR_URING_WAIT_BOUND_NS)

enum uring_tag {
	URING_TAG_WAIT = 1,
	URING_TAG_WAKE = 2,
	URING_TAG_CANCEL = 3,
};

/* Kernels refuse flags that they do not know: from wanted to needed. */
static int uring_setup(struct io_uring *ring)
{
	int err = io_uring_queue_init(URING_ENTRIES, ring, IORING_SETUP_COOP_TASKRUN);

	if (err == -EINVAL)
		err = io_uring_queue_init(URING_ENTRIES, ring, 0);
	return err;
}

int frki_drain_uring_init(struct frki_drain_uring *uring, int fd, int wake_fd,
			  const char **ret_call)
{
	int err;

	*uring = (struct frki_drain_uring){ .wake_fd = wake_fd };
	*ret_call = "io_uring_setup";
	err = uring_setup(&uring->ring);
	if (err)
		return err;
	*ret_call = "io_uring_register";
	err = io_uring_register_files(&uring->ring, &fd, 1);
	if (err)
		io_uring_queue_exit(&uring->ring);
	return err;
}

static void uring_push_cmd(struct frki_drain_uring *uring, uint32_t op,
			   enum uring_tag tag, const struct fraktor_uring_wait *payload)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, URING_FILE, NULL, 0, 0);
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->cmd_op = op;
	sqe->user_data = tag;
	/* sqe->cmd by its other name: an array of length 0 has no room. */
	memcpy(&sqe->addr3, &payload->seen, sizeof(payload->seen));
	memcpy(&sqe->__pad2[0], &payload->flags, sizeof(payload->flags));
}

static void uring_push_wait(struct frki_drain_uring *uring, uint64_t seen)
{
	uring_push_cmd(uring, FRAKTOR_URING_CMD_WAIT, URING_TAG_WAIT,
		       &(struct fraktor_uring_wait){ .seen = seen });
	uring->waiting = true;
}

static void uring_push_wake(struct frki_drain_uring *uring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	io_uring_prep_poll_multishot(sqe, uring->wake_fd, POLLIN);
	sqe->user_data = URING_TAG_WAKE;
	uring->watching = true;
}

/*
 * A stopped line is the drain's to report; a command that was cancelled, or
 * given up with its thread, is waited for anew.
 */
static int uring_end_wait(struct frki_drain_uring *uring, int res)
{
	uring->waiting = false;
	if (res >= 0 || res == -ESHUTDOWN || res == -ECANCELED)
		return 0;
	return res;
}

/* The count is of no interest; it must be 0 for the next wake to be seen. */
static int uring_end_wake(struct frki_drain_uring *uring, const struct io_uring_cqe *cqe)
{
	uint64_t count;

	if (!(cqe->flags & IORING_CQE_F_MORE))
		uring->watching = false;
	if (cqe->res < 0)
		return cqe->res == -ECANCELED ? 0 : cqe->res;
	if (read(uring->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN &&
	    errno != EINTR)
		return -errno;
	return 0;
}

/* There was nothing left to cancel: the command is on its way back. */
static int uring_end_cancel(int res)
{
	return res == -ENOENT ? 0 : res;
}

static int uring_reap(struct frki_drain_uring *uring)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;
	int err = 0, ret = 0;

	io_uring_for_each_cqe(&uring->ring, head, cqe)
	{
		n++;
		if (cqe->user_data == URING_TAG_WAIT)
			err = uring_end_wait(uring, cqe->res);
		else if (cqe->user_data == URING_TAG_WAKE)
			err = uring_end_wake(uring, cqe);
		else
			err = uring_end_cancel(cqe->res);
		if (err)
			ret = err;
	}
	io_uring_cq_advance(&uring->ring, n);
	return ret;
}

int frki_drain_uring_wait(struct frki_drain_uring *uring, uint64_t seen)
{
	int ret;

	if (!uring->watching)
		uring_push_wake(uring);
	if (!uring->waiting)
		uring_push_wait(uring, seen);
	ret = io_uring_submit_and_wait(&uring->ring, 1);
	/* A signal ends a wait like a wake; -EBUSY is a full completion queue. */
	if (ret < 0 && ret != -EINTR && ret != -EBUSY && ret != -EAGAIN)
		return ret;
	return uring_reap(uring);
}

/*
 * io_uring's own cancellation does not find the command, and a ring whose
 * command is in flight keeps the device open.  A module that cannot cancel
 * ends the command itself, soon.
 */
void frki_drain_uring_cancel(struct frki_drain_uring *uring)
{
	struct __kernel_timespec bound = { .tv_nsec = URING_CANCEL_NS };
	static const struct fraktor_uring_wait nothing;
	struct io_uring_cqe *cqe;
	int err = 0;

	if (!uring->waiting)
		return;
	/* What was pushed and not handed in yet goes first, in one call. */
	uring_push_cmd(uring, FRAKTOR_URING_CMD_CANCEL, URING_TAG_CANCEL, &nothing);
	io_uring_submit(&uring->ring);
	while (uring->waiting && !err) {
		err = io_uring_wait_cqe_timeout(&uring->ring, &cqe, &bound);
		if (err == -EINTR)
			err = 0;
		else if (!err)
			err = uring_reap(uring);
	}
}

/*
 * Files are given back before the ring: the end of a ring is finished by a
 * kernel thread some time later, and the device would stay open until then.
 */
void frki_drain_uring_fini(struct frki_drain_uring *uring)
{
	frki_drain_uring_cancel(uring);
	io_uring_unregister_files(&uring->ring);
	io_uring_queue_exit(&uring->ring);
}

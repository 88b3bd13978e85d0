// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring: rings of every kind, waits and cancels, nonsense, other requests
 * on the same files, and rings that go while something is pending.
 */
#include <errno.h>
#include <linux/time_types.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"

/* 0 for what kernels before 6.1 lack is never needed: they are not for us. */
static const unsigned int setups[] = {
	0,
	IORING_SETUP_COOP_TASKRUN,
	IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	IORING_SETUP_SINGLE_ISSUER,
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		IORING_SETUP_TASKRUN_FLAG,
	IORING_SETUP_SQPOLL,
	IORING_SETUP_IOPOLL,
	IORING_SETUP_CQE32,
	IORING_SETUP_SQE128,
	IORING_SETUP_SQE128 | IORING_SETUP_CQE32,
	IORING_SETUP_SUBMIT_ALL,
	IORING_SETUP_CLAMP,
};

/* A ring; it is set up if there was none. */
static struct uring *command_ring(struct worker *w, int *ret_err)
{
	struct uring *ring = &w->rings[rnd_below(&w->rnd, WORKER_RINGS)];
	unsigned int flags = rnd_of(&w->rnd, setups);

	*ret_err = 0;
	if (ring->fd >= 0)
		return ring;
	say(w, "ring with flags %#x", flags);
	*ret_err = uring_open(ring, flags);
	return *ret_err ? NULL : ring;
}

int command_setup(struct worker *w)
{
	struct uring *ring = &w->rings[rnd_below(&w->rnd, WORKER_RINGS)];
	unsigned int flags = rnd_of(&w->rnd, setups);

	if (rnd_one_in(&w->rnd, 10))
		flags = rnd_below(&w->rnd, 1 << 14);
	/* Flags whose ring this program could not map, or that need another. */
	flags &= ~(IORING_SETUP_ATTACH_WQ | IORING_SETUP_CQSIZE |
		   IORING_SETUP_R_DISABLED);
	if (ring->fd >= 0)
		uring_close(ring);
	say(w, "flags %#x", flags);
	return uring_open(ring, flags);
}

int command_close(struct worker *w)
{
	struct uring *ring = &w->rings[rnd_below(&w->rnd, WORKER_RINGS)];

	if (ring->fd < 0)
		return IDLE;
	uring_close(ring);
	return 0;
}

/*
 * What a wait's result may be; other requests have others.  Those of files
 * that other threads close and of rings that end are the kernel's: EFAULT is
 * that of a request whose task, a child with this ring, exited before it ran.
 */
static void command_judge(struct worker *w, const struct io_uring_cqe *cqe)
{
	static const int waits[] = {
		0, -ESHUTDOWN, -ECANCELED, -EBUSY, -ENOTCONN, -EINVAL,
		-EOPNOTSUPP, -EBADF, -EINTR, -ENOENT, -EAGAIN, -EFAULT,
	};
	unsigned int i;

	if (cqe->user_data != FRAKTOR_URING_CMD_WAIT || cqe->res > 0)
		return;
	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (cqe->res == waits[i])
			return;
	fault(w, "a wait ended with %d", cqe->res);
}

static int command_reap(struct worker *w, struct uring *ring)
{
	struct io_uring_cqe cqe;
	int n = 0;

	while (uring_reap(ring, &cqe)) {
		say(w, "completion %llx = %d", (unsigned long long)cqe.user_data,
		    cqe.res);
		command_judge(w, &cqe);
		n++;
	}
	return n;
}

static struct io_uring_sqe *command_sqe(struct worker *w, struct uring *ring)
{
	struct io_uring_sqe *sqe = uring_next(ring);

	if (sqe)
		return sqe;
	uring_enter(ring, 0, 0);
	command_reap(w, ring);
	return uring_next(ring);
}

/* Sometimes linked, forced into a worker, drained, without a completion. */
static unsigned int command_sqe_flags(struct worker *w)
{
	return rnd_one_in(&w->rnd, 4) ? 1U << (1 + rnd_below(&w->rnd, 6)) : 0;
}

/* Sometimes submit at once, sometimes wait, sometimes leave it queued. */
static int command_go(struct worker *w, struct uring *ring)
{
	unsigned int how = rnd_below(&w->rnd, 4);
	int ret;

	if (!how)
		return 0;
	ret = uring_enter(ring, how == 3, 20);
	command_reap(w, ring);
	return ret == -ETIME ? 0 : ret;
}

static int command_submit(struct worker *w, unsigned int op, uint64_t seen,
			  uint64_t flags)
{
	int err, fd = worker_file(w);
	struct uring *ring = command_ring(w, &err);
	struct io_uring_sqe *sqe;

	if (!ring || fd < 0)
		return ring ? fd : err;
	sqe = command_sqe(w, ring);
	if (!sqe)
		return IDLE;
	uring_prep_cmd(sqe, fd, op, seen, flags);
	sqe->flags = command_sqe_flags(w);
	sqe->user_data = op;
	say(w, "ring flags %#x fd %d op %u seen %#llx sqe flags %#x",
	    ring->flags, fd, op, (unsigned long long)seen, sqe->flags);
	return command_go(w, ring);
}

int command_wait(struct worker *w)
{
	uint64_t seen = rnd_one_in(&w->rnd, 4) ? rnd_odd(&w->rnd) :
						 UINT64_MAX >> 1;

	if (rnd_one_in(&w->rnd, 3))
		seen = 0;
	return command_submit(w, FRAKTOR_URING_CMD_WAIT, seen, 0);
}

int command_cancel(struct worker *w)
{
	return command_submit(w, FRAKTOR_URING_CMD_CANCEL, 0, 0);
}

int command_garbage(struct worker *w)
{
	int err, fd = worker_file(w);
	struct uring *ring = command_ring(w, &err);
	struct io_uring_sqe *sqe;

	if (!ring || fd < 0)
		return ring ? fd : err;
	sqe = command_sqe(w, ring);
	if (!sqe)
		return IDLE;
	rnd_bytes(&w->rnd, sqe, ring->sqe_size);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->flags &= ~(IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
	sqe->user_data = UINT64_MAX;
	if (rnd_one_in(&w->rnd, 2)) {
		sqe->cmd_op = rnd_below(&w->rnd, 4);
		sqe->rw_flags = 0;	/* uring_cmd_flags */
		sqe->buf_index = 0;
		sqe->personality = 0;
		sqe->__pad2[0] = 0;
	}
	say(w, "fd %d op %u", fd, sqe->cmd_op);
	return command_go(w, ring);
}

static void command_prep_read(struct worker *w, struct io_uring_sqe *sqe)
{
	size_t len = 32 * (1 + rnd_below(&w->rnd, 16));

	sqe->opcode = IORING_OP_READ;
	sqe->addr = (uintptr_t)worker_memory(w, len);
	sqe->len = len;
	sqe->off = rnd_one_in(&w->rnd, 4) ? rnd_odd(&w->rnd) : UINT64_MAX;
}

static void command_prep_poll(struct worker *w, struct io_uring_sqe *sqe)
{
	sqe->opcode = IORING_OP_POLL_ADD;
	sqe->poll32_events = POLLIN;
	if (rnd_one_in(&w->rnd, 2))
		sqe->len = IORING_POLL_ADD_MULTI;
}

/* Cancels whatever has that user_data: ours, that is, or all of a file. */
static void command_prep_cancel(struct worker *w, struct io_uring_sqe *sqe)
{
	sqe->opcode = rnd_one_in(&w->rnd, 2) ? IORING_OP_ASYNC_CANCEL :
					       IORING_OP_POLL_REMOVE;
	sqe->addr = rnd_one_in(&w->rnd, 2) ? FRAKTOR_URING_CMD_WAIT : 77;
	if (sqe->opcode == IORING_OP_ASYNC_CANCEL && rnd_one_in(&w->rnd, 2)) {
		sqe->addr = 0;
		sqe->cancel_flags = IORING_ASYNC_CANCEL_FD |
				    IORING_ASYNC_CANCEL_ALL;
	}
}

/* Other requests on the same file, in the same ring. */
int command_other(struct worker *w)
{
	static struct __kernel_timespec soon = { 0, 5000000 };
	int err, fd = worker_file(w);
	struct uring *ring = command_ring(w, &err);
	struct io_uring_sqe *sqe;

	if (!ring || fd < 0)
		return ring ? fd : err;
	sqe = command_sqe(w, ring);
	if (!sqe)
		return IDLE;
	sqe->fd = fd;
	switch (rnd_below(&w->rnd, 4)) {
	case 0:
		command_prep_read(w, sqe);
		break;
	case 1:
		command_prep_poll(w, sqe);
		break;
	case 2:
		command_prep_cancel(w, sqe);
		break;
	default:
		sqe->opcode = rnd_one_in(&w->rnd, 2) ? IORING_OP_TIMEOUT :
						       IORING_OP_LINK_TIMEOUT;
		sqe->fd = -1;
		sqe->addr = (uintptr_t)&soon;
		sqe->len = 1;
		break;
	}
	sqe->flags = command_sqe_flags(w);
	sqe->user_data = 77;
	say(w, "ring flags %#x fd %d opcode %u", ring->flags, fd, sqe->opcode);
	return command_go(w, ring);
}

int command_enter(struct worker *w)
{
	struct uring *ring = &w->rings[rnd_below(&w->rnd, WORKER_RINGS)];
	int ret;

	if (ring->fd < 0)
		return IDLE;
	ret = uring_enter(ring, rnd_below(&w->rnd, 3), rnd_below(&w->rnd, 30));
	command_reap(w, ring);
	return ret == -ETIME ? 0 : ret;
}

/* An eventfd to signal, or files that the ring holds too. */
int command_register(struct worker *w)
{
	int err, fd = worker_file(w), event;
	struct uring *ring = command_ring(w, &err);

	if (!ring || fd < 0)
		return ring ? fd : err;
	switch (rnd_below(&w->rnd, 4)) {
	case 0:
		return uring_register(ring, IORING_REGISTER_FILES, &fd, 1);
	case 1:
		return uring_register(ring, IORING_UNREGISTER_FILES, NULL, 0);
	case 2:
		event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (event < 0)
			return -errno;
		err = uring_register(ring, IORING_REGISTER_EVENTFD, &event, 1);
		close(event);
		return err;
	default:
		return uring_register(ring, IORING_UNREGISTER_EVENTFD, NULL, 0);
	}
}

/* A wait is pending, and the ring or the file goes. */
int command_leave(struct worker *w)
{
	int err, *slot = worker_slot(w);
	int fd = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	struct uring *ring = command_ring(w, &err);
	struct io_uring_sqe *sqe;
	int ret;

	if (!ring || fd < 0)
		return ring ? IDLE : err;
	sqe = command_sqe(w, ring);
	if (!sqe)
		return IDLE;
	uring_prep_cmd(sqe, fd, FRAKTOR_URING_CMD_WAIT, UINT64_MAX >> 1, 0);
	sqe->user_data = FRAKTOR_URING_CMD_WAIT;
	ret = uring_enter(ring, 0, 0);
	say(w, "ring flags %#x fd %d: %d", ring->flags, fd, ret);
	if (rnd_one_in(&w->rnd, 2))
		uring_close(ring);
	if (rnd_one_in(&w->rnd, 2))
		worker_put(slot, -1);
	return ret;
}

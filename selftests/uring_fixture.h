/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of io_uring, of every kind, and a fast and a slow source: what the
 * tests of FRAKTOR_URING_CMD_WAIT begin with.
 */
#ifndef T_URING_FIXTURE_H
#define T_URING_FIXTURE_H

#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define LONG	(10 * T_S)
/* What a wait without a tick may take until it ends by itself, in ms. */
#define BOUND	(FRAKTOR_URING_WAIT_BOUND_NS / T_MS)

FIXTURE(uring) {
	struct io_uring uring;
	struct t_ring ring;	/* ticks every PERIOD */
	struct t_ring slow;	/* ticks every LONG */
	int refcnt;
	bool ready;
};

FIXTURE_VARIANT(uring) {
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(uring, plain) { .flags = 0 };
FIXTURE_VARIANT_ADD(uring, coop) { .flags = IORING_SETUP_COOP_TASKRUN };
FIXTURE_VARIANT_ADD(uring, single_issuer) {
	.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN };
FIXTURE_VARIANT_ADD(uring, defer) {
	.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
FIXTURE_VARIANT_ADD(uring, sqpoll) { .flags = IORING_SETUP_SQPOLL };
FIXTURE_VARIANT_ADD(uring, big_entries) {
	.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32 };

static inline int uring_init(struct io_uring *uring, unsigned int flags)
{
	struct io_uring_params params = {
		.flags = flags,
		.sq_thread_idle = 20,
	};

	return io_uring_queue_init_params(16, uring, &params);
}

static void prep_cmd(struct io_uring_sqe *sqe, int fd, unsigned int op,
		     uint64_t seen, uint64_t flags)
{
	struct fraktor_uring_wait wait = { .seen = seen, .flags = flags };

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = op;
	memcpy(sqe->cmd, &wait, sizeof(wait));
}

/*
 * Submit @n entries: @n or -errno.  With SQPOLL, liburing counts what the
 * kernel's thread has not taken yet, which may be more or nothing.
 */
static inline int submit(struct io_uring *uring, int n)
{
	int ret = io_uring_submit(uring);

	return ret >= 0 && (uring->flags & IORING_SETUP_SQPOLL) ? n : ret;
}

static inline int submit_wait(struct io_uring *uring, int fd, uint64_t seen)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	if (!sqe)
		return -EAGAIN;
	prep_cmd(sqe, fd, FRAKTOR_URING_CMD_WAIT, seen, 0);
	return submit(uring, 1);
}

/* The next completion's result; -ETIME if there is none in @ms. */
static inline int complete(struct io_uring *uring, unsigned int ms)
{
	struct __kernel_timespec ts = { ms / 1000, (ms % 1000) * T_MS };
	struct io_uring_cqe *cqe;
	int ret;

	do {
		ret = io_uring_wait_cqe_timeout(uring, &cqe, &ts);
	} while (ret == -EINTR);
	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(uring, cqe);
	return ret;
}

/* One whole wait. */
static inline int wait_(struct io_uring *uring, int fd, uint64_t seen, unsigned int ms)
{
	int ret = submit_wait(uring, fd, seen);

	return ret == 1 ? complete(uring, ms) : ret < 0 ? ret : -EAGAIN;
}

/* Wait again while the kernel says "nothing yet". */
static inline int wait_on(struct io_uring *uring, int fd, uint64_t seen,
		   unsigned int ms)
{
	uint64_t start = t_now();
	int ret;

	do {
		ret = wait_(uring, fd, seen, ms);
	} while (!ret && t_ms_since(start) < ms);
	return ret;
}

FIXTURE_SETUP(uring)
{
	int ret;

	self->refcnt = t_refcnt_settle();
	self->ring.fd = -1;
	self->slow.fd = -1;
	ret = uring_init(&self->uring, variant->flags);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, ret);
	self->ready = true;
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_ring_create(&self->slow, LONG, 64));
}

FIXTURE_TEARDOWN(uring)
{
	uint64_t start = t_now();

	if (!self->ready)
		return;
	io_uring_queue_exit(&self->uring);
	t_ring_close(&self->ring);
	t_ring_close(&self->slow);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, 2000));
	EXPECT_GT(2000, t_ms_since(start));
}

#endif

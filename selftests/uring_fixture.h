/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of io_uring, of every kind, and a fast and a slow source: what the
 * tests of FRAKTOR_URING_CMD_WAIT begin with.
 */
#ifndef T_URING_FIXTURE_H
#define T_URING_FIXTURE_H

#include "lib.h"
#include "uring_cmd.h"

#include <fcntl.h>
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

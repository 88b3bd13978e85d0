// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting with io_uring's read: it tries without blocking first and then goes
 * by poll.  Woken by a tick, registered buffers, and that a read whose source
 * stops or whose process is killed ends at once and leaves nothing.
 */
#include "cqe.h"
#include "lib.h"

#include <errno.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define LONG	(10 * T_S)
#define TICK	sizeof(struct fraktor_tick)

static int read_by_uring(struct io_uring *uring, int fd, void *buf, size_t len)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	io_uring_prep_read(sqe, fd, buf, len, -1);
	return io_uring_submit(uring);
}

FIXTURE(wait_uring_read) {
	struct io_uring uring;
	struct t_ring ring;
};

FIXTURE_SETUP(wait_uring_read)
{
	int ret = io_uring_queue_init(8, &self->uring, 0);

	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(wait_uring_read)
{
	t_ring_close(&self->ring);
	io_uring_queue_exit(&self->uring);
}

TEST_F(wait_uring_read, ticks_arrive)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;
	unsigned int i;

	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 30; i++) {
		ASSERT_EQ(1, read_by_uring(&self->uring, self->ring.fd, &tick,
					   TICK));
		ASSERT_EQ(TICK, cqe_wait(&self->uring, T_SOON_MS));
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
}

TEST_F(wait_uring_read, r2_3_stop_ends_a_pending_read)
{
	struct fraktor_tick tick;
	struct t_later stop;

	ASSERT_EQ(0, t_ring_create(&self->ring, LONG, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(1, read_by_uring(&self->uring, self->ring.fd, &tick, TICK));
	ASSERT_EQ(0, t_later(&stop, self->ring.fd, 30, t_stop));
	EXPECT_EQ(-ESHUTDOWN, cqe_wait(&self->uring, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
}

TEST_F(wait_uring_read, a_fixed_buffer)
{
	struct fraktor_tick ticks[4];
	struct iovec iov = { ticks, sizeof(ticks) };
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, io_uring_register_buffers(&self->uring, &iov, 1));
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	sqe = io_uring_get_sqe(&self->uring);
	io_uring_prep_read_fixed(sqe, self->ring.fd, ticks, sizeof(ticks), -1, 0);
	ASSERT_EQ(1, io_uring_submit(&self->uring));
	EXPECT_LE(TICK, cqe_wait(&self->uring, T_SOON_MS));
	EXPECT_EQ(1, ticks[0].seq);
}

static int read_by_urings_for_ever(struct t_child *child, void *arg)
{
	struct fraktor_tick tick;
	struct io_uring uring;
	struct t_ring ring;

	(void)arg;
	if (io_uring_queue_init(8, &uring, 0) || t_ring_create(&ring, LONG, 64) ||
	    t_start(ring.fd) || read_by_uring(&uring, ring.fd, &tick, TICK) != 1)
		return 1;
	t_child_ready(child);
	cqe_wait(&uring, 60000);
	return 0;
}

TEST_F(wait_uring_read, kill_9_with_a_pending_read)
{
	int refcnt = t_refcnt_settle();
	struct t_child child;

	ASSERT_EQ(0, t_child(&child, read_by_urings_for_ever, NULL));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	t_sleep_ms(20);
	EXPECT_LE(0, t_child_kill(&child));
	EXPECT_EQ(0, t_refcnt_back(refcnt, T_SOON_MS));
}

TEST_HARNESS_MAIN

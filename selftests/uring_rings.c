// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_URING_CMD_WAIT beside what else programs do with rings: registered
 * files, links, workers, epoll and eventfd on the ring.
 */
#include "uring_fixture.h"

TEST_F(uring, registered_file)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;
	unsigned int i;

	ASSERT_EQ(0, io_uring_register_files(&self->uring, &ring->fd, 1));
	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 10; i++) {
		sqe = io_uring_get_sqe(&self->uring);
		prep_cmd(sqe, 0, FRAKTOR_URING_CMD_WAIT, ring->last_seq, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		ASSERT_EQ(1, submit(&self->uring, 1));
		ASSERT_LE(0, complete(&self->uring, T_SOON_MS));
		ASSERT_LE(0, t_drain(ring));
	}
}

TEST_F(uring, registered_file_whose_descriptor_is_closed)
{
	struct io_uring_sqe *sqe;
	uint64_t start = t_now();
	int other, ended;

	ASSERT_EQ(0, io_uring_register_files(&self->uring, &self->slow.fd, 1));
	ASSERT_EQ(0, t_start(self->slow.fd));
	t_ring_unmap(&self->slow);
	other = dup(self->slow.fd);
	t_close(&self->slow.fd);	/* the ring's table holds the file */
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, 0, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	ASSERT_EQ(1, submit(&self->uring, 1));
	ended = end_wait(other);
	EXPECT_TRUE(!ended || ended == -ECANCELED) TH_LOG("ended: %d", ended);
	EXPECT_EQ(ended, complete(&self->uring, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
	close(other);
	/* And once more, pending while the ring goes: see the teardown. */
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, 0, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	ASSERT_EQ(1, submit(&self->uring, 1));
}

TEST_F(uring, linked_after_a_wait)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, t_start(ring->fd));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(io_uring_get_sqe(&self->uring));
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_LE(0, complete(&self->uring, T_SOON_MS));
	EXPECT_EQ(0, complete(&self->uring, T_SOON_MS));
	/* A refused wait breaks the chain. */
	ASSERT_EQ(0, t_stop(ring->fd));
	t_drain(ring);
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(io_uring_get_sqe(&self->uring));
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_EQ(-ESHUTDOWN, complete(&self->uring, T_SOON_MS));
	EXPECT_EQ(-ECANCELED, complete(&self->uring, T_SOON_MS));
}

TEST_F(uring, wait_as_the_second_link_and_forced_async)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, t_start(ring->fd));
	sqe = io_uring_get_sqe(&self->uring);
	io_uring_prep_nop(sqe);
	sqe->flags |= IOSQE_IO_LINK;
	prep_cmd(io_uring_get_sqe(&self->uring), ring->fd,
		 FRAKTOR_URING_CMD_WAIT, 0, 0);
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_EQ(0, complete(&self->uring, T_SOON_MS));
	EXPECT_LE(0, complete(&self->uring, T_SOON_MS));
	/* Issued by a worker, completed in the submitter. */
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, UINT64_MAX >> 1, 0);
	sqe->flags |= IOSQE_ASYNC;
	ASSERT_EQ(1, submit(&self->uring, 1));
	EXPECT_LE(0, complete(&self->uring, T_SOON_MS));
}

/*
 * Records already there: the result is known when the command is issued, and
 * kernel 6.1 takes a positive return value of ->uring_cmd for no completion.
 */
TEST_F(uring, forced_async_with_records_there_completes)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;
	unsigned int i;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 5, T_SOON_MS));
	for (i = 0; i < 5; i++) {
		sqe = io_uring_get_sqe(&self->uring);
		prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
		sqe->flags |= IOSQE_ASYNC;
		ASSERT_EQ(1, submit(&self->uring, 1));
		ASSERT_LE(5, complete(&self->uring, T_SOON_MS));
	}
	/* And refused ones. */
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_LE(5, t_drain(ring));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_ASYNC;
	ASSERT_EQ(1, submit(&self->uring, 1));
	EXPECT_EQ(-ESHUTDOWN, complete(&self->uring, T_SOON_MS));
}

/*
 * A fast member bounds the waits of its ring, where nothing else ends them.
 * When it leaves, the pending wait must not be left with nothing.
 */
TEST_F(uring, r2_3_a_wait_does_not_outlive_the_member_that_bounded_it)
{
	struct fraktor_attach attach = { 0 };
	struct fraktor_detach detach = { 0 };
	struct t_ring fast;
	uint64_t start;

	ASSERT_EQ(0, t_ring_create(&fast, 45 * T_MS, 64));
	attach.source = fast.source;
	detach.source = fast.source;
	ASSERT_EQ(0, t_ioctl(self->slow.fd, FRAKTOR_IOC_ATTACH, &attach));
	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, t_start(fast.fd));
	ASSERT_EQ(0, t_until_head(&self->slow, 1, T_SOON_MS));
	start = t_now();
	ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd,
				 t_head(&self->slow)));
	ASSERT_EQ(0, t_ioctl(self->slow.fd, FRAKTOR_IOC_DETACH, &detach));
	/* With SQPOLL it may begin after that, and then nothing may end it. */
	if (variant->flags & IORING_SETUP_SQPOLL) {
		t_stop(self->slow.fd);
		start = t_now();
	}
	EXPECT_NE(-ETIME, complete(&self->uring, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
	t_ring_close(&fast);
}

TEST_F(uring, link_survives_a_wait_that_completes_at_once)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 5, T_SOON_MS));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(io_uring_get_sqe(&self->uring));
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_LE(5, complete(&self->uring, T_SOON_MS));
	EXPECT_EQ(0, complete(&self->uring, T_SOON_MS));
}

TEST_F(uring, link_timeout_does_not_wedge)
{
	struct __kernel_timespec ts = { .tv_nsec = 5 * T_MS };
	struct io_uring_sqe *sqe;
	uint64_t start = t_now();

	ASSERT_EQ(0, t_start(self->slow.fd));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, self->slow.fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_link_timeout(io_uring_get_sqe(&self->uring), &ts, 0);
	ASSERT_EQ(2, submit(&self->uring, 2));
	/* The timeout comes, and cannot end the wait. */
	complete(&self->uring, T_SOON_MS);
	end_wait(self->slow.fd);
	complete(&self->uring, T_SOON_MS);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
}

/* The task work that completes a wait interrupts epoll_wait(2). */
static int epoll_again(int ep, struct epoll_event *event, int ms)
{
	int ret;

	do {
		ret = epoll_wait(ep, event, 1, ms);
	} while (ret < 0 && errno == EINTR);
	return ret;
}

TEST_F(uring, ring_in_epoll)
{
	struct t_ring *ring = &self->ring;
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	unsigned int i;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->uring.ring_fd, &event));
	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(1, submit_wait(&self->uring, ring->fd,
					 ring->last_seq));
		/* A ring that defers runs its work when asked for events. */
		if (variant->flags & IORING_SETUP_DEFER_TASKRUN) {
			epoll_wait(ep, &event, 1, 20);
		} else {
			ASSERT_EQ(1, epoll_again(ep, &event, T_SOON_MS));
		}
		ASSERT_LE(0, complete(&self->uring, T_SOON_MS));
		ASSERT_LE(0, t_drain(ring));
	}
	close(ep);
}

TEST_F(uring, eventfd_on_the_ring)
{
	struct t_ring *ring = &self->ring;
	struct pollfd p = { .events = POLLIN };
	unsigned int i;
	uint64_t n;

	p.fd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, p.fd);
	ASSERT_EQ(0, io_uring_register_eventfd(&self->uring, p.fd));
	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(1, submit_wait(&self->uring, ring->fd,
					 ring->last_seq));
		ASSERT_EQ(1, poll(&p, 1, T_SOON_MS));
		ASSERT_EQ(sizeof(n), read(p.fd, &n, sizeof(n)));
		ASSERT_LE(0, complete(&self->uring, T_SOON_MS));
		ASSERT_LE(0, t_drain(ring));
	}
	close(p.fd);
}

/*
 * A program that sleeps on the eventfd alone: nothing but the tick signals it,
 * at each tick anew.
 */
TEST_F(uring, eventfd_tells_of_each_tick_that_is_waited_for)
{
	struct pollfd p = { .events = POLLIN };
	struct t_ring ring;
	unsigned int i;
	uint64_t n;

	p.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_LE(0, p.fd);
	ASSERT_EQ(0, t_ring_create(&ring, 50 * T_MS, 64));
	ASSERT_EQ(0, io_uring_register_eventfd(&self->uring, p.fd));
	ASSERT_EQ(0, t_start(ring.fd));
	for (i = 0; i < 5; i++) {
		int ret;

		/* Right behind a tick, so that the next wait is one. */
		ASSERT_EQ(0, t_until_head(&ring, t_head(&ring) + 1, T_SOON_MS));
		ASSERT_LE(0, t_drain(&ring));
		while (read(p.fd, &n, sizeof(n)) > 0)
			;
		do {
			ASSERT_EQ(1, submit_wait(&self->uring, ring.fd,
						 ring.last_seq));
			ASSERT_EQ(1, poll(&p, 1, T_SOON_MS)) TH_LOG("tick %u", i);
			ret = complete(&self->uring, T_SOON_MS);
			ASSERT_LE(0, ret);
			while (!ret && read(p.fd, &n, sizeof(n)) > 0)
				;
		} while (!ret);
	}
	t_ring_close(&ring);
	close(p.fd);
}

/* --- a polled ring cannot run what ends a wait */

TEST(iopoll_ring_is_refused)
{
	struct io_uring uring;
	struct t_ring ring;
	int ret = uring_init(&uring, IORING_SETUP_IOPOLL);

	if (ret)
		SKIP(return, "no IOPOLL ring: %d", ret);
	ASSERT_EQ(0, t_ring_create(&ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(ring.fd));
	ret = submit_wait(&uring, ring.fd, 0);
	if (ret == 1)
		ret = complete(&uring, T_SOON_MS);
	EXPECT_GT(0, ret);
	EXPECT_NE(-ETIME, ret);
	io_uring_queue_exit(&uring);
	t_ring_close(&ring);
}

TEST_HARNESS_MAIN

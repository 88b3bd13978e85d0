// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting with poll(2), select(2), epoll(7) and io_uring's poll: readable
 * while there are records, EPOLLHUP while the source does not tick, every
 * waiter woken by a tick, a stop, the owner's end; nothing left by a kill.
 */
#include "cqe.h"
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define LONG	(10 * T_S)
#define READABLE	(POLLIN | POLLRDNORM)

FIXTURE(wait_poll) {
	struct t_ring ring;
	int refcnt, ep;
};

FIXTURE_VARIANT(wait_poll) {
	uint64_t period_ns;
};

FIXTURE_VARIANT_ADD(wait_poll, ticking) { .period_ns = PERIOD };

FIXTURE_SETUP(wait_poll)
{
	self->refcnt = t_refcnt_settle();
	ASSERT_EQ(0, t_ring_create(&self->ring, variant->period_ns, 64))
		TH_LOG("is the module loaded?");
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(wait_poll)
{
	t_close(&self->ep);
	t_ring_close(&self->ring);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

/* The events, 0 after @ms, -errno. */
static int poll_(int fd, int events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, ms);

	return n < 0 ? -errno : n ? p.revents : 0;
}

static int ep_add(int ep, int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int ep_wait(int ep, int ms)
{
	struct epoll_event event = { 0 };
	int n = epoll_wait(ep, &event, 1, ms);

	return n < 0 ? -errno : n ? (int)event.events : 0;
}

/* --- states */

TEST_F(wait_poll, events_follow_the_state)
{
	struct t_ring *ring = &self->ring;
	int all = POLLIN | POLLRDNORM | POLLOUT | POLLPRI;

	EXPECT_EQ(POLLHUP, poll_(ring->fd, all, 0));
	ASSERT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(READABLE, poll_(ring->fd, all, T_SOON_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(READABLE | POLLHUP, poll_(ring->fd, all, 0));
	ASSERT_LT(0, t_drain(ring));
	EXPECT_EQ(POLLHUP, poll_(ring->fd, all, 0));
	ASSERT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(READABLE, poll_(ring->fd, all, T_SOON_MS));
}

TEST_F(wait_poll, nothing_there_is_nothing)
{
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	EXPECT_EQ(0, poll_(slow.fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(0, poll_(slow.fd, POLLIN | POLLOUT, 30));
	t_ring_close(&slow);
}

TEST_F(wait_poll, without_a_source_does_not_sleep)
{
	int fd = t_open(O_RDWR);

	EXPECT_TRUE(poll_(fd, POLLIN, 0) & (POLLHUP | POLLERR | POLLNVAL));
	close(fd);
}

/* --- woken by ticks */

TEST_F(wait_poll, r2_2_poll_is_woken_by_every_tick)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;

	ASSERT_EQ(0, t_start(self->ring.fd));
	while (grid.records < 50) {
		ASSERT_TRUE(poll_(self->ring.fd, POLLIN, T_SOON_MS) & POLLIN);
		while (t_take(&self->ring, &tick) > 0) {
			wrong = t_grid_check(&grid, &tick);
			ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
		}
	}
	EXPECT_EQ(0, t_dropped(&self->ring));
}

TEST_F(wait_poll, select_is_woken)
{
	struct timeval tv = { .tv_sec = 2 };
	fd_set in;

	ASSERT_EQ(0, t_start(self->ring.fd));
	FD_ZERO(&in);
	FD_SET(self->ring.fd, &in);
	EXPECT_EQ(1, select(self->ring.fd + 1, &in, NULL, NULL, &tv));
	EXPECT_TRUE(FD_ISSET(self->ring.fd, &in));
}

TEST_F(wait_poll, epoll_level_triggered)
{
	unsigned int i;

	ASSERT_EQ(0, ep_add(self->ep, self->ring.fd, EPOLLIN));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 30; i++) {
		ASSERT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
		/* Not drained: it says so again, without a tick. */
		ASSERT_TRUE(ep_wait(self->ep, 0) & EPOLLIN);
		ASSERT_LT(0, t_drain(&self->ring));
	}
}

TEST_F(wait_poll, epoll_edge_triggered_has_an_edge_per_tick)
{
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, ep_add(self->ep, self->ring.fd, EPOLLIN | EPOLLET));
	/* Never drained: each further event is a new tick's edge. */
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
	}
}

TEST_F(wait_poll, epoll_oneshot_exclusive_and_nested)
{
	int outer = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };

	ASSERT_LE(0, outer);
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, ep_add(self->ep, self->ring.fd, EPOLLIN | EPOLLONESHOT));
	EXPECT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
	EXPECT_EQ(0, ep_wait(self->ep, 20));
	ASSERT_EQ(0, epoll_ctl(self->ep, EPOLL_CTL_MOD, self->ring.fd, &again));
	ASSERT_EQ(0, ep_add(outer, self->ep, EPOLLIN));
	EXPECT_EQ(EPOLLIN, ep_wait(outer, T_SOON_MS));
	close(outer);
	outer = epoll_create1(EPOLL_CLOEXEC);
	EXPECT_EQ(0, ep_add(outer, self->ring.fd, EPOLLIN | EPOLLEXCLUSIVE));
	EXPECT_TRUE(ep_wait(outer, T_SOON_MS) & EPOLLIN);
	close(outer);
}

TEST_F(wait_poll, added_before_create_is_woken_after_start)
{
	struct t_ring ring = { 0 };

	ring.fd = t_open(O_RDWR);
	ASSERT_LE(0, ring.fd);
	ASSERT_EQ(0, ep_add(self->ep, ring.fd, EPOLLIN));
	ep_wait(self->ep, 0);
	ASSERT_EQ(0, t_create(ring.fd, PERIOD, 64));
	ASSERT_EQ(0, t_ring_map(&ring));
	ASSERT_EQ(0, t_start(ring.fd));
	/* First make epoll forget what it saw before. */
	ASSERT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
	t_drain(&ring);
	ep_wait(self->ep, 0);
	t_drain(&ring);
	ep_wait(self->ep, 0);
	EXPECT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
	t_ring_close(&ring);
}

TEST_F(wait_poll, added_before_create_is_woken_by_its_first_tick)
{
	struct t_ring ring = { 0 };

	ring.fd = t_open(O_RDWR);
	ASSERT_LE(0, ring.fd);
	ASSERT_EQ(0, ep_add(self->ep, ring.fd, EPOLLIN | EPOLLET));
	ep_wait(self->ep, 0);	/* the edge of having no source */
	ASSERT_EQ(0, t_create(ring.fd, 20 * T_MS, 64));
	ASSERT_EQ(0, t_ring_map(&ring));
	ep_wait(self->ep, 0);
	ASSERT_EQ(0, t_start(ring.fd));
	EXPECT_TRUE(ep_wait(self->ep, T_SOON_MS) & EPOLLIN);
	t_ring_close(&ring);
}

TEST_F(wait_poll, many_waiters_on_one_file)
{
	int eps[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(eps); i++) {
		eps[i] = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_EQ(0, ep_add(eps[i], self->ring.fd, EPOLLIN));
	}
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(eps); i++) {
		EXPECT_TRUE(ep_wait(eps[i], T_SOON_MS) & EPOLLIN);
		close(eps[i]);
	}
}

/* --- the end of a wait */

TEST_F(wait_poll, r2_3_stop_ends_a_pending_poll)
{
	struct t_later stop;
	struct t_ring slow;
	unsigned int took;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 50, t_stop));
	EXPECT_EQ(POLLHUP, poll_(slow.fd, POLLIN, 5000));
	took = t_ms_since(stop.at_ns);
	TH_LOG("ended %u ms after the stop", took);
	EXPECT_GE(t_bound_ms(T_END_MS), took);
	t_later_join(&stop);
	t_ring_close(&slow);
}

TEST_F(wait_poll, r2_3_hangup_only_poll_is_woken)
{
	struct t_later stop;
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 50, t_stop));
	/* events = 0 asks for hang-up and errors: a common idiom. */
	EXPECT_EQ(POLLHUP, poll_(slow.fd, 0, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
	t_ring_close(&slow);
}

TEST_F(wait_poll, r2_3_hangup_only_epoll_is_woken)
{
	struct t_later stop;
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, ep_add(self->ep, slow.fd, 0));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 50, t_stop));
	EXPECT_EQ(EPOLLHUP, ep_wait(self->ep, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
	t_ring_close(&slow);
}

TEST_F(wait_poll, r2_3_stop_ends_an_edge_triggered_epoll)
{
	struct t_later stop;
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, ep_add(self->ep, slow.fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 50, t_stop));
	EXPECT_EQ(EPOLLHUP, ep_wait(self->ep, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
	t_ring_close(&slow);
}

TEST_F(wait_poll, r2_3_owner_close_ends_a_pending_poll)
{
	struct t_ring reader;
	struct t_later owner;
	int fd = t_open(O_RDWR);
	struct fraktor_create create;

	t_create_init(&create, LONG, 64);
	ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &create));
	ASSERT_EQ(0, t_ring_attach(&reader, create.source, 64));
	ASSERT_EQ(0, t_start(fd));
	ASSERT_EQ(0, t_later(&owner, fd, 50, close));
	EXPECT_EQ(POLLHUP, poll_(reader.fd, POLLIN, 5000));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(owner.at_ns));
	t_later_join(&owner);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&reader));
	t_ring_close(&reader);
}

static int owner_ticks_slowly(struct t_child *child, void *arg)
{
	struct fraktor_create create;
	int fd = t_open(O_RDWR);

	t_create_init(&create, LONG, 64);
	strcpy(create.name, arg);
	if (fd < 0 || t_ioctl(fd, FRAKTOR_IOC_CREATE, &create) || t_start(fd))
		return 1;
	t_child_ready(child);
	t_sleep_ms(60);
	kill(getpid(), SIGKILL);
	return 0;
}

TEST_F(wait_poll, r2_3_kill_9_of_the_owner_ends_a_pending_poll)
{
	struct fraktor_attach attach = { .name = "poll-owner", .slots = 64 };
	struct t_child child;
	int fd = t_open(O_RDWR);
	uint64_t start;

	ASSERT_EQ(0, t_child(&child, owner_ticks_slowly, "poll-owner"));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_ATTACH, &attach));
	start = t_now();
	EXPECT_EQ(POLLHUP, poll_(fd, POLLIN, 5000));
	EXPECT_GE(60 + t_bound_ms(T_END_MS), t_ms_since(start));
	EXPECT_LE(0, t_child_reap(&child, T_KILL_MS, NULL));
	close(fd);
}

struct victim {
	uint64_t period_ns;
	bool running, epoll;
};

static int poll_for_ever(struct t_child *child, void *arg)
{
	const struct victim *victim = arg;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct t_ring ring;

	if (t_ring_create(&ring, victim->period_ns, 64) ||
	    ep_add(ep, ring.fd, EPOLLIN | EPOLLET))
		return 1;
	if (victim->running && t_start(ring.fd))
		return 2;
	t_child_ready(child);
	for (;;) {
		if (victim->epoll)
			ep_wait(ep, -1);
		else if (poll_(ring.fd, POLLIN, -1) & POLLHUP)
			usleep(1000);
		t_drain(&ring);
	}
}

TEST_F(wait_poll, kill_9_of_a_poller)
{
	struct victim victims[] = {
		{ T_MS, true, false }, { LONG, true, false },
		{ T_MS, false, false }, { T_MS, true, true },
		{ LONG, true, true }, { T_MS, false, true },
	};
	struct t_child child;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		int refcnt = t_refcnt();

		ASSERT_EQ(0, t_child(&child, poll_for_ever, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		t_sleep_ms(20);
		EXPECT_LE(0, t_child_kill(&child)) TH_LOG("case %u", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS));
	}
}

TEST_F(wait_poll, closed_while_in_an_epoll_set)
{
	struct t_ring ring;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, t_ring_create(&ring, 200 * T_US, 64));
		ASSERT_EQ(0, ep_add(self->ep, ring.fd, EPOLLIN | EPOLLET));
		ASSERT_EQ(0, t_start(ring.fd));
		usleep(i * 100);
		t_ring_close(&ring);
	}
	EXPECT_EQ(0, ep_wait(self->ep, 0));
}

/* --- io_uring */

TEST_F(wait_poll, uring_poll_single_and_multishot)
{
	struct io_uring uring;
	struct io_uring_sqe *sqe;
	unsigned int i;
	int ret = io_uring_queue_init(64, &uring, 0);

	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, t_start(self->ring.fd));
	sqe = io_uring_get_sqe(&uring);
	io_uring_prep_poll_add(sqe, self->ring.fd, POLLIN);
	ASSERT_EQ(1, io_uring_submit(&uring));
	EXPECT_TRUE(cqe_wait(&uring, T_SOON_MS) & POLLIN);
	sqe = io_uring_get_sqe(&uring);
	io_uring_prep_poll_multishot(sqe, self->ring.fd, POLLIN);
	ASSERT_EQ(1, io_uring_submit(&uring));
	for (i = 0; i < 20; i++) {
		ret = cqe_wait(&uring, T_SOON_MS);
		ASSERT_LT(0, ret);
		ASSERT_TRUE(ret & POLLIN);
	}
	/* The ring goes with the multishot armed, the file after it. */
	io_uring_queue_exit(&uring);
}

TEST_F(wait_poll, r2_3_stop_ends_a_pending_uring_poll)
{
	struct io_uring uring;
	struct t_later stop;
	struct t_ring slow;
	int ret = io_uring_queue_init(8, &uring, 0);

	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	io_uring_prep_poll_add(io_uring_get_sqe(&uring), slow.fd, POLLIN);
	ASSERT_EQ(1, io_uring_submit(&uring));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 30, t_stop));
	EXPECT_EQ(POLLHUP, cqe_wait(&uring, T_SOON_MS));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
	io_uring_queue_exit(&uring);
	t_ring_close(&slow);
}

TEST_HARNESS_MAIN

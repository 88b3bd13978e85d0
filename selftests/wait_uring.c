// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting with IORING_OP_URING_CMD, on every kind of ring a program may set
 * up.  Kernel 6.1 cannot cancel a pending command, so the heart of this file
 * is that none stays pending: whatever happens to the source, the file, the
 * ring or the process, the command ends within the bound and the module's
 * reference count comes back.
 */
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

static int uring_init(struct io_uring *uring, unsigned int flags)
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
 * Submit @n entries: @n or -errno.  With SQPOLL, liburing counts what its
 * thread has not taken yet too.
 */
static int submit(struct io_uring *uring, int n)
{
	int ret = io_uring_submit(uring);

	return ret > n && (uring->flags & IORING_SETUP_SQPOLL) ? n : ret;
}

static int submit_wait(struct io_uring *uring, int fd, uint64_t seen)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	if (!sqe)
		return -EAGAIN;
	prep_cmd(sqe, fd, FRAKTOR_URING_CMD_WAIT, seen, 0);
	return submit(uring, 1);
}

/* The next completion's result; -ETIME if there is none in @ms. */
static int complete(struct io_uring *uring, unsigned int ms)
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
static int wait_(struct io_uring *uring, int fd, uint64_t seen, unsigned int ms)
{
	int ret = submit_wait(uring, fd, seen);

	return ret == 1 ? complete(uring, ms) : ret < 0 ? ret : -EAGAIN;
}

/* Wait again while the kernel says "nothing yet". */
static int wait_on(struct io_uring *uring, int fd, uint64_t seen,
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

/* --- data */

TEST_F(uring, r2_2_woken_by_every_tick)
{
	struct t_ring *ring = &self->ring;
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;
	int ret;

	ASSERT_EQ(0, t_start(ring->fd));
	while (grid.records < 50) {
		ret = wait_(&self->uring, ring->fd, ring->last_seq, 2000);
		/* 0 is allowed: a tick taken by nobody does not get lost. */
		ASSERT_LE(0, ret);
		while (t_take(ring, &tick) > 0) {
			wrong = t_grid_check(&grid, &tick);
			ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
		}
	}
	EXPECT_EQ(0, t_dropped(ring));
}

TEST_F(uring, r2_2_no_wake_up_is_lost_between_drain_and_wait)
{
	struct t_ring *ring = &self->ring;
	unsigned int i;
	uint64_t start;

	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 50; i++) {
		usleep(i * 37 % 2000);
		start = t_now();
		ASSERT_LE(0, wait_(&self->uring, ring->fd, ring->last_seq, 2000));
		ASSERT_LE(0, t_drain(ring));
		ASSERT_GT(T_KILL_MS, t_ms_since(start));
	}
}

TEST_F(uring, result_is_the_number_of_records)
{
	struct t_ring *ring = &self->ring;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 10, 2000));
	ASSERT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(t_head(ring), wait_(&self->uring, ring->fd, 0, 2000));
	EXPECT_EQ(t_head(ring), wait_(&self->uring, ring->fd, 5, 2000));
}

TEST_F(uring, records_already_there_complete_at_once)
{
	struct t_ring *ring = &self->ring;
	unsigned int best = 1000, took, i;
	struct t_ring brisk;
	uint64_t start;

	/* A running source whose next tick, as the bound, is far. */
	ASSERT_EQ(0, t_ring_create(&brisk, 300 * T_MS, 64));
	ASSERT_EQ(0, t_start(brisk.fd));
	ASSERT_EQ(0, t_until_head(&brisk, 1, 3000));
	for (i = 0; i < 5; i++) {
		start = t_now();
		ASSERT_LE(1, wait_(&self->uring, brisk.fd, 0, 2000));
		took = t_ms_since(start);
		best = took < best ? took : best;
	}
	EXPECT_GT(BOUND / 2, best);
	t_ring_close(&brisk);
	/* A source that was stopped. */
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 3, 2000));
	ASSERT_EQ(0, t_stop(ring->fd));
	EXPECT_LE(3, wait_(&self->uring, ring->fd, 0, 2000));
}

TEST_F(uring, seen_from_the_future_is_harmless)
{
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_LE(0, wait_(&self->uring, self->ring.fd, UINT64_MAX, 2000));
	EXPECT_LE(0, wait_(&self->uring, self->ring.fd, 1ULL << 63, 2000));
	EXPECT_LE(0, wait_(&self->uring, self->ring.fd, 0, 2000));
}

/* --- refusals */

TEST_F(uring, unknown_operation_is_einval)
{
	static const unsigned int ops[] = { 0, 2, 3, 0x80, 0x80000000, ~0U };
	struct io_uring_sqe *sqe;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		sqe = io_uring_get_sqe(&self->uring);
		prep_cmd(sqe, self->ring.fd, ops[i], 0, 0);
		ASSERT_EQ(1, submit(&self->uring, 1));
		EXPECT_EQ(-EINVAL, complete(&self->uring, 2000))
			TH_LOG("operation %#x", ops[i]);
	}
}

TEST_F(uring, non_zero_flags_is_einval)
{
	static const uint64_t flags[] = { 1, 1ULL << 32, 1ULL << 63, ~0ULL };
	struct io_uring_sqe *sqe;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		sqe = io_uring_get_sqe(&self->uring);
		prep_cmd(sqe, self->ring.fd, FRAKTOR_URING_CMD_WAIT, 0,
			 flags[i]);
		ASSERT_EQ(1, submit(&self->uring, 1));
		EXPECT_EQ(-EINVAL, complete(&self->uring, 2000));
	}
}

TEST_F(uring, without_a_source_is_enotconn)
{
	int fd = t_open(O_RDWR);

	EXPECT_EQ(-ENOTCONN, wait_(&self->uring, fd, 0, 2000));
	close(fd);
}

TEST_F(uring, r2_3_stopped_source_is_eshutdown)
{
	struct t_ring *ring = &self->ring;

	EXPECT_EQ(-ESHUTDOWN, wait_(&self->uring, ring->fd, 0, 2000));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 3, 2000));
	ASSERT_EQ(0, t_stop(ring->fd));
	/* Until it is drained, there is something to come for. */
	EXPECT_LE(3, wait_(&self->uring, ring->fd, 0, 2000));
	EXPECT_LE(3, t_drain(ring));
	EXPECT_EQ(-ESHUTDOWN, wait_(&self->uring, ring->fd, 0, 2000));
	EXPECT_EQ(-ESHUTDOWN, wait_(&self->uring, ring->fd, ring->last_seq,
				    2000));
}

TEST_F(uring, second_wait_is_ebusy)
{
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts = { .tv_sec = 2 };
	int results[2], i;

	ASSERT_EQ(0, t_start(self->slow.fd));
	for (i = 0; i < 2; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&self->uring);

		prep_cmd(sqe, self->slow.fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
		sqe->user_data = i;
	}
	ASSERT_EQ(2, submit(&self->uring, 2));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe_timeout(&self->uring, &cqe, &ts));
		results[cqe->user_data] = cqe->res;
		io_uring_cqe_seen(&self->uring, cqe);
	}
	EXPECT_EQ(0, results[0]);	/* bound: nothing yet */
	EXPECT_EQ(-EBUSY, results[1]);
	/* Another file on the same source has a wait of its own. */
}

TEST_F(uring, each_file_of_a_source_has_its_own_wait)
{
	struct t_ring other;

	ASSERT_EQ(0, t_ring_attach(&other, self->ring.source, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, self->ring.fd, 1000));
	ASSERT_EQ(1, submit_wait(&self->uring, other.fd, 1000));
	EXPECT_LE(0, complete(&self->uring, 2000));
	EXPECT_LE(0, complete(&self->uring, 2000));
	t_ring_close(&other);
}

/* --- the end of a wait */

TEST_F(uring, r2_3_pending_wait_ends_by_itself)
{
	struct fraktor_info info;
	uint64_t start;
	unsigned int i;

	ASSERT_EQ(0, t_info(self->slow.fd, &info));
	if (info.features & FRAKTOR_FEATURE_URING_CANCEL)
		SKIP(return, "this kernel can cancel: there is no bound");
	ASSERT_EQ(0, t_start(self->slow.fd));
	for (i = 0; i < 3; i++) {
		start = t_now();
		EXPECT_EQ(0, wait_(&self->uring, self->slow.fd, 0, 2000));
		EXPECT_GE(t_bound_ms(BOUND), t_ms_since(start));
		/* Not at once either: that would be a busy loop. */
		EXPECT_LE(5, t_ms_since(start));
	}
}

TEST_F(uring, r2_3_stop_ends_a_pending_wait)
{
	struct t_later stop;
	int ret;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, t_later(&stop, self->slow.fd, 20, t_stop));
	ret = wait_on(&self->uring, self->slow.fd, 0, 2000);
	EXPECT_EQ(-ESHUTDOWN, ret);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
}

TEST_F(uring, r2_3_owner_close_ends_a_pending_wait)
{
	struct t_later owner;
	struct t_ring reader;

	ASSERT_EQ(0, t_ring_attach(&reader, self->slow.source, 64));
	ASSERT_EQ(0, t_start(self->slow.fd));
	t_ring_unmap(&self->slow);
	ASSERT_EQ(0, t_later(&owner, self->slow.fd, 20, close));
	EXPECT_EQ(-ESHUTDOWN, wait_on(&self->uring, reader.fd, 0, 2000));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(owner.at_ns));
	t_later_join(&owner);
	self->slow.fd = -1;
	t_ring_close(&reader);
}

TEST_F(uring, r2_3_close_of_the_file_ends_its_wait)
{
	uint64_t start;
	int ret;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd, 0));
	t_sleep_ms(5);
	start = t_now();
	t_ring_unmap(&self->slow);
	t_close(&self->slow.fd);
	ret = complete(&self->uring, 2000);
	EXPECT_TRUE(ret == 0 || ret == -ESHUTDOWN) TH_LOG("result %d", ret);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
}

TEST_F(uring, r2_3_ring_exit_with_a_pending_wait)
{
	struct io_uring uring;
	uint64_t start;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, uring_init(&uring, variant->flags));
	ASSERT_EQ(1, submit_wait(&uring, self->slow.fd, 0));
	t_sleep_ms(5);
	start = t_now();
	io_uring_queue_exit(&uring);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
	/* The file can be waited on again as soon as the bound is over. */
	while (wait_(&self->uring, self->slow.fd, 0, 2000) == -EBUSY &&
	       t_ms_since(start) < 2000)
		usleep(1000);
	EXPECT_GE(t_bound_ms(2 * T_END_MS), t_ms_since(start));
}

TEST_F(uring, async_cancel_of_a_pending_wait)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts = { .tv_sec = 2 };
	int i, canceled = -1, waited = -1;
	uint64_t start = t_now();

	ASSERT_EQ(0, t_start(self->slow.fd));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, self->slow.fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->user_data = 1;
	ASSERT_EQ(1, submit(&self->uring, 1));
	sqe = io_uring_get_sqe(&self->uring);
	io_uring_prep_cancel64(sqe, 1, 0);
	sqe->user_data = 2;
	ASSERT_EQ(1, submit(&self->uring, 1));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe_timeout(&self->uring, &cqe, &ts));
		if (cqe->user_data == 2)
			canceled = cqe->res;
		else
			waited = cqe->res;
		io_uring_cqe_seen(&self->uring, cqe);
	}
	/* What ASYNC_CANCEL says differs by version; that the wait ends, not. */
	TH_LOG("ASYNC_CANCEL says %d, the wait %d", canceled, waited);
	EXPECT_TRUE(waited == 0 || waited == -ECANCELED);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
}

/* --- what else programs do with rings */

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
		ASSERT_LE(0, complete(&self->uring, 2000));
		ASSERT_LE(0, t_drain(ring));
	}
}

TEST_F(uring, registered_file_whose_descriptor_is_closed)
{
	struct io_uring_sqe *sqe;
	uint64_t start = t_now();

	ASSERT_EQ(0, io_uring_register_files(&self->uring, &self->slow.fd, 1));
	ASSERT_EQ(0, t_start(self->slow.fd));
	t_ring_unmap(&self->slow);
	t_close(&self->slow.fd);	/* the ring's table holds the file */
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, 0, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	ASSERT_EQ(1, submit(&self->uring, 1));
	EXPECT_EQ(0, complete(&self->uring, 2000));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
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
	EXPECT_LE(0, complete(&self->uring, 2000));
	EXPECT_EQ(0, complete(&self->uring, 2000));
	/* A refused wait breaks the chain. */
	ASSERT_EQ(0, t_stop(ring->fd));
	t_drain(ring);
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(io_uring_get_sqe(&self->uring));
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_EQ(-ESHUTDOWN, complete(&self->uring, 2000));
	EXPECT_EQ(-ECANCELED, complete(&self->uring, 2000));
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
	EXPECT_EQ(0, complete(&self->uring, 2000));
	EXPECT_LE(0, complete(&self->uring, 2000));
	/* Issued by a worker, completed in the submitter. */
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, UINT64_MAX >> 1, 0);
	sqe->flags |= IOSQE_ASYNC;
	ASSERT_EQ(1, submit(&self->uring, 1));
	EXPECT_LE(0, complete(&self->uring, 2000));
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
	ASSERT_EQ(0, t_until_head(ring, 5, 2000));
	for (i = 0; i < 5; i++) {
		sqe = io_uring_get_sqe(&self->uring);
		prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
		sqe->flags |= IOSQE_ASYNC;
		ASSERT_EQ(1, submit(&self->uring, 1));
		ASSERT_LE(5, complete(&self->uring, 2000));
	}
	/* And refused ones. */
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_LE(5, t_drain(ring));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_ASYNC;
	ASSERT_EQ(1, submit(&self->uring, 1));
	EXPECT_EQ(-ESHUTDOWN, complete(&self->uring, 2000));
}

TEST_F(uring, link_survives_a_wait_that_completes_at_once)
{
	struct t_ring *ring = &self->ring;
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 5, 2000));
	sqe = io_uring_get_sqe(&self->uring);
	prep_cmd(sqe, ring->fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(io_uring_get_sqe(&self->uring));
	ASSERT_EQ(2, submit(&self->uring, 2));
	EXPECT_LE(5, complete(&self->uring, 2000));
	EXPECT_EQ(0, complete(&self->uring, 2000));
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
	complete(&self->uring, 2000);
	complete(&self->uring, 2000);
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
			ASSERT_EQ(1, epoll_again(ep, &event, 2000));
		}
		ASSERT_LE(0, complete(&self->uring, 2000));
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
		ASSERT_EQ(1, poll(&p, 1, 2000));
		ASSERT_EQ(sizeof(n), read(p.fd, &n, sizeof(n)));
		ASSERT_LE(0, complete(&self->uring, 2000));
		ASSERT_LE(0, t_drain(ring));
	}
	close(p.fd);
}

/* --- processes that die with a wait pending */

struct victim {
	unsigned int uring_flags;
	uint64_t period_ns;
	bool running;
	enum { KILLED, EXITS, EXECS } end;
};

static int dies_waiting(struct t_child *child, void *arg)
{
	const struct victim *victim = arg;
	struct io_uring uring;
	struct t_ring ring;
	uint64_t seen = 0;

	if (uring_init(&uring, victim->uring_flags) ||
	    t_ring_create(&ring, victim->period_ns, 64))
		return 101;
	if (victim->running && t_start(ring.fd))
		return 102;
	if (victim->end != KILLED) {
		if (submit_wait(&uring, ring.fd, 0) != 1)
			return 103;
		t_sleep_ms(5);
		t_child_ready(child);
		if (victim->end == EXECS)
			execl("/proc/self/exe", "wait_uring", "--exit", NULL);
		return victim->end == EXECS ? 104 : 0;
	}
	t_child_ready(child);
	for (;;) {
		int ret = wait_(&uring, ring.fd, seen, 60000);

		if (ret == -ESHUTDOWN)
			usleep(1000);
		else if (ret < 0)
			return 105;
		t_drain(&ring);
		seen = ring.last_seq;
	}
}

TEST_F(uring, kill_9_of_a_waiter)
{
	struct victim victims[] = {
		{ .period_ns = T_MS, .running = true },
		{ .period_ns = T_S, .running = true },
		{ .period_ns = LONG, .running = true },
		{ .period_ns = T_MS, .running = false },
	};
	struct t_child child;
	unsigned int i;
	int refcnt = t_refcnt(), took;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		victims[i].uring_flags = variant->flags;
		ASSERT_EQ(0, t_child(&child, dies_waiting, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		t_sleep_ms(10 + 7 * i);
		took = t_child_kill(&child);
		EXPECT_LE(0, took) TH_LOG("case %u: still there", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS))
			TH_LOG("case %u: a reference is left", i);
	}
}

TEST_F(uring, exit_and_exec_of_a_waiter)
{
	struct victim victims[] = {
		{ .period_ns = LONG, .running = true, .end = EXITS },
		{ .period_ns = LONG, .running = true, .end = EXECS },
		{ .period_ns = T_MS, .running = true, .end = EXECS },
	};
	struct t_child child;
	int refcnt = t_refcnt(), status, took;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		victims[i].uring_flags = variant->flags;
		ASSERT_EQ(0, t_child(&child, dies_waiting, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		took = t_child_reap(&child, T_KILL_MS, &status);
		ASSERT_LE(0, took) TH_LOG("case %u: still there", i);
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status)) TH_LOG("case %u", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS))
			TH_LOG("case %u: a reference is left", i);
	}
}

static int closes_what_it_got(struct t_child *child, void *arg)
{
	int *fds = arg;

	(void)child;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

TEST_F(uring, fork_and_close_in_the_child)
{
	int fds[2] = { self->slow.fd, self->uring.ring_fd };
	struct t_child child;
	int status, ret;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd, 0));
	ASSERT_EQ(0, t_child(&child, closes_what_it_got, fds));
	ASSERT_LE(0, t_child_reap(&child, T_KILL_MS, &status));
	EXPECT_EQ(0, status);
	ret = complete(&self->uring, 2000);
	EXPECT_EQ(0, ret);	/* released, or the bound: wait again */
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->slow));
	ASSERT_EQ(0, t_stop(self->slow.fd));
	EXPECT_EQ(-ESHUTDOWN, wait_on(&self->uring, self->slow.fd, 0, 2000));
}

/* --- races */

struct racer {
	int fd;
	unsigned int seed;
	bool *done;
	int bad;
};

static void *starts_and_stops(void *arg)
{
	struct racer *racer = arg;
	int ret;

	while (!__atomic_load_n(racer->done, __ATOMIC_RELAXED)) {
		ret = rand_r(&racer->seed) % 2 ? t_start(racer->fd) :
		      t_stop(racer->fd);
		if (ret && ret != -EALREADY)
			racer->bad = ret;
		usleep(rand_r(&racer->seed) % 700);
	}
	return NULL;
}

TEST_F(uring, r2_3_race_of_wait_start_and_stop)
{
	bool done = false;
	struct racer racers[2];
	pthread_t threads[2];
	uint64_t start = t_now(), waits = 0;
	struct t_ring fast;
	int i, ret;

	ASSERT_EQ(0, t_ring_create(&fast, 200 * T_US, 16));
	for (i = 0; i < 2; i++) {
		racers[i] = (struct racer){ .fd = fast.fd, .seed = i + 1,
					    .done = &done };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    starts_and_stops, &racers[i]));
	}
	while (t_ms_since(start) < 250) {
		ret = wait_(&self->uring, fast.fd, fast.last_seq, 2000);
		ASSERT_TRUE(ret >= 0 || ret == -ESHUTDOWN)
			TH_LOG("wait: %d after %llu", ret,
			       (unsigned long long)waits);
		ret = t_drain(&fast);
		ASSERT_LE(0, ret);
		waits++;
	}
	done = true;
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, racers[i].bad);
	}
	t_stop(fast.fd);
	t_drain(&fast);
	EXPECT_EQ(t_head(&fast), fast.consumed + t_dropped(&fast));
	EXPECT_LT(0, waits);
	t_ring_close(&fast);
}

struct waiter {
	int fd;
	unsigned int flags;
	bool *done;
	int bad;
	uint64_t waits;
};

static void *waits_and_quits(void *arg)
{
	struct waiter *waiter = arg;
	struct io_uring uring;
	int i, ret;

	while (!__atomic_load_n(waiter->done, __ATOMIC_RELAXED)) {
		if (uring_init(&uring, waiter->flags))
			continue;
		for (i = 0; i < 5; i++) {
			ret = wait_(&uring, waiter->fd, UINT64_MAX >> 1, 2000);
			waiter->waits++;
			if (ret < 0 && ret != -EBUSY && ret != -ESHUTDOWN)
				waiter->bad = ret;
		}
		/* And one left pending for the ring's end. */
		submit_wait(&uring, waiter->fd, UINT64_MAX >> 1);
		io_uring_queue_exit(&uring);
	}
	return NULL;
}

TEST_F(uring, r2_3_race_of_two_rings_on_one_file)
{
	bool done = false;
	struct racer racer = { .seed = 3, .done = &done };
	struct waiter waiters[2];
	pthread_t threads[3];
	struct t_ring fast;
	int i;

	ASSERT_EQ(0, t_ring_create(&fast, 500 * T_US, 16));
	racer.fd = fast.fd;
	ASSERT_EQ(0, pthread_create(&threads[2], NULL, starts_and_stops, &racer));
	for (i = 0; i < 2; i++) {
		waiters[i] = (struct waiter){ .fd = fast.fd, .done = &done,
					      .flags = variant->flags };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, waits_and_quits,
					    &waiters[i]));
	}
	t_sleep_ms(250);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, waiters[0].bad);
	EXPECT_EQ(0, waiters[1].bad);
	EXPECT_LT(0, waiters[0].waits + waiters[1].waits);
	t_ring_close(&fast);
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
		ret = complete(&uring, 2000);
	EXPECT_GT(0, ret);
	EXPECT_NE(-ETIME, ret);
	io_uring_queue_exit(&uring);
	t_ring_close(&ring);
}

static void __attribute__((constructor)) exit_if_executed(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		_exit(0);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_URING_CMD_CANCEL, and waits that nothing ends: where the kernel can
 * cancel a command, a wait has no bound and the end of its ring, or of its
 * process, ends it at once; where it cannot, each wait ends within the bound.
 */
#include "uring_fixture.h"

#include <sys/wait.h>

#define HOUR	(3600 * T_S)

static int submit_cancel(struct io_uring *uring, int fd, uint64_t payload)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	if (!sqe)
		return -EAGAIN;
	prep_cmd(sqe, fd, FRAKTOR_URING_CMD_CANCEL, payload, 0);
	sqe->user_data = FRAKTOR_URING_CMD_CANCEL;
	return submit(uring, 1);
}

static bool can_cancel(int fd)
{
	struct fraktor_info info;

	return !t_info(fd, &info) &&
	       (info.features & FRAKTOR_FEATURE_URING_CANCEL);
}

/* Two completions, in any order: of the wait, and of the cancel. */
static int complete_both(struct io_uring *uring, int *ret_wait, int *ret_cancel)
{
	struct __kernel_timespec ts = { .tv_sec = 10 };
	struct io_uring_cqe *cqe;
	int i, ret;

	for (i = 0; i < 2; i++) {
		do {
			ret = io_uring_wait_cqe_timeout(uring, &cqe, &ts);
		} while (ret == -EINTR);
		if (ret)
			return ret;
		if (cqe->user_data == FRAKTOR_URING_CMD_CANCEL)
			*ret_cancel = cqe->res;
		else
			*ret_wait = cqe->res;
		io_uring_cqe_seen(uring, cqe);
	}
	return 0;
}

TEST_F(uring, cancel_of_nothing_is_enoent)
{
	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_cancel(&self->uring, self->slow.fd, 0));
	EXPECT_EQ(-ENOENT, complete(&self->uring, 5000));
}

TEST_F(uring, cancel_with_a_payload_is_einval)
{
	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_cancel(&self->uring, self->slow.fd, 1));
	EXPECT_EQ(-EINVAL, complete(&self->uring, 5000));
}

TEST_F(uring, r2_3_cancel_ends_a_pending_wait)
{
	int round, waited, cancelled;

	ASSERT_EQ(0, t_start(self->slow.fd));
	for (round = 0; round < 20; round++) {
		waited = 1;
		cancelled = 1;
		ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd, 0));
		ASSERT_EQ(1, submit_cancel(&self->uring, self->slow.fd, 0));
		ASSERT_EQ(0, complete_both(&self->uring, &waited, &cancelled));
		/* Without a bound there is no other end it could have had. */
		if (can_cancel(self->slow.fd)) {
			EXPECT_EQ(-ECANCELED, waited);
			EXPECT_EQ(0, cancelled);
		} else {
			EXPECT_EQ(cancelled ? 0 : -ECANCELED, waited);
		}
	}
	/* And the file can be waited for as before. */
	ASSERT_EQ(0, t_stop(self->slow.fd));
	EXPECT_EQ(-ESHUTDOWN, wait_on(&self->uring, self->slow.fd, 0, 5000));
}

TEST_F(uring, r2_3_cancel_from_another_ring)
{
	struct io_uring other;
	int waited, cancelled;

	ASSERT_EQ(0, uring_init(&other, 0));
	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd, 0));
	ASSERT_EQ(1, submit_cancel(&other, self->slow.fd, 0));
	cancelled = complete(&other, 5000);
	waited = complete(&self->uring, 5000);
	/* SQPOLL may take the wait after the cancel, which then found none. */
	if (!cancelled) {
		EXPECT_EQ(-ECANCELED, waited);
	} else {
		EXPECT_EQ(-ENOENT, cancelled);
		EXPECT_EQ(can_cancel(self->slow.fd) ? -ETIME : 0, waited);
	}
	io_uring_queue_exit(&other);
}

TEST_F(uring, r2_2_cancel_races_with_ticks_and_loses_none)
{
	unsigned int round, ended[3] = { 0 };
	int waited, cancelled;

	ASSERT_EQ(0, t_set_period(self->ring.fd, 300 * T_US));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (round = 0; round < 300; round++) {
		waited = 1;
		cancelled = 1;
		ASSERT_EQ(1, submit_wait(&self->uring, self->ring.fd,
					 self->ring.last_seq));
		if (round % 3)
			usleep(round % 250);
		ASSERT_EQ(1, submit_cancel(&self->uring, self->ring.fd, 0));
		ASSERT_EQ(0, complete_both(&self->uring, &waited, &cancelled));
		/* One of the two ended the wait, and said so. */
		if (waited == -ECANCELED) {
			EXPECT_EQ(0, cancelled);
			ended[0]++;
		} else {
			EXPECT_EQ(-ENOENT, cancelled);
			EXPECT_LE(0, waited);
			ended[waited > 0]++;
		}
		ASSERT_LE(0, t_drain(&self->ring));
	}
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_LE(0, t_drain(&self->ring));
	EXPECT_EQ(t_head(&self->ring),
		  self->ring.consumed + t_dropped(&self->ring));
	EXPECT_LT(0, ended[1]);
}

/* --- a wait that no tick ends */

TEST_F(uring, r2_3_bounded_exactly_where_it_cannot_be_cancelled)
{
	struct t_ring hour;
	int ret;

	ASSERT_EQ(0, t_ring_create(&hour, HOUR, 64));
	ASSERT_EQ(0, t_start(hour.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, hour.fd, 0));
	if (can_cancel(hour.fd)) {
		EXPECT_EQ(-ETIME, complete(&self->uring, 4 * BOUND));
		ASSERT_EQ(0, t_stop(hour.fd));
		EXPECT_EQ(-ESHUTDOWN, complete(&self->uring, 5000));
	} else {
		ret = complete(&self->uring, t_bound_ms(BOUND));
		EXPECT_EQ(0, ret);
	}
	t_ring_close(&hour);
}

TEST_F(uring, r2_3_the_end_of_a_ring_ends_its_wait)
{
	struct io_uring uring;
	struct t_ring hour;
	uint64_t start;
	int i;

	ASSERT_EQ(0, t_ring_create(&hour, HOUR, 64));
	ASSERT_EQ(0, t_start(hour.fd));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, uring_init(&uring, variant->flags));
		ASSERT_EQ(1, submit_wait(&uring, hour.fd, 0));
		start = t_now();
		io_uring_queue_exit(&uring);
		EXPECT_GE(t_bound_ms(T_KILL_MS), t_ms_since(start));
	}
	/* The ring goes in the background: soon the file is free again. */
	for (start = t_now(); t_ms_since(start) < 5000; usleep(1000)) {
		if (submit_wait(&self->uring, hour.fd, 0) != 1 ||
		    complete(&self->uring, 100) != -EBUSY)
			break;
	}
	EXPECT_GT(5000, t_ms_since(start));
	ASSERT_EQ(0, t_stop(hour.fd));
	t_ring_close(&hour);
}

enum end { KILLED, EXITS, EXECS };

struct victim {
	unsigned int uring_flags;
	enum end end;
};

static int waits_for_ever(struct t_child *child, void *arg)
{
	const struct victim *victim = arg;
	struct io_uring uring;
	struct t_ring hour;

	if (uring_init(&uring, victim->uring_flags) ||
	    t_ring_create(&hour, HOUR, 64) || t_start(hour.fd))
		return 101;
	if (submit_wait(&uring, hour.fd, 0) != 1)
		return 102;
	t_sleep_ms(5);
	t_child_ready(child);
	switch (victim->end) {
	case KILLED:
		for (;;)
			complete(&uring, 60000);
	case EXITS:
		return 0;
	case EXECS:
		execl("/proc/self/exe", "uring_cancel", "--exit", NULL);
	}
	return 103;
}

TEST_F(uring, r2_3_the_end_of_a_process_ends_its_wait)
{
	struct victim victim = { .uring_flags = variant->flags };
	int refcnt = t_refcnt(), took, status;
	struct t_child child;

	for (victim.end = KILLED; victim.end <= EXECS; victim.end++) {
		ASSERT_EQ(0, t_child(&child, waits_for_ever, &victim));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		status = 0;
		took = victim.end == KILLED ? t_child_kill(&child) :
		       t_child_reap(&child, t_bound_ms(T_KILL_MS), &status);
		ASSERT_LE(0, took) TH_LOG("case %d: still there", victim.end);
		EXPECT_EQ(0, status) TH_LOG("case %d", victim.end);
		EXPECT_EQ(0, t_refcnt_back(refcnt, t_bound_ms(T_KILL_MS)))
			TH_LOG("case %d: a reference is left", victim.end);
	}
}

static void __attribute__((constructor)) exit_if_executed(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		_exit(0);
}

TEST_HARNESS_MAIN

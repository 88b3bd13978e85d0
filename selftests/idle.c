// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_IOC_IDLE: a line that nobody needs for a while costs no interrupt, comes
 * back at the deadline that is needed, on its grid, and no period is lost, counted
 * twice or counted as missed.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define FAR	(100 * T_S)

FIXTURE(idle) {
	struct t_ring ring;
	struct nl nl;
	uint64_t next_ns;	/* the deadline that the next record begins with */
	uint64_t idled;		/* periods in records that say so */
	uint64_t missed;
	int refcnt;
};

FIXTURE_SETUP(idle)
{
	self->refcnt = t_refcnt_settle();
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_resolve(&self->nl));
	self->next_ns = 0;
	self->idled = 0;
	self->missed = 0;
}

FIXTURE_TEARDOWN(idle)
{
	t_close(&self->nl.fd);
	t_ring_close(&self->ring);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

/* Take a record: its periods follow those before, and its flags say what it is. */
static const char *take(FIXTURE_DATA(idle) *self, struct fraktor_tick *tick)
{
	uint64_t end;

	if (t_take(&self->ring, tick) != 1)
		return "there is none";
	if (self->next_ns && tick->deadline_ns != self->next_ns)
		return "a period is lost or comes twice";
	end = t_tick_end(tick, PERIOD);
	self->next_ns = end + PERIOD;
	if (tick->fired_ns < end)
		return "early";
	if (tick->flags & FRAKTOR_TICK_F_IDLE) {
		if (tick->flags & FRAKTOR_TICK_F_MISSED)
			return "idle and missed in one";
		self->idled += tick->periods - 1;
	} else {
		if (!!(tick->flags & FRAKTOR_TICK_F_MISSED) != (tick->periods > 1))
			return "MISSED does not follow periods";
		self->missed += tick->periods - 1;
	}
	return NULL;
}

static const char *take_all(FIXTURE_DATA(idle) *self, struct fraktor_tick *tick)
{
	const char *wrong = NULL;

	while (!wrong && t_head(&self->ring) != t_tail(&self->ring))
		wrong = take(self, tick);
	return wrong;
}

static int expiries(FIXTURE_DATA(idle) *self, uint64_t *ret_expiries)
{
	struct source source;
	int ret = get_by_id(&self->nl, self->ring.source, &source);

	if (!ret)
		*ret_expiries = source.expiries;
	return ret;
}

TEST_F(idle, s2_a_line_that_idles_costs_no_interrupt)
{
	struct fraktor_tick tick;
	uint64_t before, after;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, T_SOON_MS));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(NULL, take_all(self, &tick));
	ASSERT_EQ(0, expiries(self, &before));
	t_sleep_ms(200);
	ASSERT_EQ(0, expiries(self, &after));
	EXPECT_EQ(before, after);
	EXPECT_EQ(t_head(&self->ring), t_tail(&self->ring));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

/*
 * Idle for @ms, with all taken before: false if the machine stood still for so long
 * that it was over by then.
 */
static bool idles_for(FIXTURE_DATA(idle) *self, unsigned int ms, uint64_t *ret_until,
		      const char **ret_wrong)
{
	struct fraktor_tick tick;

	*ret_until = t_now() + ms * T_MS;
	*ret_wrong = t_idle(self->ring.fd, *ret_until) ? "it does not idle" :
							 take_all(self, &tick);
	return t_now() + 2 * PERIOD < *ret_until;
}

TEST_F(idle, s2_it_comes_back_at_the_deadline_that_is_needed)
{
	struct pollfd ready = { .fd = self->ring.fd, .events = POLLIN };
	struct fraktor_tick tick;
	const char *wrong;
	uint64_t until;
	int i, good = 0;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, T_SOON_MS));
	for (i = 0; i < 100 && good < 5; i++) {
		bool idles = idles_for(self, 30 + i % 7, &until, &wrong);

		ASSERT_EQ(NULL, wrong);
		if (!idles)
			continue;
		good++;
		ASSERT_EQ(1, poll(&ready, 1, T_SOON_MS));
		ASSERT_EQ(NULL, take(self, &tick));
		EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_IDLE);
		EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_ASKED);
		EXPECT_LE(until, t_tick_end(&tick, PERIOD));
		EXPECT_GT(until + PERIOD, t_tick_end(&tick, PERIOD));
		/* And then every period again. */
		ASSERT_EQ(0, t_until_head(&self->ring, tick.seq + 3, T_SOON_MS));
		ASSERT_EQ(NULL, take_all(self, &tick));
		EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_IDLE);
	}
	EXPECT_EQ(5, good);
}

TEST_F(idle, s2_who_asks_is_told_of_all_that_has_passed)
{
	struct fraktor_tick tick;
	uint64_t asked;
	int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(NULL, take_all(self, &tick));
	for (i = 0; i < 5; i++) {
		t_sleep_ms(20);
		ASSERT_EQ(t_head(&self->ring), t_tail(&self->ring));
		asked = t_now();
		ASSERT_EQ(0, t_idle(self->ring.fd, asked + FAR));
		ASSERT_EQ(NULL, take(self, &tick));
		EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_IDLE);
		EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_ASKED);
		EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_LATE);
		EXPECT_LT(asked, t_tick_end(&tick, PERIOD) + PERIOD);
		EXPECT_EQ(t_head(&self->ring), t_tail(&self->ring));
	}
	ASSERT_EQ(0, t_idle(self->ring.fd, 0));
	ASSERT_EQ(0, t_until_head(&self->ring, tick.seq + 10, T_SOON_MS));
	ASSERT_EQ(NULL, take_all(self, &tick));
}

TEST_F(idle, r1_5_no_period_of_it_counts_as_missed)
{
	struct fraktor_tick tick;
	struct source source;
	int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + 20 * T_MS));
		t_sleep_ms(i % 2 ? 5 : 30);
	}
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(NULL, take_all(self, &tick));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, &source));
	EXPECT_LT(0, source.idled);
	EXPECT_EQ(self->idled, source.idled);
	EXPECT_EQ(self->missed, source.missed);
	EXPECT_EQ(self->missed, t_missed(&self->ring));
	EXPECT_EQ(0, t_dropped(&self->ring));
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* He asks up to a whole period after the deadline: 20 % of a second. */
TEST_F(idle, r1_5_whoever_asks_makes_no_drift)
{
	struct source source;
	struct t_ring ring;
	int i;

	ASSERT_EQ(0, t_ring_create(&ring, 200 * T_MS, 64));
	ASSERT_EQ(0, t_start(ring.fd));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, t_idle(ring.fd, t_now() + FAR));
		t_sleep_ms(330 + i * 11);
		ASSERT_LE(0, t_drain(&ring));
	}
	ASSERT_EQ(0, get_by_id(&self->nl, ring.source, &source));
	EXPECT_GT(10000000, magnitude(source.drift_last));
	EXPECT_GT(10000000, magnitude(source.drift));
	t_ring_close(&ring);
}

TEST_F(idle, another_reader_ends_it)
{
	struct t_ring other;
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(0, t_ring_attach(&other, self->ring.source, 64));
	ASSERT_EQ(0, t_until_head(&other, 10, T_SOON_MS));
	/* And keeps it from beginning. */
	EXPECT_EQ(-EBUSY, t_idle(self->ring.fd, t_now() + FAR));
	EXPECT_EQ(-EPERM, t_idle(other.fd, t_now() + FAR));
	ASSERT_EQ(0, t_until_head(&other, t_head(&other) + 5, T_SOON_MS));
	ASSERT_EQ(NULL, take_all(self, &tick));
	t_ring_close(&other);
	EXPECT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
}

TEST_F(idle, so_do_a_change_and_a_start)
{
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	t_sleep_ms(10);
	ASSERT_EQ(0, t_set_period(self->ring.fd, 100 * T_MS));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 2, T_SOON_MS));
	/* The next tick changes the grid: until then nothing idles, unless the
	 * machine stands still for so long that there is no until then. */
	ASSERT_EQ(0, t_set_period(self->ring.fd, PERIOD));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + T_S));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 1, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_LT(0, t_drain(&self->ring));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	/* A busy machine may have ticked before it idled. */
	ASSERT_LE(0, t_drain(&self->ring));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, t_tail(&self->ring) + 5, T_SOON_MS));
	self->next_ns = 0;
	ASSERT_EQ(NULL, take_all(self, &tick));
}

TEST_F(idle, r2_3_a_stop_ends_the_wait_for_it)
{
	struct t_later later;
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(NULL, take_all(self, &tick));
	ASSERT_EQ(0, t_later(&later, self->ring.fd, 30, t_stop));
	EXPECT_EQ(-ESHUTDOWN, t_ioctl(self->ring.fd, FRAKTOR_IOC_WAIT, NULL));
	EXPECT_GT(t_bound_ms(T_END_MS), t_ms_since(later.at_ns));
	t_later_join(&later);
}

static int ask_now(int fd)
{
	return t_idle(fd, 0);
}

TEST_F(idle, asking_ends_a_wait)
{
	struct t_later later;
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(NULL, take_all(self, &tick));
	ASSERT_EQ(0, t_later(&later, self->ring.fd, 30, ask_now));
	EXPECT_LT(0, t_ioctl(self->ring.fd, FRAKTOR_IOC_WAIT, NULL));
	EXPECT_GT(t_bound_ms(T_END_MS), t_ms_since(later.at_ns));
	t_later_join(&later);
	ASSERT_EQ(NULL, take_all(self, &tick));
}

/* A command that the ticks would have bounded must not wait for ever without. */
TEST_F(idle, a_pending_command_is_bounded_or_can_be_cancelled)
{
	struct __kernel_timespec ts = { .tv_sec = t_patience_ms(2000) / 1000 };
	struct fraktor_uring_wait wait = { 0 };
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct fraktor_info info;
	struct io_uring uring;
	int ret = io_uring_queue_init(8, &uring, 0);

	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_TRUE(info.features & FRAKTOR_FEATURE_IDLE);
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_LE(0, t_drain(&self->ring));
	wait.seen = t_tail(&self->ring);
	sqe = io_uring_get_sqe(&uring);
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = self->ring.fd;
	sqe->cmd_op = FRAKTOR_URING_CMD_WAIT;
	memcpy(sqe->cmd, &wait, sizeof(wait));
	ASSERT_EQ(1, io_uring_submit(&uring));
	if (info.features & FRAKTOR_FEATURE_URING_CANCEL)
		ASSERT_EQ(0, t_idle(self->ring.fd, 0));
	ASSERT_EQ(0, io_uring_wait_cqe_timeout(&uring, &cqe, &ts));
	EXPECT_LE(0, cqe->res);
	io_uring_queue_exit(&uring);
}

/* With so many slots that nothing else happens before: no overflow. */
TEST_F(idle, r2_3_a_reader_that_hangs_after_it_is_seen)
{
	struct t_ring ring;
	struct reader reader;
	uint64_t start;

	ASSERT_EQ(0, t_ring_create(&ring, PERIOD, 8192));
	ASSERT_EQ(0, t_start(ring.fd));
	ASSERT_EQ(0, t_idle(ring.fd, t_now() + FAR));
	ASSERT_LE(0, t_drain(&ring));
	/* Long enough for the watch to fall asleep, and again. */
	t_sleep_ms(500);
	ASSERT_EQ(0, t_idle(ring.fd, t_now() + 400 * T_MS));
	ASSERT_LE(0, t_drain(&ring));
	start = t_now();
	do {
		t_sleep_ms(20);
		ASSERT_EQ(0, reader_of(&self->nl, ring.source, &reader));
	} while (!reader.stalled && t_ms_since(start) < T_SOON_MS);
	EXPECT_TRUE(reader.stalled);
	EXPECT_EQ(0, t_dropped(&ring));
	t_ring_close(&ring);
}

/* It asked, was told, and never looked. */
TEST_F(idle, r2_3_so_is_one_that_hangs_with_what_it_asked_for)
{
	struct fraktor_tick tick;
	struct reader reader;
	uint64_t start;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(NULL, take_all(self, &tick));
	t_sleep_ms(500);
	ASSERT_EQ(0, t_idle(self->ring.fd, t_now() + FAR));
	start = t_now();
	do {
		t_sleep_ms(20);
		ASSERT_EQ(0, reader_of(&self->nl, self->ring.source, &reader));
	} while (!reader.stalled && t_ms_since(start) < T_SOON_MS);
	EXPECT_TRUE(reader.stalled);
}

TEST_F(idle, with_a_lead_the_tick_that_is_needed_has_it)
{
	struct fraktor_set set = { .what = FRAKTOR_SET_LEAD, .lead_ns = 200 * T_US };
	struct fraktor_tick tick;
	uint64_t until;
	int i;

	ASSERT_EQ(0, t_set(self->ring.fd, &set));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, T_SOON_MS));
	/* A machine that stands still meanwhile has to try again. */
	for (i = 0; i < 50; i++) {
		until = t_now() + 40 * T_MS;
		ASSERT_EQ(0, t_idle(self->ring.fd, until));
		ASSERT_LE(0, t_drain(&self->ring));
		if (t_now() + 4 * PERIOD < until)
			break;
	}
	ASSERT_GT(50, i);
	ASSERT_EQ(0, t_until_head(&self->ring, self->ring.last_seq + 2, T_SOON_MS));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_IDLE);
	EXPECT_LE(t_tick_end(&tick, PERIOD), tick.fired_ns);
	EXPECT_GT(until, t_tick_end(&tick, PERIOD));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_IDLE);
	EXPECT_LE(until, tick.deadline_ns);
}

TEST_F(idle, bad_requests_are_refused)
{
	struct fraktor_idle idle = { .reserved = 1 };
	int fd = t_open(O_RDWR);

	EXPECT_EQ(-ESHUTDOWN, t_idle(self->ring.fd, t_now() + FAR));
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FRAKTOR_IOC_IDLE, &idle));
	EXPECT_EQ(-EFAULT, t_ioctl(self->ring.fd, FRAKTOR_IOC_IDLE, NULL));
	EXPECT_EQ(-ENOTCONN, t_idle(fd, 0));
	EXPECT_EQ(0, t_idle(self->ring.fd, UINT64_MAX));
	EXPECT_EQ(0, t_idle(self->ring.fd, 0));
	t_close(&fd);
}

TEST_HARNESS_MAIN

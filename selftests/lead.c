// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source with a lead: its records come before their deadlines and are handed
 * out at them, whoever reads; who does not know of that is refused.
 */
#include "lib.h"
#include "nl.h"
#include "uring_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(4 * T_MS)
#define LEAD	T_MS

FIXTURE(lead) {
	struct t_ring ring;
	struct fraktor_create create;
	struct fraktor_set set;
	struct fraktor_attach attach;
	struct nl nl;
	struct source source;
};

FIXTURE_SETUP(lead)
{
	t_create_init(&self->create, PERIOD, 1024);
	self->create.lead_ns = LEAD;
	ASSERT_EQ(0, t_ring_make(&self->ring, &self->create))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_resolve(&self->nl));
	memset(&self->set, 0, sizeof(self->set));
	memset(&self->attach, 0, sizeof(self->attach));
}

FIXTURE_TEARDOWN(lead)
{
	t_close(&self->nl.fd);
	t_ring_close(&self->ring);
}

static int set_lead(FIXTURE_DATA(lead) *self, uint64_t lead_ns)
{
	self->set.what = FRAKTOR_SET_LEAD;
	self->set.lead_ns = lead_ns;
	return t_set(self->ring.fd, &self->set);
}

static int attach_(FIXTURE_DATA(lead) *self, int fd, unsigned int flags)
{
	self->attach.source = self->ring.source;
	self->attach.slots = 64;
	self->attach.flags = flags;
	return t_ioctl(fd, FRAKTOR_IOC_ATTACH, &self->attach);
}

/* NULL, or what is wrong with a record of a line with a lead up to @lead_ns. */
static const char *early_check(const struct fraktor_tick *tick, uint64_t lead_ns)
{
	if (!(tick->flags & FRAKTOR_TICK_F_LEAD))
		return tick->fired_ns < tick->deadline_ns ?
			       "early, and does not say so" : NULL;
	if (tick->fired_ns >= tick->deadline_ns)
		return "not early, and says so";
	if (tick->periods != 1)
		return "early, and stands for several periods";
	if (tick->deadline_ns - tick->fired_ns > lead_ns)
		return "earlier than the lead";
	return NULL;
}

/* Whether deadlines go on as they must: one period behind another. */
static bool follows(const struct fraktor_tick *last,
		    const struct fraktor_tick *tick)
{
	return !last->seq ||
	       tick->deadline_ns == t_tick_end(last, PERIOD) + PERIOD;
}

/* --- early */

TEST_F(lead, r1_2_records_come_early_and_say_so)
{
	struct fraktor_tick tick, last = {};
	unsigned int early = 0, n = 0;
	const char *wrong;

	/* A busy machine may be late with most: until enough were early. */
	ASSERT_EQ(0, t_start(self->ring.fd));
	while (early < 50) {
		ASSERT_EQ(0, t_until_head(&self->ring, n + 1, 2000));
		while (t_take(&self->ring, &tick) > 0) {
			wrong = early_check(&tick, LEAD);
			ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
			ASSERT_TRUE(follows(&last, &tick));
			early += !!(tick.flags & FRAKTOR_TICK_F_LEAD);
			last = tick;
			n++;
		}
	}
	if (t_is_exact())
		EXPECT_EQ(n, early);
}

TEST_F(lead, the_ring_says_how_early)
{
	struct fraktor_member member;
	struct fraktor_info info;

	ASSERT_EQ(0, t_member(&self->ring, self->ring.source, &member));
	EXPECT_EQ(LEAD, member.lead_ns);
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(LEAD, info.lead_ns);
	EXPECT_EQ(0, info.accuracy_ns);
	ASSERT_EQ(0, set_lead(self, 0));
	ASSERT_EQ(0, t_member(&self->ring, self->ring.source, &member));
	EXPECT_EQ(0, member.lead_ns);
}

TEST_F(lead, r1_2_a_wait_may_end_early)
{
	struct t_ring *ring = &self->ring;
	unsigned int i, early = 0;
	struct io_uring uring;
	struct fraktor_tick tick;

	ASSERT_EQ(0, uring_init(&uring, 0));
	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 50; i++) {
		ASSERT_LE(1, wait_on(&uring, ring->fd, ring->last_seq, 2000));
		ASSERT_EQ(1, t_take(ring, &tick));
		early += t_now() < tick.deadline_ns;
		ASSERT_LE(0, t_drain(ring));
	}
	io_uring_queue_exit(&uring);
	if (t_is_exact())
		EXPECT_EQ(50, early);
}

/* --- never handed out early */

TEST_F(lead, r1_2_read_is_never_early)
{
	struct fraktor_tick tick, last = {};
	unsigned int i, close = 0;
	uint64_t now_ns;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick, sizeof(tick)));
		now_ns = t_now();
		ASSERT_LE(tick.deadline_ns, now_ns);
		ASSERT_TRUE(follows(&last, &tick));
		last = tick;
		close += now_ns - tick.deadline_ns < 4000;
	}
	/* As close as a reader can come that was running by then. */
	if (t_is_exact())
		EXPECT_LE(90, close);
}

TEST_F(lead, r1_2_a_poll_then_a_read_is_never_early)
{
	struct pollfd fds = { .fd = self->ring.fd, .events = POLLIN };
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, fcntl(self->ring.fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(1, poll(&fds, 1, 2000));
		ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick, sizeof(tick)));
		ASSERT_LE(tick.deadline_ns, t_now());
	}
}

TEST_F(lead, r2_2_what_is_due_does_not_wait_for_what_is_early)
{
	struct fraktor_tick ticks[16];
	uint64_t now_ns, last_seq = 0;
	ssize_t len;
	int i, n;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 20; i++) {
		usleep(3 * PERIOD / 1000 + i * 199);
		len = read(self->ring.fd, ticks, sizeof(ticks));
		now_ns = t_now();
		ASSERT_LT(0, len);
		for (n = 0; n < len / (ssize_t)sizeof(*ticks); n++) {
			ASSERT_LE(ticks[n].deadline_ns, now_ns);
			ASSERT_EQ(last_seq + 1, ticks[n].seq);
			last_seq = ticks[n].seq;
		}
	}
}

TEST_F(lead, r1_2_never_early_while_the_lead_changes)
{
	static const uint64_t leads[] = { 0, LEAD, LEAD / 10, 1, LEAD / 2 };
	struct fraktor_tick tick, last = {};
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 200; i++) {
		if (i % 4 == 0)
			ASSERT_EQ(0, set_lead(self, leads[i / 4 % 5]));
		ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick, sizeof(tick)));
		ASSERT_LE(tick.deadline_ns, t_now());
		ASSERT_EQ(NULL, early_check(&tick, LEAD));
		ASSERT_EQ(last.seq + 1, tick.seq);
		ASSERT_TRUE(follows(&last, &tick));
		last = tick;
	}
}

TEST_F(lead, r1_2_a_shorter_period_and_no_lead_at_once)
{
	struct fraktor_tick tick;
	uint64_t end_ns = 0;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 40; i++) {
		if (i % 8 == 0) {
			self->set.what = FRAKTOR_SET_PERIOD | FRAKTOR_SET_LEAD;
			self->set.period_ns = i % 16 ? PERIOD : PERIOD / 4;
			self->set.lead_ns = i % 16 ? LEAD : PERIOD / 8;
			ASSERT_EQ(0, t_set(self->ring.fd, &self->set));
		}
		ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick, sizeof(tick)));
		ASSERT_LE(tick.deadline_ns, t_now());
		ASSERT_LT(end_ns, tick.deadline_ns);
		end_ns = tick.deadline_ns;
	}
}

/* --- figures */

TEST_F(lead, r1_5_early_is_counted_and_is_not_lateness)
{
	struct source *s = &self->source;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 300, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_TRUE(s->whole);
	EXPECT_EQ(LEAD, s->lead_ns);
	/* One expiry, one record: either kind. */
	EXPECT_EQ(s->expiries, s->early + s->lead_missed);
	EXPECT_EQ(s->ticks, s->expiries);
	EXPECT_LE(s->early, s->histogram[0]);
	EXPECT_EQ(0, s->min);
	if (t_is_exact()) {
		EXPECT_EQ(s->ticks, s->early);
		EXPECT_EQ(0, s->max);
		EXPECT_EQ(0, s->missed);
		EXPECT_EQ(0, s->drift);
	}
}

TEST_F(lead, r1_5_a_lead_that_changes_is_no_drift)
{
	struct source *s = &self->source;
	int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 1; i <= 12; i++) {
		ASSERT_EQ(0, set_lead(self, i % 2 ? 0 : LEAD));
		ASSERT_EQ(0, t_until_head(&self->ring, i * 25, 5000));
	}
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	/* LEAD over 1.2 s would be 800 ppm. */
	if (t_is_exact()) {
		EXPECT_GT(20000, s->drift);
		EXPECT_LT(-20000, s->drift);
	}
	EXPECT_LT(0, s->early);
}

TEST_F(lead, r2_1_a_record_for_several_periods_is_never_early)
{
	struct fraktor_tick tick;
	unsigned int i;

	/* Every tick that is not early is late, and kept back. */
	self->set.what = FRAKTOR_SET_MISSED | FRAKTOR_SET_LATE | FRAKTOR_SET_LEAD;
	self->set.missed = FRAKTOR_MISSED_SKIP;
	self->set.late_ns = 1;
	self->set.lead_ns = 1;
	ASSERT_EQ(0, t_set(self->ring.fd, &self->set));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick, sizeof(tick)));
		ASSERT_LE(t_tick_end(&tick, PERIOD), t_now());
		ASSERT_EQ(NULL, early_check(&tick, 1));
	}
}

/* --- who may */

TEST_F(lead, r2_4_a_reader_that_does_not_know_is_refused)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPROTONOSUPPORT, attach_(self, fd, 0));
	EXPECT_EQ(-EPROTONOSUPPORT, t_attach(fd, self->ring.source, 64));
	EXPECT_EQ(-EINVAL, attach_(self, fd, FRAKTOR_ATTACH_F_LEAD << 1));
	EXPECT_EQ(0, attach_(self, fd, FRAKTOR_ATTACH_F_LEAD));
	close(fd);
}

TEST_F(lead, r2_4_while_it_is_attached_there_is_no_lead)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_lead(self, 0));
	ASSERT_EQ(0, attach_(self, fd, 0));
	EXPECT_EQ(-EPROTONOSUPPORT, set_lead(self, LEAD));
	EXPECT_EQ(0, set_lead(self, 0));
	ASSERT_EQ(0, t_detach(fd, self->ring.source));
	EXPECT_EQ(0, set_lead(self, LEAD));
	self->attach.slots = 0;
	EXPECT_EQ(-EPROTONOSUPPORT, t_attach(fd, self->ring.source, 0));
	close(fd);
}

TEST_F(lead, r2_4_an_attached_reader_that_knows_is_never_early)
{
	struct fraktor_tick tick;
	int i, fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, attach_(self, fd, FRAKTOR_ATTACH_F_LEAD));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(sizeof(tick), read(fd, &tick, sizeof(tick)));
		ASSERT_LE(tick.deadline_ns, t_now());
	}
	close(fd);
}

/* Gives a lead to whatever has that name, as soon as it is found. */
struct meddler {
	struct nl nl;
	bool end;
	unsigned int found;
	pthread_t thread;
};

#define NEWCOMER "lead-newcomer"

static void *meddle(void *arg)
{
	struct meddler *m = arg;
	struct request req;

	while (!__atomic_load_n(&m->end, __ATOMIC_RELAXED)) {
		request_init(&req, m->nl.family, FRAKTOR_CMD_SOURCE_SET,
			     FRAKTOR_GENL_VERSION, 0);
		put(&req, FRAKTOR_A_SOURCE_NAME, NEWCOMER, sizeof(NEWCOMER));
		put_u64(&req, FRAKTOR_A_SOURCE_LEAD_NS, LEAD);
		m->found += ask(&m->nl, &req, NULL, NULL) != -ENOENT;
	}
	return NULL;
}

/* Nobody finds a source before its maker reads it: making it cannot fail for that. */
TEST_F_TIMEOUT(lead, r2_4_one_that_is_being_made_is_not_found, 180)
{
	struct meddler meddler = { 0 };
	struct fraktor_create create;
	uint64_t start = t_now();
	struct t_ring ring;
	int i;

	ASSERT_EQ(0, nl_listen(&meddler.nl, NULL));
	ASSERT_EQ(0, pthread_create(&meddler.thread, NULL, meddle, &meddler));
	/* A debug kernel on a busy host makes only some tens a second. */
	for (i = 0; i < 100000; i++) {
		uint64_t ms = t_ms_since(start);

		if ((i >= 2000 || ms > 20000) &&
		    (__atomic_load_n(&meddler.found, __ATOMIC_RELAXED) ||
		     ms > 120000))
			break;
		t_create_init(&create, PERIOD, 64);
		strcpy(create.name, NEWCOMER);
		ASSERT_EQ(0, t_ring_make(&ring, &create)) TH_LOG("%d times", i);
		t_ring_close(&ring);
	}
	__atomic_store_n(&meddler.end, true, __ATOMIC_RELAXED);
	pthread_join(meddler.thread, NULL);
	EXPECT_LT(0, meddler.found);
	close(meddler.nl.fd);
}

TEST_F(lead, r2_4_an_administrator_asks_the_owner_too)
{
	struct t_ring plain;
	struct request req;

	ASSERT_EQ(0, t_ring_create(&plain, PERIOD, 64));
	set_init(&self->nl, &req, plain.source);
	put_u64(&req, FRAKTOR_A_SOURCE_LEAD_NS, LEAD);
	EXPECT_EQ(-EPROTONOSUPPORT, ask(&self->nl, &req, NULL, NULL));
	EXPECT_TRUE(self->nl.acked_reason);
	/* The owner has set a lead, of 0: it knows what that is. */
	self->set.what = FRAKTOR_SET_LEAD;
	ASSERT_EQ(0, t_set(plain.fd, &self->set));
	set_init(&self->nl, &req, plain.source);
	put_u64(&req, FRAKTOR_A_SOURCE_LEAD_NS, LEAD);
	EXPECT_EQ(0, ask(&self->nl, &req, NULL, NULL));
	ASSERT_EQ(0, get_by_id(&self->nl, plain.source, &self->source));
	EXPECT_EQ(LEAD, self->source.lead_ns);
	t_ring_close(&plain);
}

/* --- bounds */

TEST_F(lead, r2_1_out_of_bounds_is_einval)
{
	EXPECT_EQ(-EINVAL, set_lead(self, FRAKTOR_LEAD_MAX_NS + 1));
	EXPECT_EQ(-EINVAL, set_lead(self, UINT64_MAX));
	self->set.what = FRAKTOR_SET_PERIOD;
	self->set.period_ns = 2 * LEAD - 1;
	EXPECT_EQ(-EINVAL, t_set(self->ring.fd, &self->set));
	self->set.period_ns = 2 * LEAD;
	EXPECT_EQ(0, t_set(self->ring.fd, &self->set));
	EXPECT_EQ(0, set_lead(self, LEAD));
	/* On time, and it does not matter when: not both. */
	self->set.what = FRAKTOR_SET_ACCURACY;
	self->set.accuracy_ns = 1;
	EXPECT_EQ(-EINVAL, t_set(self->ring.fd, &self->set));
}

TEST_F(lead, r2_1_a_clock_that_can_be_set_back_has_no_lead)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	t_create_init(&self->create, PERIOD, 64);
	self->create.lead_ns = LEAD;
	self->create.clockid = CLOCK_TAI;
	EXPECT_EQ(-EINVAL, t_ioctl(fd, FRAKTOR_IOC_CREATE, &self->create));
	self->create.clockid = CLOCK_BOOTTIME;
	EXPECT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &self->create));
	close(fd);
}

TEST_HARNESS_MAIN

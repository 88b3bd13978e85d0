// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fusion: several sources in one ring.  Arrival order is kept, nothing is lost
 * without being counted, and what one does the others do not feel.
 */
#include "lib.h"
#include "waiter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define LINES	(FRAKTOR_MEMBERS_MAX + 1)
#define SLOTS	8192
#define PERIOD	(2 * T_MS)
#define HOUR	(3600 * T_S)

/* A source of a file of its own, and what its reader has seen of it. */
struct line {
	int fd;
	uint32_t source, cpu;
	struct t_grid grid;
};

FIXTURE(fusion) {
	struct t_ring ring;		/* that the lines fill */
	struct line lines[LINES];
	unsigned int n;
};

FIXTURE_SETUP(fusion)
{
	unsigned int i;

	for (i = 0; i < LINES; i++)
		self->lines[i].fd = -1;
	memset(&self->ring, 0, sizeof(self->ring));
	self->ring.fd = t_open(O_RDWR);
	ASSERT_LE(0, self->ring.fd) TH_LOG("%s: is the module loaded?",
					   strerror(-self->ring.fd));
}

FIXTURE_TEARDOWN(fusion)
{
	unsigned int i;

	for (i = 0; i < LINES; i++)
		t_close(&self->lines[i].fd);
	t_ring_close(&self->ring);
}

static int line_open(struct line *line, unsigned int nr, uint64_t period_ns,
		     uint32_t clockid)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct fraktor_create create;
	int ret;

	t_create_init(&create, period_ns, 16);
	create.clockid = clockid;
	create.cpu = nr % cpus;		/* less than LINES */
	line->fd = t_open(O_RDWR);
	if (line->fd < 0)
		return line->fd;
	ret = t_ioctl(line->fd, FRAKTOR_IOC_CREATE, &create);
	line->source = create.source;
	line->cpu = create.cpu;
	line->grid = (struct t_grid){ .period_ns = period_ns, .fused = true };
	return ret;
}

/* One line more in the ring: 0 or the errno of the step that failed. */
static int line_add(FIXTURE_DATA(fusion) *self, uint64_t period_ns)
{
	struct line *line = &self->lines[self->n];
	int ret = line_open(line, self->n, period_ns, CLOCK_MONOTONIC);

	if (!ret)
		ret = t_attach(self->ring.fd, line->source,
			       self->n ? 0 : SLOTS);
	if (!ret && !self->n++)
		ret = t_ring_map(&self->ring);
	return ret;
}

static int each_line(FIXTURE_DATA(fusion) *self, int (*fn)(int fd))
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < self->n && !ret; i++)
		ret = fn(self->lines[i].fd);
	return ret;
}

static struct line *line_of(FIXTURE_DATA(fusion) *self, uint32_t source)
{
	unsigned int i;

	for (i = 0; i < self->n; i++)
		if (self->lines[i].source == source)
			return &self->lines[i];
	return NULL;
}

/*
 * Take what is there: NULL if all of it is as it must be, or what is not.  Two
 * CPUs may read the clock and come to the ring the other way round.
 */
static const char *drain_checked(FIXTURE_DATA(fusion) *self)
{
	struct fraktor_tick tick;
	uint64_t last_ns[LINES] = { 0 };	/* by CPU */
	const char *wrong = NULL;
	struct line *line;

	while (!wrong && t_take(&self->ring, &tick) > 0) {
		line = line_of(self, tick.source);
		if (!line)
			return "a record of nobody's";
		if (tick.fired_ns < last_ns[line->cpu])
			return "not in the order of arrival";
		last_ns[line->cpu] = tick.fired_ns;
		wrong = t_grid_check(&line->grid, &tick);
	}
	return wrong;
}

/* --- several sources in one ring */

static void order_and_accounting(struct __test_metadata *_metadata,
				 FIXTURE_DATA(fusion) *self, unsigned int n)
{
	struct fraktor_info info;
	const char *wrong;
	unsigned int i;

	/*
	 * Periods with no common divisor, so that they meet in every order;
	 * longer ones for many, which a debug kernel must keep up with.
	 */
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, line_add(self, (1 + n / 3) * PERIOD +
				      i * 137 * T_US));
	}
	ASSERT_EQ(0, each_line(self, t_start));
	ASSERT_EQ(0, t_until_head(&self->ring, 20 * n, 20000));
	ASSERT_EQ(0, each_line(self, t_stop));
	wrong = drain_checked(self);
	ASSERT_EQ(NULL, wrong) TH_LOG("%s, record %llu", wrong,
		(unsigned long long)self->ring.last_seq);
	EXPECT_EQ(0, t_dropped(&self->ring));
	EXPECT_EQ(0, t_poisoned(&self->ring));
	EXPECT_EQ(0, self->ring.gaps);
	EXPECT_EQ(t_head(&self->ring), self->ring.consumed);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, t_info(self->lines[i].fd, &info));
		EXPECT_LT(0, self->lines[i].grid.records);
		EXPECT_EQ(info.ticks, self->lines[i].grid.records)
			TH_LOG("line %u", i);
	}
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(n, info.nr_members);
	EXPECT_EQ(self->lines[0].source, info.source);
	EXPECT_EQ(0, info.owner);
}

TEST_F(fusion, r2_2_two_sources_keep_their_order)
{
	order_and_accounting(_metadata, self, 2);
}

TEST_F(fusion, r2_2_seven_sources_keep_their_order)
{
	order_and_accounting(_metadata, self, 7);
}

TEST_F_TIMEOUT(fusion, r2_2_thirty_two_sources_keep_their_order, 120)
{
	order_and_accounting(_metadata, self, FRAKTOR_MEMBERS_MAX);
}

TEST_F(fusion, r2_2_missed_and_dropped_add_up)
{
	uint64_t missed = 0, records = 0;
	struct t_ring small;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, line_add(self, PERIOD / 4 + i * 10 * T_US));
	}
	/* The same four in a ring that is too small, and not read. */
	ASSERT_EQ(0, t_ring_attach(&small, self->lines[0].source, 16));
	for (i = 1; i < 4; i++) {
		ASSERT_EQ(0, t_attach(small.fd, self->lines[i].source, 0));
	}
	ASSERT_EQ(0, each_line(self, t_start));
	ASSERT_EQ(0, t_until_head(&self->ring, 300, 10000));
	ASSERT_EQ(0, each_line(self, t_stop));
	ASSERT_EQ(NULL, drain_checked(self));
	for (i = 0; i < 4; i++) {
		records += self->lines[i].grid.records;
		missed += self->lines[i].grid.missed;
	}
	EXPECT_EQ(records, t_head(&self->ring));
	EXPECT_EQ(missed, t_missed(&self->ring));
	EXPECT_EQ(records, t_head(&small));
	EXPECT_EQ(missed, t_missed(&small));
	EXPECT_EQ(16, t_drain(&small));
	EXPECT_EQ(t_head(&small), small.consumed + t_dropped(&small));
	t_ring_close(&small);
}

TEST_F(fusion, r2_2_own_source_and_others_in_one_ring)
{
	struct fraktor_create create;
	struct fraktor_info info;
	unsigned int i;

	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, line_add(self, PERIOD / 2));
	t_create_init(&create, PERIOD / 2, 0);
	ASSERT_EQ(0, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	/* The third line's file is the ring's own. */
	self->lines[2].source = create.source;
	self->lines[2].cpu = create.cpu;
	self->lines[2].grid = (struct t_grid){ .period_ns = PERIOD / 2,
					       .fused = true };
	ASSERT_EQ(0, each_line(self, t_start));
	EXPECT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(-EALREADY, t_start(self->ring.fd));
	self->n = 3;
	ASSERT_EQ(0, t_until_head(&self->ring, 60, 5000));
	EXPECT_EQ(0, t_stop(self->ring.fd));	/* its own, and no other */
	self->n = 2;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, t_info(self->lines[i].fd, &info));
		EXPECT_EQ(FRAKTOR_STATE_RUNNING, info.state);
	}
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	ASSERT_EQ(0, each_line(self, t_stop));
	self->n = 3;
	EXPECT_EQ(NULL, drain_checked(self));
	/* INFO is of the one it made. */
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(create.source, info.source);
	EXPECT_EQ(1, info.owner);
	EXPECT_EQ(3, info.nr_members);
	EXPECT_EQ(info.ticks, self->lines[2].grid.records);
}

TEST_F(fusion, r2_2_attached_while_it_ticks)
{
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, t_start(self->lines[0].fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, T_SOON_MS));
	ASSERT_EQ(0, line_open(&self->lines[1], 1, PERIOD / 2,
			       CLOCK_MONOTONIC));
	ASSERT_EQ(0, t_start(self->lines[1].fd));
	t_sleep_ms(5);
	ASSERT_EQ(0, t_attach(self->ring.fd, self->lines[1].source, 0));
	self->n = 2;
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 20, T_SOON_MS));
	ASSERT_EQ(0, each_line(self, t_stop));
	/* It begins in the middle of its grid: what comes then is whole. */
	t_peek(&self->ring, 1, &tick);
	EXPECT_EQ(self->lines[0].source, tick.source);
	EXPECT_EQ(NULL, drain_checked(self));
	for (i = 0; i < 2; i++) {
		EXPECT_LT(0, self->lines[i].grid.records);
	}
}

/* --- what is refused */

TEST_F(fusion, r2_2_one_beyond_the_most_is_emfile)
{
	struct line *last = &self->lines[FRAKTOR_MEMBERS_MAX];
	struct fraktor_create create;
	struct t_ring other;
	unsigned int i;

	for (i = 0; i < FRAKTOR_MEMBERS_MAX; i++) {
		ASSERT_EQ(0, line_add(self, HOUR)) TH_LOG("line %u", i);
	}
	EXPECT_EQ(-EMFILE, line_add(self, HOUR));
	t_create_init(&create, HOUR, 0);
	strcpy(create.name, "one-too-many");
	EXPECT_EQ(-EMFILE, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	/* What was refused is not there: not the name, not the reader. */
	t_create_init(&create, HOUR, 16);
	strcpy(create.name, "one-too-many");
	ASSERT_EQ(0, t_ring_make(&other, &create));
	t_ring_close(&other);
	/* One goes, one comes. */
	ASSERT_EQ(0, t_detach(self->ring.fd, self->lines[3].source));
	EXPECT_EQ(0, t_attach(self->ring.fd, last->source, 0));
	EXPECT_EQ(-EMFILE, t_attach(self->ring.fd, self->lines[3].source, 0));
}

TEST_F(fusion, r2_2_attaching_again_is_ealready)
{
	struct fraktor_attach attach = { .name = "by-its-name" };
	struct fraktor_create create;

	ASSERT_EQ(0, line_add(self, HOUR));
	EXPECT_EQ(-EALREADY, t_attach(self->ring.fd, self->lines[0].source, 0));
	t_create_init(&create, HOUR, 0);
	strcpy(create.name, attach.name);
	ASSERT_EQ(0, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	EXPECT_EQ(-EALREADY, t_ioctl(self->ring.fd, FRAKTOR_IOC_ATTACH,
				     &attach));
	EXPECT_EQ(-EALREADY, t_attach(self->ring.fd, create.source, 0));
	ASSERT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	EXPECT_EQ(0, t_attach(self->ring.fd, self->lines[0].source, 0));
}

TEST_F(fusion, slots_once_and_only_once)
{
	struct fraktor_create create;
	struct fraktor_info info;

	ASSERT_EQ(0, line_open(&self->lines[0], 0, HOUR, CLOCK_MONOTONIC));
	ASSERT_EQ(0, line_open(&self->lines[1], 1, HOUR, CLOCK_MONOTONIC));
	self->n = 2;
	/* No ring yet. */
	EXPECT_EQ(-EINVAL, t_attach(self->ring.fd, self->lines[0].source, 0));
	t_create_init(&create, HOUR, 0);
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	ASSERT_EQ(0, t_attach(self->ring.fd, self->lines[0].source, 64));
	/* It has one. */
	EXPECT_EQ(-EBUSY, t_attach(self->ring.fd, self->lines[1].source, 64));
	EXPECT_EQ(-EBUSY, t_attach(self->ring.fd, self->lines[1].source, 128));
	t_create_init(&create, HOUR, 64);
	EXPECT_EQ(-EBUSY, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	EXPECT_EQ(0, t_attach(self->ring.fd, self->lines[1].source, 0));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(64, info.slots);
	EXPECT_EQ(2, info.nr_members);
}

TEST_F(fusion, another_clock_is_einval)
{
	struct fraktor_create create;
	struct fraktor_info info;

	ASSERT_EQ(0, line_add(self, HOUR));
	ASSERT_EQ(0, line_open(&self->lines[1], 1, HOUR, CLOCK_TAI));
	ASSERT_EQ(0, line_open(&self->lines[2], 2, HOUR, CLOCK_BOOTTIME));
	EXPECT_EQ(-EINVAL, t_attach(self->ring.fd, self->lines[1].source, 0));
	EXPECT_EQ(-EINVAL, t_attach(self->ring.fd, self->lines[2].source, 0));
	t_create_init(&create, HOUR, 0);
	create.clockid = CLOCK_TAI;
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(1, info.nr_members);
	create.clockid = CLOCK_MONOTONIC;
	EXPECT_EQ(0, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
}

/* --- detach */

TEST_F(fusion, r2_2_detach_leaves_its_records_and_the_others)
{
	struct fraktor_member member;
	struct fraktor_info info;
	uint64_t before, of_it;

	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, each_line(self, t_start));
	ASSERT_EQ(0, t_until_head(&self->ring, 20, T_SOON_MS));
	ASSERT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	before = t_head(&self->ring);
	ASSERT_EQ(0, t_until_head(&self->ring, before + 20, T_SOON_MS));
	ASSERT_EQ(0, each_line(self, t_stop));
	EXPECT_EQ(NULL, drain_checked(self));
	of_it = self->lines[0].grid.records;
	EXPECT_LT(0, of_it);
	EXPECT_GE(before, self->lines[0].grid.last.seq);
	EXPECT_EQ(t_head(&self->ring), of_it + self->lines[1].grid.records);
	ASSERT_EQ(0, t_info(self->lines[1].fd, &info));
	EXPECT_EQ(info.ticks, self->lines[1].grid.records);
	/* It is gone from the table, and the ring's first is the other. */
	EXPECT_EQ(-ENOENT, t_member(&self->ring, self->lines[0].source,
				    &member));
	EXPECT_EQ(0, t_member(&self->ring, self->lines[1].source, &member));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(1, info.nr_members);
	EXPECT_EQ(self->lines[1].source, info.source);
}

TEST_F(fusion, detach_what_is_not_there)
{
	struct fraktor_detach detach = { 0 };
	struct fraktor_create create;

	EXPECT_EQ(-ENOTCONN, t_detach(self->ring.fd, 1));
	ASSERT_EQ(0, line_add(self, HOUR));
	ASSERT_EQ(0, line_add(self, HOUR));
	EXPECT_EQ(-ENOTCONN, t_detach(self->ring.fd, 0));
	EXPECT_EQ(-ENOTCONN, t_detach(self->ring.fd, 0xfffe));
	EXPECT_EQ(-ENOTCONN, t_detach(self->ring.fd, UINT32_MAX));
	EXPECT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	EXPECT_EQ(-ENOTCONN, t_detach(self->ring.fd, self->lines[0].source));
	detach.source = self->lines[1].source;
	detach.reserved = 1;
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FRAKTOR_IOC_DETACH, &detach));
	/* One's own is for close(2). */
	t_create_init(&create, HOUR, 0);
	ASSERT_EQ(0, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &create));
	EXPECT_EQ(-EPERM, t_detach(self->ring.fd, create.source));
	EXPECT_EQ(-EPERM, t_detach(self->lines[1].fd, self->lines[1].source));
}

TEST_F(fusion, r2_2_detach_the_last_and_come_back)
{
	struct pollfd p = { .fd = self->ring.fd, .events = POLLIN };
	uint64_t dropped, left;
	struct t_waiter waiter;

	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, t_start(self->lines[0].fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, T_SOON_MS));
	ASSERT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	left = t_head(&self->ring);
	dropped = t_dropped(&self->ring);
	EXPECT_NE(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN | POLLHUP, p.revents);
	t_sleep_ms(10);
	EXPECT_EQ(left, t_head(&self->ring));
	EXPECT_EQ(left, t_drain(&self->ring));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLHUP, p.revents);
	/* The ring is there still: no slots, and its numbers go on. */
	ASSERT_EQ(0, t_attach(self->ring.fd, self->lines[0].source, 0));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	ASSERT_EQ(0, t_until_head(&self->ring, left + 5, T_SOON_MS));
	EXPECT_LE(5, t_drain(&self->ring));
	EXPECT_EQ(0, self->ring.gaps);
	EXPECT_EQ(dropped, t_dropped(&self->ring));
	/* To detach the last one releases who waits. */
	ASSERT_EQ(0, t_waiter_start(&waiter, T_POLL, &self->ring));
	ASSERT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&waiter));
}

/* --- one stops or dies, the others go on */

TEST_F(fusion, r2_3_the_table_tells_who_stopped)
{
	struct fraktor_member member;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, line_add(self, PERIOD + i * T_MS));
		ASSERT_EQ(0, t_member(&self->ring, self->lines[i].source,
				      &member));
		EXPECT_EQ(FRAKTOR_STATE_STOPPED, member.state);
		EXPECT_EQ(FRAKTOR_REASON_NONE, member.reason);
		EXPECT_EQ(PERIOD + i * T_MS, member.period_ns);
		EXPECT_EQ(i % sysconf(_SC_NPROCESSORS_ONLN), member.cpu);
		EXPECT_EQ(0, member.lead_ns);
	}
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	ASSERT_EQ(0, each_line(self, t_start));
	for (i = 0; i < 3; i++) {
		t_member(&self->ring, self->lines[i].source, &member);
		EXPECT_EQ(FRAKTOR_STATE_RUNNING, member.state);
	}
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	ASSERT_EQ(0, t_stop(self->lines[1].fd));
	t_member(&self->ring, self->lines[1].source, &member);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, member.state);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, member.reason);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	t_close(&self->lines[0].fd);
	ASSERT_EQ(0, t_member(&self->ring, self->lines[0].source, &member));
	EXPECT_EQ(FRAKTOR_STATE_DEAD, member.state);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, member.reason);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	/* The last one: now the ring is stopped, for its reason. */
	ASSERT_EQ(0, t_stop(self->lines[2].fd));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	EXPECT_EQ(FRAKTOR_REASON_ASKED, t_reason(&self->ring));
	ASSERT_EQ(0, t_start(self->lines[1].fd));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(FRAKTOR_REASON_NONE, t_reason(&self->ring));
	/* A dead one can be let go. */
	EXPECT_EQ(0, t_detach(self->ring.fd, self->lines[0].source));
	EXPECT_EQ(-ENOENT, t_member(&self->ring, self->lines[0].source,
				    &member));
}

TEST_F(fusion, r2_3_a_member_that_dies_leaves_its_records)
{
	uint64_t head;

	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, line_add(self, PERIOD));
	ASSERT_EQ(0, each_line(self, t_start));
	ASSERT_EQ(0, t_until_head(&self->ring, 20, T_SOON_MS));
	t_close(&self->lines[0].fd);
	head = t_head(&self->ring);
	ASSERT_EQ(0, t_until_head(&self->ring, head + 10, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->lines[1].fd));
	EXPECT_EQ(NULL, drain_checked(self));
	EXPECT_GE(head, self->lines[0].grid.last.seq);
	EXPECT_LT(0, self->lines[0].grid.records);
	EXPECT_EQ(t_head(&self->ring), self->lines[0].grid.records +
				       self->lines[1].grid.records);
}

FIXTURE(fused_wait) {
	struct line lines[2];
	struct t_ring ring;
	struct t_waiter waiter;
};

FIXTURE_VARIANT(fused_wait) {
	enum t_path path;
};

FIXTURE_VARIANT_ADD(fused_wait, read) { .path = T_READ };
FIXTURE_VARIANT_ADD(fused_wait, poll) { .path = T_POLL };
FIXTURE_VARIANT_ADD(fused_wait, uring) { .path = T_URING };

FIXTURE_SETUP(fused_wait)
{
	self->ring.fd = -1;
	self->lines[1].fd = -1;
	ASSERT_EQ(0, line_open(&self->lines[0], 0, HOUR, CLOCK_MONOTONIC));
	ASSERT_EQ(0, line_open(&self->lines[1], 1, 5 * T_MS, CLOCK_MONOTONIC));
	ASSERT_EQ(0, t_ring_attach(&self->ring, self->lines[0].source, 64));
	ASSERT_EQ(0, t_attach(self->ring.fd, self->lines[1].source, 0));
}

FIXTURE_TEARDOWN(fused_wait)
{
	t_close(&self->lines[0].fd);
	t_close(&self->lines[1].fd);
	t_ring_close(&self->ring);
}

TEST_F(fused_wait, r2_3_ends_with_the_last_source_not_before)
{
	uint64_t stopped;

	ASSERT_EQ(0, t_start(self->lines[0].fd));
	ASSERT_EQ(0, t_start(self->lines[1].fd));
	ASSERT_EQ(0, t_waiter_start(&self->waiter, variant->path, &self->ring));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	ASSERT_EQ(0, t_stop(self->lines[1].fd));
	/* Beyond the bound of a wait by io_uring, too. */
	t_sleep_ms(120);
	EXPECT_TRUE(t_waiter_waits(&self->waiter));
	stopped = t_now();
	ASSERT_EQ(0, t_stop(self->lines[0].fd));
	EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&self->waiter));
	EXPECT_LE(stopped, self->waiter.ended_ns);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stopped));
	EXPECT_EQ(t_head(&self->ring), self->waiter.taken);
	EXPECT_LE(5, self->waiter.taken);
}

TEST_F(fused_wait, r2_3_goes_on_when_one_of_two_dies)
{
	ASSERT_EQ(0, t_start(self->lines[0].fd));
	ASSERT_EQ(0, t_start(self->lines[1].fd));
	ASSERT_EQ(0, t_waiter_start(&self->waiter, variant->path, &self->ring));
	t_close(&self->lines[0].fd);
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	EXPECT_TRUE(t_waiter_waits(&self->waiter));
	t_close(&self->lines[1].fd);
	EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&self->waiter));
	EXPECT_EQ(t_head(&self->ring), self->waiter.taken);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&self->ring));
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, t_reason(&self->ring));
}

TEST_HARNESS_MAIN

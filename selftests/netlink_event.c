// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink group "events": which come, in which order, how many.
 */
#include "netlink_fixture.h"

TEST_F(netlink, r2_3_events_come_in_order_with_name_and_time)
{
	struct fraktor_attach attach = { .slots = 64 };
	struct fraktor_create create;
	struct events events = { 0 };
	uint64_t before = t_now();
	int fd = t_open(O_RDWR), reader = t_open(O_RDWR);
	struct event *e = events.e;
	unsigned int i;

	ASSERT_EQ(0, nl_join(&self->nl, self->nl.group));
	t_create_init(&create, 500 * T_US, 16);
	strcpy(create.name, "eventful");
	ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &create));
	attach.source = create.source;
	events.wanted = create.source;
	/* Nobody consumes: stalls are for watch.c. */
	events.types = EVENT(CREATED) | EVENT(STARTED) | EVENT(OVERFLOW) |
		       EVENT(STOPPED) | EVENT(REMOVED);
	ASSERT_EQ(0, t_ioctl(reader, FRAKTOR_IOC_ATTACH, &attach));
	ASSERT_EQ(0, t_start(fd));
	collect(&self->nl, &events, 3, 3000);
	ASSERT_EQ(3, events.n);
	ASSERT_EQ(0, t_stop(fd));
	collect(&self->nl, &events, 4, 3000);
	events.types &= ~EVENT(OVERFLOW);	/* a second may have passed */
	ASSERT_EQ(0, t_start(fd));
	collect(&self->nl, &events, 5, 3000);
	close(fd);
	collect(&self->nl, &events, 7, 3000);
	ASSERT_EQ(7, events.n);
	EXPECT_EQ(FRAKTOR_EVENT_CREATED, e[0].type);
	EXPECT_EQ(FRAKTOR_EVENT_STARTED, e[1].type);
	EXPECT_EQ(FRAKTOR_REASON_NONE, e[1].reason);
	EXPECT_EQ(0, e[1].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_OVERFLOW, e[2].type);
	EXPECT_LT(0, e[2].dropped);
	EXPECT_LT(16, e[2].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, e[3].type);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, e[3].reason);
	EXPECT_LE(e[2].ticks, e[3].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_STARTED, e[4].type);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, e[5].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, e[5].reason);
	EXPECT_EQ(FRAKTOR_EVENT_REMOVED, e[6].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, e[6].reason);
	for (i = 0; i < events.n; i++) {
		EXPECT_EQ(FRAKTOR_CMD_EVENT, e[i].cmd);
		EXPECT_STREQ("eventful", e[i].name);
		EXPECT_LE(before, e[i].time_ns);
		EXPECT_GE(t_now(), e[i].time_ns);
		before = e[i].time_ns;
	}
	close(reader);
}

/* However long it takes to tell of the start: the line ticks meanwhile. */
TEST_F(netlink, r2_3_a_start_is_told_before_what_the_line_does)
{
	struct fraktor_create create;
	unsigned int i;

	ASSERT_EQ(0, nl_join(&self->nl, self->nl.group));
	for (i = 0; i < 30; i++) {
		struct events events = { .types = EVENT(STARTED) | EVENT(OVERFLOW) };
		int fd = t_open(O_RDWR);

		t_create_init(&create, 20 * T_US, 16);
		/* Not the CPU that tells, if there is another. */
		create.cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
		ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &create));
		events.wanted = create.source;
		ASSERT_EQ(0, t_start(fd));
		collect(&self->nl, &events, 2, T_SOON_MS);
		close(fd);
		ASSERT_EQ(2, events.n);
		ASSERT_EQ(FRAKTOR_EVENT_STARTED, events.e[0].type);
		ASSERT_EQ(FRAKTOR_EVENT_OVERFLOW, events.e[1].type);
		ASSERT_LE(events.e[0].time_ns, events.e[1].time_ns);
	}
}

TEST_F(netlink, at_most_one_overflow_a_second)
{
	struct events events = { 0 };
	struct t_ring small;
	uint64_t start;

	ASSERT_EQ(0, t_ring_attach(&small, self->ring.source, 16));
	events.wanted = self->ring.source;
	events.types = EVENT(OVERFLOW);
	ASSERT_EQ(0, nl_join(&self->nl, self->nl.group));
	start = t_now();
	ASSERT_EQ(0, t_start(self->ring.fd));
	collect(&self->nl, &events, EVENTS, 1600);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_LE(1, events.n);
	EXPECT_GE(t_ms_since(start) / 1000 + 1, events.n);
	t_ring_close(&small);
}

TEST_F(netlink, r2_3_events_under_a_start_stop_storm)
{
	struct events events = {
		.wanted = self->ring.source,
		.types = EVENT(STARTED) | EVENT(STOPPED),
	};
	unsigned int i;

	ASSERT_EQ(0, nl_join(&self->nl, self->nl.group));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, t_start(self->ring.fd));
		ASSERT_EQ(0, t_stop(self->ring.fd));
	}
	collect(&self->nl, &events, 16, 3000);
	ASSERT_EQ(16, events.n);
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(i % 2 ? FRAKTOR_EVENT_STOPPED : FRAKTOR_EVENT_STARTED,
			  events.e[i].type);
	}
}

TEST_HARNESS_MAIN

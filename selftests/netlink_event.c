// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink group "events": which come, in which order, how many.
 */
#include "netlink_fixture.h"

struct event {
	uint32_t type, id, reason;
	uint64_t time_ns, ticks, dropped;
	char name[FRAKTOR_NAME_LEN];
	uint8_t cmd;
};

struct events {
	uint32_t wanted;	/* id of the source */
	unsigned int n;
	struct event e[16];
};

static void on_event(const struct genlmsghdr *g, const struct reply *reply,
		     void *arg)
{
	struct events *events = arg;
	struct event *e = &events->e[events->n];

	if (events->n == ARRAY_SIZE(events->e) ||
	    u32(reply, FRAKTOR_A_EVENT_SOURCE_ID) != events->wanted)
		return;
	e->cmd = g->cmd;
	e->type = u32(reply, FRAKTOR_A_EVENT_TYPE);
	e->id = u32(reply, FRAKTOR_A_EVENT_SOURCE_ID);
	e->reason = u32(reply, FRAKTOR_A_EVENT_REASON);
	e->time_ns = u64(reply, FRAKTOR_A_EVENT_TIME_NS);
	e->ticks = u64(reply, FRAKTOR_A_EVENT_TICKS);
	e->dropped = u64(reply, FRAKTOR_A_EVENT_DROPPED);
	snprintf(e->name, sizeof(e->name), "%s",
		 str(reply, FRAKTOR_A_EVENT_SOURCE_NAME));
	events->n++;
}

static int join_group(struct nl *nl)
{
	int group = nl->group;

	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group)) ? -errno : 0;
}

/* Take events until there are @n of the source, or for @ms. */
static void collect(struct nl *nl, struct events *events, unsigned int n,
		    unsigned int ms)
{
	struct pollfd p = { .fd = nl->fd, .events = POLLIN };
	uint64_t start = t_now();

	while (events->n < n && t_ms_since(start) < ms)
		if (poll(&p, 1, 20) == 1)
			nl_datagram(nl, on_event, events);
}

TEST_F(netlink, r2_3_events_come_in_order_with_name_and_time)
{
	struct fraktor_attach attach = { .slots = 64 };
	struct fraktor_create create;
	struct events events = { 0 };
	uint64_t before = t_now();
	int fd = t_open(O_RDWR), reader = t_open(O_RDWR);
	struct event *e = events.e;
	unsigned int i;

	t_create_init(&create, 500 * T_US, 16);
	strcpy(create.name, "eventful");
	ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &create));
	attach.source = events.wanted = create.source;
	ASSERT_EQ(0, t_ioctl(reader, FRAKTOR_IOC_ATTACH, &attach));
	ASSERT_EQ(0, join_group(&self->nl));
	ASSERT_EQ(0, t_start(fd));
	collect(&self->nl, &events, 2, 3000);	/* started, overflow */
	ASSERT_EQ(2, events.n);
	ASSERT_EQ(0, t_stop(fd));
	collect(&self->nl, &events, 3, 3000);
	ASSERT_EQ(0, t_start(fd));
	collect(&self->nl, &events, 4, 3000);
	close(fd);
	collect(&self->nl, &events, 5, 3000);
	ASSERT_LE(5, events.n);
	EXPECT_EQ(FRAKTOR_EVENT_STARTED, e[0].type);
	EXPECT_EQ(FRAKTOR_REASON_NONE, e[0].reason);
	EXPECT_EQ(0, e[0].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_OVERFLOW, e[1].type);
	EXPECT_LT(0, e[1].dropped);
	EXPECT_LT(16, e[1].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, e[2].type);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, e[2].reason);
	EXPECT_LE(e[1].ticks, e[2].ticks);
	EXPECT_EQ(FRAKTOR_EVENT_STARTED, e[3].type);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, e[events.n - 1].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, e[events.n - 1].reason);
	for (i = 0; i < events.n; i++) {
		EXPECT_EQ(FRAKTOR_CMD_EVENT, e[i].cmd);
		EXPECT_STREQ("eventful", e[i].name);
		EXPECT_LE(before, e[i].time_ns);
		EXPECT_GE(t_now(), e[i].time_ns);
		before = e[i].time_ns;
	}
	close(reader);
}

TEST_F(netlink, at_most_one_overflow_a_second)
{
	struct events events = { 0 };
	struct t_ring small;
	uint64_t start;
	unsigned int i, overflows = 0;

	ASSERT_EQ(0, t_ring_attach(&small, self->ring.source, 16));
	events.wanted = self->ring.source;
	ASSERT_EQ(0, join_group(&self->nl));
	start = t_now();
	ASSERT_EQ(0, t_start(self->ring.fd));
	collect(&self->nl, &events, ARRAY_SIZE(events.e), 1600);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	for (i = 0; i < events.n; i++)
		overflows += events.e[i].type == FRAKTOR_EVENT_OVERFLOW;
	EXPECT_LE(1, overflows);
	EXPECT_GE(t_ms_since(start) / 1000 + 1, overflows);
	t_ring_close(&small);
}

TEST_F(netlink, r2_3_events_under_a_start_stop_storm)
{
	struct events events = { .wanted = self->ring.source };
	unsigned int i;

	ASSERT_EQ(0, join_group(&self->nl));
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_CMD_SOURCE_SET: what can be changed by netlink, who may, and that
 * everything else is refused with a reason.
 */
#include "netlink_fixture.h"

#include <linux/capability.h>

/* Send self->req: the errno; what it says of the source stays as it was. */
static int set_(FIXTURE_DATA(netlink) *self)
{
	return ask(&self->nl, &self->req, NULL, NULL);
}

static void begin(FIXTURE_DATA(netlink) *self)
{
	set_init(&self->nl, &self->req, self->ring.source);
}

static int look(FIXTURE_DATA(netlink) *self)
{
	return get_by_id(&self->nl, self->ring.source, &self->source);
}

TEST_F(netlink, r1_5_set_changes_what_it_names_and_nothing_else)
{
	struct source *s = &self->source;

	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 3 * T_MS);
	put_u64(&self->req, FRAKTOR_A_SOURCE_LATE_NS, T_MS);
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(3 * T_MS, s->period_ns);
	EXPECT_EQ(T_MS, s->late_ns);
	EXPECT_EQ(0, s->phase_ns);
	EXPECT_EQ(0, s->flags);
	EXPECT_EQ(FRAKTOR_MISSED_DELAY, s->behaviour);
	EXPECT_EQ(FRAKTOR_DRIFT_PPB_DEFAULT, s->drift_ppb);
	EXPECT_EQ(FRAKTOR_STALL_PERIODS_DEFAULT, s->stall_periods);
	begin(self);
	put_u32(&self->req, FRAKTOR_A_SOURCE_FLAGS, FRAKTOR_SOURCE_F_ALIGN |
		FRAKTOR_SOURCE_F_CPU_STRICT);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PHASE_NS, 2 * T_MS);
	put_u64(&self->req, FRAKTOR_A_SOURCE_DRIFT_PPB, 777);
	put_u32(&self->req, FRAKTOR_A_SOURCE_MISSED, FRAKTOR_MISSED_SKIP);
	put_u32(&self->req, FRAKTOR_A_SOURCE_STALL_PERIODS, 9);
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(3 * T_MS, s->period_ns);
	EXPECT_EQ(T_MS, s->late_ns);
	EXPECT_EQ(2 * T_MS, s->phase_ns);
	EXPECT_EQ(FRAKTOR_SOURCE_F_ALIGN | FRAKTOR_SOURCE_F_CPU_STRICT,
		  s->flags);
	EXPECT_EQ(FRAKTOR_MISSED_SKIP, s->behaviour);
	EXPECT_EQ(777, s->drift_ppb);
	EXPECT_EQ(9, s->stall_periods);
	/* 0 means the default, as in struct fraktor_create. */
	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_DRIFT_PPB, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_STALL_PERIODS, 0);
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(FRAKTOR_DRIFT_PPB_DEFAULT, s->drift_ppb);
	EXPECT_EQ(FRAKTOR_STALL_PERIODS_DEFAULT, s->stall_periods);
}

TEST_F(netlink, r1_5_set_by_name)
{
	struct request *req = &self->req;
	struct fraktor_info info;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	request_init(req, self->nl.family, FRAKTOR_CMD_SOURCE_SET,
		     FRAKTOR_GENL_VERSION, 0);
	put(req, FRAKTOR_A_SOURCE_NAME, info.name, strlen(info.name) + 1);
	put_u64(req, FRAKTOR_A_SOURCE_PERIOD_NS, 5 * T_MS);
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(5 * T_MS, info.period_ns);
}

TEST_F(netlink, r1_5_set_while_it_ticks_is_seen_by_the_reader)
{
	struct events events = {
		.wanted = self->ring.source,
		.types = EVENT(CHANGED),
	};
	struct fraktor_tick tick;
	struct nl nl;

	ASSERT_EQ(0, nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 2 * T_MS);
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	do {
		ASSERT_EQ(1, t_take(&self->ring, &tick));
	} while (!(tick.flags & FRAKTOR_TICK_F_CHANGED));
	collect(&nl, &events, 1, 3000);
	ASSERT_EQ(1, events.n);
	EXPECT_EQ(2 * T_MS, events.e[0].period_ns);
	close(nl.fd);
}

/* --- who may */

static int sets_without_the_capability(struct t_child *child, void *arg)
{
	FIXTURE_DATA(netlink) *self = arg;

	(void)child;
	/* On a socket of its own: an opener's rights go with the socket. */
	if (t_cap_drop(CAP_NET_ADMIN) || nl_listen(&self->nl, NULL))
		return 1;
	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 7 * T_MS);
	return set_(self) == -EPERM ? 0 : 2;
}

TEST_F(netlink, set_needs_cap_net_admin)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, sets_without_the_capability, self));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(PERIOD, self->source.period_ns);
}

static int sets_a_short_period(struct t_child *child, void *arg)
{
	FIXTURE_DATA(netlink) *self = arg;
	struct fraktor_info info;

	(void)child;
	if (t_info(self->ring.fd, &info) || t_cap_drop(CAP_SYS_RESOURCE))
		return 1;
	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS,
		info.period_min_ns - 1);
	if (set_(self) != -EPERM)
		return 2;
	begin(self);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, info.period_min_ns);
	return set_(self) ? 3 : 0;
}

TEST_F(netlink, set_of_a_short_period_needs_cap_sys_resource)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, sets_a_short_period, self));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
}

/* --- what is refused, always with a reason, and leaves all as it was */

static void refused(struct __test_metadata *_metadata,
		    FIXTURE_DATA(netlink) *self, int error, const char *what)
{
	EXPECT_EQ(-error, set_(self)) TH_LOG("%s", what);
	EXPECT_TRUE(self->nl.acked_reason) TH_LOG("%s: no reason", what);
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(PERIOD, self->source.period_ns) TH_LOG("%s", what);
	EXPECT_EQ(FRAKTOR_MISSED_DELAY, self->source.behaviour);
	EXPECT_EQ(0, self->source.flags);
}

TEST_F(netlink, set_of_an_unknown_source_is_enoent)
{
	set_init(&self->nl, &self->req, 0xfffe);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 2 * T_MS);
	refused(_metadata, self, ENOENT, "id");
	request_init(&self->req, self->nl.family, FRAKTOR_CMD_SOURCE_SET,
		     FRAKTOR_GENL_VERSION, 0);
	put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 2 * T_MS);
	refused(_metadata, self, EINVAL, "neither id nor name");
}

TEST_F(netlink, set_of_what_is_out_of_range_is_einval)
{
	const struct {
		uint16_t type;
		uint64_t value;
	} u64s[] = {
		{ FRAKTOR_A_SOURCE_PERIOD_NS, 0 },
		{ FRAKTOR_A_SOURCE_PERIOD_NS, 1 },
		{ FRAKTOR_A_SOURCE_PERIOD_NS, UINT64_MAX },
		{ FRAKTOR_A_SOURCE_PHASE_NS, 1 },	/* not aligned */
		{ FRAKTOR_A_SOURCE_PHASE_NS, UINT64_MAX },
		{ FRAKTOR_A_SOURCE_LATE_NS, UINT64_MAX },
		{ FRAKTOR_A_SOURCE_DRIFT_PPB, UINT64_MAX },
	};
	const struct {
		uint16_t type;
		uint32_t value;
	} u32s[] = {
		{ FRAKTOR_A_SOURCE_MISSED, FRAKTOR_MISSED_BURST + 1 },
		{ FRAKTOR_A_SOURCE_MISSED, UINT32_MAX },
		{ FRAKTOR_A_SOURCE_FLAGS, 1U << 5 },
		{ FRAKTOR_A_SOURCE_FLAGS, UINT32_MAX },
	};
	char what[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(u64s); i++) {
		begin(self);
		put_u64(&self->req, u64s[i].type, u64s[i].value);
		snprintf(what, sizeof(what), "attribute %u, case %u",
			 u64s[i].type, i);
		refused(_metadata, self, EINVAL, what);
	}
	for (i = 0; i < ARRAY_SIZE(u32s); i++) {
		begin(self);
		/* What is right beside what is wrong does not count either. */
		put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 2 * T_MS);
		put_u32(&self->req, u32s[i].type, u32s[i].value);
		snprintf(what, sizeof(what), "attribute %u, case %u",
			 u32s[i].type, i);
		/* Its range is in the policy: netlink itself refuses. */
		refused(_metadata, self, u32s[i].type ==
			FRAKTOR_A_SOURCE_MISSED ? ERANGE : EINVAL, what);
	}
}

TEST_F(netlink, set_of_what_cannot_be_set_is_einval)
{
	static const uint16_t types[] = {
		FRAKTOR_A_SOURCE_STATE, FRAKTOR_A_SOURCE_REASON,
		FRAKTOR_A_SOURCE_CLOCKID, FRAKTOR_A_SOURCE_CPU,
		FRAKTOR_A_SOURCE_READERS, FRAKTOR_A_SOURCE_STATS,
		FRAKTOR_A_SOURCE_HOME_CPU, FRAKTOR_A_SOURCE_DRIVER,
		FRAKTOR_A_SOURCE_OWNER_PID, FRAKTOR_A_SOURCE_RESOLUTION_NS,
		FRAKTOR_A_SOURCE_MAX + 1, 1000,
	};
	char what[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		begin(self);
		put_u64(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, 2 * T_MS);
		put_u32(&self->req, types[i], 1);
		snprintf(what, sizeof(what), "attribute %u", types[i]);
		refused(_metadata, self, EINVAL, what);
	}
}

TEST_F(netlink, set_of_a_wrong_length_is_refused)
{
	static const uint16_t lens[] = { 0, 1, 2, 4, 7, 9, 12, 16 };
	char junk[16] = { 0, 0x10, 0x20 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int ret;

		begin(self);
		put(&self->req, FRAKTOR_A_SOURCE_PERIOD_NS, junk, lens[i]);
		ret = set_(self);
		/* netlink itself says ERANGE or EINVAL, by the length. */
		EXPECT_TRUE(ret == -EINVAL || ret == -ERANGE)
			TH_LOG("length %u: %d", lens[i], ret);
	}
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(PERIOD, self->source.period_ns);
}

TEST_F(netlink, random_bytes_set_nothing_that_create_refuses)
{
	unsigned int seed = 43, i, j;
	struct source *s = &self->source;
	struct fraktor_info info;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 1000; i++) {
		unsigned int len = rand_r(&seed) % 100;

		begin(self);
		for (j = 0; j < len; j++)
			self->req.attrs[8 + j] = rand_r(&seed) %
				(j % 4 < 2 && rand_r(&seed) % 2 ? 16 : 256);
		self->req.n.nlmsg_len += len;
		ASSERT_NE(-ETIME, set_(self));
	}
	ASSERT_EQ(0, look(self));
	EXPECT_LE(info.period_floor_ns, s->period_ns);
	EXPECT_GE(info.period_max_ns, s->period_ns);
	EXPECT_GE(FRAKTOR_MISSED_BURST, s->behaviour);
	EXPECT_GT(s->period_ns, s->phase_ns);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family: what it says of sources, what it refuses, dumps, who may
 * ask.
 */
#include "netlink_fixture.h"

TEST_F(netlink, family_resolves)
{
	EXPECT_LE(GENL_MIN_ID, self->nl.family);
	EXPECT_EQ(FRAKTOR_GENL_VERSION, self->nl.version);
	EXPECT_NE(0, self->nl.group);
	EXPECT_NE(0, self->nl.metrics);
	EXPECT_NE(0, self->nl.processes);
	EXPECT_NE(self->nl.group, self->nl.metrics);
	EXPECT_NE(self->nl.group, self->nl.processes);
}

TEST_F(netlink, r3_6_get_by_id_and_by_name)
{
	struct source *s = &self->source;
	struct fraktor_info info;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(1, s->n);
	EXPECT_TRUE(s->whole) TH_LOG("an attribute is missing");
	EXPECT_EQ(FRAKTOR_CMD_SOURCE_GET, s->cmd);
	EXPECT_EQ(FRAKTOR_GENL_VERSION, s->version);
	EXPECT_EQ(self->ring.source, s->id);
	EXPECT_STREQ(info.name, s->name);
	EXPECT_STREQ("hrtimer", s->driver);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, s->state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, s->reason);
	EXPECT_EQ(CLOCK_MONOTONIC, s->clockid);
	EXPECT_EQ(info.cpu, s->cpu);
	EXPECT_EQ(PERIOD, s->period_ns);
	EXPECT_EQ(1, s->readers);
	EXPECT_EQ(0, s->ticks);
	ASSERT_EQ(0, get_by_name(&self->nl, info.name, s));
	EXPECT_EQ(self->ring.source, s->id);
}

/* --- statistics */

static unsigned int bucket(uint64_t late)
{
	unsigned int n = late ? 64 - __builtin_clzll(late) : 0;

	return n < FRAKTOR_HISTOGRAM_BUCKETS ? n : FRAKTOR_HISTOGRAM_BUCKETS - 1;
}

TEST_F(netlink, r1_5_statistics_are_those_of_the_ring)
{
	uint64_t histogram[FRAKTOR_HISTOGRAM_BUCKETS] = { 0 };
	uint64_t min = UINT64_MAX, max = 0, sum = 0, n = 0, late, elapsed;
	struct source *s = &self->source;
	struct fraktor_tick tick;
	unsigned int i;

	elapsed = t_now();
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 200, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	elapsed = t_now() - elapsed;
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, s->state);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, s->reason);
	EXPECT_EQ(t_head(&self->ring), s->ticks);
	EXPECT_EQ(t_missed(&self->ring), s->missed);
	EXPECT_EQ(0, s->dropped);
	while (t_take(&self->ring, &tick) > 0) {
		late = tick.fired_ns - tick.deadline_ns;
		histogram[bucket(late)]++;
		min = late < min ? late : min;
		max = late > max ? late : max;
		sum += late;
		n++;
	}
	EXPECT_EQ(n, s->ticks);
	EXPECT_EQ(min, s->min);
	EXPECT_EQ(max, s->max);
	EXPECT_LE(sum / n, s->mean + 1);
	EXPECT_GE(sum / n + 1, s->mean);
	for (i = 0; i < FRAKTOR_HISTOGRAM_BUCKETS; i++) {
		EXPECT_EQ(histogram[i], s->histogram[i]) TH_LOG("bucket %u", i);
	}
	EXPECT_GE(elapsed, s->running);
	/* R1.2: deadlines do not drift; what is left is lateness at the ends. */
	EXPECT_GE((int64_t)((max + 1) * 1000000000 / (199 * PERIOD)) + 1,
		  s->drift < 0 ? -s->drift : s->drift)
		TH_LOG("drift %lld ppb", (long long)s->drift);
}

TEST_F(netlink, r1_5_statistics_while_ticking_hang_together)
{
	struct source *s = &self->source;
	uint64_t last = 0, sum;
	unsigned int i, j;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 30; i++) {
		t_sleep_ms(5);
		ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
		EXPECT_EQ(FRAKTOR_STATE_RUNNING, s->state);
		for (j = 0, sum = 0; j < FRAKTOR_HISTOGRAM_BUCKETS; j++)
			sum += s->histogram[j];
		EXPECT_EQ(s->ticks, sum);
		EXPECT_LE(last, s->ticks);
		last = s->ticks;
		if (!s->ticks)
			continue;
		EXPECT_LE(s->min, s->mean);
		EXPECT_LE(s->mean, s->max);
		EXPECT_LE(s->ticks + s->missed, s->running / PERIOD + 1);
	}
	EXPECT_LT(0, last);
}

TEST_F(netlink, r1_5_last_second)
{
	struct source *s = &self->source;

	ASSERT_EQ(0, t_start(self->ring.fd));
	t_sleep_ms(2300);
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	/* Periods that were missed have no tick of their own. */
	EXPECT_LE(1000, s->last_second + s->missed);
	EXPECT_GE(1001, s->last_second);
	EXPECT_GT(50000000, s->drift_last < 0 ? -s->drift_last : s->drift_last);
}

TEST_F(netlink, r1_5_statistics_begin_anew_with_a_start)
{
	struct source *s = &self->source;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 100, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_GT(100, s->ticks);
}

TEST_F(netlink, r2_2_dropped_is_over_all_rings)
{
	struct source *s = &self->source;
	struct t_ring small[2];
	uint64_t dropped;

	ASSERT_EQ(0, t_ring_attach(&small[0], self->ring.source, 16));
	ASSERT_EQ(0, t_ring_attach(&small[1], self->ring.source, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 120, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	dropped = t_dropped(&small[0]) + t_dropped(&small[1]) +
		  t_dropped(&self->ring);
	EXPECT_LT(0, dropped);
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(3, s->readers);
	EXPECT_EQ(dropped, s->dropped);
	/* A reader that leaves takes nothing out of the total. */
	t_ring_close(&small[0]);
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(2, s->readers);
	EXPECT_EQ(dropped, s->dropped);
	t_ring_close(&small[1]);
}

/* --- malformed */

#define refused(errno_, self)						\
	do {								\
		EXPECT_EQ(-(errno_), ask(&(self)->nl, &(self)->req,	\
					 on_source, &(self)->source));	\
		EXPECT_EQ(0, (self)->source.n);				\
	} while (0)

TEST_F(netlink, unknown_source_is_enoent_with_a_reason)
{
	get_init(&self->nl, &self->req, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID, 0xfffe);
	refused(ENOENT, self);
	EXPECT_TRUE(self->nl.acked_reason);
	TH_LOG("says: %s", self->nl.reason);
	get_init(&self->nl, &self->req, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, "nobody", 7);
	refused(ENOENT, self);
	EXPECT_TRUE(self->nl.acked_reason);
	get_init(&self->nl, &self->req, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID, 0);
	refused(ENOENT, self);
}

TEST_F(netlink, missing_attributes_are_einval_with_a_reason)
{
	get_init(&self->nl, &self->req, 0);
	refused(EINVAL, self);
	EXPECT_TRUE(self->nl.acked_reason);
}

TEST_F(netlink, id_of_a_wrong_length_is_refused)
{
	static const uint16_t lens[] = { 0, 1, 2, 3, 5, 8, 64 };
	char junk[64] = { 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int ret;

		get_init(&self->nl, &self->req, 0);
		put(&self->req, FRAKTOR_A_SOURCE_ID, junk, lens[i]);
		ret = ask(&self->nl, &self->req, on_source, &self->source);
		/* netlink itself says ERANGE or EINVAL, by the length. */
		EXPECT_TRUE(ret == -EINVAL || ret == -ERANGE)
			TH_LOG("length %u: %d", lens[i], ret);
		EXPECT_EQ(0, self->source.n);
	}
}

TEST_F(netlink, hostile_names_are_refused)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	/* Not terminated. */
	get_init(&self->nl, &self->req, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, name, 8);
	refused(EINVAL, self);
	/* Terminated, too long. */
	name[sizeof(name) - 1] = 0;
	get_init(&self->nl, &self->req, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, name, sizeof(name));
	EXPECT_GT(0, ask(&self->nl, &self->req, on_source, &self->source));
	EXPECT_EQ(0, self->source.n);
	/* No byte at all; only the NUL. */
	get_init(&self->nl, &self->req, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, name, 0);
	EXPECT_GT(0, ask(&self->nl, &self->req, on_source, &self->source));
	get_init(&self->nl, &self->req, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, "", 1);
	EXPECT_GT(0, ask(&self->nl, &self->req, on_source, &self->source));
	EXPECT_EQ(0, self->source.n);
}

TEST_F(netlink, unknown_attributes_are_einval)
{
	static const uint16_t types[] = {
		FRAKTOR_A_SOURCE_DRIVER, FRAKTOR_A_SOURCE_STATS,
		FRAKTOR_A_SOURCE_MAX, FRAKTOR_A_SOURCE_MAX + 1, 100, 0x3fff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		get_init(&self->nl, &self->req, 0);
		put_u32(&self->req, FRAKTOR_A_SOURCE_ID, self->ring.source);
		put_u32(&self->req, types[i], 1);
		refused(EINVAL, self);
	}
	/* A number that says it is a nest, and an attribute of type 0. */
	get_init(&self->nl, &self->req, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID | NLA_F_NESTED,
		self->ring.source);
	refused(EINVAL, self);
	get_init(&self->nl, &self->req, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID, self->ring.source);
	put_u32(&self->req, FRAKTOR_A_SOURCE_UNSPEC, 1);
	refused(EINVAL, self);
}

TEST_F(netlink, truncated_and_overlong_attributes)
{
	struct nlattr *a;

	/* The attribute claims more than the message has. */
	get_init(&self->nl, &self->req, 0);
	a = put(&self->req, FRAKTOR_A_SOURCE_ID, &self->ring.source, 4);
	a->nla_len = 200;
	refused(EINVAL, self);
	/* Less than its own header. */
	get_init(&self->nl, &self->req, 0);
	a = put(&self->req, FRAKTOR_A_SOURCE_ID, &self->ring.source, 4);
	a->nla_len = 2;
	refused(EINVAL, self);
	/* Bytes behind the last attribute. */
	get_init(&self->nl, &self->req, 0);
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID, self->ring.source);
	self->req.n.nlmsg_len += 3;
	refused(EINVAL, self);
	/* No generic netlink header at all. */
	get_init(&self->nl, &self->req, 0);
	self->req.n.nlmsg_len = NLMSG_LENGTH(2);
	EXPECT_GT(0, ask(&self->nl, &self->req, on_source, &self->source));
	EXPECT_EQ(0, self->source.n);
}

TEST_F(netlink, reserved_header_is_refused)
{
	get_init(&self->nl, &self->req, 0);
	self->req.g.reserved = 1;
	put_u32(&self->req, FRAKTOR_A_SOURCE_ID, self->ring.source);
	refused(EINVAL, self);
}

TEST_F(netlink, unknown_commands_are_refused)
{
	static const uint8_t cmds[] = {
		FRAKTOR_CMD_UNSPEC, FRAKTOR_CMD_EVENT, FRAKTOR_CMD_METRICS,
		FRAKTOR_CMD_MAX + 1, 255,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		get_init(&self->nl, &self->req, 0);
		self->req.g.cmd = cmds[i];
		put_u32(&self->req, FRAKTOR_A_SOURCE_ID, self->ring.source);
		refused(EOPNOTSUPP, self);
	}
}

TEST_F(netlink, random_bytes)
{
	unsigned int seed = 42, i, j;

	for (i = 0; i < 2000; i++) {
		unsigned int len = rand_r(&seed) % 120;

		get_init(&self->nl, &self->req,
			 rand_r(&seed) % 3 ? 0 : NLM_F_DUMP);
		for (j = 0; j < len; j++)
			self->req.attrs[j] = rand_r(&seed) %
				(j % 4 < 2 && rand_r(&seed) % 2 ? 16 : 256);
		self->req.n.nlmsg_len += len;
		ASSERT_NE(-ETIME, ask(&self->nl, &self->req, on_source,
				      &self->source));
	}
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, &self->source));
}

/* --- dump */

struct census {
	unsigned int n, whole;
	unsigned char seen[65536];
};

static void on_census(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg)
{
	struct census *census = arg;
	struct source s = { 0 };

	on_source(g, reply, &s);
	census->n++;
	census->whole += s.whole;
	if (s.id < sizeof(census->seen))
		census->seen[s.id]++;
}

TEST_F(netlink, dump_of_a_hundred_sources)
{
	struct census *census = calloc(1, sizeof(*census));
	struct fraktor_create create;
	uint32_t ids[120];
	int fds[120];
	unsigned int i;

	ASSERT_NE(NULL, census);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = t_open(O_RDWR);
		ASSERT_LE(0, fds[i]);
		t_create_init(&create, T_S, 16);
		ASSERT_EQ(0, t_ioctl(fds[i], FRAKTOR_IOC_CREATE, &create));
		ids[i] = create.source;
	}
	get_init(&self->nl, &self->req, NLM_F_DUMP);
	ASSERT_EQ(0, ask(&self->nl, &self->req, on_census, census));
	EXPECT_LE(121, census->n);
	EXPECT_EQ(census->n, census->whole);
	EXPECT_LT(2, self->nl.skbs);	/* it did not fit into one */
	TH_LOG("%u sources in %u datagrams", census->n, self->nl.skbs);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(1, census->seen[ids[i]]);
		close(fds[i]);
	}
	EXPECT_EQ(1, census->seen[self->ring.source]);
	memset(census, 0, sizeof(*census));
	get_init(&self->nl, &self->req, NLM_F_DUMP);
	ASSERT_EQ(0, ask(&self->nl, &self->req, on_census, census));
	EXPECT_EQ(0, census->seen[ids[5]]);
	EXPECT_EQ(1, census->seen[self->ring.source]);
	free(census);
}

TEST_F(netlink, a_socket_closed_in_the_middle_of_a_dump)
{
	int fds[60], refcnt = t_refcnt();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = t_open(O_RDWR);
		ASSERT_EQ(0, t_create(fds[i], T_S, 16));
	}
	for (i = 0; i < 20; i++) {
		struct nl nl;

		ASSERT_EQ(0, nl_open(&nl));
		nl.family = self->nl.family;
		get_init(&nl, &self->req, NLM_F_DUMP);
		ASSERT_EQ(0, nl_send(&nl, &self->req));
		if (i % 2)
			nl_datagram(&nl, NULL, NULL);
		close(nl.fd);
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	EXPECT_EQ(0, t_refcnt_back(refcnt, T_SOON_MS));
}

/* --- who may */

static int reads_as_nobody(struct t_child *child, void *arg)
{
	uint32_t id = *(uint32_t *)arg;
	struct source s;
	struct nl nl;

	(void)child;
	if (setgid(65534) || setuid(65534))
		return 1;
	if (nl_open(&nl) || nl_resolve(&nl))
		return 2;
	return get_by_id(&nl, id, &s) || s.n != 1 || !s.whole ? 3 : 0;
}

TEST_F(netlink, reading_needs_no_permission)
{
	struct t_child child;
	int status;

	if (getuid())
		SKIP(return, "needs root to become nobody");
	ASSERT_EQ(0, t_child(&child, reads_as_nobody, &self->ring.source));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
}

static int looks_from_outside(struct t_child *child, void *arg)
{
	struct nl nl;

	(void)child;
	(void)arg;
	if (unshare(CLONE_NEWNET))
		return 77;
	if (nl_open(&nl))
		return 2;
	return nl_resolve(&nl) == -ENOENT ? 0 : 3;
}

TEST_F(netlink, family_is_not_in_other_network_namespaces)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, looks_from_outside, NULL));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	ASSERT_TRUE(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP(return, "no network namespaces here");
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family, over a raw socket: who ticks and how well, the
 * same numbers as in the ring, events in order, and every malformed request
 * refused with a reason.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fraktor_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS
#define ATTRS	32

/* --- a raw socket and just enough of a parser */

struct nl {
	int fd;
	uint16_t family, group;
	uint32_t version, seq;
	unsigned int messages, skbs;	/* of the last request */
	bool acked_reason;		/* the error came with a text */
	char reason[128];
	char buf[32768] __attribute__((aligned(8)));
};

struct request {
	struct nlmsghdr n;
	struct genlmsghdr g;
	char attrs[512];
};

struct reply {
	const struct nlattr *a[ATTRS];
};

typedef void (*reply_fn)(const struct genlmsghdr *g, const struct reply *reply,
			 void *arg);

static void request_init(struct request *req, uint16_t type, uint8_t cmd,
			 uint8_t version, uint16_t flags)
{
	memset(req, 0, sizeof(*req));
	req->n.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	req->n.nlmsg_type = type;
	req->n.nlmsg_flags = NLM_F_REQUEST | flags;
	req->g.cmd = cmd;
	req->g.version = version;
}

static struct nlattr *put(struct request *req, uint16_t type, const void *data,
			  uint16_t len)
{
	struct nlattr *a = (void *)((char *)req + NLMSG_ALIGN(req->n.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	req->n.nlmsg_len = NLMSG_ALIGN(req->n.nlmsg_len) +
			   NLA_ALIGN(a->nla_len);
	return a;
}

static void put_u32(struct request *req, uint16_t type, uint32_t value)
{
	put(req, type, &value, sizeof(value));
}

static void parse(struct reply *reply, const void *data, size_t len)
{
	const struct nlattr *a = data;

	memset(reply, 0, sizeof(*reply));
	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN &&
	       a->nla_len <= len) {
		unsigned int type = a->nla_type & NLA_TYPE_MASK;
		size_t step = NLA_ALIGN(a->nla_len);

		if (type < ATTRS)
			reply->a[type] = a;
		if (step > len)
			break;
		len -= step;
		a = (const void *)((const char *)a + step);
	}
}

static const void *attr(const struct reply *reply, int type)
{
	return reply->a[type] ? (const char *)reply->a[type] + NLA_HDRLEN : NULL;
}

static unsigned int attr_len(const struct reply *reply, int type)
{
	return reply->a[type] ? reply->a[type]->nla_len - NLA_HDRLEN : 0;
}

static uint32_t u32(const struct reply *reply, int type)
{
	uint32_t value = UINT32_MAX;

	if (attr_len(reply, type) == sizeof(value))
		memcpy(&value, attr(reply, type), sizeof(value));
	return value;
}

static uint64_t u64(const struct reply *reply, int type)
{
	uint64_t value = UINT64_MAX;

	if (attr_len(reply, type) == sizeof(value))
		memcpy(&value, attr(reply, type), sizeof(value));
	return value;
}

static const char *str(const struct reply *reply, int type)
{
	const char *s = attr(reply, type);

	return s && attr_len(reply, type) && !s[attr_len(reply, type) - 1] ?
	       s : "(none)";
}

static int nl_error(struct nl *nl, const struct nlmsghdr *n)
{
	const struct nlmsgerr *e = NLMSG_DATA(n);
	struct reply tlvs;
	size_t skip = sizeof(*e);

	nl->acked_reason = false;
	if (e->error && (n->nlmsg_flags & NLM_F_ACK_TLVS)) {
		if (!(n->nlmsg_flags & NLM_F_CAPPED))
			skip += e->msg.nlmsg_len - sizeof(e->msg);
		parse(&tlvs, (const char *)e + skip,
		      n->nlmsg_len - NLMSG_HDRLEN - skip);
		nl->acked_reason = tlvs.a[NLMSGERR_ATTR_MSG];
		snprintf(nl->reason, sizeof(nl->reason), "%s",
			 str(&tlvs, NLMSGERR_ATTR_MSG));
	}
	return e->error;
}

/* One datagram: 1 = there is more to come, 0 = done, or -errno. */
static int nl_datagram(struct nl *nl, reply_fn fn, void *arg)
{
	struct pollfd p = { .fd = nl->fd, .events = POLLIN };
	struct nlmsghdr *n = (void *)nl->buf;
	struct reply reply;
	int len;

	if (poll(&p, 1, 3000) != 1)
		return -ETIME;
	len = recv(nl->fd, nl->buf, sizeof(nl->buf), 0);
	if (len < 0)
		return -errno;
	nl->skbs++;
	for (; NLMSG_OK(n, (unsigned int)len); n = NLMSG_NEXT(n, len)) {
		struct genlmsghdr *g = NLMSG_DATA(n);

		if (n->nlmsg_type == NLMSG_ERROR)
			return nl_error(nl, n);
		if (n->nlmsg_type == NLMSG_DONE)
			return *(int *)NLMSG_DATA(n);
		nl->messages++;
		parse(&reply, (char *)g + GENL_HDRLEN,
		      n->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN);
		if (fn)
			fn(g, &reply, arg);
	}
	return 1;
}

static int nl_send(struct nl *nl, struct request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	req->n.nlmsg_seq = ++nl->seq;
	return sendto(nl->fd, req, req->n.nlmsg_len, 0, (void *)&kernel,
		      sizeof(kernel)) < 0 ? -errno : 0;
}

static int ask(struct nl *nl, struct request *req, reply_fn fn, void *arg)
{
	int ret;

	if ((req->n.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		req->n.nlmsg_flags |= NLM_F_ACK;
	nl->messages = 0;
	nl->skbs = 0;
	ret = nl_send(nl, req);
	if (ret)
		return ret;
	do {
		ret = nl_datagram(nl, fn, arg);
	} while (ret == 1);
	return ret;
}

static int nl_open(struct nl *nl)
{
	int one = 1;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return -errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one,
		   sizeof(one));
	return 0;
}

static void on_family(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg)
{
	const struct nlattr *groups = reply->a[CTRL_ATTR_MCAST_GROUPS];
	struct nl *nl = arg;
	struct reply list, group;
	uint16_t id = 0;
	int i;

	(void)g;
	if (attr(reply, CTRL_ATTR_FAMILY_ID))
		memcpy(&id, attr(reply, CTRL_ATTR_FAMILY_ID), sizeof(id));
	nl->family = id;
	nl->version = u32(reply, CTRL_ATTR_VERSION);
	if (!groups)
		return;
	parse(&list, (const char *)groups + NLA_HDRLEN,
	      groups->nla_len - NLA_HDRLEN);
	for (i = 0; i < ATTRS; i++) {
		if (!list.a[i])
			continue;
		parse(&group, (const char *)list.a[i] + NLA_HDRLEN,
		      list.a[i]->nla_len - NLA_HDRLEN);
		if (!strcmp(str(&group, CTRL_ATTR_MCAST_GRP_NAME),
			    FRAKTOR_GENL_MCGRP_EVENTS))
			nl->group = u32(&group, CTRL_ATTR_MCAST_GRP_ID);
	}
}

static int nl_resolve(struct nl *nl)
{
	struct request req;

	request_init(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	put(&req, CTRL_ATTR_FAMILY_NAME, FRAKTOR_GENL_NAME,
	    sizeof(FRAKTOR_GENL_NAME));
	return ask(nl, &req, on_family, nl);
}

static void get_init(struct nl *nl, struct request *req, uint16_t flags)
{
	request_init(req, nl->family, FRAKTOR_CMD_SOURCE_GET,
		     FRAKTOR_GENL_VERSION, flags);
}

/* --- what the kernel says of a source */

struct source {
	unsigned int n;
	uint32_t id, state, reason, clockid, cpu, readers;
	uint64_t period_ns;
	char name[FRAKTOR_NAME_LEN], driver[32];
	uint64_t ticks, missed, dropped, min, mean, max, last_second, running;
	int64_t drift_last, drift;
	uint64_t histogram[FRAKTOR_HISTOGRAM_BUCKETS];
	bool whole;
	uint8_t cmd, version;
};

static void on_source(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg)
{
	const struct nlattr *nest = reply->a[FRAKTOR_A_SOURCE_STATS];
	struct source *s = arg;
	struct reply stats;
	int i;

	s->n++;
	s->cmd = g->cmd;
	s->version = g->version;
	s->id = u32(reply, FRAKTOR_A_SOURCE_ID);
	s->state = u32(reply, FRAKTOR_A_SOURCE_STATE);
	s->reason = u32(reply, FRAKTOR_A_SOURCE_REASON);
	s->clockid = u32(reply, FRAKTOR_A_SOURCE_CLOCKID);
	s->cpu = u32(reply, FRAKTOR_A_SOURCE_CPU);
	s->readers = u32(reply, FRAKTOR_A_SOURCE_READERS);
	s->period_ns = u64(reply, FRAKTOR_A_SOURCE_PERIOD_NS);
	snprintf(s->name, sizeof(s->name), "%s",
		 str(reply, FRAKTOR_A_SOURCE_NAME));
	snprintf(s->driver, sizeof(s->driver), "%s",
		 str(reply, FRAKTOR_A_SOURCE_DRIVER));
	s->whole = nest;
	for (i = FRAKTOR_A_SOURCE_ID; i <= FRAKTOR_A_SOURCE_MAX; i++)
		s->whole = s->whole && reply->a[i];
	if (!nest)
		return;
	parse(&stats, (const char *)nest + NLA_HDRLEN,
	      nest->nla_len - NLA_HDRLEN);
	for (i = FRAKTOR_A_STATS_TICKS; i <= FRAKTOR_A_STATS_MAX; i++)
		s->whole = s->whole && stats.a[i];
	s->ticks = u64(&stats, FRAKTOR_A_STATS_TICKS);
	s->missed = u64(&stats, FRAKTOR_A_STATS_MISSED);
	s->dropped = u64(&stats, FRAKTOR_A_STATS_DROPPED);
	s->min = u64(&stats, FRAKTOR_A_STATS_LATENESS_MIN_NS);
	s->mean = u64(&stats, FRAKTOR_A_STATS_LATENESS_MEAN_NS);
	s->max = u64(&stats, FRAKTOR_A_STATS_LATENESS_MAX_NS);
	s->last_second = u64(&stats, FRAKTOR_A_STATS_TICKS_LAST_SECOND);
	s->drift_last = u64(&stats, FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB);
	s->drift = u64(&stats, FRAKTOR_A_STATS_DRIFT_PPB);
	s->running = u64(&stats, FRAKTOR_A_STATS_RUNNING_NS);
	memset(s->histogram, 0, sizeof(s->histogram));
	if (attr_len(&stats, FRAKTOR_A_STATS_HISTOGRAM) == sizeof(s->histogram))
		memcpy(s->histogram, attr(&stats, FRAKTOR_A_STATS_HISTOGRAM),
		       sizeof(s->histogram));
	else
		s->whole = false;
}

static int get_by_id(struct nl *nl, uint32_t id, struct source *ret_source)
{
	struct request req;

	memset(ret_source, 0, sizeof(*ret_source));
	get_init(nl, &req, 0);
	put_u32(&req, FRAKTOR_A_SOURCE_ID, id);
	return ask(nl, &req, on_source, ret_source);
}

static int get_by_name(struct nl *nl, const char *name,
		       struct source *ret_source)
{
	struct request req;

	memset(ret_source, 0, sizeof(*ret_source));
	get_init(nl, &req, 0);
	put(&req, FRAKTOR_A_SOURCE_NAME, name, strlen(name) + 1);
	return ask(nl, &req, on_source, ret_source);
}

FIXTURE(netlink) {
	struct nl nl;
	struct t_ring ring;
	struct request req;
	struct source source;
};

FIXTURE_SETUP(netlink)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 1024))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_resolve(&self->nl));
}

FIXTURE_TEARDOWN(netlink)
{
	t_close(&self->nl.fd);
	t_ring_close(&self->ring);
}

TEST_F(netlink, family_resolves)
{
	EXPECT_LE(GENL_MIN_ID, self->nl.family);
	EXPECT_EQ(FRAKTOR_GENL_VERSION, self->nl.version);
	EXPECT_NE(0, self->nl.group);
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
		FRAKTOR_CMD_UNSPEC, FRAKTOR_CMD_EVENT, FRAKTOR_CMD_MAX + 1, 255,
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
	EXPECT_EQ(0, t_refcnt_back(refcnt, 2000));
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

/* --- events */

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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * nl.h: sending, receiving, parsing.  It asserts nothing.
 */
#include "nl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib.h"

void request_init(struct request *req, uint16_t type, uint8_t cmd,
			 uint8_t version, uint16_t flags)
{
	memset(req, 0, sizeof(*req));
	req->n.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	req->n.nlmsg_type = type;
	req->n.nlmsg_flags = NLM_F_REQUEST | flags;
	req->g.cmd = cmd;
	req->g.version = version;
}

struct nlattr *put(struct request *req, uint16_t type, const void *data,
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

void put_u32(struct request *req, uint16_t type, uint32_t value)
{
	put(req, type, &value, sizeof(value));
}

void put_u64(struct request *req, uint16_t type, uint64_t value)
{
	put(req, type, &value, sizeof(value));
}

void parse(struct reply *reply, const void *data, size_t len)
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

const void *attr(const struct reply *reply, int type)
{
	return reply->a[type] ? (const char *)reply->a[type] + NLA_HDRLEN : NULL;
}

unsigned int attr_len(const struct reply *reply, int type)
{
	return reply->a[type] ? reply->a[type]->nla_len - NLA_HDRLEN : 0;
}

uint32_t u32(const struct reply *reply, int type)
{
	uint32_t value = UINT32_MAX;

	if (attr_len(reply, type) == sizeof(value))
		memcpy(&value, attr(reply, type), sizeof(value));
	return value;
}

uint64_t u64(const struct reply *reply, int type)
{
	uint64_t value = UINT64_MAX;

	if (attr_len(reply, type) == sizeof(value))
		memcpy(&value, attr(reply, type), sizeof(value));
	return value;
}

const char *str(const struct reply *reply, int type)
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
int nl_datagram(struct nl *nl, reply_fn fn, void *arg)
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

int nl_send(struct nl *nl, struct request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	req->n.nlmsg_seq = ++nl->seq;
	return sendto(nl->fd, req, req->n.nlmsg_len, 0, (void *)&kernel,
		      sizeof(kernel)) < 0 ? -errno : 0;
}

int ask(struct nl *nl, struct request *req, reply_fn fn, void *arg)
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

int nl_open(struct nl *nl)
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

static uint32_t *group_of(struct nl *nl, const char *name)
{
	if (!strcmp(name, FRAKTOR_GENL_MCGRP_EVENTS))
		return &nl->group;
	if (!strcmp(name, FRAKTOR_GENL_MCGRP_METRICS))
		return &nl->metrics;
	if (!strcmp(name, FRAKTOR_GENL_MCGRP_PROCESSES))
		return &nl->processes;
	return NULL;
}

static void on_family(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg)
{
	const struct nlattr *groups = reply->a[CTRL_ATTR_MCAST_GROUPS];
	struct nl *nl = arg;
	struct reply list, group;
	const char *name;
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
		name = str(&group, CTRL_ATTR_MCAST_GRP_NAME);
		if (group_of(nl, name))
			*group_of(nl, name) = u32(&group,
						  CTRL_ATTR_MCAST_GRP_ID);
	}
}

int nl_resolve(struct nl *nl)
{
	struct request req;

	request_init(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	put(&req, CTRL_ATTR_FAMILY_NAME, FRAKTOR_GENL_NAME,
	    sizeof(FRAKTOR_GENL_NAME));
	return ask(nl, &req, on_family, nl);
}

int nl_join(struct nl *nl, uint32_t group)
{
	int id = group;

	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &id,
			  sizeof(id)) ? -errno : 0;
}

int nl_listen(struct nl *nl, const char *group)
{
	int ret = nl_open(nl);

	if (!ret)
		ret = nl_resolve(nl);
	if (!ret && group)
		ret = nl_join(nl, *group_of(nl, group));
	return ret;
}

/* --- sources */

void get_init(struct nl *nl, struct request *req, uint16_t flags)
{
	request_init(req, nl->family, FRAKTOR_CMD_SOURCE_GET,
		     FRAKTOR_GENL_VERSION, flags);
}

static void stats_of(struct source *s, const struct reply *stats)
{
	int i;

	for (i = FRAKTOR_A_STATS_TICKS; i <= FRAKTOR_A_STATS_MAX; i++)
		s->whole = s->whole && stats->a[i];
	s->ticks = u64(stats, FRAKTOR_A_STATS_TICKS);
	s->missed = u64(stats, FRAKTOR_A_STATS_MISSED);
	s->dropped = u64(stats, FRAKTOR_A_STATS_DROPPED);
	s->min = u64(stats, FRAKTOR_A_STATS_LATENESS_MIN_NS);
	s->mean = u64(stats, FRAKTOR_A_STATS_LATENESS_MEAN_NS);
	s->max = u64(stats, FRAKTOR_A_STATS_LATENESS_MAX_NS);
	s->last_second = u64(stats, FRAKTOR_A_STATS_TICKS_LAST_SECOND);
	s->drift_last = u64(stats, FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB);
	s->drift = u64(stats, FRAKTOR_A_STATS_DRIFT_PPB);
	s->running = u64(stats, FRAKTOR_A_STATS_RUNNING_NS);
	s->late = u64(stats, FRAKTOR_A_STATS_LATE);
	s->moves = u64(stats, FRAKTOR_A_STATS_MOVES);
	s->suspends = u64(stats, FRAKTOR_A_STATS_SUSPENDS);
	s->widened = u64(stats, FRAKTOR_A_STATS_WIDENED);
	s->callback_max = u64(stats, FRAKTOR_A_STATS_CALLBACK_MAX_NS);
	s->early = u64(stats, FRAKTOR_A_STATS_EARLY);
	s->lead_missed = u64(stats, FRAKTOR_A_STATS_LEAD_MISSED);
	s->expiries = u64(stats, FRAKTOR_A_STATS_EXPIRIES);
	s->shared = u64(stats, FRAKTOR_A_STATS_SHARED);
	s->idled = u64(stats, FRAKTOR_A_STATS_IDLED);
	memset(s->histogram, 0, sizeof(s->histogram));
	if (attr_len(stats, FRAKTOR_A_STATS_HISTOGRAM) == sizeof(s->histogram))
		memcpy(s->histogram, attr(stats, FRAKTOR_A_STATS_HISTOGRAM),
		       sizeof(s->histogram));
	else
		s->whole = false;
}

void on_source(const struct genlmsghdr *g, const struct reply *reply,
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
	s->home_cpu = u32(reply, FRAKTOR_A_SOURCE_HOME_CPU);
	s->flags = u32(reply, FRAKTOR_A_SOURCE_FLAGS);
	s->behaviour = u32(reply, FRAKTOR_A_SOURCE_MISSED);
	s->stall_periods = u32(reply, FRAKTOR_A_SOURCE_STALL_PERIODS);
	s->owner_pid = u32(reply, FRAKTOR_A_SOURCE_OWNER_PID);
	s->period_ns = u64(reply, FRAKTOR_A_SOURCE_PERIOD_NS);
	s->phase_ns = u64(reply, FRAKTOR_A_SOURCE_PHASE_NS);
	s->late_ns = u64(reply, FRAKTOR_A_SOURCE_LATE_NS);
	s->drift_ppb = u64(reply, FRAKTOR_A_SOURCE_DRIFT_PPB);
	s->resolution_ns = u64(reply, FRAKTOR_A_SOURCE_RESOLUTION_NS);
	s->lead_ns = u64(reply, FRAKTOR_A_SOURCE_LEAD_NS);
	s->accuracy_ns = u64(reply, FRAKTOR_A_SOURCE_ACCURACY_NS);
	snprintf(s->name, sizeof(s->name), "%s",
		 str(reply, FRAKTOR_A_SOURCE_NAME));
	snprintf(s->driver, sizeof(s->driver), "%s",
		 str(reply, FRAKTOR_A_SOURCE_DRIVER));
	s->whole = nest;
	for (i = FRAKTOR_A_SOURCE_ID; i <= FRAKTOR_A_SOURCE_MAX; i++)
		s->whole = s->whole && (reply->a[i] ||
					i == FRAKTOR_A_SOURCE_OWNER_PID);
	if (!nest)
		return;
	parse(&stats, (const char *)nest + NLA_HDRLEN,
	      nest->nla_len - NLA_HDRLEN);
	stats_of(s, &stats);
}

int get_by_id(struct nl *nl, uint32_t id, struct source *ret_source)
{
	struct request req;

	memset(ret_source, 0, sizeof(*ret_source));
	get_init(nl, &req, 0);
	put_u32(&req, FRAKTOR_A_SOURCE_ID, id);
	return ask(nl, &req, on_source, ret_source);
}

int get_by_name(struct nl *nl, const char *name,
		       struct source *ret_source)
{
	struct request req;

	memset(ret_source, 0, sizeof(*ret_source));
	get_init(nl, &req, 0);
	put(&req, FRAKTOR_A_SOURCE_NAME, name, strlen(name) + 1);
	return ask(nl, &req, on_source, ret_source);
}

void set_init(struct nl *nl, struct request *req, uint32_t id)
{
	request_init(req, nl->family, FRAKTOR_CMD_SOURCE_SET,
		     FRAKTOR_GENL_VERSION, 0);
	put_u32(req, FRAKTOR_A_SOURCE_ID, id);
}

int nl_control(struct nl *nl, uint8_t cmd, uint32_t id)
{
	struct request req;

	request_init(&req, nl->family, cmd, FRAKTOR_GENL_VERSION, 0);
	put_u32(&req, FRAKTOR_A_SOURCE_ID, id);
	return ask(nl, &req, NULL, NULL);
}

/* --- readers */

void on_reader(const struct genlmsghdr *g, const struct reply *reply,
	       void *arg)
{
	unsigned int len = attr_len(reply, FRAKTOR_A_READER_SOURCES);
	struct reader *r = arg;
	int i;

	r->n++;
	r->id = u32(reply, FRAKTOR_A_READER_ID);
	r->pid = u32(reply, FRAKTOR_A_READER_PID);
	r->slots = u32(reply, FRAKTOR_A_READER_SLOTS);
	r->made = u64(reply, FRAKTOR_A_READER_MADE);
	r->dropped = u64(reply, FRAKTOR_A_READER_DROPPED);
	r->behind = u64(reply, FRAKTOR_A_READER_BEHIND);
	r->poisoned = u64(reply, FRAKTOR_A_READER_POISONED);
	r->idle_ns = u64(reply, FRAKTOR_A_READER_IDLE_NS);
	r->wakeups = u64(reply, FRAKTOR_A_READER_WAKEUPS);
	r->stalled = reply->a[FRAKTOR_A_READER_STALLED];
	r->owner = reply->a[FRAKTOR_A_READER_OWNER];
	r->nr_sources = len / sizeof(r->sources[0]);
	if (len && len <= sizeof(r->sources))
		memcpy(r->sources, attr(reply, FRAKTOR_A_READER_SOURCES), len);
	r->whole = g->cmd == FRAKTOR_CMD_READER_GET &&
		   len <= sizeof(r->sources);
	for (i = FRAKTOR_A_READER_ID; i <= FRAKTOR_A_READER_IDLE_NS; i++)
		r->whole = r->whole && (reply->a[i] ||
					i == FRAKTOR_A_READER_PID);
	r->whole = r->whole && reply->a[FRAKTOR_A_READER_WAKEUPS];
}

int reader_by_id(struct nl *nl, uint32_t id, struct reader *ret_reader)
{
	struct request req;

	memset(ret_reader, 0, sizeof(*ret_reader));
	request_init(&req, nl->family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, 0);
	put_u32(&req, FRAKTOR_A_READER_ID, id);
	return ask(nl, &req, on_reader, ret_reader);
}

struct search {
	uint32_t source;
	struct reader found;	/* @n of them, this is the last one */
};

static void on_search(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg)
{
	struct search *search = arg;
	struct reader reader = { 0 };
	unsigned int i;

	on_reader(g, reply, &reader);
	for (i = 0; i < reader.nr_sources; i++) {
		if (reader.sources[i] != search->source)
			continue;
		reader.n = search->found.n + 1;
		search->found = reader;
	}
}

int reader_of(struct nl *nl, uint32_t source, struct reader *ret_reader)
{
	struct search search = { .source = source };
	struct request req;
	int ret;

	request_init(&req, nl->family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, NLM_F_DUMP);
	ret = ask(nl, &req, on_search, &search);
	*ret_reader = search.found;
	return ret;
}

/* --- events */

static bool counts(const struct events *events, const struct event *e)
{
	return e->id == events->wanted &&
	       (!events->types || (events->types & 1U << e->type));
}

void on_event(const struct genlmsghdr *g, const struct reply *reply, void *arg)
{
	struct events *events = arg;
	struct event *e = &events->e[events->n];

	if (events->n == EVENTS || g->cmd != FRAKTOR_CMD_EVENT)
		return;
	e->cmd = g->cmd;
	e->type = u32(reply, FRAKTOR_A_EVENT_TYPE);
	e->id = u32(reply, FRAKTOR_A_EVENT_SOURCE_ID);
	e->reason = u32(reply, FRAKTOR_A_EVENT_REASON);
	e->time_ns = u64(reply, FRAKTOR_A_EVENT_TIME_NS);
	e->ticks = u64(reply, FRAKTOR_A_EVENT_TICKS);
	e->dropped = u64(reply, FRAKTOR_A_EVENT_DROPPED);
	e->cpu = u32(reply, FRAKTOR_A_EVENT_CPU);
	e->drift_ppb = u64(reply, FRAKTOR_A_EVENT_DRIFT_PPB);
	e->reader_id = u32(reply, FRAKTOR_A_EVENT_READER_ID);
	e->pid = u32(reply, FRAKTOR_A_EVENT_PID);
	e->behind = u64(reply, FRAKTOR_A_EVENT_BEHIND);
	e->period_ns = u64(reply, FRAKTOR_A_EVENT_PERIOD_NS);
	e->slept_ns = u64(reply, FRAKTOR_A_EVENT_SLEPT_NS);
	snprintf(e->name, sizeof(e->name), "%s",
		 str(reply, FRAKTOR_A_EVENT_SOURCE_NAME));
	if (counts(events, e))
		events->n++;
}

void collect(struct nl *nl, struct events *events, unsigned int n,
	     unsigned int ms)
{
	struct pollfd p = { .fd = nl->fd, .events = POLLIN };
	uint64_t start = t_now();

	while (events->n < n && t_ms_since(start) < ms)
		if (poll(&p, 1, 20) == 1)
			nl_datagram(nl, on_event, events);
}

const struct event *next_event(struct nl *nl, struct events *events,
			       uint32_t type, unsigned int ms)
{
	events->types = 1U << type;
	events->n = 0;
	collect(nl, events, 1, ms);
	return events->n ? &events->e[0] : NULL;
}

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

int nl_resolve(struct nl *nl)
{
	struct request req;

	request_init(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	put(&req, CTRL_ATTR_FAMILY_NAME, FRAKTOR_GENL_NAME,
	    sizeof(FRAKTOR_GENL_NAME));
	return ask(nl, &req, on_family, nl);
}

void get_init(struct nl *nl, struct request *req, uint16_t flags)
{
	request_init(req, nl->family, FRAKTOR_CMD_SOURCE_GET,
		     FRAKTOR_GENL_VERSION, flags);
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

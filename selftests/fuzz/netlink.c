// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family: asked, changed through, listened to, left in the middle
 * of a dump, and sent what no library would send.
 */
#include <errno.h>
#include <linux/fraktor_netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"
#include "ops.h"
#include "valid.h"

#define REPLY_MS	1000

/* The group's option; not in all versions of <linux/netlink.h>'s users. */
#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

static int netlink_socket(struct worker *w)
{
	int *slot = &w->sockets[rnd_below(&w->rnd, WORKER_SOCKETS)];

	if (!w->board->family)
		return -ENOENT;
	if (*slot < 0)
		*slot = genl_open();
	return *slot;
}

int netlink_open(struct worker *w)
{
	int *slot = &w->sockets[rnd_below(&w->rnd, WORKER_SOCKETS)];

	worker_put(slot, genl_open());
	return *slot < 0 ? *slot : 0;
}

/* What an earlier request left unread would be taken for this one's. */
static int netlink_ask(int fd, const struct genl *m, unsigned int datagrams,
		       unsigned int ms)
{
	int ret;

	while (genl_take(fd, 1, 0) >= 0)
		;
	ret = genl_send(fd, m);
	return ret ? ret : genl_take(fd, datagrams, ms);
}

static void netlink_name(struct worker *w, struct genl *m)
{
	char name[FRAKTOR_NAME_LEN];

	valid_name(w, name);
	if (name[0])
		genl_put_string(m, FRAKTOR_A_SOURCE_NAME, name);
	else
		genl_put_u32(m, FRAKTOR_A_SOURCE_ID, worker_id(w));
}

int netlink_get(struct worker *w)
{
	int fd = netlink_socket(w);
	struct genl m;

	if (fd < 0)
		return fd;
	genl_begin(&m, w->board->family, FRAKTOR_CMD_SOURCE_GET, 0);
	netlink_name(w, &m);
	return netlink_ask(fd, &m, 1, REPLY_MS);
}

int netlink_reader(struct worker *w)
{
	int fd = netlink_socket(w);
	struct genl m;

	if (fd < 0)
		return fd;
	genl_begin(&m, w->board->family, FRAKTOR_CMD_READER_GET, 0);
	genl_put_u32(&m, FRAKTOR_A_READER_ID,
		     rnd_one_in(&w->rnd, 8) ? rnd_odd(&w->rnd) :
					      rnd_of(&w->rnd, w->board->readers));
	return netlink_ask(fd, &m, 1, REPLY_MS);
}

int netlink_set(struct worker *w)
{
	int fd = netlink_socket(w);
	struct fraktor_set set;
	struct genl m;

	if (fd < 0)
		return fd;
	valid_set(w, &set);
	genl_begin(&m, w->board->family, FRAKTOR_CMD_SOURCE_SET, NLM_F_ACK);
	netlink_name(w, &m);
	if (set.what & FRAKTOR_SET_PERIOD)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_PERIOD_NS, set.period_ns);
	if (set.what & FRAKTOR_SET_PHASE)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_PHASE_NS, set.phase_ns);
	if (set.what & FRAKTOR_SET_LATE)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_LATE_NS, set.late_ns);
	if (set.what & FRAKTOR_SET_DRIFT)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_DRIFT_PPB, set.drift_ppb);
	if (set.what & FRAKTOR_SET_MISSED)
		genl_put_u32(&m, FRAKTOR_A_SOURCE_MISSED, set.missed);
	if (set.what & FRAKTOR_SET_STALL)
		genl_put_u32(&m, FRAKTOR_A_SOURCE_STALL_PERIODS,
			     set.stall_periods);
	if (set.what & FRAKTOR_SET_FLAGS)
		genl_put_u32(&m, FRAKTOR_A_SOURCE_FLAGS, set.flags);
	if (set.what & FRAKTOR_SET_LEAD)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_LEAD_NS, set.lead_ns);
	if (set.what & FRAKTOR_SET_ACCURACY)
		genl_put_u64(&m, FRAKTOR_A_SOURCE_ACCURACY_NS, set.accuracy_ns);
	say(w, "what %#llx", (unsigned long long)set.what);
	return netlink_ask(fd, &m, 1, REPLY_MS);
}

/* Not the start: the honest hold that what they have stopped does not tick. */
int netlink_stop(struct worker *w)
{
	int fd = netlink_socket(w);
	struct genl m;

	if (fd < 0)
		return fd;
	genl_begin(&m, w->board->family, FRAKTOR_CMD_SOURCE_STOP, NLM_F_ACK);
	netlink_name(w, &m);
	return netlink_ask(fd, &m, 1, REPLY_MS);
}

static uint8_t netlink_dump_begin(struct worker *w, struct genl *m)
{
	uint8_t cmd = rnd_one_in(&w->rnd, 2) ? FRAKTOR_CMD_SOURCE_GET :
					       FRAKTOR_CMD_READER_GET;

	genl_begin(m, w->board->family, cmd, NLM_F_DUMP);
	say(w, "command %u", cmd);
	return cmd;
}

int netlink_dump(struct worker *w)
{
	int fd = netlink_socket(w), ret;
	uint32_t id = 0;
	struct genl m;
	uint8_t cmd;

	if (fd < 0)
		return fd;
	cmd = netlink_dump_begin(w, &m);
	while (genl_take(fd, 1, 0) >= 0)
		;
	ret = genl_send(fd, &m) ?: genl_take_id(fd, 1000, REPLY_MS, &id);
	if (id && cmd == FRAKTOR_CMD_SOURCE_GET)
		worker_publish(w, id);
	else if (id)
		w->board->readers[rnd_below(&w->rnd, BOARD_IDS)] = id;
	return ret;
}

/* A part of the answer is taken; then the socket is closed, or asked again. */
int netlink_dump_abort(struct worker *w)
{
	int *slot = &w->sockets[rnd_below(&w->rnd, WORKER_SOCKETS)];
	struct genl m;
	int ret;

	if (!w->board->family)
		return -ENOENT;
	worker_put(slot, genl_open());
	if (*slot < 0)
		return *slot;
	netlink_dump_begin(w, &m);
	ret = genl_send(*slot, &m);
	if (!ret && rnd_one_in(&w->rnd, 2))
		ret = genl_take(*slot, 1, REPLY_MS);
	if (rnd_one_in(&w->rnd, 4))
		genl_send(*slot, &m);
	worker_put(slot, -1);
	return ret;
}

int netlink_group(struct worker *w)
{
	int fd = netlink_socket(w);
	int group = rnd_of(&w->rnd, w->board->groups);
	int option = rnd_one_in(&w->rnd, 3) ? NETLINK_DROP_MEMBERSHIP :
					      NETLINK_ADD_MEMBERSHIP;

	if (fd < 0)
		return fd;
	if (!group)
		return IDLE;
	say(w, "group %d option %d", group, option);
	return setsockopt(fd, SOL_NETLINK, option, &group, sizeof(group)) ?
	       -errno : 0;
}

int netlink_receive(struct worker *w)
{
	int fd = w->sockets[rnd_below(&w->rnd, WORKER_SOCKETS)], ret;

	if (fd < 0)
		return IDLE;
	ret = genl_take(fd, 64, 0);
	return ret == -EAGAIN ? IDLE : ret;
}

/* --- malformed */

static void netlink_attributes(struct worker *w, struct genl *m)
{
	static const unsigned char lens[] = { 0, 1, 3, 4, 7, 8, 32, 33 };
	unsigned int i, n = rnd_below(&w->rnd, 8);

	for (i = 0; i < n; i++) {
		unsigned char data[80];
		uint16_t type = rnd_below(&w->rnd, 26);
		size_t len = rnd_of(&w->rnd, lens);

		rnd_bytes(&w->rnd, data, sizeof(data));
		if (rnd_one_in(&w->rnd, 3))
			memset(data, 'a', sizeof(data));
		if (rnd_one_in(&w->rnd, 6))
			type |= NLA_F_NESTED;
		if (rnd_one_in(&w->rnd, 12))
			type |= NLA_F_NET_BYTEORDER;
		genl_put(m, type, data, len);
	}
}

/* An attribute in an attribute in an attribute, deeper than any parser. */
static void netlink_nest(struct worker *w, struct genl *m)
{
	unsigned int depth = 1 + rnd_below(&w->rnd, 100);
	unsigned char nest[4 * 101];
	unsigned int i;

	for (i = 0; i < depth; i++) {
		struct nlattr a = {
			.nla_len = NLA_HDRLEN * (depth - i),
			.nla_type = NLA_F_NESTED | FRAKTOR_A_SOURCE_STATS,
		};

		memcpy(nest + i * sizeof(a), &a, sizeof(a));
	}
	genl_put(m, NLA_F_NESTED | FRAKTOR_A_SOURCE_STATS, nest,
		 depth * NLA_HDRLEN);
}

static void netlink_spoil(struct worker *w, struct genl *m)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);
	uint16_t odd = rnd_odd(&w->rnd);

	switch (rnd_below(&w->rnd, 6)) {
	case 0:		/* the length of the first attribute */
		memcpy(m->bytes + at, &odd, sizeof(odd));
		break;
	case 1:
		m->n.nlmsg_len = rnd_below(&w->rnd, m->n.nlmsg_len + 8);
		break;
	case 2:
		m->n.nlmsg_len += rnd_below(&w->rnd, 64);
		break;
	case 3:
		m->n.nlmsg_flags = rnd_u64(&w->rnd);
		break;
	case 4:
		m->bytes[NLMSG_HDRLEN + 1] = odd;	/* the version */
		break;
	default:
		if (m->n.nlmsg_len > at)
			rnd_bytes(&w->rnd, m->bytes + at, m->n.nlmsg_len - at);
		break;
	}
}

int netlink_garbage(struct worker *w)
{
	int fd = netlink_socket(w);
	struct genl m;

	if (fd < 0)
		return fd;
	memset(&m, 0, sizeof(m));
	genl_begin(&m, w->board->family, rnd_below(&w->rnd, FRAKTOR_CMD_MAX + 3),
		   rnd_one_in(&w->rnd, 4) ? NLM_F_DUMP : NLM_F_ACK);
	if (rnd_one_in(&w->rnd, 3))
		netlink_name(w, &m);
	netlink_attributes(w, &m);
	if (rnd_one_in(&w->rnd, 4))
		netlink_nest(w, &m);
	if (rnd_one_in(&w->rnd, 2))
		netlink_spoil(w, &m);
	say(w, "%u bytes, flags %#x", m.n.nlmsg_len, m.n.nlmsg_flags);
	return netlink_ask(fd, &m, 50, 10);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * genl.h: no library between the bytes and the kernel.
 */
#include "genl.h"

#include <errno.h>
#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int genl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	return fd;
}

void genl_begin(struct genl *m, uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *g = NLMSG_DATA(&m->n);

	memset(m, 0, NLMSG_LENGTH(GENL_HDRLEN));
	m->n.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->n.nlmsg_type = family;
	m->n.nlmsg_flags = NLM_F_REQUEST | flags;
	g->cmd = cmd;
	g->version = FRAKTOR_GENL_VERSION;
}

int genl_put(struct genl *m, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(m->n.nlmsg_len);
	struct nlattr a = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	if (at + NLA_ALIGN(a.nla_len) > sizeof(m->bytes))
		return -EMSGSIZE;
	memset(m->bytes + at, 0, NLA_ALIGN(a.nla_len));
	memcpy(m->bytes + at, &a, sizeof(a));
	memcpy(m->bytes + at + NLA_HDRLEN, data, len);
	m->n.nlmsg_len = at + NLA_ALIGN(a.nla_len);
	return 0;
}

int genl_put_u32(struct genl *m, uint16_t type, uint32_t value)
{
	return genl_put(m, type, &value, sizeof(value));
}

int genl_put_u64(struct genl *m, uint16_t type, uint64_t value)
{
	return genl_put(m, type, &value, sizeof(value));
}

int genl_put_string(struct genl *m, uint16_t type, const char *value)
{
	return genl_put(m, type, value, strlen(value) + 1);
}

int genl_send(int fd, const struct genl *m)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t len = m->n.nlmsg_len;

	/* The length in the header may be the nonsense that is to be sent. */
	if (len < sizeof(m->n) || len > sizeof(m->bytes))
		len = sizeof(m->n) + 64;
	return sendto(fd, m->bytes, len, 0, (void *)&kernel, sizeof(kernel)) < 0 ?
	       -errno : 0;
}

/* The attribute of that type; its length in *ret_len. */
static const void *genl_find(const unsigned char *at, size_t len, int type,
			     size_t *ret_len)
{
	struct nlattr a;

	while (len >= sizeof(a)) {
		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > len)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*ret_len = a.nla_len - NLA_HDRLEN;
			return at + NLA_HDRLEN;
		}
		if (NLA_ALIGN(a.nla_len) > len)
			break;
		len -= NLA_ALIGN(a.nla_len);
		at += NLA_ALIGN(a.nla_len);
	}
	return NULL;
}

/* Sources and readers have their ids in an attribute of one number. */
static void genl_id(const struct nlmsghdr *n, uint32_t *ret_id)
{
	const unsigned char *attrs = (const unsigned char *)NLMSG_DATA(n) +
				     GENL_HDRLEN;
	const void *id;
	size_t len;

	if (n->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return;
	id = genl_find(attrs, n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN),
		       FRAKTOR_A_READER_ID, &len);
	if (id && len == sizeof(*ret_id))
		memcpy(ret_id, id, len);
}

/* Messages of a datagram; -errno of the kernel; *ret_end: nothing follows. */
static int genl_count(const void *bytes, unsigned int len, int *ret_end,
		      uint32_t *ret_id)
{
	const struct nlmsghdr *n = bytes;
	int messages = 0;

	for (; NLMSG_OK(n, len); n = NLMSG_NEXT(n, len)) {
		*ret_end = n->nlmsg_type == NLMSG_DONE ||
			   n->nlmsg_type == NLMSG_ERROR;
		if (*ret_end)
			return *(int *)NLMSG_DATA(n) ?: messages;
		genl_id(n, ret_id);
		messages++;
	}
	return messages;
}

int genl_take_id(int fd, unsigned int datagrams, unsigned int ms,
		 uint32_t *ret_id)
{
	unsigned char bytes[32768] __attribute__((aligned(8)));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int messages = 0, end = 0;

	while (datagrams-- && !end) {
		int len, ret;

		if (poll(&p, 1, ms) < 1)
			return messages ? messages : -EAGAIN;
		len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len < 0)
			return -errno;
		ret = genl_count(bytes, len, &end, ret_id);
		if (ret < 0)
			return ret;
		messages += ret;
	}
	return messages;
}

int genl_take(int fd, unsigned int datagrams, unsigned int ms)
{
	uint32_t id;

	return genl_take_id(fd, datagrams, ms, &id);
}

/* --- finding the family */

/* The number of the group called @name in the list of a family. */
static uint16_t genl_group(const unsigned char *list, size_t len,
			   const char *name)
{
	int i;

	for (i = 1; i <= 8; i++) {
		size_t group_len, n;
		const unsigned char *group = genl_find(list, len, i, &group_len);
		const void *value;
		uint32_t id;

		if (!group)
			break;
		value = genl_find(group, group_len, CTRL_ATTR_MCAST_GRP_NAME, &n);
		if (!value || n != strlen(name) + 1 || memcmp(value, name, n))
			continue;
		value = genl_find(group, group_len, CTRL_ATTR_MCAST_GRP_ID, &n);
		if (!value || n != sizeof(id))
			break;
		memcpy(&id, value, sizeof(id));
		return id;
	}
	return 0;
}

void genl_resolve(uint16_t *ret_family, uint16_t ret_groups[3])
{
	static const char *const names[] = {
		FRAKTOR_GENL_MCGRP_EVENTS, FRAKTOR_GENL_MCGRP_METRICS,
		FRAKTOR_GENL_MCGRP_PROCESSES,
	};
	unsigned char bytes[8192] __attribute__((aligned(8)));
	struct nlmsghdr *n = (void *)bytes;
	const unsigned char *attrs = bytes + NLMSG_LENGTH(GENL_HDRLEN);
	const void *value;
	struct genl m;
	size_t len, at;
	int fd = genl_open(), got, i;

	*ret_family = 0;
	memset(ret_groups, 0, 3 * sizeof(ret_groups[0]));
	if (fd < 0)
		return;
	genl_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_put_string(&m, CTRL_ATTR_FAMILY_NAME, FRAKTOR_GENL_NAME);
	got = genl_send(fd, &m) ? -1 : recv(fd, bytes, sizeof(bytes), 0);
	close(fd);
	if (got < (int)NLMSG_LENGTH(GENL_HDRLEN) || n->nlmsg_type != GENL_ID_CTRL)
		return;
	at = got - NLMSG_LENGTH(GENL_HDRLEN);
	value = genl_find(attrs, at, CTRL_ATTR_FAMILY_ID, &len);
	if (value && len == sizeof(*ret_family))
		memcpy(ret_family, value, len);
	value = genl_find(attrs, at, CTRL_ATTR_MCAST_GROUPS, &len);
	if (!value)
		return;
	for (i = 0; i < 3; i++)
		ret_groups[i] = genl_group(value, len, names[i]);
}

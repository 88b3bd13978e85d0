/* SPDX-License-Identifier: MIT */
/*
 * Messages made by hand for the parsers' tests: what a kernel, an older, a
 * newer or a broken one, could send.
 */
#ifndef FRKI_NETLINK_MESSAGE_FIXTURE_H
#define FRKI_NETLINK_MESSAGE_FIXTURE_H

#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include <linux/fraktor_netlink.h>

static inline struct nl_msg *message_new(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	genlmsg_put(msg, 0, 0, 0x1f, 0, 0, cmd, FRAKTOR_GENL_VERSION);
	return msg;
}

/* The kernel aligns nothing to eight bytes unless it is told to. */
static inline void message_put_u64(struct nl_msg *msg, int type, uint64_t value)
{
	nla_put(msg, type, sizeof(value), &value);
}

/* Takes the last @bytes away, as if the message had been cut. */
static inline void message_cut(struct nl_msg *msg, unsigned int bytes)
{
	nlmsg_hdr(msg)->nlmsg_len -= bytes;
}

/* Overwrites the length that the last attribute of @type claims. */
static inline void message_lie(struct nl_msg *msg, int type, uint16_t len)
{
	struct nlattr *attr = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);

	attr->nla_len = len;
}

#endif /* FRKI_NETLINK_MESSAGE_FIXTURE_H */

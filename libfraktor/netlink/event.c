// SPDX-License-Identifier: MIT
/*
 * Events as they come: the multicast group of the family, and the farewell
 * of the family itself.  Must not know requests and statistics.
 */
#include <errno.h>
#include <poll.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor_netlink.h>
#include <linux/genetlink.h>

#include "field.h"
#include "connection.h"

/* Some thousand events; the kernel caps it at net.core.rmem_max. */
#define EVENT_BUFFER_BYTES (256 * 1024)

#define EVENT_ROW(kind, type, member)					\
	FRKI_FIELD_ROW(FRKI_FIELD_##kind, FRAKTOR_A_EVENT_##type,		\
		      struct frk_source_event, member)

static const struct frki_field event_attrs[] = {
	EVENT_ROW(FIXED, TYPE, type),
	EVENT_ROW(FIXED, SOURCE_ID, id),
	EVENT_ROW(STRING, SOURCE_NAME, name),
	EVENT_ROW(FIXED, TIME_NS, time_ns),
	EVENT_ROW(FIXED, REASON, reason),
	EVENT_ROW(FIXED, TICKS, ticks),
	EVENT_ROW(FIXED, DROPPED, dropped),
	{ .kind = FRKI_FIELD_END },
};

int frki_event_parse(struct nlmsghdr *header,
		     struct frk_source_event *ret_event)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct frk_source_event event = { 0 };
	int rc;

	rc = frki_field_parse(genlmsg_attrdata(genl, 0),
			     genlmsg_attrlen(genl, 0), event_attrs, &event);
	if (!rc)
		*ret_event = event;
	return rc;
}

/* Multicast messages answer nobody: their sequence numbers mean nothing. */
static int event_any_order(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/* "nlctrl" tells when a family goes: else one would wait for ever for events. */
static int event_join(struct frk_netlink *netlink)
{
	struct nl_sock *sock = netlink->sock;
	int events = genl_ctrl_resolve_grp(sock, FRAKTOR_GENL_NAME,
					   FRAKTOR_GENL_MCGRP_EVENTS);
	int families = genl_ctrl_resolve_grp(sock, "nlctrl", "notify");

	if (events < 0)
		return events;
	if (families < 0)
		return families;
	return nl_socket_add_memberships(sock, events, families, 0);
}

int frk_netlink_subscribe(struct frk_netlink *netlink)
{
	int rc;

	if (!netlink)
		return -EINVAL;
	rc = nl_socket_set_buffer_size(netlink->sock, EVENT_BUFFER_BYTES, 0);
	if (rc >= 0)
		rc = event_join(netlink);
	if (rc == -NLE_OBJ_NOTFOUND)
		return -ENODEV;
	if (rc < 0)
		return frki_netlink_errno(rc);
	nl_socket_disable_seq_check(netlink->sock);
	nl_socket_modify_cb(netlink->sock, NL_CB_SEQ_CHECK, NL_CB_CUSTOM,
			    event_any_order, NULL);
	return frki_netlink_errno(nl_socket_set_nonblocking(netlink->sock));
}

struct event_batch {
	struct frk_netlink *netlink;
	frk_source_event_fn fn;
	void *data;
	int result;
};

static bool event_is_farewell(const struct frk_netlink *netlink,
			      struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *id;

	if (nlmsg_get_src(msg)->nl_pid != 0 ||
	    header->nlmsg_type != GENL_ID_CTRL || !genlmsg_valid_hdr(header, 0) ||
	    genlmsg_hdr(header)->cmd != CTRL_CMD_DELFAMILY)
		return false;
	id = nlmsg_find_attr(header, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	return id && nla_len(id) == sizeof(uint16_t) &&
	       nla_get_u16(id) == netlink->family;
}

static int event_valid(struct nl_msg *msg, void *arg)
{
	struct event_batch *batch = arg;
	struct nlmsghdr *header = frki_netlink_message(batch->netlink, msg,
						       FRAKTOR_CMD_EVENT);
	struct frk_source_event event;

	if (batch->result)
		return NL_SKIP;
	if (header) {
		batch->result = frki_event_parse(header, &event);
		if (!batch->result)
			batch->result = batch->fn(&event, batch->data);
	} else if (event_is_farewell(batch->netlink, msg)) {
		batch->result = -ENODEV;
	}
	return NL_OK;
}

int frk_netlink_receive(struct frk_netlink *netlink, frk_source_event_fn fn,
			void *data)
{
	struct event_batch batch = { netlink, fn, data, 0 };
	struct pollfd ready = { .events = POLLIN };
	int rc = 0;

	if (!netlink || !fn)
		return -EINVAL;
	/* libnl goes on after EINTR; waiting here lets a signal end it. */
	ready.fd = frk_netlink_fd(netlink);
	if (poll(&ready, 1, -1) < 0)
		return -errno;
	nl_socket_modify_cb(netlink->sock, NL_CB_VALID, NL_CB_CUSTOM,
			    event_valid, &batch);
	while (rc >= 0 && !batch.result)
		rc = nl_recvmsgs_default(netlink->sock);
	if (batch.result)
		return batch.result;
	if (rc == -NLE_AGAIN)
		return 0;
	/* libnl has one code for ENOMEM and ENOBUFS; lost is lost. */
	return rc == -NLE_NOMEM ? -ENOBUFS : frki_netlink_errno(rc);
}

const char *frk_source_event_name(uint32_t type)
{
	switch (type) {
	case FRAKTOR_EVENT_STARTED:
		return "started";
	case FRAKTOR_EVENT_STOPPED:
		return "stopped";
	case FRAKTOR_EVENT_OVERFLOW:
		return "overflow";
	default:
		return "unknown";
	}
}

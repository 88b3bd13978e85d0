// SPDX-License-Identifier: MIT
/*
 * Groups of the family: joining one, taking its messages, and the farewell of
 * the family itself.  Must not know what the messages carry.
 */
#include <errno.h>
#include <poll.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor_netlink.h>
#include <linux/genetlink.h>

#include "connection.h"

/* Some thousand messages; the kernel caps it at net.core.rmem_max. */
#define LISTEN_BUFFER_BYTES (256 * 1024)

/* Multicast messages answer nobody: their sequence numbers mean nothing. */
static int listen_any_order(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/**
 * struct listen_groups - numbers of groups, negative codes of libnl for none
 * @group: the one that is wanted.
 * @more: the one that is welcome.
 * @families: "nlctrl" tells there when a family goes; else one would wait for
 *	ever.
 */
struct listen_groups {
	int group;
	int more;
	int families;
};

/* All questions first: who hears a group gets other messages than answers. */
static int listen_resolve(struct nl_sock *sock, const char *group, const char *more,
			  struct listen_groups *ret_groups)
{
	*ret_groups = (struct listen_groups){
		.group = genl_ctrl_resolve_grp(sock, FRAKTOR_GENL_NAME, group),
		.more = more ? genl_ctrl_resolve_grp(sock, FRAKTOR_GENL_NAME, more) :
			       -NLE_OBJ_NOTFOUND,
		.families = genl_ctrl_resolve_grp(sock, "nlctrl", "notify"),
	};
	/* A group is not found without its family either. */
	if (ret_groups->group == -NLE_OBJ_NOTFOUND)
		return genl_ctrl_resolve(sock, FRAKTOR_GENL_NAME) < 0 ? -ENODEV : -ENOENT;
	if (ret_groups->group < 0)
		return frki_netlink_errno(ret_groups->group);
	return ret_groups->families < 0 ? frki_netlink_errno(ret_groups->families) : 0;
}

int frki_listen_join(struct frk_netlink *netlink, const char *group,
		     const char *more, bool *ret_more)
{
	struct nl_sock *sock = netlink->sock;
	struct listen_groups groups;
	bool heard;
	int rc;

	rc = nl_socket_set_buffer_size(sock, LISTEN_BUFFER_BYTES, 0);
	if (rc < 0)
		return frki_netlink_errno(rc);
	rc = listen_resolve(sock, group, more, &groups);
	if (rc)
		return rc;
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, listen_any_order, NULL);
	/* The welcome one before the other: nothing is heard only once. */
	heard = groups.more >= 0 && !nl_socket_add_membership(sock, groups.more);
	rc = nl_socket_add_memberships(sock, groups.group, groups.families, 0);
	if (rc >= 0)
		rc = nl_socket_set_nonblocking(sock);
	if (rc < 0)
		return frki_netlink_errno(rc);
	if (ret_more)
		*ret_more = heard;
	return 0;
}

struct listen_batch {
	struct frk_netlink *netlink;
	uint8_t cmd;
	int (*hear)(struct nlmsghdr *header, void *data);
	void *data;
	int result;
};

static bool listen_is_farewell(const struct frk_netlink *netlink,
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

static int listen_valid(struct nl_msg *msg, void *arg)
{
	struct listen_batch *batch = arg;
	struct nlmsghdr *header = frki_netlink_message(batch->netlink, msg,
						       batch->cmd);

	if (batch->result)
		return NL_SKIP;
	if (header)
		batch->result = batch->hear(header, batch->data);
	else if (listen_is_farewell(batch->netlink, msg))
		batch->result = -ENODEV;
	return NL_OK;
}

int frki_listen_receive(struct frk_netlink *netlink, uint8_t cmd,
			int (*hear)(struct nlmsghdr *header, void *data),
			void *data)
{
	struct listen_batch batch = { netlink, cmd, hear, data, 0 };
	struct pollfd ready = { .events = POLLIN };
	int rc = 0;

	/* libnl goes on after EINTR; waiting here lets a signal end it. */
	ready.fd = frk_netlink_fd(netlink);
	if (poll(&ready, 1, -1) < 0)
		return -errno;
	nl_socket_modify_cb(netlink->sock, NL_CB_VALID, NL_CB_CUSTOM,
			    listen_valid, &batch);
	while (rc >= 0 && !batch.result)
		rc = nl_recvmsgs_default(netlink->sock);
	nl_socket_modify_cb(netlink->sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	if (batch.result)
		return batch.result;
	if (rc == -NLE_AGAIN)
		return 0;
	/* libnl has one code for ENOMEM and ENOBUFS; lost is lost. */
	return rc == -NLE_NOMEM ? -ENOBUFS : frki_netlink_errno(rc);
}

// SPDX-License-Identifier: MIT
/*
 * The connection: socket, family and its version, and libnl's errors in the
 * system's words.  Must not know what the messages carry.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor_netlink.h>
#include <linux/netlink.h>

#include "base/error.h"
#include "connection.h"

#define NETLINK_DRIVER ""	/* an error here concerns no tick driver */

/* libnl folds the kernel's errno into its own codes; this is the way back. */
static const int netlink_errnos[NLE_MAX + 1] = {
	[NLE_SUCCESS] = 0,
	[NLE_INTR] = EINTR,
	[NLE_BAD_SOCK] = EBADF,
	[NLE_AGAIN] = EAGAIN,
	[NLE_NOMEM] = ENOMEM,
	[NLE_EXIST] = EEXIST,
	[NLE_INVAL] = EINVAL,
	[NLE_RANGE] = ERANGE,
	[NLE_MSGSIZE] = EMSGSIZE,
	[NLE_OPNOTSUPP] = EOPNOTSUPP,
	[NLE_AF_NOSUPPORT] = EAFNOSUPPORT,
	[NLE_OBJ_NOTFOUND] = ENOENT,
	[NLE_NOACCESS] = EACCES,
	[NLE_PERM] = EPERM,
	[NLE_BUSY] = EBUSY,
	[NLE_PROTO_MISMATCH] = EPROTONOSUPPORT,
	[NLE_NODEV] = ENODEV,
	[NLE_MSG_TRUNC] = EBADMSG,
	[NLE_MSG_TOOSHORT] = EBADMSG,
	[NLE_SEQ_MISMATCH] = EBADMSG,
	[NLE_MSG_OVERFLOW] = ENOBUFS,
	[NLE_NOADDR] = EADDRNOTAVAIL,
	[NLE_DUMP_INTR] = EAGAIN,
};

int frki_netlink_errno(int code)
{
	int positive = abs(code);

	if (!positive)
		return 0;
	if (positive > NLE_MAX || !netlink_errnos[positive])
		return -EIO;
	return -netlink_errnos[positive];
}

struct nlmsghdr *frki_netlink_message(const struct frk_netlink *netlink,
				      struct nl_msg *msg, uint8_t cmd)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	/* Any process may send to a generic netlink socket: port 0 is the kernel. */
	if (nlmsg_get_src(msg)->nl_pid != 0)
		return NULL;
	if (header->nlmsg_type != netlink->family ||
	    !genlmsg_valid_hdr(header, 0))
		return NULL;
	return genlmsg_hdr(header)->cmd == cmd ? header : NULL;
}

static int netlink_check(struct frk_netlink *netlink,
			 struct genl_family *family, struct frk_error *error)
{
	int version;

	if (!family)
		return frki_error_set(error, -ENOENT, NETLINK_DRIVER,
				      "netlink family \"" FRAKTOR_GENL_NAME "\"",
				      "the kernel module is not loaded: modprobe fraktor");
	version = genl_family_get_version(family);
	if (version != FRAKTOR_GENL_VERSION)
		return frki_error_set(error, -EPROTO, NETLINK_DRIVER,
				      "netlink family \"" FRAKTOR_GENL_NAME "\"",
				      "the kernel module speaks version %d of its netlink family and this program version %d: install the module and the tools of one release",
				      version, FRAKTOR_GENL_VERSION);
	netlink->family = (int)genl_family_get_id(family);
	return 0;
}

/*
 * Looks through the list of all families instead of asking for ours by name:
 * asking makes the kernel load the module, and whoever only looks must not
 * change what he looks at.
 */
static int netlink_resolve(struct frk_netlink *netlink,
			   struct frk_error *error)
{
	struct genl_family *family;
	struct nl_cache *families;
	int rc = genl_ctrl_alloc_cache(netlink->sock, &families);

	if (rc < 0)
		return frki_error_set(error, frki_netlink_errno(rc),
				      NETLINK_DRIVER, "genl_ctrl_alloc_cache()",
				      "cannot list the generic netlink families");
	family = genl_ctrl_search_by_name(families, FRAKTOR_GENL_NAME);
	rc = netlink_check(netlink, family, error);
	genl_family_put(family);
	nl_cache_free(families);
	return rc;
}

/* The kernel's own words for a refusal; without them it is an errno only. */
static void netlink_want_words(struct frk_netlink *netlink)
{
	static const int on = 1;
	int fd = nl_socket_get_fd(netlink->sock);

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

static int netlink_connect(struct frk_netlink *netlink,
			   struct frk_error *error)
{
	int rc = genl_connect(netlink->sock);

	if (rc < 0)
		return frki_error_set(error, frki_netlink_errno(rc),
				      NETLINK_DRIVER, "socket(AF_NETLINK)",
				      "cannot open a generic netlink socket");
	netlink_want_words(netlink);
	return netlink_resolve(netlink, error);
}

int frk_netlink_open(struct frk_netlink **ret_netlink, struct frk_error *error)
{
	struct frk_netlink *netlink;
	int rc = -ENOMEM;

	if (!ret_netlink)
		return frki_error_set(error, -EINVAL, NETLINK_DRIVER,
				      "frk_netlink_open()", "ret_netlink is NULL");
	netlink = calloc(1, sizeof(*netlink));
	if (netlink)
		netlink->sock = nl_socket_alloc();
	if (!netlink || !netlink->sock)
		frki_error_set(error, rc, NETLINK_DRIVER, "malloc()",
			       "out of memory");
	else
		rc = netlink_connect(netlink, error);
	if (rc) {
		frk_netlink_close(netlink);
		return rc;
	}
	*ret_netlink = netlink;
	return 0;
}

void frk_netlink_close(struct frk_netlink *netlink)
{
	if (!netlink)
		return;
	if (netlink->sock)
		nl_socket_free(netlink->sock);
	free(netlink);
}

int frk_netlink_fd(const struct frk_netlink *netlink)
{
	return netlink ? nl_socket_get_fd(netlink->sock) : -EINVAL;
}

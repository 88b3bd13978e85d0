// SPDX-License-Identifier: MIT
/*
 * Starting and stopping a source, whoever made it.  Must not know statistics
 * and events.
 */
#include <errno.h>
#include <string.h>

#include <netlink/errno.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "base/error.h"
#include "connection.h"

/* When the module says nothing itself. */
static const char *control_words(int code)
{
	switch (code) {
	case -ENOENT:
		return "there is no such source";
	case -EPERM:
		return "starting and stopping a source needs CAP_NET_ADMIN";
	case -EOPNOTSUPP:
		return "the kernel module is too old to start and stop a source: install the module and the tools of one release";
	case -ENODEV:
		return "the kernel module was unloaded: modprobe fraktor loads it again";
	default:
		return "the source can be neither started nor stopped";
	}
}

static int control_run(struct frki_request *request, const char *name)
{
	struct nl_msg *msg = frki_request_new(request, NLM_F_ACK);

	if (msg && nla_put_string(msg, FRAKTOR_A_SOURCE_NAME, name)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return frki_request_run(request, msg);
}

/* An offline CPU is -ENODEV, too: with words it is not the module that is gone. */
static int control_blame(const struct frki_request *request, int code)
{
	return *request->words ? code : frki_request_blame(request->netlink, code);
}

static int control_do(struct frk_netlink *netlink, uint8_t cmd, const char *call,
		      const char *name, struct frk_error *error)
{
	struct frki_request request = { .netlink = netlink, .cmd = cmd };
	int rc;

	if (!netlink || !name)
		return frki_error_set(error, -EINVAL, "", call, "no connection or no name");
	rc = !*name || strlen(name) >= FRAKTOR_NAME_LEN ? -ENOENT :
							  control_run(&request, name);
	if (rc)
		rc = control_blame(&request, rc);
	if (!rc)
		return 0;
	return frki_error_set(error, rc, "", call, "%s",
			      *request.words ? request.words : control_words(rc));
}

int frk_netlink_start(struct frk_netlink *netlink, const char *name,
		      struct frk_error *error)
{
	return control_do(netlink, FRAKTOR_CMD_SOURCE_START, "frk_netlink_start()",
			  name, error);
}

int frk_netlink_stop(struct frk_netlink *netlink, const char *name,
		     struct frk_error *error)
{
	return control_do(netlink, FRAKTOR_CMD_SOURCE_STOP, "frk_netlink_stop()",
			  name, error);
}

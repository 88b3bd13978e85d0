// SPDX-License-Identifier: MIT
/*
 * The group "metrics": running sources with their statistics, once a second
 * while anyone listens.  Must not know requests.
 */
#include <errno.h>

#include <linux/fraktor_netlink.h>

#include "connection.h"

int frk_netlink_subscribe_metrics(struct frk_netlink *netlink)
{
	int rc;

	if (!netlink)
		return -EINVAL;
	rc = frki_listen_join(netlink, FRAKTOR_GENL_MCGRP_METRICS, NULL, NULL);
	return rc == -ENOENT ? -EOPNOTSUPP : rc;
}

struct metrics_call {
	frk_source_fn fn;
	void *data;
};

static int metrics_hear(struct nlmsghdr *header, void *data)
{
	struct metrics_call *call = data;
	struct frk_source source;
	int rc = frki_source_parse(header, &source);

	return rc ? rc : call->fn(&source, call->data);
}

int frk_netlink_receive_metrics(struct frk_netlink *netlink, frk_source_fn fn,
				void *data)
{
	struct metrics_call call = { fn, data };

	if (!netlink || !fn)
		return -EINVAL;
	return frki_listen_receive(netlink, FRAKTOR_CMD_METRICS, metrics_hear, &call);
}

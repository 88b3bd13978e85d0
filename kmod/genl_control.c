// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping sources by netlink: what their owners do by ioctl(2),
 * done by an administrator.
 */
#include <linux/err.h>
#include <net/genetlink.h>

#include "fraktor.h"
#include "genl.h"

static int control_stop(struct fraktor_source *source)
{
	return fraktor_source_stop(source, FRAKTOR_REASON_ADMIN);
}

static const char *control_start_failure(int err)
{
	switch (err) {
	case -EALREADY:
		return "the source ticks already";
	case -ENODEV:
		return "the source's CPU is offline";
	case -ENOSPC:
		return "the CPU has its fill of ticks";
	case -ESHUTDOWN:
		return "the source's owner is gone";
	default:
		return "the source does not start";
	}
}

static const char *control_stop_failure(int err)
{
	return "the source does not tick";
}

/* A driver's line belongs to its readers: it must not stop under one of them. */
static int control_do(struct genl_info *info,
		      int (*fn)(struct fraktor_source *source),
		      const char *(*failure)(int err))
{
	struct fraktor_source *source = fraktor_genl_source_find(info);
	int err;

	if (IS_ERR(source))
		return PTR_ERR(source);
	if (source->driver == &fraktor_pulse_driver) {
		GENL_SET_ERR_MSG(info, "a line of another driver runs while it is read");
		err = -EOPNOTSUPP;
	} else {
		err = fn(source);
		if (err && info->extack)
			info->extack->_msg = failure(err);
	}
	fraktor_source_unref(source);
	return err;
}

int fraktor_genl_source_start(struct sk_buff *skb, struct genl_info *info)
{
	return control_do(info, fraktor_source_start, control_start_failure);
}

int fraktor_genl_source_stop(struct sk_buff *skb, struct genl_info *info)
{
	return control_do(info, control_stop, control_stop_failure);
}

// SPDX-License-Identifier: MIT
/*
 * Events of sources: the group "events", and their names.  Must not know
 * requests and statistics.
 */
#include <errno.h>

#include <netlink/genl/genl.h>

#include <linux/fraktor_netlink.h>

#include "connection.h"
#include "field.h"

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
	EVENT_ROW(FIXED, CPU, cpu),
	EVENT_ROW(FIXED, DRIFT_PPB, drift_ppb),
	EVENT_ROW(FIXED, READER_ID, reader_id),
	EVENT_ROW(FIXED, PID, pid),
	EVENT_ROW(FIXED, BEHIND, behind),
	EVENT_ROW(FIXED, PERIOD_NS, period_ns),
	EVENT_ROW(FIXED, SLEPT_NS, slept_ns),
	{ .kind = FRKI_FIELD_END },
};

int frki_event_parse(struct nlmsghdr *header,
		     struct frk_source_event *ret_event)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct frk_source_event event = { .size = sizeof(event) };
	int rc;

	rc = frki_field_parse(genlmsg_attrdata(genl, 0),
			     genlmsg_attrlen(genl, 0), event_attrs, &event);
	if (!rc)
		*ret_event = event;
	return rc;
}

/* Whoever may know processes does; to anyone else all the rest is told. */
int frk_netlink_subscribe(struct frk_netlink *netlink)
{
	int rc;

	if (!netlink)
		return -EINVAL;
	rc = frki_listen_join(netlink, FRAKTOR_GENL_MCGRP_EVENTS,
			      FRAKTOR_GENL_MCGRP_PROCESSES,
			      &netlink->hears_processes);
	return rc == -ENOENT ? -ENODEV : rc;
}

/* Each comes without its pid first: that one is of no use to who hears both. */
bool frki_event_comes_again(const struct frk_source_event *event)
{
	if (event->pid)
		return false;
	return event->type == FRAKTOR_EVENT_READER_STALLED ||
	       event->type == FRAKTOR_EVENT_READER_RESUMED ||
	       event->type == FRAKTOR_EVENT_OWNER_DIED;
}

struct event_call {
	struct frk_netlink *netlink;
	frk_source_event_fn fn;
	void *data;
};

static int event_hear(struct nlmsghdr *header, void *data)
{
	struct event_call *call = data;
	struct frk_source_event event;
	int rc = frki_event_parse(header, &event);

	if (!rc && call->netlink->hears_processes && frki_event_comes_again(&event))
		return 0;
	return rc ? rc : call->fn(&event, call->data);
}

int frk_netlink_receive(struct frk_netlink *netlink, frk_source_event_fn fn,
			void *data)
{
	struct event_call call = { netlink, fn, data };

	if (!netlink || !fn)
		return -EINVAL;
	return frki_listen_receive(netlink, FRAKTOR_CMD_EVENT, event_hear, &call);
}

const char *frk_source_event_name(uint32_t type)
{
	static const char *const names[] = {
		[FRAKTOR_EVENT_STARTED] = "started",
		[FRAKTOR_EVENT_STOPPED] = "stopped",
		[FRAKTOR_EVENT_OVERFLOW] = "overflow",
		[FRAKTOR_EVENT_CREATED] = "created",
		[FRAKTOR_EVENT_REMOVED] = "removed",
		[FRAKTOR_EVENT_CHANGED] = "changed",
		[FRAKTOR_EVENT_MOVED] = "moved",
		[FRAKTOR_EVENT_SUSPENDED] = "suspended",
		[FRAKTOR_EVENT_RESUMED] = "resumed",
		[FRAKTOR_EVENT_DRIFT] = "drift",
		[FRAKTOR_EVENT_OVERLOAD] = "overload",
		[FRAKTOR_EVENT_READER_STALLED] = "reader-stalled",
		[FRAKTOR_EVENT_READER_RESUMED] = "reader-resumed",
		[FRAKTOR_EVENT_OWNER_DIED] = "owner-died",
	};

	return type < sizeof(names) / sizeof(*names) && names[type] ? names[type] :
								       "unknown";
}

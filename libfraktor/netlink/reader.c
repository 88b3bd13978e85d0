// SPDX-License-Identifier: MIT
/*
 * Readers: asking for one or all, and reading the answers.  Must not know
 * sources and events.
 */
#include <errno.h>

#include <netlink/genl/genl.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "base/opts.h"
#include "connection.h"
#include "field.h"

#define READER_ROW(kind, type, member)					\
	FRKI_FIELD_ROW(FRKI_FIELD_##kind, FRAKTOR_A_READER_##type,		\
		      struct frk_reader, member)

static const struct frki_field reader_attrs[] = {
	READER_ROW(FIXED, ID, id),
	READER_ROW(IDS, SOURCES, sources),
	READER_ROW(FIXED, PID, pid),
	READER_ROW(FIXED, SLOTS, slots),
	READER_ROW(FIXED, MADE, made),
	READER_ROW(FIXED, DROPPED, dropped),
	READER_ROW(FIXED, BEHIND, behind),
	READER_ROW(FIXED, POISONED, poisoned),
	READER_ROW(FIXED, IDLE_NS, idle_ns),
	READER_ROW(FLAG, STALLED, stalled),
	READER_ROW(FLAG, OWNER, owner),
	READER_ROW(FIXED, WAKEUPS, wakeups),
	{ .kind = FRKI_FIELD_END },
};

_Static_assert(FRK_NETLINK_MEMBERS == FRAKTOR_MEMBERS_MAX,
	       "the public header repeats the number of sources of a reader");

/* What a caller's structure has at least. */
#define READER_SIZE_MIN (offsetof(struct frk_reader, owner) + sizeof(bool))

int frki_reader_parse(struct nlmsghdr *header, struct frk_reader *ret_reader)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct frk_reader reader = { .size = sizeof(reader) };
	int rc;

	rc = frki_field_parse(genlmsg_attrdata(genl, 0),
			     genlmsg_attrlen(genl, 0), reader_attrs, &reader);
	if (rc)
		return rc;
	/* No source has the id 0. */
	while (reader.nr_sources < FRK_NETLINK_MEMBERS &&
	       reader.sources[reader.nr_sources])
		reader.nr_sources++;
	*ret_reader = reader;
	return 0;
}

struct reader_call {
	frk_reader_fn fn;
	void *data;
};

static int reader_answer(struct nlmsghdr *header, void *data)
{
	struct reader_call *call = data;
	struct frk_reader reader;
	int rc = frki_reader_parse(header, &reader);

	return rc ? rc : call->fn(&reader, call->data);
}

int frk_netlink_dump_readers(struct frk_netlink *netlink, frk_reader_fn fn,
			     void *data)
{
	struct reader_call call = { fn, data };
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_READER_GET,
					.answer = reader_answer,
					.data = &call };
	int rc;

	if (!netlink || !fn)
		return -EINVAL;
	rc = frki_request_run(&request, frki_request_new(&request, NLM_F_DUMP));
	return frki_request_blame(netlink, rc);
}

static int reader_copy(struct nlmsghdr *header, void *data)
{
	return frki_reader_parse(header, data);
}

int frk_netlink_get_reader(struct frk_netlink *netlink, uint32_t id,
			   struct frk_reader *ret_reader)
{
	struct frk_reader reader = { .size = sizeof(reader) };
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_READER_GET,
					.answer = reader_copy,
					.data = &reader };
	struct nl_msg *msg;
	int rc;

	if (!netlink || frki_opts_room(ret_reader, READER_SIZE_MIN))
		return -EINVAL;
	msg = frki_request_new(&request, 0);
	if (msg)
		nla_put_u32(msg, FRAKTOR_A_READER_ID, id);
	rc = frki_request_run(&request, msg);
	if (!rc)
		frki_opts_return(ret_reader, &reader, sizeof(reader));
	return frki_request_blame(netlink, rc);
}

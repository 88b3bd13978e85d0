// SPDX-License-Identifier: MIT
/*
 * Sources and their statistics: asking for one or all, and reading the
 * answers.  Must not know events.
 */
#include <errno.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "field.h"
#include "connection.h"

#define SOURCE_ROW(kind, type, member) \
	FRKI_FIELD_ROW(FRKI_FIELD_##kind, FRAKTOR_A_##type, struct frk_source, member)

static const struct frki_field source_stats[] = {
	SOURCE_ROW(FIXED, STATS_TICKS, ticks),
	SOURCE_ROW(FIXED, STATS_MISSED, missed),
	SOURCE_ROW(FIXED, STATS_DROPPED, dropped),
	SOURCE_ROW(FIXED, STATS_LATENESS_MIN_NS, lateness_min_ns),
	SOURCE_ROW(FIXED, STATS_LATENESS_MEAN_NS, lateness_mean_ns),
	SOURCE_ROW(FIXED, STATS_LATENESS_MAX_NS, lateness_max_ns),
	SOURCE_ROW(BUCKETS, STATS_HISTOGRAM, histogram),
	SOURCE_ROW(FIXED, STATS_TICKS_LAST_SECOND, ticks_last_second),
	SOURCE_ROW(FIXED, STATS_DRIFT_LAST_SECOND_PPB, drift_last_second_ppb),
	SOURCE_ROW(FIXED, STATS_DRIFT_PPB, drift_ppb),
	SOURCE_ROW(FIXED, STATS_RUNNING_NS, running_ns),
	{ .kind = FRKI_FIELD_END },
};

static const struct frki_field source_attrs[] = {
	SOURCE_ROW(FIXED, SOURCE_ID, id),
	SOURCE_ROW(STRING, SOURCE_NAME, name),
	SOURCE_ROW(STRING, SOURCE_DRIVER, driver),
	SOURCE_ROW(FIXED, SOURCE_STATE, state),
	SOURCE_ROW(FIXED, SOURCE_REASON, reason),
	SOURCE_ROW(FIXED, SOURCE_CLOCKID, clockid),
	SOURCE_ROW(FIXED, SOURCE_CPU, cpu),
	SOURCE_ROW(FIXED, SOURCE_PERIOD_NS, period_ns),
	SOURCE_ROW(FIXED, SOURCE_READERS, readers),
	{ .kind = FRKI_FIELD_NEST, .type = FRAKTOR_A_SOURCE_STATS,
	  .nested = source_stats },
	{ .kind = FRKI_FIELD_END },
};

_Static_assert(FRK_NETLINK_HISTOGRAM_BUCKETS == FRAKTOR_HISTOGRAM_BUCKETS,
	       "the public header repeats the size of the histogram");
_Static_assert(sizeof(((struct frk_source *)0)->name) == FRAKTOR_NAME_LEN,
	       "the public header repeats the length of a name");

int frki_source_parse(struct nlmsghdr *header, struct frk_source *ret_source)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct frk_source source = { 0 };
	int rc;

	rc = frki_field_parse(genlmsg_attrdata(genl, 0),
			     genlmsg_attrlen(genl, 0), source_attrs, &source);
	if (!rc)
		*ret_source = source;
	return rc;
}

/* One question and its answers, which come until @done. */
struct source_request {
	struct frk_netlink *netlink;
	frk_source_fn fn;
	void *data;
	int result;
	bool done;
};

/*
 * After the caller's function has had enough the rest of the dump is still
 * taken from the socket: the next request must not find it there.
 */
static int source_valid(struct nl_msg *msg, void *arg)
{
	struct source_request *request = arg;
	struct nlmsghdr *header = frki_netlink_message(request->netlink, msg,
						       FRAKTOR_CMD_SOURCE_GET);
	struct frk_source source;

	if (!header || request->result)
		return NL_SKIP;
	request->result = frki_source_parse(header, &source);
	if (!request->result)
		request->result = request->fn(&source, request->data);
	return NL_OK;
}

static int source_done(struct nl_msg *msg, void *arg)
{
	struct source_request *request = arg;

	(void)msg;
	request->done = true;
	return NL_STOP;
}

/* Sources came or went during a dump: a list of what was seen is good enough. */
static int source_interrupted(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static int source_receive(struct source_request *request)
{
	struct nl_sock *sock = request->netlink->sock;
	int rc = 0;

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, source_valid, request);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, source_done, request);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, source_done, request);
	nl_socket_modify_cb(sock, NL_CB_DUMP_INTR, NL_CB_CUSTOM,
			    source_interrupted, NULL);
	while (rc >= 0 && !request->done)
		rc = nl_recvmsgs_default(sock);
	return rc < 0 ? frki_netlink_errno(rc) : request->result;
}

static int source_send(const struct source_request *request, int flags,
		       const char *name)
{
	struct nl_msg *msg = nlmsg_alloc();
	int rc = -NLE_NOMEM;

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ,
			       request->netlink->family, 0, flags,
			       FRAKTOR_CMD_SOURCE_GET, FRAKTOR_GENL_VERSION))
		rc = name ? nla_put_string(msg, FRAKTOR_A_SOURCE_NAME, name) : 0;
	if (!rc)
		rc = nl_send_auto(request->netlink->sock, msg);
	nlmsg_free(msg);
	return rc < 0 ? frki_netlink_errno(rc) : 0;
}

int frk_netlink_dump(struct frk_netlink *netlink, frk_source_fn fn, void *data)
{
	struct source_request request = { netlink, fn, data, 0, false };
	int rc;

	if (!netlink || !fn)
		return -EINVAL;
	rc = source_send(&request, NLM_F_DUMP, NULL);
	if (!rc)
		rc = source_receive(&request);
	/* No source can be missing from a dump: what is missing is the family. */
	return rc == -ENOENT || rc == -EOPNOTSUPP ? -ENODEV : rc;
}

static int source_copy(const struct frk_source *source, void *data)
{
	*(struct frk_source *)data = *source;
	return 0;
}

static int source_ignore(const struct frk_source *source, void *data)
{
	(void)source;
	(void)data;
	return 0;
}

/* The kernel says ENOENT for a missing source and for a missing module. */
static int source_missing(struct frk_netlink *netlink)
{
	int rc = frk_netlink_dump(netlink, source_ignore, NULL);

	return rc ? rc : -ENOENT;
}

int frk_netlink_get(struct frk_netlink *netlink, const char *name,
		    struct frk_source *ret_source)
{
	struct frk_source source = { 0 };
	struct source_request request = { netlink, source_copy, &source, 0, false };
	int rc;

	if (!netlink || !name || !ret_source)
		return -EINVAL;
	if (!*name || strlen(name) >= sizeof(source.name))
		return source_missing(netlink);
	rc = source_send(&request, 0, name);
	if (!rc)
		rc = source_receive(&request);
	if (rc == -ENOENT)
		return source_missing(netlink);
	if (!rc)
		*ret_source = source;
	return rc;
}

const char *frk_source_state_name(uint32_t state)
{
	switch (state) {
	case FRAKTOR_STATE_STOPPED:
		return "stopped";
	case FRAKTOR_STATE_RUNNING:
		return "running";
	case FRAKTOR_STATE_DEAD:
		return "dead";
	default:
		return "unknown";
	}
}

const char *frk_source_reason_name(uint32_t reason)
{
	switch (reason) {
	case FRAKTOR_REASON_NONE:
		return "none";
	case FRAKTOR_REASON_ASKED:
		return "asked";
	case FRAKTOR_REASON_OWNER_CLOSED:
		return "owner-closed";
	default:
		return "unknown";
	}
}

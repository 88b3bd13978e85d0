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

#include "base/opts.h"
#include "connection.h"
#include "field.h"

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
	SOURCE_ROW(FIXED, STATS_LATE, late),
	SOURCE_ROW(FIXED, STATS_MOVES, moves),
	SOURCE_ROW(FIXED, STATS_SUSPENDS, suspends),
	SOURCE_ROW(FIXED, STATS_WIDENED, widened),
	SOURCE_ROW(FIXED, STATS_CALLBACK_MAX_NS, callback_max_ns),
	SOURCE_ROW(FIXED, STATS_EARLY, early),
	SOURCE_ROW(FIXED, STATS_LEAD_MISSED, lead_missed),
	SOURCE_ROW(FIXED, STATS_EXPIRIES, expiries),
	SOURCE_ROW(FIXED, STATS_SHARED, shared),
	SOURCE_ROW(FIXED, STATS_IDLED, idled),
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
	SOURCE_ROW(FIXED, SOURCE_HOME_CPU, home_cpu),
	SOURCE_ROW(FIXED, SOURCE_FLAGS, flags),
	SOURCE_ROW(FIXED, SOURCE_MISSED, missed_policy),
	SOURCE_ROW(FIXED, SOURCE_PHASE_NS, phase_ns),
	SOURCE_ROW(FIXED, SOURCE_LATE_NS, late_ns),
	SOURCE_ROW(FIXED, SOURCE_DRIFT_PPB, drift_budget_ppb),
	SOURCE_ROW(FIXED, SOURCE_STALL_PERIODS, stall_periods),
	SOURCE_ROW(FIXED, SOURCE_RESOLUTION_NS, resolution_ns),
	SOURCE_ROW(FIXED, SOURCE_OWNER_PID, owner_pid),
	SOURCE_ROW(FIXED, SOURCE_LEAD_NS, lead_ns),
	SOURCE_ROW(FIXED, SOURCE_ACCURACY_NS, accuracy_ns),
	{ .kind = FRKI_FIELD_NEST, .type = FRAKTOR_A_SOURCE_STATS,
	  .nested = source_stats },
	{ .kind = FRKI_FIELD_END },
};

_Static_assert(FRK_NETLINK_HISTOGRAM_BUCKETS == FRAKTOR_HISTOGRAM_BUCKETS,
	       "the public header repeats the size of the histogram");
_Static_assert(sizeof(((struct frk_source *)0)->name) == FRAKTOR_NAME_LEN,
	       "the public header repeats the length of a name");

/* What a caller's structure has at least. */
#define SOURCE_SIZE_MIN \
	(offsetof(struct frk_source, callback_max_ns) + sizeof(uint64_t))

int frki_source_parse(struct nlmsghdr *header, struct frk_source *ret_source)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct frk_source source = { .size = sizeof(source) };
	int rc;

	rc = frki_field_parse(genlmsg_attrdata(genl, 0),
			     genlmsg_attrlen(genl, 0), source_attrs, &source);
	if (!rc)
		*ret_source = source;
	return rc;
}

struct source_call {
	frk_source_fn fn;
	void *data;
};

static int source_answer(struct nlmsghdr *header, void *data)
{
	struct source_call *call = data;
	struct frk_source source;
	int rc = frki_source_parse(header, &source);

	return rc ? rc : call->fn(&source, call->data);
}

int frk_netlink_dump(struct frk_netlink *netlink, frk_source_fn fn, void *data)
{
	struct source_call call = { fn, data };
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_SOURCE_GET,
					.answer = source_answer,
					.data = &call };
	int rc;

	if (!netlink || !fn)
		return -EINVAL;
	rc = frki_request_run(&request, frki_request_new(&request, NLM_F_DUMP));
	return frki_request_blame(netlink, rc);
}

static int source_copy(struct nlmsghdr *header, void *data)
{
	return frki_source_parse(header, data);
}

int frk_netlink_get(struct frk_netlink *netlink, const char *name,
		    struct frk_source *ret_source)
{
	struct frk_source source = { .size = sizeof(source) };
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_SOURCE_GET,
					.answer = source_copy,
					.data = &source };
	struct nl_msg *msg;
	int rc;

	if (!netlink || !name || frki_opts_room(ret_source, SOURCE_SIZE_MIN))
		return -EINVAL;
	if (!*name || strlen(name) >= sizeof(source.name))
		return frki_request_blame(netlink, -ENOENT);
	msg = frki_request_new(&request, 0);
	if (msg)
		nla_put_string(msg, FRAKTOR_A_SOURCE_NAME, name);
	rc = frki_request_run(&request, msg);
	if (!rc)
		frki_opts_return(ret_source, &source, sizeof(source));
	return frki_request_blame(netlink, rc);
}

/* Of a table without gaps. */
#define source_word(words, value)                                              \
	((value) < sizeof(words) / sizeof(*(words)) ? (words)[value] : "unknown")

const char *frk_source_state_name(uint32_t state)
{
	static const char *const words[] = {
		[FRAKTOR_STATE_STOPPED] = "stopped",
		[FRAKTOR_STATE_RUNNING] = "running",
		[FRAKTOR_STATE_DEAD] = "dead",
	};

	return source_word(words, state);
}

const char *frk_source_reason_name(uint32_t reason)
{
	static const char *const words[] = {
		[FRAKTOR_REASON_NONE] = "none",
		[FRAKTOR_REASON_ASKED] = "asked",
		[FRAKTOR_REASON_OWNER_CLOSED] = "owner-closed",
		[FRAKTOR_REASON_OWNER_DIED] = "owner-died",
		[FRAKTOR_REASON_CPU_GONE] = "cpu-gone",
		[FRAKTOR_REASON_SUSPEND] = "suspend",
		[FRAKTOR_REASON_DRIFT] = "drift",
		[FRAKTOR_REASON_DRIVER_FAULT] = "driver-fault",
		[FRAKTOR_REASON_OVERLOAD] = "overload",
		[FRAKTOR_REASON_UNUSED] = "unused",
		[FRAKTOR_REASON_DRIVER_GONE] = "driver-gone",
		[FRAKTOR_REASON_ADMIN] = "admin",
	};

	return source_word(words, reason);
}

const char *frk_source_missed_name(uint32_t policy)
{
	static const char *const words[] = {
		[FRAKTOR_MISSED_DELAY] = "delay",
		[FRAKTOR_MISSED_SKIP] = "skip",
		[FRAKTOR_MISSED_BURST] = "burst",
	};

	return source_word(words, policy);
}

const char *frk_source_flag_name(uint32_t flag)
{
	switch (flag) {
	case FRAKTOR_SOURCE_F_ALIGN:
		return "align";
	case FRAKTOR_SOURCE_F_CPU_STRICT:
		return "cpu-strict";
	case FRAKTOR_SOURCE_F_SUSPEND_STOPS:
		return "suspend-stops";
	case FRAKTOR_SOURCE_F_DRIFT_STOPS:
		return "drift-stops";
	case FRAKTOR_SOURCE_F_OVERLOAD_STOPS:
		return "overload-stops";
	default:
		return "unknown";
	}
}

// SPDX-License-Identifier: MIT
/*
 * Changing a source that runs.  Must not know statistics and events.
 */
#include <errno.h>
#include <string.h>

#include <netlink/errno.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "base/error.h"
#include "base/opts.h"
#include "connection.h"

#define CHANGE_CALL "frk_netlink_set()"

#define SAME(ours, theirs) _Static_assert((ours) == (theirs), #ours)

SAME(FRK_CHANGE_PERIOD, FRAKTOR_SET_PERIOD);
SAME(FRK_CHANGE_PHASE, FRAKTOR_SET_PHASE);
SAME(FRK_CHANGE_LATE, FRAKTOR_SET_LATE);
SAME(FRK_CHANGE_LEAD, FRAKTOR_SET_LEAD);
SAME(FRK_CHANGE_ACCURACY, FRAKTOR_SET_ACCURACY);
SAME(FRK_CHANGE_DRIFT, FRAKTOR_SET_DRIFT);
SAME(FRK_CHANGE_MISSED, FRAKTOR_SET_MISSED);
SAME(FRK_CHANGE_STALL, FRAKTOR_SET_STALL);
SAME(FRK_CHANGE_FLAGS, FRAKTOR_SET_FLAGS);
SAME(FRK_SOURCE_ALIGN, FRAKTOR_SOURCE_F_ALIGN);
SAME(FRK_SOURCE_CPU_STRICT, FRAKTOR_SOURCE_F_CPU_STRICT);
SAME(FRK_SOURCE_SUSPEND_STOPS, FRAKTOR_SOURCE_F_SUSPEND_STOPS);
SAME(FRK_SOURCE_DRIFT_STOPS, FRAKTOR_SOURCE_F_DRIFT_STOPS);
SAME(FRK_SOURCE_OVERLOAD_STOPS, FRAKTOR_SOURCE_F_OVERLOAD_STOPS);

#define CHANGE_ALL (2 * FRK_CHANGE_ACCURACY - 1)
/* What a caller's structure has at least. */
#define CHANGE_SIZE_MIN (offsetof(struct frk_source_change, reserved) + sizeof(uint32_t))

/* In the order of the attributes' numbers. */
int frki_change_put(struct nl_msg *msg, const struct frk_source_change *change)
{
	uint64_t what = change->what;
	int rc = 0;

	if (what & FRK_CHANGE_PERIOD)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_PERIOD_NS, change->period_ns);
	if (!rc && what & FRK_CHANGE_FLAGS)
		rc = nla_put_u32(msg, FRAKTOR_A_SOURCE_FLAGS, change->flags);
	if (!rc && what & FRK_CHANGE_MISSED)
		rc = nla_put_u32(msg, FRAKTOR_A_SOURCE_MISSED, change->missed_policy);
	if (!rc && what & FRK_CHANGE_PHASE)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_PHASE_NS, change->phase_ns);
	if (!rc && what & FRK_CHANGE_LATE)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_LATE_NS, change->late_ns);
	if (!rc && what & FRK_CHANGE_DRIFT)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_DRIFT_PPB,
				 change->drift_budget_ppb);
	if (!rc && what & FRK_CHANGE_STALL)
		rc = nla_put_u32(msg, FRAKTOR_A_SOURCE_STALL_PERIODS,
				 change->stall_periods);
	if (!rc && what & FRK_CHANGE_LEAD)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_LEAD_NS, change->lead_ns);
	if (!rc && what & FRK_CHANGE_ACCURACY)
		rc = nla_put_u64(msg, FRAKTOR_A_SOURCE_ACCURACY_NS, change->accuracy_ns);
	return rc;
}

/* When the module says nothing itself. */
static const char *change_words(int code)
{
	switch (code) {
	case -ENOENT:
		return "there is no such source";
	case -EPERM:
		return "changing a source needs CAP_NET_ADMIN, a short period also CAP_SYS_RESOURCE";
	case -EINVAL:
		return "the module refuses these values";
	case -ENOSPC:
		return "the CPU has all the ticks per second it may have";
	case -EOPNOTSUPP:
		return "the kernel module is too old to change a source: install the module and the tools of one release";
	case -ENODEV:
		return "the kernel module was unloaded: modprobe fraktor loads it again";
	default:
		return "the source cannot be changed";
	}
}

static int change_run(struct frki_request *request, const char *name,
		      const struct frk_source_change *change)
{
	struct nl_msg *msg = frki_request_new(request, NLM_F_ACK);

	if (msg && (nla_put_string(msg, FRAKTOR_A_SOURCE_NAME, name) ||
		    frki_change_put(msg, change))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return frki_request_blame(request->netlink, frki_request_run(request, msg));
}

int frk_netlink_set(struct frk_netlink *netlink, const char *name,
		    const struct frk_source_change *change,
		    struct frk_error *error)
{
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_SOURCE_SET };
	struct frk_source_change known;
	int rc;

	if (!netlink || !name ||
	    frki_opts_copy(&known, sizeof(known), change, CHANGE_SIZE_MIN) ||
	    known.what & ~CHANGE_ALL || known.reserved)
		return frki_error_set(error, -EINVAL, "", CHANGE_CALL,
				      "no name, or a change of a wrong size or of what this library does not know");
	if (!*name || strlen(name) >= FRAKTOR_NAME_LEN)
		rc = frki_request_blame(netlink, -ENOENT);
	else
		rc = change_run(&request, name, &known);
	if (!rc)
		return 0;
	/* Of a module that is gone the last words are not its own. */
	return frki_error_set(error, rc, "", CHANGE_CALL, "%s",
			      *request.words && rc != -ENODEV ? request.words :
								change_words(rc));
}

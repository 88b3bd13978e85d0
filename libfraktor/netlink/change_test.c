// SPDX-License-Identifier: MIT
/*
 * What is sent to change a source, and what is refused before.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include <linux/fraktor.h>

#include "connection.h"
#include "message_fixture.h"

static struct nl_msg *msg;

static void new_message(void)
{
	msg = message_new(FRAKTOR_CMD_SOURCE_SET);
}

static void free_message(void)
{
	nlmsg_free(msg);
}

TestSuite(change, .init = new_message, .fini = free_message, .timeout = 10);

static const struct frk_source_change all = {
	.size = sizeof(all),
	.period_ns = 1000000,
	.phase_ns = 2,
	.late_ns = 3,
	.drift_budget_ppb = 4,
	.missed_policy = FRAKTOR_MISSED_SKIP,
	.stall_periods = 6,
	.lead_ns = 7,
	.accuracy_ns = 8,
	.flags = FRK_SOURCE_ALIGN,
};

static const struct nlattr *sent(int type)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);
}

/* What is sent for one bit: that attribute and no other. */
static void expect_one(uint64_t what, int type, uint64_t value)
{
	struct frk_source_change change = all;
	const struct nlattr *attr;
	int count = 0, left;

	free_message();
	new_message();
	change.what = what;
	cr_assert_eq(frki_change_put(msg, &change), 0);
	nlmsg_for_each_attr(attr, nlmsg_hdr(msg), GENL_HDRLEN, left)
		count++;
	cr_expect_eq(count, 1);
	attr = sent(type);
	cr_assert_not_null(attr, "attribute %d", type);
	cr_expect_eq(nla_len(attr) == 8 ? nla_get_u64(attr) : nla_get_u32(attr), value);
}

Test(change, r1_5_sends_what_is_asked_for_and_no_more)
{
	expect_one(FRK_CHANGE_PERIOD, FRAKTOR_A_SOURCE_PERIOD_NS, 1000000);
	expect_one(FRK_CHANGE_PHASE, FRAKTOR_A_SOURCE_PHASE_NS, 2);
	expect_one(FRK_CHANGE_LATE, FRAKTOR_A_SOURCE_LATE_NS, 3);
	expect_one(FRK_CHANGE_DRIFT, FRAKTOR_A_SOURCE_DRIFT_PPB, 4);
	expect_one(FRK_CHANGE_MISSED, FRAKTOR_A_SOURCE_MISSED, FRAKTOR_MISSED_SKIP);
	expect_one(FRK_CHANGE_STALL, FRAKTOR_A_SOURCE_STALL_PERIODS, 6);
	expect_one(FRK_CHANGE_FLAGS, FRAKTOR_A_SOURCE_FLAGS, FRK_SOURCE_ALIGN);
	expect_one(FRK_CHANGE_LEAD, FRAKTOR_A_SOURCE_LEAD_NS, 7);
	expect_one(FRK_CHANGE_ACCURACY, FRAKTOR_A_SOURCE_ACCURACY_NS, 8);
}

Test(change, r1_5_sends_everything_at_once)
{
	struct frk_source_change change = all;

	change.what = 2 * FRK_CHANGE_ACCURACY - 1;
	cr_assert_eq(frki_change_put(msg, &change), 0);
	for (int type = FRAKTOR_A_SOURCE_FLAGS; type <= FRAKTOR_A_SOURCE_STALL_PERIODS; type++)
		cr_expect_not_null(sent(type), "attribute %d", type);
	cr_expect_not_null(sent(FRAKTOR_A_SOURCE_PERIOD_NS));
	cr_expect_not_null(sent(FRAKTOR_A_SOURCE_LEAD_NS));
	cr_expect_not_null(sent(FRAKTOR_A_SOURCE_ACCURACY_NS));
	cr_expect_null(sent(FRAKTOR_A_SOURCE_NAME), "the name is not its business");
}

static void expect_refused(const char *name, const struct frk_source_change *change)
{
	struct frk_netlink *some = (struct frk_netlink *)&some;
	struct frk_error error = { 0 };

	cr_expect_eq(frk_netlink_set(some, name, change, &error), -EINVAL);
	cr_expect_eq(error.code, -EINVAL);
	cr_expect_eq(frk_netlink_set(some, name, change, NULL), -EINVAL);
}

Test(change, misuse_is_refused)
{
	struct frk_source_change change = all;

	cr_expect_eq(frk_netlink_set(NULL, "x", &change, NULL), -EINVAL);
	expect_refused(NULL, &change);
	expect_refused("x", NULL);
	change.size = 8;
	expect_refused("x", &change);
	change = all;
	change.what = 2 * FRK_CHANGE_ACCURACY;
	expect_refused("x", &change);
	change = all;
	change.reserved = 1;
	expect_refused("x", &change);
}

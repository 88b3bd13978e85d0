// SPDX-License-Identifier: MIT
/*
 * What is read from messages of a source, and what is refused.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include <linux/fraktor.h>

#include "connection.h"
#include "message_fixture.h"

static struct nl_msg *msg;

static void new_message(void)
{
	msg = message_new(FRAKTOR_CMD_SOURCE_GET);
}

static void free_message(void)
{
	nlmsg_free(msg);
}

TestSuite(source, .init = new_message, .fini = free_message, .timeout = 10);

static void put_source(void)
{
	nla_put_u32(msg, FRAKTOR_A_SOURCE_ID, 7);
	nla_put_string(msg, FRAKTOR_A_SOURCE_NAME, "quickstart");
	nla_put_string(msg, FRAKTOR_A_SOURCE_DRIVER, "hrtimer");
	nla_put_u32(msg, FRAKTOR_A_SOURCE_STATE, FRAKTOR_STATE_RUNNING);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_REASON, FRAKTOR_REASON_NONE);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_CLOCKID, 1);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_CPU, 3);
	message_put_u64(msg, FRAKTOR_A_SOURCE_PERIOD_NS, 1000000);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_READERS, 2);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_HOME_CPU, 1);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_FLAGS, FRAKTOR_SOURCE_F_ALIGN);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_MISSED, FRAKTOR_MISSED_BURST);
	message_put_u64(msg, FRAKTOR_A_SOURCE_PHASE_NS, 250000);
	message_put_u64(msg, FRAKTOR_A_SOURCE_LATE_NS, 900000);
	message_put_u64(msg, FRAKTOR_A_SOURCE_DRIFT_PPB, 1000000);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_STALL_PERIODS, 50);
	message_put_u64(msg, FRAKTOR_A_SOURCE_RESOLUTION_NS, 1);
	nla_put_u32(msg, FRAKTOR_A_SOURCE_OWNER_PID, 4711);
}

static void put_statistics(unsigned int buckets)
{
	struct nlattr *nest = nla_nest_start(msg, FRAKTOR_A_SOURCE_STATS);
	uint64_t histogram[64];
	int64_t drift = -1500;

	for (unsigned int i = 0; i < 64; i++)
		histogram[i] = i + 1;
	message_put_u64(msg, FRAKTOR_A_STATS_TICKS, 12402);
	message_put_u64(msg, FRAKTOR_A_STATS_MISSED, 5);
	message_put_u64(msg, FRAKTOR_A_STATS_DROPPED, UINT64_MAX);
	message_put_u64(msg, FRAKTOR_A_STATS_LATENESS_MIN_NS, 480);
	message_put_u64(msg, FRAKTOR_A_STATS_LATENESS_MEAN_NS, 4210);
	message_put_u64(msg, FRAKTOR_A_STATS_LATENESS_MAX_NS, 39100);
	nla_put(msg, FRAKTOR_A_STATS_PAD, 0, NULL);
	nla_put(msg, FRAKTOR_A_STATS_HISTOGRAM, (int)(buckets * sizeof(uint64_t)),
		histogram);
	message_put_u64(msg, FRAKTOR_A_STATS_TICKS_LAST_SECOND, 1000);
	nla_put(msg, FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB, sizeof(drift), &drift);
	nla_put(msg, FRAKTOR_A_STATS_DRIFT_PPB, sizeof(drift), &drift);
	message_put_u64(msg, FRAKTOR_A_STATS_RUNNING_NS, 12402000000);
	message_put_u64(msg, FRAKTOR_A_STATS_LATE, 6);
	message_put_u64(msg, FRAKTOR_A_STATS_MOVES, 2);
	message_put_u64(msg, FRAKTOR_A_STATS_SUSPENDS, 1);
	message_put_u64(msg, FRAKTOR_A_STATS_WIDENED, 77);
	message_put_u64(msg, FRAKTOR_A_STATS_CALLBACK_MAX_NS, 8800);
	message_put_u64(msg, FRAKTOR_A_STATS_EARLY, 31);
	message_put_u64(msg, FRAKTOR_A_STATS_LEAD_MISSED, 32);
	message_put_u64(msg, FRAKTOR_A_STATS_EXPIRIES, 33);
	message_put_u64(msg, FRAKTOR_A_STATS_SHARED, 34);
	message_put_u64(msg, FRAKTOR_A_STATS_IDLED, 35);
	nla_nest_end(msg, nest);
}

/* The output must be untouched when the message is refused. */
static void expect_refused(void)
{
	struct frk_source source, before;

	memset(&source, 0x5a, sizeof(source));
	before = source;
	cr_expect_eq(frki_source_parse(nlmsg_hdr(msg), &source), -EBADMSG);
	cr_expect_arr_eq(&source, &before, sizeof(source));
}

Test(source, parses_all_attributes)
{
	struct frk_source source;

	put_source();
	put_statistics(FRAKTOR_HISTOGRAM_BUCKETS);
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.size, sizeof(source));
	cr_expect_eq(source.id, 7);
	cr_expect_str_eq(source.name, "quickstart");
	cr_expect_str_eq(source.driver, "hrtimer");
	cr_expect_eq(source.state, FRAKTOR_STATE_RUNNING);
	cr_expect_eq(source.clockid, 1);
	cr_expect_eq(source.cpu, 3);
	cr_expect_eq(source.period_ns, 1000000);
	cr_expect_eq(source.readers, 2);
	cr_expect_eq(source.ticks, 12402);
	cr_expect_eq(source.missed, 5);
	cr_expect_eq(source.dropped, UINT64_MAX);
	cr_expect_eq(source.lateness_min_ns, 480);
	cr_expect_eq(source.lateness_mean_ns, 4210);
	cr_expect_eq(source.lateness_max_ns, 39100);
	cr_expect_eq(source.ticks_last_second, 1000);
	cr_expect_eq(source.drift_ppb, -1500);
	cr_expect_eq(source.drift_last_second_ppb, -1500);
	cr_expect_eq(source.running_ns, 12402000000);
	cr_expect_eq(source.histogram[0], 1);
	cr_expect_eq(source.histogram[31], 32);
}

Test(source, r1_5_parses_policy_and_accounts_of_the_line)
{
	struct frk_source source;

	put_source();
	put_statistics(FRAKTOR_HISTOGRAM_BUCKETS);
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.home_cpu, 1);
	cr_expect_eq(source.flags, FRK_SOURCE_ALIGN);
	cr_expect_eq(source.missed_policy, FRAKTOR_MISSED_BURST);
	cr_expect_eq(source.phase_ns, 250000);
	cr_expect_eq(source.late_ns, 900000);
	cr_expect_eq(source.drift_budget_ppb, 1000000);
	cr_expect_eq(source.stall_periods, 50);
	cr_expect_eq(source.resolution_ns, 1);
	cr_expect_eq(source.owner_pid, 4711);
	cr_expect_eq(source.late, 6);
	cr_expect_eq(source.moves, 2);
	cr_expect_eq(source.suspends, 1);
	cr_expect_eq(source.widened, 77);
	cr_expect_eq(source.callback_max_ns, 8800);
	cr_expect_eq(source.early, 31);
	cr_expect_eq(source.lead_missed, 32);
	cr_expect_eq(source.expiries, 33);
	cr_expect_eq(source.shared, 34);
	cr_expect_eq(source.idled, 35);
}

Test(source, skips_unknown_attributes)
{
	struct frk_source source;

	nla_put_string(msg, 999, "from the future");
	put_source();
	nla_put_u8(msg, FRAKTOR_A_SOURCE_MAX + 1, 1);
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_str_eq(source.name, "quickstart");
	cr_expect_eq(source.readers, 2);
}

Test(source, missing_statistics_are_zero)
{
	struct frk_source source;

	memset(&source, 0xff, sizeof(source));
	put_source();
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.id, 7);
	cr_expect_eq(source.ticks, 0);
	cr_expect_eq(source.histogram[31], 0);
}

Test(source, missing_attributes_are_zero)
{
	struct frk_source source;

	memset(&source, 0xff, sizeof(source));
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.id, 0);
	cr_expect_str_empty(source.name);
}

Test(source, takes_a_shorter_histogram)
{
	struct frk_source source;

	put_statistics(8);
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.histogram[7], 8);
	cr_expect_eq(source.histogram[8], 0);
	cr_expect_eq(source.running_ns, 12402000000, "what follows is still read");
}

Test(source, adds_a_longer_histogram_to_the_last_bucket)
{
	struct frk_source source;

	put_statistics(34);
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(source.histogram[30], 31);
	cr_expect_eq(source.histogram[31], 32 + 33 + 34);
}

Test(source, refuses_a_histogram_of_half_a_bucket)
{
	struct nlattr *nest = nla_nest_start(msg, FRAKTOR_A_SOURCE_STATS);
	uint32_t half[3] = { 0 };

	nla_put(msg, FRAKTOR_A_STATS_HISTOGRAM, sizeof(half), half);
	nla_nest_end(msg, nest);
	expect_refused();
}

Test(source, refuses_a_short_number)
{
	put_source();
	nla_put_u16(msg, FRAKTOR_A_SOURCE_CPU, 1);
	expect_refused();
}

Test(source, refuses_a_long_number)
{
	message_put_u64(msg, FRAKTOR_A_SOURCE_ID, 7);
	expect_refused();
}

Test(source, refuses_a_short_number_in_the_statistics)
{
	struct nlattr *nest = nla_nest_start(msg, FRAKTOR_A_SOURCE_STATS);

	nla_put_u32(msg, FRAKTOR_A_STATS_TICKS, 1);
	nla_nest_end(msg, nest);
	expect_refused();
}

Test(source, refuses_a_cut_attribute)
{
	put_source();
	message_cut(msg, 4);
	expect_refused();
}

Test(source, refuses_a_cut_header_of_an_attribute)
{
	nla_put_u32(msg, FRAKTOR_A_SOURCE_ID, 7);
	message_cut(msg, 6);
	expect_refused();
}

Test(source, refuses_an_attribute_longer_than_the_message)
{
	nla_put_u32(msg, FRAKTOR_A_SOURCE_ID, 7);
	message_lie(msg, FRAKTOR_A_SOURCE_ID, 4000);
	expect_refused();
}

Test(source, refuses_an_attribute_shorter_than_its_header)
{
	nla_put_u32(msg, FRAKTOR_A_SOURCE_ID, 7);
	message_lie(msg, FRAKTOR_A_SOURCE_ID, 2);
	expect_refused();
}

Test(source, refuses_a_name_without_an_end)
{
	nla_put(msg, FRAKTOR_A_SOURCE_NAME, 4, "abcd");
	expect_refused();
}

Test(source, refuses_an_empty_attribute_as_a_name)
{
	nla_put(msg, FRAKTOR_A_SOURCE_NAME, 0, NULL);
	expect_refused();
}

Test(source, refuses_a_name_that_is_too_long)
{
	nla_put_string(msg, FRAKTOR_A_SOURCE_NAME,
		       "0123456789012345678901234567890x");
	expect_refused();
}

Test(source, takes_the_longest_name)
{
	struct frk_source source;

	nla_put_string(msg, FRAKTOR_A_SOURCE_NAME,
		       "0123456789012345678901234567890");
	cr_assert_eq(frki_source_parse(nlmsg_hdr(msg), &source), 0);
	cr_expect_eq(strlen(source.name), FRAKTOR_NAME_LEN - 1);
}

Test(source, names_states_and_reasons)
{
	cr_expect_str_eq(frk_source_state_name(FRAKTOR_STATE_STOPPED), "stopped");
	cr_expect_str_eq(frk_source_state_name(FRAKTOR_STATE_RUNNING), "running");
	cr_expect_str_eq(frk_source_state_name(FRAKTOR_STATE_DEAD), "dead");
	cr_expect_str_eq(frk_source_state_name(77), "unknown");
	cr_expect_str_eq(frk_source_reason_name(FRAKTOR_REASON_NONE), "none");
	cr_expect_str_eq(frk_source_reason_name(FRAKTOR_REASON_ASKED), "asked");
	cr_expect_str_eq(frk_source_reason_name(FRAKTOR_REASON_OWNER_CLOSED),
			 "owner-closed");
	cr_expect_str_eq(frk_source_reason_name(77), "unknown");
}

Test(source, r3_6_every_reason_has_a_name)
{
	static const char *const names[] = {
		"none", "asked", "owner-closed", "owner-died", "cpu-gone", "suspend",
		"drift", "driver-fault", "overload", "unused", "driver-gone",
		"admin",
	};
	uint32_t reason;

	for (reason = 0; reason <= FRAKTOR_REASON_ADMIN; reason++)
		cr_expect_str_eq(frk_source_reason_name(reason), names[reason]);
	cr_expect_str_eq(frk_source_reason_name(reason), "unknown");
	cr_expect_str_eq(frk_source_reason_name(UINT32_MAX), "unknown");
}

Test(source, r1_5_names_policies_and_flags)
{
	cr_expect_str_eq(frk_source_missed_name(FRAKTOR_MISSED_DELAY), "delay");
	cr_expect_str_eq(frk_source_missed_name(FRAKTOR_MISSED_SKIP), "skip");
	cr_expect_str_eq(frk_source_missed_name(FRAKTOR_MISSED_BURST), "burst");
	cr_expect_str_eq(frk_source_missed_name(3), "unknown");
	cr_expect_str_eq(frk_source_flag_name(FRK_SOURCE_ALIGN), "align");
	cr_expect_str_eq(frk_source_flag_name(FRK_SOURCE_CPU_STRICT), "cpu-strict");
	cr_expect_str_eq(frk_source_flag_name(FRK_SOURCE_SUSPEND_STOPS),
			 "suspend-stops");
	cr_expect_str_eq(frk_source_flag_name(FRK_SOURCE_DRIFT_STOPS), "drift-stops");
	cr_expect_str_eq(frk_source_flag_name(FRK_SOURCE_OVERLOAD_STOPS),
			 "overload-stops");
	cr_expect_str_eq(frk_source_flag_name(0), "unknown");
	cr_expect_str_eq(frk_source_flag_name(3), "unknown");
	cr_expect_str_eq(frk_source_flag_name(1U << 31), "unknown");
}

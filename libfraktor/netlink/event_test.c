// SPDX-License-Identifier: MIT
/*
 * What is read from messages of an event, and what is refused.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include <linux/fraktor.h>

#include "connection.h"
#include "message_fixture.h"

static struct nl_msg *msg;

static void new_message(void)
{
	msg = message_new(FRAKTOR_CMD_EVENT);
}

static void free_message(void)
{
	nlmsg_free(msg);
}

TestSuite(event, .init = new_message, .fini = free_message, .timeout = 10);

static void put_event(uint32_t type)
{
	nla_put_u32(msg, FRAKTOR_A_EVENT_TYPE, type);
	nla_put_u32(msg, FRAKTOR_A_EVENT_SOURCE_ID, 7);
	nla_put_string(msg, FRAKTOR_A_EVENT_SOURCE_NAME, "quickstart");
	message_put_u64(msg, FRAKTOR_A_EVENT_TIME_NS, 12345678901);
	nla_put_u32(msg, FRAKTOR_A_EVENT_REASON, FRAKTOR_REASON_ASKED);
	message_put_u64(msg, FRAKTOR_A_EVENT_TICKS, 10000);
	message_put_u64(msg, FRAKTOR_A_EVENT_DROPPED, 3);
}

Test(event, parses_all_attributes)
{
	struct frk_source_event event;

	put_event(FRAKTOR_EVENT_STOPPED);
	cr_assert_eq(frki_event_parse(nlmsg_hdr(msg), &event), 0);
	cr_expect_eq(event.type, FRAKTOR_EVENT_STOPPED);
	cr_expect_eq(event.id, 7);
	cr_expect_str_eq(event.name, "quickstart");
	cr_expect_eq(event.time_ns, 12345678901);
	cr_expect_eq(event.reason, FRAKTOR_REASON_ASKED);
	cr_expect_eq(event.ticks, 10000);
	cr_expect_eq(event.dropped, 3);
}

Test(event, hands_on_an_unknown_type)
{
	struct frk_source_event event;

	put_event(99);
	cr_assert_eq(frki_event_parse(nlmsg_hdr(msg), &event), 0);
	cr_expect_eq(event.type, 99);
	cr_expect_str_eq(frk_source_event_name(event.type), "unknown");
}

Test(event, skips_unknown_attributes)
{
	struct frk_source_event event;

	nla_put_u8(msg, FRAKTOR_A_EVENT_MAX + 1, 1);
	put_event(FRAKTOR_EVENT_STARTED);
	cr_assert_eq(frki_event_parse(nlmsg_hdr(msg), &event), 0);
	cr_expect_eq(event.ticks, 10000);
}

Test(event, missing_attributes_are_zero)
{
	struct frk_source_event event;

	memset(&event, 0xff, sizeof(event));
	nla_put_u32(msg, FRAKTOR_A_EVENT_TYPE, FRAKTOR_EVENT_STARTED);
	cr_assert_eq(frki_event_parse(nlmsg_hdr(msg), &event), 0);
	cr_expect_eq(event.reason, FRAKTOR_REASON_NONE);
	cr_expect_eq(event.dropped, 0);
}

Test(event, refuses_a_wrong_length)
{
	struct frk_source_event event = { .id = 5 };

	nla_put_u32(msg, FRAKTOR_A_EVENT_TIME_NS, 1);
	nla_put_u32(msg, FRAKTOR_A_EVENT_SOURCE_ID, 7);
	cr_expect_eq(frki_event_parse(nlmsg_hdr(msg), &event), -EBADMSG);
	cr_expect_eq(event.id, 5, "untouched on failure");
}

Test(event, refuses_a_cut_message)
{
	struct frk_source_event event;

	put_event(FRAKTOR_EVENT_OVERFLOW);
	message_cut(msg, 3);
	cr_expect_eq(frki_event_parse(nlmsg_hdr(msg), &event), -EBADMSG);
}

Test(event, types_are_named_without_a_gap)
{
	cr_expect_str_eq(frk_source_event_name(0), "unknown");
	cr_expect_str_eq(frk_source_event_name(FRAKTOR_EVENT_STARTED), "started");
	cr_expect_str_eq(frk_source_event_name(FRAKTOR_EVENT_STOPPED), "stopped");
	cr_expect_str_eq(frk_source_event_name(FRAKTOR_EVENT_OVERFLOW), "overflow");
	cr_expect_eq(FRAKTOR_EVENT_STARTED, 1);
	cr_expect_eq(FRAKTOR_EVENT_OVERFLOW, FRAKTOR_EVENT_STOPPED + 1);
}

Test(event, one_about_a_process_comes_again_with_its_pid)
{
	struct frk_source_event event = { .type = FRAKTOR_EVENT_READER_STALLED };

	cr_expect(frki_event_comes_again(&event));
	event.type = FRAKTOR_EVENT_READER_RESUMED;
	cr_expect(frki_event_comes_again(&event));
	event.type = FRAKTOR_EVENT_OWNER_DIED;
	cr_expect(frki_event_comes_again(&event));
	event.pid = 4711;
	cr_expect_not(frki_event_comes_again(&event));
	event.pid = 0;
	event.type = FRAKTOR_EVENT_STOPPED;
	cr_expect_not(frki_event_comes_again(&event));
}

Test(event, r1_5_every_type_has_a_name)
{
	static const char *const names[] = {
		"unknown", "started", "stopped", "overflow", "created", "removed",
		"changed", "moved", "suspended", "resumed", "drift", "overload",
		"reader-stalled", "reader-resumed", "owner-died",
	};
	uint32_t type;

	for (type = 0; type <= FRAKTOR_EVENT_OWNER_DIED; type++)
		cr_expect_str_eq(frk_source_event_name(type), names[type]);
	cr_expect_str_eq(frk_source_event_name(type), "unknown");
	cr_expect_str_eq(frk_source_event_name(UINT32_MAX), "unknown");
}

Test(event, r1_5_parses_what_only_some_events_carry)
{
	int64_t drift = -60000000;
	struct frk_source_event event;

	put_event(FRAKTOR_EVENT_READER_STALLED);
	nla_put_u32(msg, FRAKTOR_A_EVENT_CPU, 1);
	nla_put(msg, FRAKTOR_A_EVENT_DRIFT_PPB, sizeof(drift), &drift);
	nla_put_u32(msg, FRAKTOR_A_EVENT_READER_ID, 12);
	nla_put_u32(msg, FRAKTOR_A_EVENT_PID, 4711);
	message_put_u64(msg, FRAKTOR_A_EVENT_BEHIND, 256);
	message_put_u64(msg, FRAKTOR_A_EVENT_PERIOD_NS, 1000000);
	message_put_u64(msg, FRAKTOR_A_EVENT_SLEPT_NS, 3000000000);
	cr_assert_eq(frki_event_parse(nlmsg_hdr(msg), &event), 0);
	cr_expect_eq(event.size, sizeof(event));
	cr_expect_eq(event.cpu, 1);
	cr_expect_eq(event.drift_ppb, drift);
	cr_expect_eq(event.reader_id, 12);
	cr_expect_eq(event.pid, 4711);
	cr_expect_eq(event.behind, 256);
	cr_expect_eq(event.period_ns, 1000000);
	cr_expect_eq(event.slept_ns, 3000000000);
}

// SPDX-License-Identifier: MIT
/*
 * What is read from messages of a reader, and what is refused.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include <linux/fraktor.h>

#include "connection.h"
#include "message_fixture.h"

static struct nl_msg *msg;

static void new_message(void)
{
	msg = message_new(FRAKTOR_CMD_READER_GET);
}

static void free_message(void)
{
	nlmsg_free(msg);
}

TestSuite(reader, .init = new_message, .fini = free_message, .timeout = 10);

static void put_ids(unsigned int count)
{
	uint32_t ids[64];

	for (unsigned int i = 0; i < 64; i++)
		ids[i] = 100 + i;
	nla_put(msg, FRAKTOR_A_READER_SOURCES, (int)(count * sizeof(uint32_t)), ids);
}

static void put_reader(void)
{
	nla_put_u32(msg, FRAKTOR_A_READER_ID, 12);
	put_ids(2);
	nla_put_u32(msg, FRAKTOR_A_READER_PID, 4711);
	nla_put_u32(msg, FRAKTOR_A_READER_SLOTS, 256);
	message_put_u64(msg, FRAKTOR_A_READER_MADE, 10000);
	message_put_u64(msg, FRAKTOR_A_READER_DROPPED, 40);
	message_put_u64(msg, FRAKTOR_A_READER_BEHIND, 256);
	message_put_u64(msg, FRAKTOR_A_READER_POISONED, 1);
	message_put_u64(msg, FRAKTOR_A_READER_IDLE_NS, 5000000000);
}

static void expect_refused(void)
{
	struct frk_reader reader, before;

	memset(&reader, 0x5a, sizeof(reader));
	before = reader;
	cr_expect_eq(frki_reader_parse(nlmsg_hdr(msg), &reader), -EBADMSG);
	cr_expect_arr_eq(&reader, &before, sizeof(reader));
}

Test(reader, r2_3_parses_all_attributes)
{
	struct frk_reader reader;

	put_reader();
	nla_put_flag(msg, FRAKTOR_A_READER_STALLED);
	cr_assert_eq(frki_reader_parse(nlmsg_hdr(msg), &reader), 0);
	cr_expect_eq(reader.size, sizeof(reader));
	cr_expect_eq(reader.id, 12);
	cr_expect_eq(reader.nr_sources, 2);
	cr_expect_eq(reader.sources[0], 100);
	cr_expect_eq(reader.sources[1], 101);
	cr_expect_eq(reader.sources[2], 0);
	cr_expect_eq(reader.pid, 4711);
	cr_expect_eq(reader.slots, 256);
	cr_expect_eq(reader.made, 10000);
	cr_expect_eq(reader.dropped, 40);
	cr_expect_eq(reader.behind, 256);
	cr_expect_eq(reader.poisoned, 1);
	cr_expect_eq(reader.idle_ns, 5000000000);
	cr_expect(reader.stalled);
	cr_expect_not(reader.owner);
}

Test(reader, a_pid_that_one_may_not_know_is_zero)
{
	struct frk_reader reader;

	memset(&reader, 0xff, sizeof(reader));
	nla_put_u32(msg, FRAKTOR_A_READER_ID, 12);
	nla_put_flag(msg, FRAKTOR_A_READER_OWNER);
	cr_assert_eq(frki_reader_parse(nlmsg_hdr(msg), &reader), 0);
	cr_expect_eq(reader.pid, 0);
	cr_expect_eq(reader.nr_sources, 0);
	cr_expect_not(reader.stalled);
	cr_expect(reader.owner);
}

Test(reader, takes_as_many_sources_as_there_can_be)
{
	struct frk_reader reader;

	put_ids(FRK_NETLINK_MEMBERS);
	cr_assert_eq(frki_reader_parse(nlmsg_hdr(msg), &reader), 0);
	cr_expect_eq(reader.nr_sources, FRK_NETLINK_MEMBERS);
}

Test(reader, leaves_out_what_a_newer_kernel_has_more)
{
	struct frk_reader reader;

	put_ids(64);
	nla_put_u32(msg, FRAKTOR_A_READER_SLOTS, 16);
	nla_put_u8(msg, FRAKTOR_A_READER_MAX + 1, 1);
	cr_assert_eq(frki_reader_parse(nlmsg_hdr(msg), &reader), 0);
	cr_expect_eq(reader.nr_sources, FRK_NETLINK_MEMBERS);
	cr_expect_eq(reader.sources[31], 131);
	cr_expect_eq(reader.slots, 16);
}

Test(reader, refuses_half_an_id)
{
	put_reader();
	nla_put(msg, FRAKTOR_A_READER_SOURCES, 6, "123456");
	expect_refused();
}

Test(reader, refuses_a_flag_with_something_in_it)
{
	put_reader();
	nla_put_u32(msg, FRAKTOR_A_READER_STALLED, 1);
	expect_refused();
}

Test(reader, refuses_a_short_number)
{
	nla_put_u32(msg, FRAKTOR_A_READER_MADE, 1);
	expect_refused();
}

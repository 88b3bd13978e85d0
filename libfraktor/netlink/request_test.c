// SPDX-License-Identifier: MIT
/*
 * Requests and refusals, asked of "nlctrl", the family that every kernel has.
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>

#include "connection.h"

static struct frk_netlink netlink = { .family = GENL_ID_CTRL };
static unsigned int answers;

static void connect_socket(void)
{
	static const int on = 1;

	netlink.sock = nl_socket_alloc();
	cr_assert_eq(genl_connect(netlink.sock), 0);
	cr_assert_eq(setsockopt(nl_socket_get_fd(netlink.sock), SOL_NETLINK,
				NETLINK_EXT_ACK, &on, sizeof(on)), 0);
}

static void close_socket(void)
{
	nl_socket_free(netlink.sock);
}

TestSuite(request, .init = connect_socket, .fini = close_socket, .timeout = 10);

static int count(struct nlmsghdr *header, void *data)
{
	(void)header;
	answers++;
	return *(int *)data;
}

/* Its answers come as another command than its questions. */
static int run(struct frki_request *request, int flags, const char *name)
{
	struct nl_msg *msg;

	*request = (struct frki_request){ .netlink = &netlink,
					  .cmd = CTRL_CMD_GETFAMILY };
	msg = frki_request_new(request, flags);
	if (name)
		nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name);
	return frki_request_run(request, msg);
}

Test(request, a_dump_ends)
{
	struct frki_request request;

	cr_assert_eq(run(&request, NLM_F_DUMP, NULL), 0);
	cr_expect(request.done);
	/* Nothing of it is left for the next one. */
	cr_assert_eq(run(&request, 0, "nlctrl"), 0);
}

Test(request, answers_of_another_command_are_not_counted)
{
	int zero = 0;
	struct frki_request request = { .netlink = &netlink,
					.cmd = CTRL_CMD_GETFAMILY,
					.answer = count,
					.data = &zero };

	cr_assert_eq(frki_request_run(&request,
				      frki_request_new(&request, NLM_F_DUMP)), 0);
	cr_expect_eq(answers, 0);
}

Test(request, keeps_the_errno_of_the_kernel)
{
	struct frki_request request;

	cr_expect_eq(run(&request, 0, "no such family"), -ENOENT);
	netlink.family = 0x7fff;
	cr_expect_eq(run(&request, 0, NULL), -ENOENT);
	cr_expect_eq(frki_request_blame(&netlink, -ENOENT), -ENODEV);
	cr_expect_eq(frki_request_blame(&netlink, -EPERM), -EPERM);
	netlink.family = GENL_ID_CTRL;
}

static void expect_words(void)
{
	struct frki_request request = { .netlink = &netlink,
					.cmd = CTRL_CMD_GETFAMILY };
	struct nl_msg *msg = frki_request_new(&request, 0);

	nla_put_u8(msg, CTRL_ATTR_FAMILY_ID, 1);
	cr_expect_lt(frki_request_run(&request, msg), 0);
	cr_expect_str_not_empty(request.words);
}

Test(request, r3_6_keeps_the_words_of_the_kernel)
{
	static const int on = 1;

	expect_words();
	/* Without the question in the answer they stand elsewhere. */
	cr_assert_eq(setsockopt(nl_socket_get_fd(netlink.sock), SOL_NETLINK,
				NETLINK_CAP_ACK, &on, sizeof(on)), 0);
	expect_words();
}

Test(request, no_memory_is_an_error)
{
	struct frki_request request = { .netlink = &netlink };

	cr_expect_eq(frki_request_run(&request, NULL), -ENOMEM);
}

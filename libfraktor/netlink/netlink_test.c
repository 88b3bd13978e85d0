// SPDX-License-Identifier: MIT
/*
 * The connection without a module, misuse, the way back from libnl's error
 * codes, and who may speak to us.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <netlink/errno.h>

#include "connection.h"
#include "message_fixture.h"

TestSuite(netlink, .timeout = 10);

Test(netlink, every_error_code_becomes_an_errno)
{
	cr_expect_eq(frki_netlink_errno(0), 0);
	for (int code = 1; code <= NLE_MAX; code++) {
		cr_expect_lt(frki_netlink_errno(code), 0, "code %d", code);
		cr_expect_eq(frki_netlink_errno(-code), frki_netlink_errno(code));
	}
	cr_expect_eq(frki_netlink_errno(-NLE_OBJ_NOTFOUND), -ENOENT);
	cr_expect_eq(frki_netlink_errno(-NLE_PERM), -EPERM);
	cr_expect_eq(frki_netlink_errno(NLE_MAX + 1), -EIO);
}

Test(netlink, misuse_is_refused)
{
	struct frk_netlink *some = (struct frk_netlink *)&some;
	struct frk_source source = { .size = sizeof(source) };
	struct frk_reader reader = { .size = sizeof(reader) };

	cr_expect_eq(frk_netlink_open(NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_dump(NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_get(NULL, "x", &source), -EINVAL);
	source.size = 8;
	cr_expect_eq(frk_netlink_get(some, "x", &source), -EINVAL);
	cr_expect_eq(frk_netlink_get(some, "x", NULL), -EINVAL);
	cr_expect_eq(frk_netlink_dump_readers(NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_get_reader(NULL, 1, &reader), -EINVAL);
	reader.size = 0;
	cr_expect_eq(frk_netlink_get_reader(some, 1, &reader), -EINVAL);
	cr_expect_eq(frk_netlink_subscribe(NULL), -EINVAL);
	cr_expect_eq(frk_netlink_subscribe_metrics(NULL), -EINVAL);
	cr_expect_eq(frk_netlink_receive_metrics(NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_receive(NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_fd(NULL), -EINVAL);
	frk_netlink_close(NULL);
}

Test(netlink, absent_module_is_named_with_its_remedy)
{
	struct frk_netlink *netlink = (struct frk_netlink *)&netlink;
	struct frk_netlink *before = netlink;
	struct frk_error error = { 0 };
	int fd = open("/dev/null", O_RDONLY);

	if (access("/sys/module/fraktor", F_OK) == 0)
		cr_skip_test("the module is loaded here");
	cr_assert_eq(frk_netlink_open(&netlink, &error), -ENOENT);
	cr_expect_eq(netlink, before, "untouched on failure");
	cr_expect_eq(error.code, -ENOENT);
	cr_expect_str_eq(error.text,
			 "the kernel module is not loaded: modprobe fraktor");
	close(fd);
	cr_expect_eq(open("/dev/null", O_RDONLY), fd, "no descriptor is left");
}

Test(netlink, open_without_an_error_record)
{
	struct frk_netlink *netlink = NULL;
	int rc = frk_netlink_open(&netlink, NULL);

	cr_expect(rc == 0 || rc == -ENOENT);
	frk_netlink_close(netlink);
}

static struct nlmsghdr *message_from(uint32_t port, int family, uint8_t cmd)
{
	static struct nl_msg *msg;
	struct frk_netlink netlink = { .family = family };
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_pid = port };

	nlmsg_free(msg);
	msg = message_new(FRAKTOR_CMD_EVENT);
	nlmsg_set_src(msg, &from);
	return frki_netlink_message(&netlink, msg, cmd);
}

Test(netlink, only_the_kernel_is_believed)
{
	cr_expect_not_null(message_from(0, 0x1f, FRAKTOR_CMD_EVENT));
	cr_expect_null(message_from(4711, 0x1f, FRAKTOR_CMD_EVENT), "a process");
	cr_expect_null(message_from(0, 0x20, FRAKTOR_CMD_EVENT), "another family");
	cr_expect_null(message_from(0, 0x1f, FRAKTOR_CMD_SOURCE_GET), "another command");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_CMD_SOURCE_START and _STOP: an administrator does what the owner does
 * by ioctl(2), and is told apart from him; nobody else may, and everything
 * else is refused with a reason.  stop.c has who waits meanwhile.
 */
#include "netlink_fixture.h"

#include <linux/capability.h>

#define ROUNDS	200

static const uint8_t commands[] = {
	FRAKTOR_CMD_SOURCE_START, FRAKTOR_CMD_SOURCE_STOP,
};

static int control(FIXTURE_DATA(netlink) *self, uint8_t cmd)
{
	return nl_control(&self->nl, cmd, self->ring.source);
}

static int by_name(FIXTURE_DATA(netlink) *self, uint8_t cmd, const char *name)
{
	request_init(&self->req, self->nl.family, cmd, FRAKTOR_GENL_VERSION, 0);
	put(&self->req, FRAKTOR_A_SOURCE_NAME, name, strlen(name) + 1);
	return ask(&self->nl, &self->req, NULL, NULL);
}

TEST_F(netlink, r2_3_start_and_stop_do_what_the_owner_does)
{
	struct source *s = &self->source;
	uint64_t head;

	ASSERT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_START));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, s->state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, s->reason);
	ASSERT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_STOP));
	/* When it returns, no tick is in progress. */
	head = t_head(&self->ring);
	t_sleep_ms(5);
	EXPECT_EQ(head, t_head(&self->ring));
	ASSERT_EQ(0, get_by_id(&self->nl, self->ring.source, s));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, s->state);
	EXPECT_EQ(FRAKTOR_REASON_ADMIN, s->reason);
	EXPECT_EQ(FRAKTOR_REASON_ADMIN, t_reason(&self->ring));
	/* It is still its owner's. */
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(0, t_until_head(&self->ring, head + 3, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(FRAKTOR_REASON_ASKED, t_reason(&self->ring));
}

TEST_F(netlink, r2_3_start_and_stop_by_name)
{
	struct fraktor_info info;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	ASSERT_EQ(0, by_name(self, FRAKTOR_CMD_SOURCE_START, info.name));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	ASSERT_EQ(0, by_name(self, FRAKTOR_CMD_SOURCE_STOP, info.name));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
}

TEST_F(netlink, r2_3_an_event_tells_who_stopped_it)
{
	struct events events = {
		.wanted = self->ring.source,
		.types = EVENT(STARTED) | EVENT(STOPPED),
	};
	struct nl nl;

	ASSERT_EQ(0, nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_START));
	ASSERT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_STOP));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	collect(&nl, &events, 4, 5000);
	ASSERT_EQ(4, events.n);
	EXPECT_EQ(FRAKTOR_EVENT_STARTED, events.e[0].type);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, events.e[1].type);
	EXPECT_EQ(FRAKTOR_REASON_ADMIN, events.e[1].reason);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, events.e[3].type);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, events.e[3].reason);
	close(nl.fd);
}

TEST_F(netlink, r2_3_what_is_so_already_is_ealready_as_with_the_ioctl)
{
	EXPECT_EQ(-EALREADY, t_stop(self->ring.fd));
	EXPECT_EQ(-EALREADY, control(self, FRAKTOR_CMD_SOURCE_STOP));
	EXPECT_TRUE(self->nl.acked_reason);
	EXPECT_EQ(FRAKTOR_REASON_NONE, t_reason(&self->ring));
	ASSERT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_START));
	EXPECT_EQ(-EALREADY, t_start(self->ring.fd));
	EXPECT_EQ(-EALREADY, control(self, FRAKTOR_CMD_SOURCE_START));
	EXPECT_TRUE(self->nl.acked_reason);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

/* Owner and administrator at once: each call is one or the other. */
static int owner_turns(struct t_child *child, void *arg)
{
	FIXTURE_DATA(netlink) *self = arg;
	int i, ret;

	t_child_ready(child);
	for (i = 0; i < ROUNDS; i++) {
		ret = i % 2 ? t_stop(self->ring.fd) : t_start(self->ring.fd);
		if (ret && ret != -EALREADY)
			return 1;
	}
	return 0;
}

TEST_F(netlink, r2_3_owner_and_administrator_at_once)
{
	struct t_child child;
	int i, ret, status;

	ASSERT_EQ(0, t_child(&child, owner_turns, self));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	for (i = 0; i < ROUNDS; i++) {
		ret = control(self, commands[i % 2]);
		EXPECT_TRUE(!ret || ret == -EALREADY) TH_LOG("%d", ret);
	}
	ASSERT_LE(0, t_child_reap(&child, 30000, &status));
	EXPECT_EQ(0, status);
	control(self, FRAKTOR_CMD_SOURCE_STOP);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 3, 5000));
}

/* --- who may */

static int controls_without_the_capability(struct t_child *child, void *arg)
{
	FIXTURE_DATA(netlink) *self = arg;
	unsigned int i;

	(void)child;
	/* On a socket of its own: an opener's rights go with the socket. */
	if (t_cap_drop(CAP_NET_ADMIN) || nl_listen(&self->nl, NULL))
		return 1;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (control(self, commands[i]) != -EPERM)
			return 2;
	return 0;
}

TEST_F(netlink, start_and_stop_need_cap_net_admin)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_child(&child, controls_without_the_capability, self));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

/* Root of a namespace of its own has every capability, but not here. */
static int controls_from_a_namespace(struct t_child *child, void *arg)
{
	FIXTURE_DATA(netlink) *self = arg;
	unsigned int i;

	(void)child;
	if (unshare(CLONE_NEWUSER))
		return 77;
	if (nl_listen(&self->nl, NULL))
		return 1;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (control(self, commands[i]) != -EPERM)
			return 2;
	if (unshare(CLONE_NEWNET))
		return 77;
	return nl_open(&self->nl) || nl_resolve(&self->nl) != -ENOENT ? 3 : 0;
}

TEST_F(netlink, start_and_stop_from_a_namespace_of_ones_own_are_eperm)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_child(&child, controls_from_a_namespace, self));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	if (status == 77)
		SKIP(return, "no user or network namespaces here");
	EXPECT_EQ(0, status);
}

/* --- what is refused, always with a reason, and leaves all as it was */

static void refused(struct __test_metadata *_metadata,
		    FIXTURE_DATA(netlink) *self, int error, const char *what)
{
	EXPECT_EQ(-error, ask(&self->nl, &self->req, NULL, NULL))
		TH_LOG("%s", what);
	EXPECT_TRUE(self->nl.acked_reason) TH_LOG("%s: no reason", what);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring))
		TH_LOG("%s", what);
}

static void begin(FIXTURE_DATA(netlink) *self, uint8_t cmd)
{
	request_init(&self->req, self->nl.family, cmd, FRAKTOR_GENL_VERSION, 0);
}

TEST_F(netlink, start_and_stop_of_nobody_are_refused)
{
	struct fraktor_info info;
	struct request *req = &self->req;
	unsigned int i;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		begin(self, commands[i]);
		refused(_metadata, self, EINVAL, "neither id nor name");
		begin(self, commands[i]);
		put_u32(req, FRAKTOR_A_SOURCE_ID, self->ring.source);
		put(req, FRAKTOR_A_SOURCE_NAME, info.name, strlen(info.name) + 1);
		refused(_metadata, self, EINVAL, "id and name");
		begin(self, commands[i]);
		put(req, FRAKTOR_A_SOURCE_NAME, "", 1);
		refused(_metadata, self, EINVAL, "an empty name");
		begin(self, commands[i]);
		put(req, FRAKTOR_A_SOURCE_NAME, "nobody", 7);
		refused(_metadata, self, ENOENT, "an unknown name");
		begin(self, commands[i]);
		put_u32(req, FRAKTOR_A_SOURCE_ID, 0xfffe);
		refused(_metadata, self, ENOENT, "an unknown id");
		begin(self, commands[i]);
		put_u32(req, FRAKTOR_A_SOURCE_ID, 0);
		refused(_metadata, self, ENOENT, "no id");
	}
}

TEST_F(netlink, start_and_stop_with_more_than_a_name_are_einval)
{
	char what[64];
	unsigned int i, type;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (type = FRAKTOR_A_SOURCE_DRIVER;
		     type <= FRAKTOR_A_SOURCE_MAX + 1; type++) {
			begin(self, commands[i]);
			put_u32(&self->req, FRAKTOR_A_SOURCE_ID,
				self->ring.source);
			put_u32(&self->req, type, 1);
			snprintf(what, sizeof(what), "command %u, attribute %u",
				 commands[i], type);
			refused(_metadata, self, EINVAL, what);
		}
	}
}

TEST_F(netlink, start_and_stop_of_a_malformed_name_or_id_are_refused)
{
	static const char unterminated[FRAKTOR_NAME_LEN] =
		"0123456789012345678901234567890";
	char endless[FRAKTOR_NAME_LEN];
	unsigned int i, len;

	memset(endless, 'x', sizeof(endless));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		begin(self, commands[i]);
		put(&self->req, FRAKTOR_A_SOURCE_NAME, unterminated, 5);
		refused(_metadata, self, EINVAL, "no end of the name");
		begin(self, commands[i]);
		put(&self->req, FRAKTOR_A_SOURCE_NAME, endless,
		    sizeof(endless));
		EXPECT_GT(0, ask(&self->nl, &self->req, NULL, NULL));
		for (len = 0; len < 4; len++) {
			begin(self, commands[i]);
			put(&self->req, FRAKTOR_A_SOURCE_ID, endless, len);
			EXPECT_GT(0, ask(&self->nl, &self->req, NULL, NULL))
				TH_LOG("an id of %u bytes", len);
		}
	}
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

TEST_F(netlink, there_is_no_dump_of_start_and_stop)
{
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		request_init(&self->req, self->nl.family, commands[i],
			     FRAKTOR_GENL_VERSION, NLM_F_DUMP);
		EXPECT_EQ(-EOPNOTSUPP, ask(&self->nl, &self->req, NULL, NULL));
	}
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

TEST_F(netlink, start_where_there_is_no_room_is_enospc)
{
	unsigned int max_rate;
	int ret;

	ASSERT_EQ(0, t_param_get("max_rate", &max_rate));
	ASSERT_EQ(0, t_param_set("max_rate", T_S / PERIOD / 2));
	ret = control(self, FRAKTOR_CMD_SOURCE_START);
	ASSERT_EQ(0, t_param_set("max_rate", max_rate));
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_TRUE(self->nl.acked_reason);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	EXPECT_EQ(0, control(self, FRAKTOR_CMD_SOURCE_START));
}

TEST_HARNESS_MAIN

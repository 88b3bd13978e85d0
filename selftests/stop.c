// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a source does not tick any more: each reason that user space can bring
 * about, with each way to wait.  Who waits is released, the reason stands
 * wherever one can look, and what is not dead can be started again.
 */
#include "lib.h"
#include "nl.h"
#include "waiter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define HOUR	(3600 * T_S)
#define JUMP_S	10		/* period of the source that drifts */
#define FOUND	"stop-me"	/* name of the source */

FIXTURE(stop) {
	struct nl nl;
	struct events events;
	struct t_ring reader;
	int owner;		/* file of the source, unless it is the child's */
	struct t_child child;
	struct t_waiter waiter;
	unsigned int max_load;
	int tai;
};

FIXTURE_VARIANT(stop) {
	enum fraktor_reason reason;
	enum t_path path;
};

#define STOP(name, reason_)						\
	FIXTURE_VARIANT_ADD(stop, name##_read) {			\
		.reason = FRAKTOR_REASON_##reason_, .path = T_READ };	\
	FIXTURE_VARIANT_ADD(stop, name##_poll) {			\
		.reason = FRAKTOR_REASON_##reason_, .path = T_POLL };	\
	FIXTURE_VARIANT_ADD(stop, name##_uring) {			\
		.reason = FRAKTOR_REASON_##reason_, .path = T_URING }

STOP(asked, ASKED);
STOP(admin, ADMIN);
STOP(owner_closed, OWNER_CLOSED);
STOP(owner_died, OWNER_DIED);
STOP(drift, DRIFT);
STOP(overload, OVERLOAD);

static int make_source(const struct fraktor_create *options)
{
	struct fraktor_create create = *options;
	int fd = t_open(O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = t_ioctl(fd, FRAKTOR_IOC_CREATE, &create);
	if (!ret)
		ret = t_start(fd);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int owns_the_source(struct t_child *child, void *arg)
{
	if (make_source(arg) < 0)
		return 1;
	t_child_ready(child);
	pause();
	return 2;
}

static void options_of(enum fraktor_reason reason,
		       struct fraktor_create *ret_options)
{
	t_create_init(ret_options, HOUR, 16);
	strcpy(ret_options->name, FOUND);
	switch (reason) {
	case FRAKTOR_REASON_DRIFT:
		ret_options->period_ns = JUMP_S * T_S;
		ret_options->clockid = CLOCK_TAI;
		ret_options->flags = FRAKTOR_SOURCE_F_DRIFT_STOPS;
		break;
	case FRAKTOR_REASON_OVERLOAD:
		ret_options->period_ns = T_MS;
		ret_options->flags = FRAKTOR_SOURCE_F_OVERLOAD_STOPS;
		break;
	default:
		break;
	}
}

FIXTURE_SETUP(stop)
{
	struct fraktor_attach attach = { .name = FOUND, .slots = 4096 };
	struct fraktor_create options;

	memset(&self->reader, 0, sizeof(self->reader));
	self->owner = -1;
	self->tai = t_tai_get();
	ASSERT_LE(0, self->tai);
	ASSERT_EQ(0, t_pin(0));
	ASSERT_EQ(0, t_param_get("max_load", &self->max_load))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS));
	/* Nothing stops before the test wants it to. */
	ASSERT_EQ(0, t_param_set("max_load", 100));
	options_of(variant->reason, &options);
	if (variant->reason == FRAKTOR_REASON_OWNER_DIED) {
		ASSERT_EQ(0, t_child(&self->child, owns_the_source, &options));
		ASSERT_EQ(0, t_child_await(&self->child, 5000));
	} else {
		self->owner = make_source(&options);
		ASSERT_LE(0, self->owner);
	}
	self->reader.fd = t_open(O_RDWR);
	ASSERT_LE(0, self->reader.fd);
	ASSERT_EQ(0, t_ioctl(self->reader.fd, FRAKTOR_IOC_ATTACH, &attach));
	self->events.wanted = attach.source;
	self->reader.source = attach.source;
	ASSERT_EQ(0, t_ring_map(&self->reader));
}

FIXTURE_TEARDOWN(stop)
{
	t_param_set("max_load", self->max_load);
	t_close(&self->owner);
	t_ring_close(&self->reader);
	t_close(&self->nl.fd);
	t_tai_set(self->tai);
}

/* Ticks on TAI come at once, ten seconds apart by their own clock. */
static int drift(FIXTURE_DATA(stop) *self)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 6 && !ret; i++) {
		ret = t_tai_set(self->tai + (i + 1) * JUMP_S);
		if (!ret && !t_until_state(&self->reader,
					   FRAKTOR_STATE_STOPPED, 200))
			return 0;
	}
	return ret ? ret : -ETIME;
}

static int overload(FIXTURE_DATA(stop) *self)
{
	int ret = t_param_set("max_load", 1);

	if (!ret)
		ret = t_set_period(self->owner, 20 * T_US);
	return ret ? ret : t_until_state(&self->reader, FRAKTOR_STATE_STOPPED,
					 10000);
}

/* On a socket that hears no events: these would come in between. */
static int by_netlink(FIXTURE_DATA(stop) *self, uint8_t cmd)
{
	struct nl nl;
	int ret = nl_listen(&nl, NULL);

	if (!ret)
		ret = nl_control(&nl, cmd, self->reader.source);
	t_close(&nl.fd);
	return ret;
}

static int bring_about(FIXTURE_DATA(stop) *self, enum fraktor_reason reason)
{
	switch (reason) {
	case FRAKTOR_REASON_ASKED:
		return t_stop(self->owner);
	case FRAKTOR_REASON_ADMIN:
		return by_netlink(self, FRAKTOR_CMD_SOURCE_STOP);
	case FRAKTOR_REASON_OWNER_CLOSED:
		return t_close(&self->owner);
	case FRAKTOR_REASON_OWNER_DIED:
		return t_child_kill(&self->child) < 0 ? -ETIME : 0;
	case FRAKTOR_REASON_DRIFT:
		return drift(self);
	case FRAKTOR_REASON_OVERLOAD:
		return overload(self);
	default:
		return -EINVAL;
	}
}

static bool kills(enum fraktor_reason reason)
{
	return reason == FRAKTOR_REASON_OWNER_CLOSED ||
	       reason == FRAKTOR_REASON_OWNER_DIED;
}

static void check_netlink(struct __test_metadata *_metadata,
			  FIXTURE_DATA(stop) *self, enum fraktor_reason reason)
{
	struct events *events = &self->events;
	struct source source;
	int ret;

	/* The event tells the cause, whatever else there was to tell. */
	events->types = EVENT(STOPPED) | EVENT(REMOVED);
	collect(&self->nl, events, kills(reason) ? 2 : 1, 3000);
	ASSERT_EQ(kills(reason) ? 2 : 1, events->n);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, events->e[0].type);
	EXPECT_EQ(reason, events->e[0].reason);
	EXPECT_STREQ(FOUND, events->e[0].name);
	/* On a socket that hears no events: these would come in between. */
	t_close(&self->nl.fd);
	ASSERT_EQ(0, nl_listen(&self->nl, NULL));
	ret = get_by_id(&self->nl, self->reader.source, &source);
	if (kills(reason)) {
		EXPECT_EQ(FRAKTOR_EVENT_REMOVED, events->e[1].type);
		EXPECT_EQ(reason, events->e[1].reason);
		EXPECT_EQ(-ENOENT, ret);
		return;
	}
	ASSERT_EQ(0, ret);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, source.state);
	EXPECT_EQ(reason, source.reason);
}

TEST_F(stop, r2_3_is_told_everywhere_and_releases_who_waits)
{
	unsigned int state = kills(variant->reason) ? FRAKTOR_STATE_DEAD :
						      FRAKTOR_STATE_STOPPED;
	struct fraktor_member member;
	struct fraktor_info info;
	uint64_t stopped;

	ASSERT_EQ(0, t_waiter_start(&self->waiter, variant->path,
				    &self->reader));
	EXPECT_TRUE(t_waiter_waits(&self->waiter));
	ASSERT_EQ(0, bring_about(self, variant->reason));
	stopped = t_now();
	EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&self->waiter));
	if (self->waiter.ended_ns > stopped) {
		EXPECT_GE(t_bound_ms(T_END_MS) * T_MS,
			  self->waiter.ended_ns - stopped);
	}
	/* What came before has been taken, to the last record. */
	EXPECT_EQ(t_head(&self->reader),
		  self->waiter.taken + t_dropped(&self->reader));
	EXPECT_EQ(state, t_state(&self->reader));
	EXPECT_EQ(variant->reason, t_reason(&self->reader));
	ASSERT_EQ(0, t_member(&self->reader, self->reader.source, &member));
	EXPECT_EQ(state, member.state);
	EXPECT_EQ(variant->reason, member.reason);
	ASSERT_EQ(0, t_info(self->reader.fd, &info));
	EXPECT_EQ(state, info.state);
	EXPECT_EQ(variant->reason, info.reason);
	check_netlink(_metadata, self, variant->reason);
}

TEST_F(stop, r2_3_can_be_started_again_unless_dead)
{
	struct fraktor_info info;
	uint64_t head;

	ASSERT_EQ(0, bring_about(self, variant->reason));
	head = t_head(&self->reader);
	t_sleep_ms(5);
	EXPECT_EQ(head, t_head(&self->reader));	/* no tick behind the end */
	EXPECT_EQ(-EPERM, t_start(self->reader.fd));
	if (kills(variant->reason)) {
		EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&self->reader));
		return;
	}
	EXPECT_EQ(-EALREADY, t_stop(self->owner));
	ASSERT_EQ(0, t_param_set("max_load", 100));
	ASSERT_EQ(0, t_set_period(self->owner, T_MS));
	ASSERT_EQ(0, t_start(self->owner));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->reader));
	EXPECT_EQ(FRAKTOR_REASON_NONE, t_reason(&self->reader));
	EXPECT_EQ(0, t_until_head(&self->reader, head + 3, 5000));
	ASSERT_EQ(0, t_info(self->reader.fd, &info));
	EXPECT_EQ(T_MS, info.period_ns);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/*
 * The bridge from the module's events to a system's: in what words, and, in the VM,
 * that they arrive.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include <fraktor/system.h>
#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "netlink/bridge.h"

TestSuite(bridge, .timeout = 60);

Test(bridge, s9_every_type_and_reason_of_the_module_has_its_words)
{
	struct frk_source_event event = { .size = sizeof(event), .name = "motor",
					  .time_ns = 77, .ticks = 5, .id = 3 };
	struct frk_event told;

	for (event.type = 1; strcmp(frk_source_event_name(event.type), "unknown");
	     event.type++) {
		frki_bridge_translate(&event, &told);
		cr_assert_str_eq(told.source.type, frk_source_event_name(event.type));
	}
	cr_assert_gt(event.type, 10);
	for (event.reason = 1; strcmp(frk_source_reason_name(event.reason), "unknown");
	     event.reason++) {
		frki_bridge_translate(&event, &told);
		cr_assert_str_eq(told.source.reason, frk_source_reason_name(event.reason));
	}
	cr_assert_eq(told.key, FRK_EVENT_SOURCE);
	cr_assert_eq(told.at_ns, 77);
	cr_assert_str_eq(told.source.name, "motor");
	cr_assert_eq(told.source.ticks, 5);
	cr_assert_eq(told.source.id, 3);
}

Test(bridge, a_name_that_does_not_end_is_cut)
{
	struct frk_source_event event = { .size = sizeof(event) };
	struct frk_event told;

	memset(event.name, 'x', sizeof(event.name));
	frki_bridge_translate(&event, &told);
	cr_assert_eq(strlen(told.source.name), sizeof(told.source.name) - 1);
	cr_assert_str_eq(told.source.reason, "");
}

static struct frk_system *build(void)
{
	struct frk_error error;
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd",
						      .error = &error, .quiet = 1);
	struct frk_system *system = NULL;

	cr_assert_eq(frk_system_build(&opts, &system), 0, "%s", error.text);
	return system;
}

Test(bridge, misuse_is_refused_in_words)
{
	struct frk_system *system = build();
	struct frk_netlink_bridge *bridge;
	struct frk_error error = { 0 };

	cr_expect_eq(frk_netlink_bridge_open(NULL, NULL, &bridge, &error), -EINVAL);
	cr_expect_eq(error.code, -EINVAL);
	cr_expect_eq(frk_netlink_bridge_open(system, NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(frk_netlink_bridge_open(system,
					     "a name that is much too long for a line",
					     &bridge, NULL),
		     -EINVAL);
	frk_netlink_bridge_close(NULL);
	frk_system_unref(system);
}

Test(bridge, without_a_module_it_says_so)
{
	struct frk_netlink_bridge *bridge;
	struct frk_error error = { 0 };
	struct frk_system *system;

	if (getenv("FRAKTOR_TEST_KERNEL"))
		cr_skip_test("the module is loaded");
	system = build();
	cr_expect_eq(frk_netlink_bridge_open(system, NULL, &bridge, &error), -ENOENT);
	cr_expect_not_null(strstr(error.text, "modprobe fraktor"), "%s", error.text);
	frk_system_unref(system);
}

/* The next event, which must be of that type. */
static void await(struct frk_subscription *events, const char *type,
		  struct frk_event *ret_event)
{
	int ret;

	while (!(ret = frk_subscription_next(events, ret_event)))
		frk_subscription_wait(events, UINT64_MAX);
	cr_assert_eq(ret, 1, "no \"%s\" came", type);
	cr_assert_str_eq(ret_event->source.type, type);
}

static struct frk_line *open_line(const char *name)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts), .name = name, .period_ns = FRK_MS(1),
		.clockid = CLOCK_MONOTONIC, .slots = 256,
	};
	struct frk_line *line = NULL;

	cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, NULL, &line), 0);
	return line;
}

Test(bridge, s9_events_of_the_module_come_to_subscribers_of_a_system)
{
	struct frk_netlink_bridge *bridge;
	struct frk_subscription *events;
	struct frk_error error = { 0 };
	struct frk_event event;
	struct frk_system *system;
	struct frk_line *other, *line;

	if (!getenv("FRAKTOR_TEST_KERNEL"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1: the module is tested in the VM");
	system = build();
	frk_subscription_open(system, FRK_EVENT_SOURCE, 0, &events);
	cr_assert_eq(frk_netlink_bridge_open(system, "bridged", &bridge, &error), 0, "%s",
		     error.text);
	/* Of another name: not wanted. */
	other = open_line("other");
	line = open_line("bridged");
	await(events, "created", &event);
	cr_expect_str_eq(event.source.name, "bridged");
	cr_assert_eq(frk_line_start(line, NULL), 0);
	await(events, "started", &event);
	cr_expect_eq(event.source.period_ns, FRK_MS(1));
	frk_line_stop(line);
	await(events, "stopped", &event);
	cr_expect_str_eq(event.source.name, "bridged");
	cr_expect_str_eq(event.source.reason, "asked");
	frk_line_close(line);
	frk_line_close(other);
	frk_netlink_bridge_close(bridge);
	frk_subscription_close(events);
	frk_system_unref(system);
}

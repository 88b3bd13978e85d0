// SPDX-License-Identifier: MIT
/*
 * The library against a module that is loaded: FRAKTOR_TEST_KERNEL=1, in the
 * VM.  The test is its own source and reader.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <fraktor/netlink.h>
#include <fraktor/tick.h>
#include <linux/fraktor.h>

static struct frk_netlink *netlink;
static struct frk_line *line;
static char name[32];

TestSuite(module, .timeout = 60);

static void open_line(void)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.name = name,
		.period_ns = FRK_MS(1),
		.clockid = CLOCK_MONOTONIC,
		.slots = 256,
	};

	snprintf(name, sizeof(name), "netlink-%d", (int)getpid());
	cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, NULL, &line), 0);
}

static void need_module(void)
{
	const char *value = getenv("FRAKTOR_TEST_KERNEL");

	if (!value || strcmp(value, "1"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1: the module is tested in the VM");
	cr_assert_eq(frk_netlink_open(&netlink, NULL), 0);
}

static void close_all(void)
{
	frk_line_close(line);
	frk_netlink_close(netlink);
}

Test(module, r3_6_fills_structures_of_every_size)
{
	struct frk_source now = { .size = sizeof(now) };
	struct {
		struct frk_source source;
		uint64_t more[4];
	} newer = { .source.size = sizeof(newer), .more = { 1, 2, 3, 4 } };

	need_module();
	open_line();
	cr_assert_eq(frk_netlink_get(netlink, name, &now), 0);
	cr_expect_eq(now.size, sizeof(now));
	cr_expect_str_eq(now.name, name);
	cr_expect_eq(now.period_ns, FRK_MS(1));
	cr_expect_eq(now.late_ns, FRK_MS(1));
	cr_expect_eq(now.owner_pid, getpid());
	cr_expect_eq(now.stall_periods, FRAKTOR_STALL_PERIODS_DEFAULT);
	cr_expect_eq(now.drift_budget_ppb, FRAKTOR_DRIFT_PPB_DEFAULT);
	cr_assert_eq(frk_netlink_get(netlink, name, &newer.source), 0);
	cr_expect_eq(newer.source.size, sizeof(newer));
	cr_expect_eq(newer.source.id, now.id);
	cr_expect_eq(newer.more[3], 0);
	cr_expect_eq(frk_netlink_get(netlink, "nobody", &now), -ENOENT);
	cr_expect_eq(now.id, newer.source.id, "untouched on failure");
	close_all();
}

static int find_own(const struct frk_reader *reader, void *data)
{
	if (reader->pid == (uint32_t)getpid())
		*(struct frk_reader *)data = *reader;
	return 0;
}

Test(module, r2_3_finds_its_own_reader)
{
	struct frk_reader found = { 0 }, same = { .size = sizeof(same) };
	struct frk_source source = { .size = sizeof(source) };

	need_module();
	open_line();
	cr_assert_eq(frk_netlink_get(netlink, name, &source), 0);
	cr_assert_eq(frk_netlink_dump_readers(netlink, find_own, &found), 0);
	cr_assert(found.id);
	cr_expect(found.owner);
	cr_expect_eq(found.nr_sources, 1);
	cr_expect_eq(found.sources[0], source.id);
	cr_expect_eq(found.slots, 256);
	cr_expect_eq(found.made, 0);
	cr_assert_eq(frk_netlink_get_reader(netlink, found.id, &same), 0);
	cr_expect_arr_eq(&same, &found, sizeof(same));
	cr_expect_eq(frk_netlink_get_reader(netlink, found.id + 1000, &same), -ENOENT);
	cr_expect_eq(same.id, found.id, "untouched on failure");
	close_all();
}

Test(module, r1_5_changes_a_source)
{
	struct frk_source_change change = {
		.size = sizeof(change),
		.what = FRK_CHANGE_PERIOD | FRK_CHANGE_FLAGS | FRK_CHANGE_PHASE |
			FRK_CHANGE_MISSED | FRK_CHANGE_STALL,
		.period_ns = FRK_MS(2),
		.phase_ns = FRK_US(300),
		.flags = FRK_SOURCE_ALIGN | FRK_SOURCE_CPU_STRICT,
		.missed_policy = FRAKTOR_MISSED_BURST,
		.stall_periods = 7,
	};
	struct frk_source source = { .size = sizeof(source) };

	need_module();
	open_line();
	cr_assert_eq(frk_netlink_set(netlink, name, &change, NULL), 0);
	cr_assert_eq(frk_netlink_get(netlink, name, &source), 0);
	cr_expect_eq(source.period_ns, FRK_MS(2));
	cr_expect_eq(source.phase_ns, FRK_US(300));
	cr_expect_eq(source.flags, change.flags);
	cr_expect_eq(source.missed_policy, FRAKTOR_MISSED_BURST);
	cr_expect_eq(source.stall_periods, 7);
	cr_expect_eq(source.late_ns, FRK_MS(2), "one period, whatever it is");
	close_all();
}

Test(module, r2_3_starts_and_stops_a_source)
{
	struct frk_source source = { .size = sizeof(source) };
	struct frk_error error = { 0 };
	struct frk_tick tick;
	int rc;

	need_module();
	open_line();
	cr_assert_eq(frk_netlink_start(netlink, name, &error), 0);
	cr_expect_eq(frk_netlink_start(netlink, name, &error), -EALREADY);
	cr_expect_str_eq(error.text, "the source ticks already");
	/* To its owner that is as good as his own start. */
	cr_expect_eq(frk_line_start(line, NULL), 0);
	cr_assert_eq(frk_netlink_stop(netlink, name, NULL), 0);
	cr_expect_eq(frk_netlink_stop(netlink, name, &error), -EALREADY);
	cr_expect_str_eq(error.text, "the source does not tick");
	do
		rc = frk_line_drain(line, &tick, 1);
	while (rc > 0);
	if (!rc)
		rc = frk_line_wait(line);
	cr_expect_eq(rc, -ESHUTDOWN);
	cr_assert_eq(frk_netlink_get(netlink, name, &source), 0);
	cr_expect_str_eq(frk_source_state_name(source.state), "stopped");
	cr_expect_str_eq(frk_source_reason_name(source.reason), "admin");
	cr_expect_eq(frk_netlink_start(netlink, "nobody", &error), -ENOENT);
	cr_expect_eq(frk_netlink_stop(netlink, "", &error), -ENOENT);
	cr_expect_eq(error.code, -ENOENT);
	close_all();
}

static void expect_words(const char *whom, uint64_t period_ns, int code)
{
	struct frk_source_change change = { .size = sizeof(change),
					    .what = FRK_CHANGE_PERIOD,
					    .period_ns = period_ns };
	struct frk_error error = { 0 };

	cr_expect_eq(frk_netlink_set(netlink, whom, &change, &error), code);
	cr_expect_eq(error.code, code);
	cr_expect_str_not_empty(error.text);
}

Test(module, r1_5_a_refused_change_is_refused_in_words)
{
	need_module();
	open_line();
	expect_words(name, 1, -EINVAL);
	expect_words(name, FRK_S(4000), -EINVAL);
	expect_words("nobody", FRK_MS(1), -ENOENT);
	expect_words("", FRK_MS(1), -ENOENT);
	expect_words("a name that is much too long for it", FRK_MS(1), -ENOENT);
	cr_assert_eq(setuid(65534), 0);
	expect_words(name, FRK_MS(2), -EPERM);
	close_all();
}

static int count_metrics(const struct frk_source *source, void *data)
{
	uint64_t *ticks = data;

	if (strcmp(source->name, name))
		return 0;
	cr_assert_eq(source->state, FRAKTOR_STATE_RUNNING);
	cr_assert_gt(source->ticks, *ticks);
	*ticks = source->ticks;
	return 1;
}

Test(module, r1_5_metrics_come_while_a_source_runs)
{
	uint64_t ticks = 0;
	int i, rc;

	need_module();
	open_line();
	cr_assert_eq(frk_netlink_subscribe_metrics(netlink), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	for (i = 0; i < 2; i++) {
		do {
			rc = frk_netlink_receive_metrics(netlink, count_metrics, &ticks);
		} while (!rc);
		cr_assert_eq(rc, 1);
	}
	close_all();
}

struct story {
	const char *const *next;
	uint32_t last_pid;
};

/* Events of the line in their order; others come in between. */
static int follow(const struct frk_source_event *event, void *data)
{
	struct story *story = data;

	if (strcmp(event->name, name) ||
	    strcmp(frk_source_event_name(event->type), *story->next))
		return 0;
	story->last_pid = event->pid;
	return !*++story->next;
}

Test(module, r1_5_events_tell_the_story_of_a_line)
{
	/* It is never read: its watchdog barks. */
	static const char *const story[] = { "created", "started", "reader-stalled",
					     "stopped", "removed", NULL };
	struct story told = { .next = story };
	int rc = 0;

	need_module();
	cr_assert_eq(frk_netlink_subscribe(netlink), 0);
	open_line();
	cr_assert_eq(frk_line_start(line, NULL), 0);
	while (told.next < story + 3 && rc >= 0)
		rc = frk_netlink_receive(netlink, follow, &told);
	cr_assert_geq(rc, 0);
	cr_assert_eq(told.last_pid, getpid());
	frk_line_close(line);
	line = NULL;
	while (!rc)
		rc = frk_netlink_receive(netlink, follow, &told);
	cr_assert_eq(rc, 1);
	close_all();
}

// SPDX-License-Identifier: MIT
/*
 * supervision_test.c - supervision as an application has it: failures are counted, told
 * and never flood; a system with children that fail shuts down like any other.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(supervision, .timeout = 30);

static atomic_uint starts, ends;

/* Fails at every tick. */
static int fail(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		starts++;
		return frk_context_every(context, TICK, 0, NULL);
	}
	if (message->kind == FRK_MESSAGE_STOPPED)
		ends++;
	return message->kind == TICK ? -EIO : 0;
}

static int lead(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts child = FRK_ACTOR_OPTS(.name = "pump", .receive = fail);

	return message->kind == FRK_MESSAGE_STARTED ?
		       frk_context_spawn(context, &child, NULL) : 0;
}

static struct frk_system *build(const struct frk_supervision *supervision)
{
	struct frk_actor_opts leader = FRK_ACTOR_OPTS(.name = "leader", .receive = lead,
						      .supervision = supervision);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors = &leader, .actors_n = 1);
	struct frk_system *system;

	starts = ends = 0;
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frki_scripted_settle();
	return system;
}

Test(supervision, s4_s9_failures_are_counted_and_told_and_do_not_flood)
{
	static const struct frk_supervision forever = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED);
	struct frk_system *system = build(&forever);
	struct frk_subscription *events;
	struct frk_actor_stats stats;
	struct frk_event event;

	cr_assert_eq(frk_subscription_open(system, FRK_EVENT_ACTOR_FAILED, 0, &events), 0);
	frki_scripted_ticks(100);
	frki_scripted_settle();
	cr_assert_eq(frk_system_get_actors(system, &stats), 0);
	cr_assert_eq(stats.failures_total, 100);
	cr_assert_eq(stats.restarts_total, 100);
	cr_assert_eq(starts, 101);
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(frk_subscription_next(events, &event), 1);
		cr_assert_eq(event.failure.count, 1);
		cr_assert_eq(event.failure.error, -EIO);
		cr_assert_eq(event.failure.directive, FRK_DIRECTIVE_RESTART);
		cr_assert_str_eq(event.failure.name, "pump");
	}
	cr_assert_eq(frk_subscription_next(events, &event), 0);
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(1100), 1);
	frki_scripted_settle();
	/* With the tick that told it, another one. */
	do
		cr_assert_eq(frk_subscription_next(events, &event), 1);
	while (event.failure.count == 1);
	cr_assert_geq(event.failure.count, 92);
	cr_assert_eq(event.failure.actor.life, 0);
	frk_subscription_close(events);
	frk_system_unref(system);
	cr_assert_eq(ends, 1);
	cr_assert_eq(frk_system_get_actors(NULL, &stats), -EINVAL);
}

Test(supervision, s4_a_child_that_waits_to_begin_again_is_in_nobodys_way)
{
	static const struct frk_supervision patient = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .backoff_ns = FRK_S(3600));
	struct frk_system *system = build(&patient);
	struct frk_timer_info timer;

	frki_scripted_ticks(3);
	frki_scripted_settle();
	cr_assert_eq(starts, 1);
	cr_assert_eq(frk_system_list_timers(system, &timer, 1), 1);
	cr_assert_eq(timer.kind, 0);
	cr_assert_str_eq(timer.actor_name, "pump");
	frk_system_unref(system);
	cr_assert_eq(starts, 1);
	cr_assert_eq(ends, 1);
}

Test(supervision, s4_a_table_that_cannot_be_fails_the_build)
{
	static const struct frk_supervision table = FRK_SUPERVISION(.scope = 7);
	struct frk_actor_opts leader = FRK_ACTOR_OPTS(.receive = lead, .supervision = &table);
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors = &leader, .actors_n = 1,
		.error = &error);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL);
	cr_assert_neq(strstr(error.text, "actors[0]"), NULL, "%s", error.text);
}

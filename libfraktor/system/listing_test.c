// SPDX-License-Identifier: MIT
/*
 * listing_test.c - the timers and actors of a system, asked for from everywhere.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(listing, .timeout = 60);

static struct frk_timer_info timers[8];

/* Three timers, the last one to be due first; and PING asks from within. */
static int arm(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_timer_opts rate = FRK_TIMER_OPTS(
		.kind = 22, .mode = FRK_TIMER_RATE, .delay_ns = FRK_MS(7),
		.interval_ns = FRK_MS(9));
	int *found = frk_context_state(context);

	if (message->kind == PING)
		*found = frk_system_list_timers(frk_context_system(context), NULL, 0);
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_after(context, 20, FRK_S(5), NULL), 0);
	cr_assert_eq(frk_context_every(context, 21, FRK_MS(500), NULL), 0);
	return frk_context_schedule(context, &rate, NULL);
}

static struct frk_pid spawn(struct frk_system *system, int *found)
{
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.name = "armer", .receive = arm, .state = found);
	struct frk_pid pid;

	frki_scripted_ticks(1);
	cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
	frki_scripted_settle();
	return pid;
}

Test(listing, s2_every_timer_is_told_with_when_and_whose)
{
	struct frk_system *system = build_scripted(0);
	struct frk_pid pid = spawn(system, NULL);

	cr_assert_eq(frk_system_list_timers(system, timers, 8), 3);
	cr_assert_eq(timers[0].kind, 22);
	cr_assert_eq(timers[0].mode, FRK_TIMER_RATE);
	cr_assert_eq(timers[0].interval_ns, FRK_MS(9));
	cr_assert_eq(timers[0].due_ns, FRKI_SCRIPTED_START_NS + FRK_MS(8));
	cr_assert_eq(timers[1].kind, 21);
	cr_assert_eq(timers[2].kind, 20);
	cr_assert_eq(timers[2].interval_ns, 0);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(timers[i].actor.life, pid.life);
		cr_assert_str_eq(timers[i].actor_name, "armer");
		cr_assert_neq(timers[i].timer.life, 0);
	}
	/* One that has fired for the last time is none any more. */
	frk_system_stop_actor(system, pid);
	frki_scripted_settle();
	cr_assert_eq(frk_system_list_timers(system, timers, 8), 0);
	frk_system_unref(system);
}

Test(listing, s2_more_than_there_is_room_for_are_counted)
{
	struct frk_system *system = build_scripted(0);

	spawn(system, NULL);
	timers[1].kind = 77;
	cr_assert_eq(frk_system_list_timers(system, timers, 1), 3);
	cr_assert_eq(timers[1].kind, 77);
	cr_assert_eq(frk_system_list_timers(system, NULL, 0), 3);
	frk_system_unref(system);
}

Test(listing, s2_an_actor_may_ask_and_so_may_who_comes_after_the_end)
{
	struct frk_system *system = build_scripted(0);
	int found = 0;
	struct frk_pid pid = spawn(system, &found);

	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
	frki_scripted_settle();
	cr_assert_eq(found, 3);
	frk_system_stop(system);
	frk_system_run(system);
	cr_assert_eq(frk_system_list_timers(system, timers, 8), 0);
	frk_system_unref(system);
}

static void *ask_often(void *data)
{
	for (int i = 0; i < 500; i++) {
		int found = frk_system_list_timers(data, NULL, 0);

		cr_assert(found == 3 || found == 0, "%d", found);
	}
	return NULL;
}

Test(listing, many_ask_at_once_and_while_it_ends)
{
	struct frk_system *system = build_scripted(0);
	pthread_t threads[4];

	spawn(system, NULL);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, ask_often, system), 0);
	frki_scripted_ticks(5);
	frk_system_stop(system);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	frk_system_unref(system);
}

Test(listing, s2_a_timer_is_a_line)
{
	struct frk_timer_info timer = {
		.timer = { 1, 2 }, .actor = { 3, 4 }, .actor_name = "valve", .kind = 20,
		.mode = FRK_TIMER_DELAY, .due_ns = 7, .interval_ns = 8, .count = 9,
	};
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	cr_assert_eq(frk_timer_print(&timer, stream), 0);
	fclose(stream);
	cr_assert_str_eq(text,
			 "fraktor: timer 1.2 actor=3.4 name=valve kind=20 mode=delay due_ns=7 interval_ns=8 count=9\n");
	free(text);
}

Test(listing, s5_every_actor_is_told_with_its_mailbox)
{
	struct frk_system *system = build_scripted(0);
	struct frk_pid pid = spawn(system, NULL);
	struct frk_actor_info actors[2];

	cr_assert_eq(frk_system_list_actors(system, actors, 2), 1);
	cr_assert_eq(actors[0].actor.life, pid.life);
	cr_assert_str_eq(actors[0].name, "armer");
	cr_assert_eq(actors[0].mailbox_max, 256);
	frk_system_stop(system);
	frk_system_run(system);
	cr_assert_eq(frk_system_list_actors(system, NULL, 0), 0);
	frk_system_unref(system);
}

Test(listing, s5_an_actor_is_a_line)
{
	struct frk_actor_info actor = {
		.actor = { 3, 4 }, .parent = { 1, 2 }, .name = "valve",
		.path = "/tank/valve", .mailbox_policy = FRK_MAILBOX_DROP_OLDEST, .mailbox_max = 8,
		.mailbox_waiting = 2, .mailbox_high = 9, .stashed = 1,
	};
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	cr_assert_eq(frk_actor_print(&actor, stream), 0);
	actor.mailbox_policy = 77;
	cr_assert_eq(frk_actor_print(&actor, stream), 0);
	fclose(stream);
	cr_assert_str_eq(text,
			 "fraktor: actor 3.4 name=valve path=/tank/valve parent=1.2 policy=drop-oldest max=8 waiting=2 high=9 stashed=1\n"
			 "fraktor: actor 3.4 name=valve path=/tank/valve parent=1.2 policy=unknown max=8 waiting=2 high=9 stashed=1\n");
	free(text);
}

Test(listing, misuse_is_refused)
{
	struct frk_system *system = build_scripted(0);

	cr_assert_eq(frk_system_list_timers(NULL, timers, 8), -EINVAL);
	cr_assert_eq(frk_system_list_timers(system, NULL, 8), -EINVAL);
	cr_assert_eq(frk_timer_print(NULL, stdout), -EINVAL);
	cr_assert_eq(frk_system_list_actors(NULL, NULL, 0), -EINVAL);
	cr_assert_eq(frk_system_list_actors(system, NULL, 1), -EINVAL);
	cr_assert_eq(frk_actor_print(NULL, stdout), -EINVAL);
	frk_system_unref(system);
}

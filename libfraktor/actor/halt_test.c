// SPDX-License-Identifier: MIT
/*
 * halt_test.c - actors that end at once, and what becomes of what waits for them.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/post.h"

#define GO 20

TestSuite(halt, .init = stage_setup);

static int halt_itself(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == GO)
		cr_assert_eq(frki_stage_halt(&stage, frk_context_self(context)), 0);
	return 0;
}

Test(halt, s4_what_waits_is_not_handled_but_accounted_for)
{
	struct seen seen = { .then = halt_itself };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(post(pid, GO + i), 0);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[1], GO);
	cr_assert_eq(seen.kinds[2], FRK_MESSAGE_STOPPED);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 3);
	cr_assert_eq(post(pid, GO), -ESTALE);
	cr_assert_eq(frki_stage_halt(&stage, pid), -ESTALE);
	stage_assert_no_leak();
}

Test(halt, s4_one_that_waits_for_nothing_ends)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	cr_assert_eq(frki_stage_halt(&stage, pid), 0);
	cr_assert_eq(frki_stage_halt(&stage, pid), 0, "again is no mistake");
	stage_settle();
	cr_assert_eq(seen.kinds[1], FRK_MESSAGE_STOPPED);
	cr_assert_not(frki_stage_ready(&stage));
	stage_assert_no_leak();
}

Test(halt, s4_before_its_first_turn_it_has_a_beginning_and_an_end)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	cr_assert_eq(post(pid, GO), 0);
	cr_assert_eq(frki_stage_halt(&stage, pid), 0);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.kinds[0], FRK_MESSAGE_STARTED);
	cr_assert_eq(seen.kinds[1], FRK_MESSAGE_STOPPED);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 1);
	stage_assert_no_leak();
}

Test(halt, s4_one_that_was_told_to_stop_is_told_to_halt)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	cr_assert_eq(post(pid, GO), 0);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	cr_assert_eq(frki_stage_halt(&stage, pid), 0);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 1);
	stage_assert_no_leak();
}

Test(halt, s4_who_is_not_there_is_not_halted)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen), other = pid;

	other.life++;
	cr_assert_eq(frki_stage_halt(&stage, other), -ESTALE);
	other.index = CELLS;
	cr_assert_eq(frki_stage_halt(&stage, other), -ESTALE);
	stage_settle();
	cr_assert_eq(post(pid, GO), 0);
	stage_settle();
	cr_assert_eq(seen.kinds[1], GO);
}

/* --- with a family, and paths */

static struct seen child, grandchild;
static struct frk_pid child_pid, grandchild_pid;

static int have(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts younger = FRK_ACTOR_OPTS(
		.name = "grandchild", .receive = see, .state = &grandchild);
	const struct frk_actor_opts elder = FRK_ACTOR_OPTS(
		.name = "child", .receive = see, .state = &child);

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	if (frk_context_state(context) == &child)
		return frk_context_spawn(context, &younger, &grandchild_pid);
	return frk_context_spawn(context, &elder, &child_pid);
}

static struct frk_pid spawn_family(struct seen *seen)
{
	memset(&child, 0, sizeof(child));
	memset(&grandchild, 0, sizeof(grandchild));
	seen->then = child.then = have;
	return spawn(seen);
}

Test(halt, s4_children_end_first_and_handle_what_they_have)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_family(&seen);

	stage_settle();
	cr_assert_eq(post(child_pid, GO), 0);
	cr_assert_eq(post(pid, GO), 0);
	cr_assert_eq(frki_stage_halt(&stage, pid), 0);
	stage_settle();
	cr_assert_eq(child.kinds[1], GO);
	cr_assert_eq(child.kinds[2], FRK_MESSAGE_STOPPED);
	cr_assert_eq(grandchild.kinds[1], FRK_MESSAGE_STOPPED);
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 1);
	cr_assert_not(frki_stage_ready(&stage));
	stage_assert_no_leak();
}

static struct frk_pid target;

static int ask_target(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != GO)
		return 0;
	return frk_context_ask(context, target, GO, NULL, 0, 1000 * PERIOD_NS, NULL);
}

Test(halt, s7_who_has_asked_is_told)
{
	struct seen asks = { .then = ask_target }, halts = { .then = halt_itself };
	struct frk_pid pid = spawn(&asks);

	target = spawn(&halts);
	stage_settle();
	/* It halts at this one, and the question is behind it. */
	cr_assert_eq(post(target, GO), 0);
	cr_assert_eq(post(pid, GO), 0);
	stage_turn_of(pid);
	stage_settle();
	cr_assert_eq(asks.kinds[asks.n - 1], FRK_MESSAGE_ASK_FAILED);
	cr_assert_eq(asks.sender.index, target.index);
}

/* --- paths */

static const struct frk_actor_info *listed(struct frk_pid pid)
{
	static struct frk_actor_info actors[CELLS];
	size_t n = frki_post_list(&stage, actors, CELLS);

	for (size_t i = 0; i < n; i++)
		if (actors[i].actor.index == pid.index)
			return &actors[i];
	cr_assert_fail("it is not listed");
	return NULL;
}

Test(path, s4_is_the_names_from_the_topmost_actor_on)
{
	struct seen seen = { 0 };
	struct frk_pid pid;

	stage_setup();
	pid = spawn_family(&seen);
	stage_settle();
	cr_assert_str_eq(listed(pid)->path, "/actor");
	cr_assert_str_eq(listed(child_pid)->path, "/actor/child");
	cr_assert_str_eq(listed(grandchild_pid)->path, "/actor/child/grandchild");
}

/* As many as there are slots are too few for a path that is too long: of cells alone. */
Test(path, s4_that_is_too_long_has_its_last_names)
{
	static struct frki_cell cells[8];
	char path[FRK_ACTOR_PATH_SIZE], whole[8 * FRKI_CELL_NAME_SIZE + 1] = "";
	char name[FRKI_CELL_NAME_SIZE];

	for (int i = 0; i < 8; i++) {
		const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = name, .receive = see,
								  .mailbox_max = 1);

		memset(name, 'a' + i, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		frki_cell_init(&cells[i]);
		frki_cell_start(&cells[i], &opts, i ? &cells[i - 1] : NULL, NULL);
		strcat(strcat(whole, "/"), name);
		frki_cell_path(&cells[i], path);
		if (strlen(whole) < sizeof(path)) {
			cr_assert_str_eq(path, whole);
			continue;
		}
		cr_assert_lt(strlen(path), sizeof(path));
		cr_assert_eq(strncmp(path, ".../", 4), 0, "%s", path);
		cr_assert_str_eq(path + 3, whole + strlen(whole) - strlen(path + 3));
		cr_assert_eq(strlen(path + 3), 3 * sizeof(name));
	}
}

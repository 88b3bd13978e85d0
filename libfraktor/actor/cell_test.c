// SPDX-License-Identifier: MIT
/*
 * cell_test.c - the life of an actor: first and last message, ways to end.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/cell.h"
#include "actor/post.h"

TestSuite(cell, .init = stage_setup);

static int stop_at_20(struct frk_context *context,
		      const struct frk_message *message)
{
	if (message->kind == 20)
		frk_context_stop(context);
	return 0;
}

static int fail_at_20(struct frk_context *context,
		      const struct frk_message *message)
{
	(void)context;
	return message->kind == 20 ? -EIO : 0;
}

static int fail_always(struct frk_context *context,
		       const struct frk_message *message)
{
	(void)context;
	(void)message;
	return -EIO;
}

static void post_19_20_21(struct frk_pid pid)
{
	for (uint32_t kind = 19; kind <= 21; kind++)
		cr_assert_eq(post(pid, kind), 0);
}

static void assert_ended_at_20(const struct seen *seen, struct frk_pid pid)
{
	cr_assert_eq(seen->n, 4);
	cr_assert_eq(seen->kinds[0], FRK_MESSAGE_STARTED);
	cr_assert_eq(seen->kinds[2], 20);
	cr_assert_eq(seen->kinds[3], FRK_MESSAGE_STOPPED);
	cr_assert_eq(post(pid, 22), -ESTALE);
	cr_assert_eq(atomic_load(&stage.dead_letters[FRK_DEAD_ENDED]), 1);
}

Test(cell, stops_itself_after_the_message_it_has)
{
	struct seen seen = { .then = stop_at_20 };
	struct frk_pid pid = spawn(&seen);

	post_19_20_21(pid);
	stage_settle();
	assert_ended_at_20(&seen, pid);
	cr_assert_eq(atomic_load(&stage.failures), 0);
	stage_assert_no_leak();
}

Test(cell, an_error_from_receive_stops_it)
{
	struct seen seen = { .then = fail_at_20 };
	struct frk_pid pid = spawn(&seen);

	post_19_20_21(pid);
	stage_settle();
	assert_ended_at_20(&seen, pid);
	cr_assert_eq(atomic_load(&stage.failures), 1);
	stage_assert_no_leak();
}

Test(cell, failing_at_the_first_message_still_gets_the_last)
{
	struct seen seen = { .then = fail_always };
	struct frk_pid pid = spawn(&seen);

	post(pid, 20);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.kinds[0], FRK_MESSAGE_STARTED);
	cr_assert_eq(seen.kinds[1], FRK_MESSAGE_STOPPED);
	cr_assert_eq(atomic_load(&stage.failures), 1);
	cr_assert_eq(atomic_load(&stage.dead_letters[FRK_DEAD_ENDED]), 1);
	stage_assert_no_leak();
}

Test(cell, told_to_stop_handles_what_it_has_and_gets_no_more)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	post_19_20_21(pid);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	cr_assert_eq(post(pid, 22), -ESTALE);
	stage_settle();
	cr_assert_eq(seen.n, 5);
	cr_assert_eq(seen.kinds[3], 21);
	cr_assert_eq(seen.kinds[4], FRK_MESSAGE_STOPPED);
	cr_assert_eq(frki_stage_stop(&stage, pid), -ESTALE);
	cr_assert_eq(atomic_load(&stage.dead_letters[FRK_DEAD_ENDED]), 0);
	stage_assert_no_leak();
}

static int in_stopped(struct frk_context *context,
		      const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	if (message->kind != FRK_MESSAGE_STOPPED)
		return 0;
	frk_context_stop(context);
	cr_assert_eq(frk_context_send(context, self, 20, NULL, 0), -ESTALE);
	cr_assert_eq(frk_context_every(context, 20, 0, NULL), -ESTALE);
	return -EIO;
}

Test(cell, can_start_nothing_new_in_its_last_message)
{
	struct seen seen = { .then = in_stopped };

	frki_stage_stop(&stage, spawn(&seen));
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(atomic_load(&stage.failures), 0);
	stage_assert_no_leak();
}

static int send_to_self(struct frk_context *context,
			const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	if (message->kind < 30)
		return frk_context_send(context, self,
					message->kind < 20 ? 20 :
							     message->kind + 1,
					NULL, 0);
	return 0;
}

Test(cell, may_send_to_itself_and_is_the_sender)
{
	struct seen seen = { .then = send_to_self };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	cr_assert_eq(seen.n, 12);
	cr_assert_eq(seen.kinds[11], 30);
	cr_assert_eq(seen.sender.index, pid.index);
	cr_assert_eq(seen.sender.life, pid.life);
	cr_assert_eq(seen.self.life, pid.life);
}

static struct seen child;

static int spawn_child(struct frk_context *context,
		       const struct frk_message *message)
{
	(void)context;
	if (message->kind == FRK_MESSAGE_STARTED)
		return post(spawn(&child), 20);
	return 0;
}

Test(cell, may_spawn_and_send_at_once)
{
	struct seen seen = { .then = spawn_child };

	spawn(&seen);
	stage_settle();
	cr_assert_eq(seen.n, 1);
	cr_assert_eq(child.n, 2);
	cr_assert_eq(child.kinds[1], 20);
}

Test(cell, context_functions_refuse_null)
{
	struct frk_pid nobody = { 0 };
	struct frk_timer timer = { 0 };

	cr_assert_null(frk_context_system(NULL));
	cr_assert_null(frk_context_state(NULL));
	cr_assert_eq(frk_context_self(NULL).life, 0);
	cr_assert_eq(frk_context_now_ns(NULL), 0);
	cr_assert_eq(frk_context_send(NULL, nobody, 20, NULL, 0), -EINVAL);
	cr_assert_eq(frk_context_every(NULL, 20, 0, NULL), -EINVAL);
	cr_assert_eq(frk_context_after(NULL, 20, 0, NULL), -EINVAL);
	cr_assert_eq(frk_context_cancel(NULL, timer), -EINVAL);
	frk_context_stop(NULL);
}

/* So many as nobody says in a test. */
#define SAID ((1U << 30) + 7)

static int go_on(struct frk_context *context, const struct frk_message *message)
{
	const struct seen *seen = frk_context_state(context);

	if (message->kind != 20 || seen->n > 20)
		return 0;
	return frk_context_send(context, frk_context_self(context), 20, NULL, 0);
}

Test(cell, counts_what_was_said_and_begins_anew_before_there_is_no_more_room)
{
	struct seen seen = { .then = go_on };
	struct frk_pid pid = spawn(&seen);
	struct frki_cell *cell = frki_pool_at(&stage.cells, pid.index);

	stage_settle();
	/* As where it is not known who runs the stage. */
	stage.hand.used = false;
	cr_assert_eq(cell->turn, 0);
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(cell->turn, 1);
	cell->turn = SAID;
	stage_turn_of(pid);
	cr_assert_eq(seen.n, 1 + 16, "a turn, and there is more");
	cr_assert_eq(cell->turn, 1);
	stage_settle();
	cr_assert_eq(seen.n, 21);
	cr_assert_eq(cell->turn, 0);
}

/* --- listed */

static struct seen child;
static struct frk_pid child_pid;

static int have_a_child(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = &child);

	return message->kind == 20 ? frk_context_spawn(context, &opts, &child_pid) : 0;
}

Test(cell, s3_a_child_is_listed_from_its_beginning_to_its_end)
{
	struct seen seen = { .then = have_a_child };
	struct frk_pid pid = spawn(&seen);
	struct frk_actor_info actors[CELLS];

	stage_settle();
	cr_assert_eq(post(pid, 20), 0);
	stage_turn_of(pid);
	/* It has not begun. */
	cr_assert_eq(frki_post_list(&stage, actors, CELLS), 1);
	stage_settle();
	cr_assert_eq(frki_post_list(&stage, actors, CELLS), 2);
	cr_assert_eq(actors[1].actor.index, child_pid.index);
	cr_assert_eq(actors[1].parent.index, pid.index);
	/* And is the first to go. */
	cr_assert(frki_stage_stop_youngest(&stage));
	stage_settle();
	cr_assert_eq(child.kinds[child.n - 1], FRK_MESSAGE_STOPPED);
	cr_assert_eq(frki_post_list(&stage, actors, CELLS), 1);
	cr_assert_eq(actors[0].actor.index, pid.index);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	stage_settle();
	stage_assert_no_leak();
}

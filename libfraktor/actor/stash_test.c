// SPDX-License-Identifier: MIT
/*
 * stash_test.c - messages that are put aside, and what becomes of them.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/cell.h"
#include "actor/post.h"

TestSuite(stash, .init = stage_setup);

#define WORK FRK_MESSAGE_USER
#define OPEN (FRK_MESSAGE_USER + 32)
#define FAIL (FRK_MESSAGE_USER + 33)
#define TIMER (FRK_MESSAGE_USER + 34)
#define END (FRK_MESSAGE_USER + 35)
#define MAX 3U

/* Before OPEN it puts aside; what that returned last is in here. */
static bool open;
static int put_aside;

static int keep(struct frk_context *context, const struct frk_message *message)
{
	switch (message->kind) {
	case OPEN:
		open = true;
		frk_context_unstash_all(context);
		return 0;
	case FAIL:
		open = true;
		return -EIO;
	case END:
		frk_context_stop(context);
		return 0;
	case TIMER:
	case FRK_MESSAGE_STARTED:
	case FRK_MESSAGE_STOPPED:
	case FRK_MESSAGE_RESTARTING:
		cr_assert_eq(frk_context_stash(context), -EINVAL);
		return 0;
	}
	if (!open)
		put_aside = frk_context_stash(context);
	return 0;
}

static struct frk_pid spawn_with(struct seen *seen, uint32_t stash_max)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = seen,
						    .mailbox_max = 8, .stash_max = stash_max);
	struct frk_pid pid;

	open = false;
	put_aside = 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

static uint64_t ended(void)
{
	struct frk_dead_letters letters;

	frki_stage_dead_letters(&stage, &letters);
	return letters.by_reason[FRK_DEAD_ENDED];
}

static void assert_kinds(const struct seen *seen, const uint32_t *kinds, unsigned int n)
{
	cr_assert_eq(seen->n, n, "%u", seen->n);
	for (unsigned int i = 0; i < n; i++)
		cr_assert_eq(seen->kinds[i], kinds[i], "%u", i);
}

Test(stash, s5_what_is_put_aside_comes_back_in_order_before_what_waits)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, WORK, WORK + 1, OPEN,
					  WORK, WORK + 1, WORK + 2 };
	struct seen seen = { .then = keep };
	struct frk_pid pid = spawn_with(&seen, MAX);
	struct frk_actor_info info;

	post(pid, WORK);
	post(pid, WORK + 1);
	stage_settle();
	cr_assert_eq(frki_post_list(&stage, &info, 1), 1);
	cr_assert_eq(info.stashed, 2);
	cr_assert_eq(info.mailbox_waiting, 0);
	post(pid, OPEN);
	post(pid, WORK + 2);
	stage_settle();
	assert_kinds(&seen, kinds, 7);
	cr_assert_eq(ended(), 0);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

Test(stash, s5_a_full_one_refuses)
{
	struct seen seen = { .then = keep };
	struct frk_pid pid = spawn_with(&seen, MAX);

	for (uint32_t i = 0; i < MAX; i++)
		post(pid, WORK + i);
	stage_settle();
	cr_assert_eq(put_aside, 0);
	post(pid, WORK);
	stage_settle();
	cr_assert_eq(put_aside, -ENOBUFS);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(ended(), MAX);
	stage_assert_no_leak();
}

Test(stash, s5_none_is_there_unless_it_was_asked_for)
{
	struct seen seen = { .then = keep };
	struct frk_pid pid = spawn_with(&seen, 0);

	post(pid, WORK);
	post(pid, OPEN);
	stage_settle();
	cr_assert_eq(put_aside, -ENOBUFS);
	cr_assert_eq(seen.n, 3);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

static int keep_twice(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	cr_assert_eq(frk_context_stash(context), 0);
	cr_assert_eq(frk_context_stash(context), -EINVAL);
	return 0;
}

Test(stash, s5_a_message_is_put_aside_once)
{
	struct seen seen = { .then = keep_twice };
	struct frk_pid pid = spawn_with(&seen, MAX);

	post(pid, WORK);
	post(pid, WORK);
	stage_settle();
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(ended(), 2);
	stage_assert_no_leak();
}

static int keep_and_go_on(struct frk_context *context, const struct frk_message *message)
{
	static int left;

	if (message->kind == FRK_MESSAGE_STARTED)
		left = 5;
	if (message->kind == WORK && left--) {
		cr_assert_eq(frk_context_stash(context), 0);
		frk_context_unstash_all(context);
	}
	return 0;
}

Test(stash, s5_a_message_may_come_back_as_often_as_it_is_put_aside)
{
	struct seen seen = { .then = keep_and_go_on };
	struct frk_pid pid = spawn_with(&seen, 1);

	post(pid, WORK);
	stage_settle();
	cr_assert_eq(seen.n, 1 + 6);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(ended(), 0);
	stage_assert_no_leak();
}

Test(stash, s5_of_an_actor_that_ends_are_dead_letters)
{
	struct seen seen = { .then = keep };
	struct frk_pid pid = spawn_with(&seen, MAX);

	post(pid, WORK);
	post(pid, WORK + 1);
	post(pid, END);
	post(pid, WORK + 2);
	stage_settle();
	cr_assert_eq(ended(), 3);
	/* In the order in which they would have come. */
	cr_assert_eq(buried.kind, WORK + 2);
	stage_assert_no_leak();
}

static const struct frk_supervision restarts = FRK_SUPERVISION(
	.otherwise = FRK_DIRECTIVE_RESTART);
static struct seen *child_seen;
static struct frk_pid child;

static int have_child(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = child_seen,
						    .stash_max = MAX);

	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_spawn(context, &opts, &child), 0);
	return 0;
}

Test(stash, s5_comes_back_to_an_actor_that_begins_again)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, WORK, WORK + 1, FAIL,
					  FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED,
					  WORK, WORK + 1, WORK + 2 };
	struct seen seen = { .then = keep };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = have_child,
						    .supervision = &restarts);
	struct frk_pid pid;

	open = false;
	child_seen = &seen;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	stage_settle();
	post(child, WORK);
	post(child, WORK + 1);
	post(child, FAIL);
	post(child, WORK + 2);
	stage_settle();
	assert_kinds(&seen, kinds, 9);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(ended(), 0);
	stage_assert_no_leak();
}

static int arm(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_after(context, TIMER, 0, NULL), 0);
	return keep(context, message);
}

Test(stash, s5_is_not_for_what_the_runtime_sends)
{
	struct seen seen = { .then = arm };
	struct frk_pid pid = spawn_with(&seen, MAX);

	stage_settle();
	stage_tick();
	cr_assert_eq(seen.kinds[1], TIMER);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	stage_assert_no_leak();
}

/* Who is asked puts the question aside, who asks the answer. */
static struct frk_pid asked;

static int ask(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == OPEN)
		return frk_context_ask(context, asked, WORK, NULL, 0, 5 * PERIOD_NS, NULL);
	if (message->kind == WORK + 1 && !open) {
		open = true;
		cr_assert_eq(frk_context_stash(context), 0);
		frk_context_unstash_all(context);
	}
	return 0;
}

static int answer(struct frk_context *context, const struct frk_message *message)
{
	static bool again;

	if (message->kind != WORK)
		return 0;
	again = !again;
	if (!again)
		return frk_context_answer(context, message, WORK + 1, NULL, 0);
	cr_assert_eq(frk_context_stash(context), 0);
	frk_context_unstash_all(context);
	return 0;
}

Test(stash, s5_questions_and_answers_stay_what_they_are)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, OPEN, WORK + 1, WORK + 1 };
	struct seen asker = { .then = ask }, seen = { .then = answer };
	struct frk_pid pid = spawn_with(&asker, MAX);

	asked = spawn_with(&seen, MAX);
	post(pid, OPEN);
	stage_settle();
	for (int i = 0; i < 8; i++)
		stage_tick();
	assert_kinds(&asker, kinds, 4);
	frki_stage_stop(&stage, pid);
	frki_stage_stop(&stage, asked);
	stage_settle();
	stage_assert_no_leak();
}

Test(stash, s5_a_question_in_it_fails_with_the_actor)
{
	struct seen asker = { .then = ask }, seen = { .then = keep_twice };
	struct frk_pid pid = spawn_with(&asker, MAX);

	asked = spawn_with(&seen, MAX);
	post(pid, OPEN);
	stage_settle();
	frki_stage_stop(&stage, asked);
	stage_settle();
	cr_assert_eq(asker.n, 3);
	cr_assert_eq(asker.kinds[2], FRK_MESSAGE_ASK_FAILED);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

Test(stash, s5_misuse_is_refused)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see,
						    .stash_max = FRKI_MAILBOX_MAX + 1);
	struct seen seen = { 0 };

	cr_assert_eq(frk_context_stash(NULL), -EINVAL);
	frk_context_unstash_all(NULL);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	/* No more than the stage has trays for. */
	for (int i = 0; i < TRAYS; i++)
		spawn_with(&seen, 1);
	opts.stash_max = 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -ENOBUFS);
	opts.stash_max = 0;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), 0);
}

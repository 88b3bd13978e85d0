// SPDX-License-Identifier: MIT
/*
 * post_test.c - actors with mailboxes of each kind, at their bounds.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/post.h"

TestSuite(post, .init = stage_setup);

#define KIND FRK_MESSAGE_USER
#define MAX 3U

static struct frk_pid spawn_with(struct seen *seen, uint32_t max, uint32_t policy)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = seen,
						    .mailbox_max = max,
						    .mailbox_policy = policy);
	struct frk_pid pid;

	if (policy == FRK_MAILBOX_BLOCK)
		opts.mailbox_wait_ns = 1;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

static uint64_t dead(enum frk_dead_reason reason)
{
	struct frk_dead_letters letters;

	frki_stage_dead_letters(&stage, &letters);
	return letters.by_reason[reason];
}

static uint64_t dead_in_all(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		sum += dead(i);
	return sum;
}

static void end(struct frk_pid pid)
{
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

static void post_all(struct frk_pid pid, uint32_t n, int beyond)
{
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(post(pid, KIND + i), i < MAX ? 0 : beyond, "%u", i);
}

/* STARTED, and then what is left of the kinds. */
static void assert_seen(const struct seen *seen, uint32_t first, uint32_t n)
{
	cr_assert_eq(seen->n, n + 1, "%u", seen->n);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(seen->kinds[i + 1], KIND + first + i, "%u", i);
}

Test(post, s5_a_full_mailbox_refuses_unless_it_is_told_otherwise)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, MAX, FRK_MAILBOX_REJECT);

	post_all(pid, MAX + 2, -ENOBUFS);
	stage_settle();
	assert_seen(&seen, 0, MAX);
	cr_assert_eq(dead(FRK_DEAD_FULL), 2);
	cr_assert_eq(dead_in_all(), 2);
	end(pid);
}

Test(post, s5_where_nobody_can_wait_one_that_blocks_refuses)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, MAX, FRK_MAILBOX_BLOCK);

	post_all(pid, MAX + 2, -ENOBUFS);
	stage_settle();
	assert_seen(&seen, 0, MAX);
	cr_assert_eq(dead(FRK_DEAD_FULL), 2);
	cr_assert_eq(dead_in_all(), 2);
	end(pid);
}

Test(post, s5_a_full_mailbox_drops_the_newest)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, MAX, FRK_MAILBOX_DROP_NEWEST);

	post_all(pid, MAX + 2, 0);
	cr_assert_eq(buried.reason, FRK_DEAD_DROPPED);
	cr_assert_eq(buried.kind, KIND + MAX + 1);
	stage_settle();
	assert_seen(&seen, 0, MAX);
	cr_assert_eq(dead(FRK_DEAD_DROPPED), 2);
	cr_assert_eq(dead_in_all(), 2);
	end(pid);
}

Test(post, s5_a_full_mailbox_drops_the_oldest)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, MAX, FRK_MAILBOX_DROP_OLDEST);

	post_all(pid, MAX + 2, 0);
	cr_assert_eq(dead_in_all(), 0);
	stage_settle();
	cr_assert_eq(buried.reason, FRK_DEAD_DISPLACED);
	cr_assert_eq(buried.kind, KIND + 1);
	assert_seen(&seen, 2, MAX);
	cr_assert_eq(dead(FRK_DEAD_DISPLACED), 2);
	cr_assert_eq(dead_in_all(), 2);
	end(pid);
}

Test(post, s5_a_mailbox_of_one_that_drops_the_oldest_keeps_the_last)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, 1, FRK_MAILBOX_DROP_OLDEST);

	for (uint32_t i = 0; i < LETTERS; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	/* All letters there are wait: that is the bound until its turn. */
	cr_assert_eq(post(pid, KIND), -ENOBUFS);
	cr_assert_eq(buried.reason, FRK_DEAD_EXHAUSTED);
	stage_settle();
	assert_seen(&seen, LETTERS - 1, 1);
	cr_assert_eq(dead(FRK_DEAD_DISPLACED), LETTERS - 1);
	end(pid);
}

Test(post, s5_an_unbounded_mailbox_takes_what_the_system_has)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with(&seen, 0, FRK_MAILBOX_UNBOUNDED);

	for (uint32_t i = 0; i < LETTERS; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	cr_assert_eq(post(pid, KIND), -ENOBUFS);
	cr_assert_eq(buried.reason, FRK_DEAD_EXHAUSTED);
	stage_settle();
	assert_seen(&seen, 0, LETTERS);
	end(pid);
}

static int arm_two(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_after(context, KIND + 40, PERIOD_NS, NULL), 0);
	return frk_context_after(context, KIND + 41, PERIOD_NS, NULL);
}

Test(post, s5_what_the_runtime_sends_is_neither_counted_nor_dropped)
{
	for (uint32_t policy = 0; policy <= FRK_MAILBOX_DROP_OLDEST; policy++) {
		struct seen seen = { .then = arm_two };
		struct frk_tick tick = { .periods = 1 };
		struct frk_pid pid;

		stage_setup();
		pid = spawn_with(&seen, 1, policy);
		stage_settle();
		tick.deadline_ns = PERIOD_NS;
		frki_scheduler_tick(&stage.scheduler, &tick);
		tick.deadline_ns = 3 * PERIOD_NS;
		frki_scheduler_tick(&stage.scheduler, &tick);
		cr_assert_eq(post(pid, KIND), 0);
		frki_alarm_fire(&stage, 100);
		post(pid, KIND + 1);
		stage_settle();
		cr_assert_eq(seen.n, 4, "%u: %u", policy, seen.n);
		cr_assert_eq(dead_in_all(), 1);
		end(pid);
	}
}

static uint32_t odd_first(const struct frk_message *message)
{
	return message->kind % 2 ? 0 : 1;
}

Test(post, s5_messages_come_by_their_level)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, KIND + 1, KIND + 3, KIND,
					  KIND + 2, FRK_MESSAGE_STOPPED };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .mailbox_max = 4,
						    .mailbox_level = odd_first);
	struct seen seen = { 0 };
	struct frk_pid pid;

	opts.state = &seen;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	cr_assert_eq(post(pid, KIND + 5), -ENOBUFS);
	/* A stop closes, and what was accepted is handled. */
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(seen.n, 6);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(seen.kinds[i], kinds[i], "%d", i);
	stage_assert_no_leak();
}

Test(post, s5_levels_have_no_oldest_to_drop)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .mailbox_level = odd_first,
		.mailbox_policy = FRK_MAILBOX_DROP_OLDEST);

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	stage_assert_no_leak();
}

static struct frk_pid target;

static int ask_target(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == KIND)
		cr_assert_eq(frk_context_ask(context, target, KIND, NULL, 0, 5 * PERIOD_NS,
					     NULL), 0);
	if (message->kind == KIND + 1)
		cr_assert_eq(frk_context_ask(context, target, KIND, NULL, 0, 5 * PERIOD_NS,
					     NULL), -ENOBUFS);
	return 0;
}

Test(post, s5_who_asks_is_told_that_the_question_was_dropped)
{
	struct seen asker = { .then = ask_target }, seen = { 0 };
	struct frk_pid pid = spawn(&asker);

	stage_settle();
	target = spawn_with(&seen, 1, FRK_MAILBOX_DROP_NEWEST);
	cr_assert_eq(post(pid, KIND + 1), 0);
	cr_assert_eq(post(target, KIND), 0);
	/* The asker's turn must come while the other's mailbox is full. */
	stage_turn_of(pid);
	cr_assert_eq(dead(FRK_DEAD_DROPPED), 1);
	stage_settle();
	cr_assert_eq(asker.n, 2);
	cr_assert_eq(seen.n, 2);
}

Test(post, s5_who_asked_is_told_that_the_question_was_displaced)
{
	struct seen asker = { .then = ask_target }, seen = { 0 };
	struct frk_pid pid = spawn(&asker);

	stage_settle();
	cr_assert_eq(post(pid, KIND), 0);
	target = spawn_with(&seen, 1, FRK_MAILBOX_DROP_OLDEST);
	stage_turn_of(pid);
	cr_assert_eq(post(target, KIND + 1), 0);
	stage_settle();
	cr_assert_eq(dead(FRK_DEAD_DISPLACED), 1);
	cr_assert_eq(asker.n, 3);
	cr_assert_eq(asker.kinds[2], FRK_MESSAGE_ASK_FAILED);
	assert_seen(&seen, 1, 1);
	frki_stage_stop(&stage, pid);
	end(target);
}

Test(post, s5_a_flood_that_displaces_does_not_keep_an_actor_from_its_work)
{
	static struct frki_letter many[300];
	static _Atomic uint32_t links[300];
	struct seen seen = { 0 };
	struct frk_pid pid;

	frki_pool_init(&stage.letters, many, sizeof(*many), links, 300);
	pid = spawn_with(&seen, 1, FRK_MAILBOX_DROP_OLDEST);
	for (uint32_t i = 0; i < 300; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	frki_stage_run(&stage, 1);
	/* One for 64 that go, and the last. */
	cr_assert_eq(seen.n, 1 + 300 / 65 + 1, "%u", seen.n);
	cr_assert_eq(seen.kinds[1], KIND + 64);
	cr_assert_eq(seen.kinds[seen.n - 1], KIND + 299);
	cr_assert_eq(dead(FRK_DEAD_DISPLACED) + seen.n - 1, 300);
}

Test(post, s5_what_waits_in_a_mailbox_that_ends_is_accounted_for)
{
	for (uint32_t policy = 0; policy <= FRK_MAILBOX_UNBOUNDED; policy++) {
		struct seen seen = { 0 };
		struct frk_pid pid;

		stage_setup();
		pid = spawn_with(&seen, policy == FRK_MAILBOX_UNBOUNDED ? 0 : 8, policy);
		stage_settle();
		for (uint32_t i = 0; i < 5; i++)
			cr_assert_eq(post(pid, KIND + i), 0);
		frki_cell_ask(frki_pool_at(&stage.cells, pid.index), FRKI_CELL_STOP);
		stage_settle();
		cr_assert_eq(dead(FRK_DEAD_ENDED), 5);
		cr_assert_eq(dead_in_all(), 5);
		stage_assert_no_leak();
	}
}

Test(post, s5_actors_are_listed_with_their_mailboxes)
{
	struct seen one = { 0 }, two = { 0 };
	struct frk_pid first = spawn_with(&one, MAX, FRK_MAILBOX_DROP_NEWEST), second;
	struct frk_actor_info actors[4];

	stage_settle();
	second = spawn_with(&two, 0, FRK_MAILBOX_UNBOUNDED);
	stage_settle();
	post(first, KIND);
	post(first, KIND);
	stage_settle();
	post(first, KIND);
	cr_assert_eq(frki_post_list(&stage, NULL, 0), 2);
	actors[1].mailbox_high = 77;
	cr_assert_eq(frki_post_list(&stage, actors, 1), 2);
	cr_assert_eq(actors[1].mailbox_high, 77);
	cr_assert_eq(frki_post_list(&stage, actors, 4), 2);
	cr_assert_eq(actors[0].actor.life, first.life);
	cr_assert_eq(actors[0].actor.index, first.index);
	cr_assert_eq(actors[0].parent.life, 0);
	cr_assert_str_eq(actors[0].name, "actor");
	cr_assert_eq(actors[0].mailbox_policy, FRK_MAILBOX_DROP_NEWEST);
	cr_assert_eq(actors[0].mailbox_max, MAX);
	cr_assert_eq(actors[0].mailbox_waiting, 1);
	cr_assert_eq(actors[0].mailbox_high, 2);
	cr_assert_eq(actors[1].actor.index, second.index);
	cr_assert_eq(actors[1].mailbox_max, 0);
	cr_assert_eq(actors[1].mailbox_high, 0);
	stage_settle();
	frki_stage_stop(&stage, first);
	stage_settle();
	cr_assert_eq(frki_post_list(&stage, actors, 4), 1);
}

Test(post, s5_mailboxes_that_cannot_be_are_refused)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see);

	opts.mailbox_policy = FRK_MAILBOX_UNBOUNDED;
	opts.mailbox_max = 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_policy = FRK_MAILBOX_UNBOUNDED + 1;
	opts.mailbox_max = 0;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_policy = UINT32_MAX;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_policy = FRK_MAILBOX_BLOCK;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_wait_ns = UINT32_MAX * 1000ULL + 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -ERANGE);
	opts.mailbox_policy = FRK_MAILBOX_REJECT;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_policy = FRK_MAILBOX_UNBOUNDED;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	opts.mailbox_wait_ns = 0;
	opts.mailbox_policy = FRK_MAILBOX_DROP_OLDEST;
	opts.mailbox_max = FRKI_MAILBOX_MAX + 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	stage_assert_no_leak();
}

Test(post, s5_an_actor_with_its_mailbox_is_no_more_than_256_bytes)
{
	/* And its link in the pool. */
	size_t size = sizeof(struct frki_cell) + sizeof(uint32_t);

	cr_assert_leq(size, 256, "%zu", size);
}

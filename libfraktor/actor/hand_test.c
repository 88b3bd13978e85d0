// SPDX-License-Identifier: MIT
/*
 * hand_test.c - what a stage has at hand that knows its thread: the same as without,
 * and by the shorter way.
 */
#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/cell.h"

static struct frki_stage_ops ops;
static bool here;

static bool is_here(void *data)
{
	cr_assert_eq(data, &stage);
	return here;
}

static void setup(void)
{
	stage_setup();
	ops = *stage.ops;
	ops.here = is_here;
	stage.ops = &ops;
	stage.hand.used = true;
	here = true;
}

TestSuite(hand, .init = setup);

static struct frki_cell *cell_of(struct frk_pid pid)
{
	return frki_pool_at(&stage.cells, pid.index);
}

static uint32_t letters_in_pool(void)
{
	uint32_t n = 0;

	for (uint32_t i = (uint32_t)stage.letters.head; i != FRKI_POOL_NONE;
	     i = stage.letters.links[i])
		n++;
	return n;
}

/* An actor that has got a message, whose letter is at hand now. */
static struct frk_pid spawn_with_a_letter(struct seen *seen)
{
	struct frk_pid pid = spawn(seen);

	stage_settle();
	cr_assert_eq(post(pid, 20), 0);
	stage_settle();
	cr_assert_eq(stage.hand.letters_n, 1);
	return pid;
}

Test(hand, a_letter_that_came_back_is_the_next_one)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with_a_letter(&seen);
	uint64_t head = stage.letters.head;

	for (uint32_t kind = 21; kind < 31; kind++) {
		cr_assert_eq(post(pid, kind), 0);
		cr_assert_eq(stage.hand.letters_n, 0);
		stage_settle();
		cr_assert_eq(seen.kinds[seen.n - 1], kind);
	}
	cr_assert_eq(stage.letters.head, head, "the pool was not needed");
}

Test(hand, keeps_a_sixteenth_of_the_letters)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	cr_assert_eq(stage.hand.letters_max, LETTERS / 16);
	for (uint32_t i = 0; i < LETTERS; i++)
		cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(letters_in_pool(), 0);
	stage_settle();
	cr_assert_eq(stage.hand.letters_n, 1);
	cr_assert_eq(letters_in_pool(), LETTERS - 1);
	for (uint32_t i = 0; i < LETTERS; i++)
		cr_assert_eq(post(pid, 20), 0, "all of them can be sent again");
	cr_assert_neq(post(pid, 20), 0);
}

Test(hand, another_thread_has_its_own_way)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with_a_letter(&seen);
	unsigned int before;

	cr_assert_eq(wakes, 0, "its own thread looks by itself");

	here = false;
	before = letters_in_pool();
	cr_assert_eq(post(pid, 21), 0);
	cr_assert_eq(letters_in_pool(), before - 1);
	cr_assert_eq(stage.hand.letters_n, 1);
	cr_assert(frki_fifo_empty(&stage.hand.cells));
	cr_assert_eq(wakes, 1);
	cr_assert(frki_stage_ready(&stage));
	here = true;
	stage_settle();
	cr_assert_eq(seen.kinds[seen.n - 1], 21);
}

/* Which is what a signal handler finds that came at the wrong time. */
Test(hand, that_is_in_use_is_left_alone)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_with_a_letter(&seen);
	unsigned int before;

	before = letters_in_pool();
	stage.hand.taken = true;
	cr_assert_eq(post(pid, 21), 0);
	cr_assert_eq(letters_in_pool(), before - 1);
	cr_assert_eq(stage.hand.letters_n, 1);
	cr_assert(frki_fifo_empty(&stage.hand.cells));
	cr_assert_eq(wakes, 1);
	stage.hand.taken = false;
	stage_settle();
	cr_assert_eq(seen.kinds[seen.n - 1], 21);
}

Test(hand, is_looked_at_before_its_thread_sleeps)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	cr_assert_not(frki_stage_ready(&stage));
	cr_assert_eq(post(pid, 20), 0);
	cr_assert(frki_stage_ready(&stage));
}

Test(hand, is_put_down_after_each_use)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	for (int i = 0; i < 5; i++) {
		cr_assert_eq(post(pid, 20), 0);
		cr_assert_not(stage.hand.taken);
		stage_settle();
		cr_assert_not(stage.hand.taken);
	}
}

Test(hand, what_others_bring_waits_behind_what_is_there)
{
	static struct seen seen[3];
	struct frk_pid pids[3];

	for (int i = 0; i < 3; i++)
		pids[i] = spawn(&seen[i]);
	stage_settle();
	cr_assert_eq(post(pids[0], 20), 0);
	here = false;
	cr_assert_eq(post(pids[1], 20), 0);
	here = true;
	cr_assert_eq(post(pids[2], 20), 0);
	cr_assert_eq(stage.dispatcher->pop(&stage), cell_of(pids[0]));
	cr_assert(frki_stage_ready(&stage));
	cr_assert_eq(stage.dispatcher->pop(&stage), cell_of(pids[2]));
	cr_assert_eq(stage.dispatcher->pop(&stage), cell_of(pids[1]));
	cr_assert_null(stage.dispatcher->pop(&stage));
	cr_assert_not(frki_stage_ready(&stage));
}

static struct frk_pid other;

static int pass_on(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind < 20)
		return 0;
	cr_assert_not(stage.hand.taken, "a handler's sends have what is at hand");
	return frk_context_send(context, other, message->kind, NULL, 0);
}

static bool is_at_hand(struct frk_pid pid)
{
	return frki_fifo_knows(&cell_of(pid)->at_hand);
}

Test(hand, what_its_own_thread_does_is_not_said_to_others)
{
	struct seen first = { .then = pass_on }, second = { 0 };
	struct frk_pid pid = spawn(&first);

	other = spawn(&second);
	stage_settle();
	cr_assert_not(is_at_hand(other));
	for (uint32_t kind = 20; kind < 22; kind++) {
		cr_assert_eq(post(other, kind), 0);
		cr_assert(is_at_hand(other));
		cr_assert_eq(cell_of(other)->turn, 0);
	}
	here = false;
	cr_assert_eq(post(other, 22), 0);
	cr_assert_eq(cell_of(other)->turn, 1, "others do not know that it waits");
	here = true;
	stage_settle();
	cr_assert_not(is_at_hand(other));
	cr_assert_eq(cell_of(other)->turn, 0);
	cr_assert_eq(second.n, 4);
	cr_assert_eq(post(pid, 23), 0);
	stage_settle();
	cr_assert_eq(second.kinds[4], 23);
}

static int send_as_another(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != 20)
		return 0;
	cr_assert(is_at_hand(frk_context_self(context)), "it has its turn");
	here = false;
	cr_assert_eq(post(frk_context_self(context), 21), 0);
	here = true;
	return 0;
}

Test(hand, what_others_bring_while_it_has_its_turn_gets_another_one)
{
	struct seen seen = { .then = send_as_another };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	stage.turn_messages = 1;
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(frki_stage_run(&stage, 1), 1);
	cr_assert_eq(cell_of(pid)->turn, 1);
	stage_settle();
	cr_assert_eq(seen.kinds[2], 21);
	cr_assert_eq(cell_of(pid)->turn, 0);
	cr_assert_not(is_at_hand(pid));
	cr_assert_not(frki_stage_ready(&stage));
}

Test(hand, where_others_say_who_is_next_nobody_waits_there)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	stage.dispatcher = &frki_dispatcher_seeded;
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_not(is_at_hand(pid));
	cr_assert_eq(cell_of(pid)->turn, 1);
	stage_settle();
	cr_assert_eq(seen.kinds[1], 20);
	cr_assert_eq(cell_of(pid)->turn, 0);
}

Test(hand, messages_of_its_own_thread_need_no_queue_for_others)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);
	const struct frki_mailbox *mailbox = &cell_of(pid)->mailbox;

	stage_settle();
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_not(frki_fifo_empty(&mailbox->own));
	stage.hand.taken = true;
	cr_assert_eq(post(pid, 21), 0);
	stage.hand.taken = false;
	cr_assert_eq(post(pid, 22), 0);
	here = false;
	cr_assert_eq(post(pid, 23), 0);
	here = true;
	cr_assert_eq(post(pid, 24), 0);
	cr_assert_eq(frki_fifo_next(mailbox->own.last), mailbox->own.last,
		     "only the first was alone");
	cr_assert_eq(mailbox->own_n, 1);
	stage_settle();
	for (unsigned int i = 0; i < 5; i++)
		cr_assert_eq(seen.kinds[1 + i], 20 + i);
	cr_assert(frki_fifo_empty(&mailbox->own));
}

/* --- several threads, with a hand each */

static struct frki_hand own;
static bool mine;

static struct frki_hand *hand_of(void *data)
{
	cr_assert_eq(data, &stage);
	return mine ? &own : NULL;
}

static void be_several(void)
{
	setup();
	ops.here = NULL;
	ops.hand = hand_of;
	stage.hand.used = false;
	frki_hand_init(&own, 2, true);
	mine = true;
}

TestSuite(hands, .init = be_several);

static void handle(struct frk_pid pid, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		cr_assert_eq(post(pid, 20), 0);
	stage_settle();
}

Test(hands, each_has_letters_of_its_own)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	handle(pid, 1);
	cr_assert_eq(own.letters_n, 1);
	cr_assert_eq(stage.hand.letters_n, 0);
	cr_assert_eq(letters_in_pool(), LETTERS - 1);
	/* It is the next one. */
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(own.letters_n, 0);
	cr_assert_eq(letters_in_pool(), LETTERS - 1);
	stage_settle();
}

Test(hands, no_more_than_so_many)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	handle(pid, 5);
	cr_assert_eq(seen.n, 6);
	cr_assert_eq(own.letters_n, 2);
	cr_assert_eq(letters_in_pool(), LETTERS - 2);
}

Test(hands, who_is_no_worker_has_the_pool)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	handle(pid, 1);
	mine = false;
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(own.letters_n, 1);
	cr_assert_eq(letters_in_pool(), LETTERS - 2);
	mine = true;
	stage_settle();
	cr_assert_eq(own.letters_n, 2);
}

Test(hands, a_signal_handler_in_between_has_the_pool)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	handle(pid, 1);
	frki_hand_take(&own);
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(own.letters_n, 1);
	cr_assert_eq(letters_in_pool(), LETTERS - 2);
	frki_hand_release(&own);
	stage_settle();
	cr_assert_eq(own.letters_n, 2);
}

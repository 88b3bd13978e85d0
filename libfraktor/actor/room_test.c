// SPDX-License-Identifier: MIT
/*
 * room_test.c - senders that are told when there is room again.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/cell.h"

TestSuite(room, .init = stage_setup);

#define WORK FRK_MESSAGE_USER
#define BEGIN (FRK_MESSAGE_USER + 1)
#define ASK_ROOM (FRK_MESSAGE_USER + 2)

static struct frk_pid sink;
static uint32_t room;
static int got, watched;

/* Sends until it is refused, and goes on when it is told. */
static uint32_t to_send, sent;

static int pour(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == ASK_ROOM) {
		got = frk_context_get_room(context, sink, &room);
		watched = frk_context_watch_room(context, sink);
	}
	if (message->kind != BEGIN && message->kind != FRK_MESSAGE_ROOM)
		return 0;
	while (sent < to_send) {
		if (frk_context_send(context, sink, WORK, NULL, 0)) {
			cr_assert_eq(frk_context_watch_room(context, sink), 0);
			cr_assert_eq(frk_context_watch_room(context, sink), 0);
			break;
		}
		sent++;
	}
	return 0;
}

static struct frk_pid spawn_with(struct seen *seen, uint32_t max, uint32_t policy)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = seen,
						    .mailbox_max = max,
						    .mailbox_policy = policy);
	struct frk_pid pid;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

static unsigned int count(const struct seen *seen, uint32_t kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen->n; i++)
		n += seen->kinds[i] == kind;
	return n;
}

Test(room, s5_who_finds_no_room_goes_on_when_there_is_some_and_loses_nothing)
{
	struct seen source = { .then = pour }, seen = { 0 };
	struct frk_pid pid = spawn(&source);
	struct frk_dead_letters letters;

	sink = spawn_with(&seen, 4, FRK_MAILBOX_REJECT);
	to_send = 40;
	sent = 0;
	post(pid, BEGIN);
	stage_settle();
	cr_assert_eq(sent, 40);
	cr_assert_eq(count(&seen, WORK), 40);
	/* Told as often as it was refused, and that was as seldom as could be. */
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 9);
	cr_assert_eq(source.sender.index, sink.index);
	cr_assert_eq(source.sender.life, sink.life);
	frki_stage_dead_letters(&stage, &letters);
	cr_assert_eq(letters.by_reason[FRK_DEAD_FULL], 9);
	frki_stage_stop(&stage, pid);
	frki_stage_stop(&stage, sink);
	stage_settle();
	stage_assert_no_leak();
}

Test(room, s5_it_is_told_below_half_and_once)
{
	static struct frki_letter many[64];
	static _Atomic uint32_t links[64];
	struct seen source = { .then = pour }, seen = { 0 };
	struct frk_pid pid = spawn(&source);

	frki_pool_init(&stage.letters, many, sizeof(*many), links, 64);
	stage_settle();
	sink = spawn_with(&seen, 40, FRK_MAILBOX_REJECT);
	for (int i = 0; i < 40; i++)
		cr_assert_eq(post(sink, WORK), 0);
	post(pid, ASK_ROOM);
	stage_turn_of(pid);
	cr_assert_eq(got, 0);
	cr_assert_eq(room, 0);
	cr_assert_eq(watched, 0);
	stage_turn_of(sink); /* 24 are left */
	stage_turn_of(pid);
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 0);
	stage_turn_of(sink); /* and 8 */
	stage_turn_of(pid);
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 1);
	post(pid, ASK_ROOM);
	stage_turn_of(pid);
	cr_assert_eq(room, 32);
	stage_turn_of(sink);
	stage_settle();
	/* At once, since there is. */
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 2);
}

Test(room, s5_of_a_mailbox_without_a_bound_there_is_always_some)
{
	struct seen source = { .then = pour }, seen = { 0 };
	struct frk_pid pid = spawn(&source);

	sink = spawn_with(&seen, 0, FRK_MAILBOX_UNBOUNDED);
	stage_settle();
	post(sink, WORK);
	post(pid, ASK_ROOM);
	stage_turn_of(pid);
	cr_assert_eq(room, UINT32_MAX - 1);
	stage_settle();
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 1);
}

Test(room, s5_nobody_waits_for_who_has_ended)
{
	struct seen source = { .then = pour }, seen = { 0 };
	struct frk_pid pid = spawn(&source);

	stage_settle();
	sink = spawn_with(&seen, 1, FRK_MAILBOX_REJECT);
	post(sink, WORK);
	post(pid, ASK_ROOM);
	stage_turn_of(pid);
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 0);
	/* It ends with its mailbox full. */
	frki_cell_ask(frki_pool_at(&stage.cells, sink.index), FRKI_CELL_STOP);
	stage_settle();
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 1);
	post(pid, ASK_ROOM);
	stage_settle();
	cr_assert_eq(got, -ESTALE);
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 2);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

static int watch_both(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != BEGIN)
		return 0;
	cr_assert_eq(frk_context_watch(context, sink), 0);
	cr_assert_eq(frk_context_watch_room(context, sink), 0);
	return 0;
}

Test(room, s5_an_end_and_room_are_two_things_to_wait_for)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, BEGIN, FRK_MESSAGE_ROOM,
					  FRK_MESSAGE_TERMINATED };
	struct seen source = { .then = watch_both }, seen = { 0 };
	struct frk_pid pid = spawn(&source);

	stage_settle();
	sink = spawn_with(&seen, 1, FRK_MAILBOX_REJECT);
	post(sink, WORK);
	post(pid, BEGIN);
	stage_turn_of(pid);
	stage_settle();
	cr_assert_eq(source.n, 3);
	frki_stage_stop(&stage, sink);
	stage_settle();
	cr_assert_eq(source.n, 4);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(source.kinds[i], kinds[i], "%d", i);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

Test(room, s5_who_ends_waits_no_more)
{
	struct seen source = { .then = pour }, seen = { 0 };
	struct frk_pid pid = spawn(&source);

	stage_settle();
	sink = spawn_with(&seen, 1, FRK_MAILBOX_REJECT);
	post(sink, WORK);
	post(pid, ASK_ROOM);
	stage_turn_of(pid);
	frki_stage_stop(&stage, pid);
	stage_turn_of(pid);
	stage_settle();
	cr_assert_eq(count(&source, FRK_MESSAGE_ROOM), 0);
	cr_assert_eq(count(&seen, WORK), 1);
	frki_stage_stop(&stage, sink);
	stage_settle();
	stage_assert_no_leak();
}

static int misuse(struct frk_context *context, const struct frk_message *message)
{
	static const struct frk_pid nobody;
	struct frk_pid self = frk_context_self(context);
	uint32_t n;

	if (message->kind == FRK_MESSAGE_STOPPED)
		cr_assert_eq(frk_context_watch_room(context, sink), -ESTALE);
	if (message->kind != BEGIN)
		return 0;
	cr_assert_eq(frk_context_watch_room(context, nobody), -EINVAL);
	cr_assert_eq(frk_context_watch_room(context, self), -EINVAL);
	cr_assert_eq(frk_context_get_room(context, nobody, &n), -ESTALE);
	cr_assert_eq(frk_context_get_room(context, self, NULL), -EINVAL);
	cr_assert_eq(frk_context_get_room(context, self, &n), 0);
	cr_assert_eq(n, 256);
	return 0;
}

Test(room, s5_misuse_is_refused)
{
	struct seen seen = { .then = misuse };
	struct frk_pid pid = spawn(&seen);

	sink = pid;
	cr_assert_eq(frk_context_watch_room(NULL, pid), -EINVAL);
	cr_assert_eq(frk_context_get_room(NULL, pid, &room), -EINVAL);
	post(pid, BEGIN);
	stage_settle();
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	stage_assert_no_leak();
}

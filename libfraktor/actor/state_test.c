// SPDX-License-Identifier: MIT
/*
 * state_test.c - state that comes with an actor, and behaviours to come back to.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"

enum { COUNT = 20, FAIL, PUSH, POP };

struct counter {
	uint64_t n;
	char rest[STATE_MAX - sizeof(uint64_t)];
};

static struct counter *states_seen[8];
static uint64_t begun_with[8], counted;
static unsigned int begun;
static bool clean;

static bool is_clean(const void *state, size_t size)
{
	const unsigned char *bytes = state;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static int count(struct frk_context *context, const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		clean = clean && is_clean(counter, sizeof(*counter));
		states_seen[begun] = counter;
		begun_with[begun++] = counter->n;
		return 0;
	case COUNT:
		memset(counter->rest, 0x55, sizeof(counter->rest));
		counted = ++counter->n;
		return 0;
	default:
		return message->kind == FAIL ? -EIO : 0;
	}
}

static const struct frk_supervision again = FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART);
static struct frk_pid child;

static int lead(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = count,
							  .state_size = sizeof(struct counter));

	return message->kind == FRK_MESSAGE_STARTED ?
		       frk_context_spawn(context, &opts, &child) : 0;
}

static void setup(void)
{
	stage_setup();
	begun = 0;
	clean = true;
}

TestSuite(state, .init = setup);

static int spawn_with(size_t size, void *state, struct frk_pid *ret_pid)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = count, .state = state,
							  .state_size = size);

	return frki_stage_spawn(&stage, NULL, &opts, ret_pid);
}

Test(state, s3_each_actor_has_its_own_zeroed_and_aligned)
{
	struct frk_pid pids[CELLS];

	for (int i = 0; i < CELLS; i++)
		cr_assert_eq(spawn_with(sizeof(struct counter), NULL, &pids[i]), 0);
	stage_settle();
	cr_assert_eq(begun, CELLS);
	for (int i = 0; i < CELLS; i++) {
		cr_assert_eq((uintptr_t)states_seen[i] % _Alignof(max_align_t), 0);
		for (int k = 0; k < i; k++)
			cr_assert_neq(states_seen[i], states_seen[k]);
		for (int k = 0; k <= i; k++)
			cr_assert_eq(post(pids[i], COUNT), 0);
		stage_settle();
		cr_assert_eq(counted, (uint64_t)i + 1);
	}
	cr_assert(clean);
}

Test(state, s3_the_next_actor_finds_nothing_of_the_one_before)
{
	struct frk_pid pid;

	for (int i = 0; i < 8; i++) {
		cr_assert_eq(spawn_with(sizeof(struct counter), NULL, &pid), 0);
		stage_settle();
		cr_assert_eq(post(pid, COUNT), 0);
		cr_assert_eq(frki_stage_stop(&stage, pid), 0);
		stage_settle();
		cr_assert_eq(counted, 1);
	}
	cr_assert(clean);
	stage_assert_no_leak();
}

Test(state, s4_a_restart_makes_it_anew)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = lead,
							  .supervision = &again);

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), 0);
	stage_settle();
	for (int i = 0; i < 3; i++)
		cr_assert_eq(post(child, COUNT), 0);
	stage_settle();
	cr_assert_eq(counted, 3);
	cr_assert_eq(post(child, FAIL), 0);
	cr_assert_eq(post(child, COUNT), 0);
	stage_settle();
	cr_assert_eq(begun, 2);
	cr_assert_eq(states_seen[0], states_seen[1]);
	cr_assert_eq(begun_with[1], 0);
	cr_assert_eq(counted, 1);
	cr_assert(clean);
}

Test(state, s4_what_is_the_applications_a_restart_leaves_alone)
{
	static struct counter counter;
	struct frk_pid pid;

	counter.n = 7;
	cr_assert_eq(spawn_with(0, &counter, &pid), 0);
	clean = true;
	stage_settle();
	cr_assert_eq(begun_with[0], 7);
	cr_assert_eq(post(pid, COUNT), 0);
	stage_settle();
	cr_assert_eq(counter.n, 8);
}

Test(state, s3_too_much_of_it_or_two_of_them_are_refused)
{
	struct counter counter = { 0 };
	struct frk_pid pid;

	cr_assert_eq(spawn_with(STATE_MAX + 1, NULL, &pid), -EINVAL);
	cr_assert_eq(spawn_with(SIZE_MAX, NULL, &pid), -EINVAL);
	cr_assert_eq(spawn_with(8, &counter, &pid), -EINVAL);
	stage.state_max = 0;
	cr_assert_eq(spawn_with(1, NULL, &pid), -EINVAL);
	stage_assert_no_leak();
}

/* --- behaviours */

static struct frk_behaviours behaviours;
static char who[32];
static unsigned int who_n;
static int last;

static int be(struct frk_context *context, const struct frk_message *message, char name,
	      frk_receive_fn next)
{
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	who[who_n++] = name;
	if (message->kind == PUSH)
		last = frk_context_push_behaviour(context, &behaviours, next);
	if (message->kind == POP)
		last = frk_context_pop_behaviour(context, &behaviours);
	return 0;
}

static int be_c(struct frk_context *context, const struct frk_message *message)
{
	return be(context, message, 'c', be_c);
}

static int be_b(struct frk_context *context, const struct frk_message *message)
{
	return be(context, message, 'b', be_c);
}

static int be_a(struct frk_context *context, const struct frk_message *message)
{
	return be(context, message, 'a', be_b);
}

static void tell(struct frk_pid pid, uint32_t kind, int ret)
{
	cr_assert_eq(post(pid, kind), 0);
	stage_settle();
	cr_assert_eq(last, ret);
}

static struct frk_pid spawn_a(void)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = be_a);
	struct frk_pid pid;

	memset(&behaviours, 0, sizeof(behaviours));
	memset(who, 0, sizeof(who));
	who_n = 0;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

Test(state, s3_behaviours_are_come_back_to)
{
	struct frk_pid pid = spawn_a();

	tell(pid, PUSH, 0);
	tell(pid, PUSH, 0);
	tell(pid, POP, 0);
	tell(pid, POP, 0);
	tell(pid, POP, -ENOENT);
	tell(pid, PUSH, 0);
	cr_assert_str_eq(who, "abcbaa");
}

Test(state, s3_no_more_behaviours_than_there_is_room_for)
{
	struct frk_pid pid = spawn_a();

	for (unsigned int i = 0; i < FRK_BEHAVIOURS_MAX; i++)
		tell(pid, PUSH, 0);
	tell(pid, PUSH, -ENOBUFS);
	for (unsigned int i = 0; i < FRK_BEHAVIOURS_MAX; i++)
		tell(pid, POP, 0);
	tell(pid, POP, -ENOENT);
	cr_assert_str_eq(who, "abccccccccccccccba");
	behaviours.n = FRK_BEHAVIOURS_MAX + 1;
	tell(pid, POP, -EINVAL);
	tell(pid, PUSH, -EINVAL);
	cr_assert_eq(frk_context_push_behaviour(NULL, &behaviours, be_a), -EINVAL);
	cr_assert_eq(frk_context_pop_behaviour(NULL, &behaviours), -EINVAL);
}

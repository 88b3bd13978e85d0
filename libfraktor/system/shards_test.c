// SPDX-License-Identifier: MIT
/*
 * shards_test.c - two systems in one process: each has time, timers and a worker of its own,
 * and each sends to the other.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system_test.h"

#define BEAT (FRK_MESSAGE_USER + 60)
#define HELLO (FRK_MESSAGE_USER + 61)

struct shard {
	struct frk_system *system;
	struct frk_pid pid;
	struct shard *other;
	atomic_uint beats, hellos;
	_Atomic int last;
	/* Plain on purpose: it is one worker's. */
	uint64_t now_ns;
};

static struct shard shards[2];

static int beat(struct frk_context *context, const struct frk_message *message)
{
	struct shard *shard = frk_context_state(context);

	cr_assert_eq(frk_context_system(context), shard->system);
	if (message->kind == HELLO)
		shard->hellos++;
	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, BEAT, 0, NULL);
	if (message->kind != BEAT)
		return 0;
	cr_assert_gt(frk_context_now_ns(context), shard->now_ns);
	shard->now_ns = frk_context_now_ns(context);
	shard->beats++;
	shard->last = frk_system_send(shard->other->system, shard->other->pid, HELLO, NULL, 0);
	return 0;
}

static void build(struct shard *shard, const char *name, uint64_t period_ns)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .name = name, .period_ns = period_ns);

	cr_assert_eq(frk_system_build(&opts, &shard->system), 0);
}

static void spawn(struct shard *shard)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = beat, .state = shard);

	cr_assert_eq(frk_system_spawn(shard->system, &actor, &shard->pid), 0);
}

static void until(const atomic_uint *count, unsigned int n)
{
	while (*count < n)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void setup(void)
{
	for (int i = 0; i < 2; i++)
		shards[i].other = &shards[!i];
	build(&shards[0], "one", FRK_MS(1));
	build(&shards[1], "other", FRK_MS(2));
	spawn(&shards[1]);
	spawn(&shards[0]);
}

static void fini(void)
{
	for (int i = 0; i < 2; i++)
		frk_system_stop(shards[i].system);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(frk_system_run(shards[i].system), 0);
	for (int i = 0; i < 2; i++)
		frk_system_unref(shards[i].system);
}

TestSuite(shards, .init = setup, .fini = fini, .timeout = 60);

Test(shards, s2_each_has_ticks_and_timers_of_its_own)
{
	struct frk_driver_info one, other;

	until(&shards[0].beats, 40);
	until(&shards[1].beats, 20);
	cr_assert_eq(frk_system_get_driver(shards[0].system, &one), 0);
	cr_assert_eq(frk_system_get_driver(shards[1].system, &other), 0);
	cr_assert_eq(one.resolution_ns, FRK_MS(1));
	cr_assert_eq(other.resolution_ns, FRK_MS(2));
	cr_assert_geq(one.ticks_total, 20);
	cr_assert_geq(other.ticks_total, 10);
}

Test(shards, s1_each_sends_to_the_other)
{
	until(&shards[0].hellos, 20);
	until(&shards[1].hellos, 20);
}

Test(shards, s10_one_that_ends_does_not_end_the_other)
{
	unsigned int beats;

	until(&shards[1].hellos, 1);
	frk_system_stop(shards[0].system);
	cr_assert_eq(frk_system_run(shards[0].system), 0);
	beats = shards[1].beats;
	until(&shards[1].beats, beats + 20);
	/* Who sends there now is told. */
	cr_assert_eq(shards[1].last, -ESHUTDOWN);
}

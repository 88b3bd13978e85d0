// SPDX-License-Identifier: MIT
/*
 * envelope_fuzz_test.c - messages of any kind, from and to anybody, to actors of any kind: what
 * is accepted comes as it was sent, once, or is a dead letter, and all memory comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>
#include <fraktor/buffer.h>

#include "actor/actor_test.h"
#include "base/random.h"

#define RUNS 60000
#define BYTES 256

static uint64_t seed;
static unsigned char bytes[BYTES];
static unsigned char shared_bytes[BYTES];
static struct frk_buffer shared;
static struct frk_pid pids[CELLS];
static uint64_t accepted, handled;

static uint64_t draw(uint64_t n)
{
	return frki_random_below(&seed, n);
}

/* What it carries says where it is from: the kind tells the place and the size. */
static int check(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	handled++;
	if (message->buffer) {
		cr_assert_eq(message->buffer, &shared);
		cr_assert_eq(message->payload, shared_bytes);
		cr_assert_eq(message->size, BYTES);
		return 0;
	}
	cr_assert_leq(message->size, FRK_MESSAGE_PAYLOAD_MAX);
	cr_assert_eq(!message->payload, !message->size);
	if (message->size)
		cr_assert_eq(memcmp(message->payload,
				    bytes + message->kind % (BYTES - FRK_MESSAGE_PAYLOAD_MAX),
				    message->size), 0);
	return draw(64) ? 0 : -EIO;
}

static void spawn_any(unsigned int i)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = draw(20) ? check : NULL);
	int ret;

	if (!draw(3))
		opts.mailbox_max = (uint32_t)draw(40);
	if (!draw(10))
		opts.mailbox_max = (uint32_t)frki_random_any(&seed);
	if (!draw(3))
		opts.mailbox_policy = (uint32_t)draw(7);
	if (!draw(4))
		opts.mailbox_wait_ns = draw(3) ? 1 : frki_random_any(&seed);
	if (!draw(4))
		opts.stash_max = (uint32_t)draw(1 << 22);
	if (!draw(8))
		opts.worker = (uint32_t)draw(3);
	if (!draw(8))
		opts.priority = (uint32_t)draw(20);
	if (!draw(8))
		opts.stop_phase = (uint32_t)draw(20);
	if (!draw(4))
		opts.state_size = (size_t)draw(2 * STATE_MAX);
	if (!draw(30))
		opts.size = (size_t)draw(sizeof(opts) + 1);
	ret = frki_stage_spawn(&stage, NULL, &opts, &pids[i]);
	cr_assert(!ret || ret == -EINVAL || ret == -ERANGE || ret == -ENOBUFS, "%d", ret);
}

static struct frk_pid draw_pid(void)
{
	struct frk_pid pid = pids[draw(CELLS)];

	if (!draw(16))
		pid.life += (uint32_t)draw(3);
	if (!draw(16))
		pid.index = (uint32_t)(draw(2) ? draw(2 * CELLS) : frki_random_any(&seed));
	return pid;
}

static void send_any(void)
{
	struct frki_post post = { .to = draw_pid() };
	int ret;

	post.kind = (uint32_t)(draw(16) ? FRK_MESSAGE_USER + draw(100000) : draw(FRK_MESSAGE_USER));
	if (draw(2))
		post.sender = draw_pid();
	if (draw(3)) {
		post.size = (size_t)draw(FRK_MESSAGE_PAYLOAD_MAX + 4);
		post.payload = bytes + post.kind % (BYTES - FRK_MESSAGE_PAYLOAD_MAX);
	}
	if (!draw(16))
		post.payload = NULL;
	if (!draw(32) && post.payload)
		post.size = (size_t)frki_random_any(&seed) | FRK_MESSAGE_PAYLOAD_MAX << 1;
	if (!draw(8))
		frki_post_set_buffer(&post, &shared);
	ret = frki_stage_post(&stage, &post);
	cr_assert(!ret || ret == -EINVAL || ret == -EMSGSIZE || ret == -ESTALE ||
		  ret == -ENOBUFS, "%d", ret);
	accepted += !ret;
}

static uint64_t dead(void)
{
	return stage_dead(FRK_DEAD_ENDED) + stage_dead(FRK_DEAD_DROPPED) +
	       stage_dead(FRK_DEAD_DISPLACED);
}

static void step(void)
{
	unsigned int i = (unsigned int)draw(CELLS);

	switch (draw(12)) {
	case 0:
		spawn_any(i);
		break;
	case 1:
		(void)(draw(2) ? frki_stage_stop : frki_stage_halt)(&stage, draw_pid());
		break;
	case 2:
	case 3:
		frki_stage_run(&stage, (unsigned int)draw(4));
		break;
	default:
		send_any();
	}
}

static void run(uint64_t number)
{
	seed = number;
	accepted = handled = 0;
	memset(pids, 0, sizeof(pids));
	for (int i = 0; i < RUNS; i++)
		step();
	while (frki_stage_stop_youngest(&stage))
		stage_settle();
	stage_settle();
	while (frki_stage_stop_youngest(&stage))
		stage_settle();
	cr_assert_eq(accepted, handled + dead());
	cr_assert_gt(handled, RUNS / 20);
	stage_assert_no_leak();
}

static void setup(void)
{
	stage_setup();
	for (unsigned int i = 0; i < BYTES; i++)
		bytes[i] = (unsigned char)(i * 37);
	cr_assert_eq(frk_buffer_init(&shared, shared_bytes, BYTES, NULL, NULL), 0);
}

TestSuite(envelope_fuzz, .init = setup);

Test(envelope_fuzz, s6_messages_of_any_kind_are_accounted_for)
{
	run(6);
}

Test(envelope_fuzz, s6_and_with_a_seed_of_its_own)
{
	uint64_t number = (uint64_t)time(NULL);

	fprintf(stderr, "envelope_fuzz_test: seed %llu\n", (unsigned long long)number);
	run(number);
}

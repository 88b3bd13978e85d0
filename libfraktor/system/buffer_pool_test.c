// SPDX-License-Identifier: MIT
/*
 * buffer_pool_test.c - buffers of a pool, and what of a system carries them.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>
#include <fraktor/typed.h>

#include "system/system_test.h"

static struct frk_buffer_pool *pool;

static void setup(void)
{
	cr_assert_eq(frk_buffer_pool_new(1000, 3, &pool), 0);
}

static void fini(void)
{
	cr_assert_eq(frk_buffer_pool_in_use(pool), 0);
	cr_assert_null(frk_buffer_pool_unref(pool));
}

TestSuite(buffer_pool, .init = setup, .fini = fini, .timeout = 60);

Test(buffer_pool, s6_has_so_many_of_that_size)
{
	struct frk_buffer *buffers[3], *more = NULL;

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(frk_buffer_pool_get(pool, &buffers[i]), 0);
		cr_assert_eq(buffers[i]->size, 1000);
		cr_assert_eq((uintptr_t)buffers[i]->data % 64, 0);
		memset(buffers[i]->data, i, 1000);
		cr_assert_eq(frk_buffer_pool_in_use(pool), i + 1);
	}
	cr_assert_eq(frk_buffer_pool_get(pool, &more), -ENOBUFS);
	cr_assert_null(more);
	for (int i = 0; i < 3; i++) {
		/* None is in another one's place. */
		for (int at = 0; at < 1000; at++)
			cr_assert_eq(((unsigned char *)buffers[i]->data)[at], i);
		/* Who said that fewer count has not said so for the next one. */
		buffers[i]->size = 1;
		frk_buffer_unref(buffers[i]);
	}
	cr_assert_eq(frk_buffer_pool_get(pool, &more), 0);
	cr_assert_eq(more->size, 1000);
	frk_buffer_unref(more);
}

Test(buffer_pool, s6_outlives_who_made_it)
{
	struct frk_buffer_pool *other;
	struct frk_buffer *one, *two;

	cr_assert_eq(frk_buffer_pool_new(1, 2, &other), 0);
	cr_assert_eq(frk_buffer_pool_get(other, &one), 0);
	cr_assert_eq(frk_buffer_pool_get(other, &two), 0);
	frk_buffer_pool_unref(other);
	frk_buffer_unref(one);
	*(char *)two->data = 'x';
	/* That it goes with this one, the leak checker says. */
	frk_buffer_unref(two);
}

Test(buffer_pool, s6_bad_arguments)
{
	struct frk_buffer_pool *none = NULL;
	struct frk_buffer *buffer;

	cr_assert_eq(frk_buffer_pool_new(0, 1, &none), -EINVAL);
	cr_assert_eq(frk_buffer_pool_new(1, 0, &none), -EINVAL);
	cr_assert_eq(frk_buffer_pool_new(1, UINT32_MAX, &none), -EINVAL);
	cr_assert_eq(frk_buffer_pool_new(1, 1, NULL), -EINVAL);
	cr_assert_eq(frk_buffer_pool_new((size_t)UINT32_MAX + 1, 1, &none), -EMSGSIZE);
	cr_assert_null(none);
	cr_assert_eq(frk_buffer_pool_get(NULL, &buffer), -EINVAL);
	cr_assert_eq(frk_buffer_pool_get(pool, NULL), -EINVAL);
	cr_assert_null(frk_buffer_pool_unref(NULL));
	cr_assert_eq(frk_buffer_pool_in_use(NULL), 0);
}

/* --- with a type, in a system */

struct frame {
	uint32_t width;
	unsigned char pixels[900];
};

struct huge {
	unsigned char bytes[1001];
};

FRK_BUFFER_TYPE(frame, FRK_MESSAGE_USER + 50, struct frame);
FRK_BUFFER_TYPE(huge, FRK_MESSAGE_USER + 51, struct huge);

static _Atomic unsigned int frames, others;

/* Answers with what it got, one wider, if nobody else can see that. */
static int widen(struct frk_context *context, const struct frk_message *message)
{
	const struct frame *frame = FRK_OF(frame, message);
	struct frame_buffer buffer = FRK_KEEP(frame, message);
	int ret = 0;

	others += message->kind >= FRK_MESSAGE_USER && !frame;
	cr_assert_eq(!frame, !buffer.raw);
	if (!frame)
		return 0;
	frames++;
	if (message->ask.life) {
		/* The message has a reference, this is the other one. */
		cr_assert_eq(buffer.raw->refs, 2);
		FRK_DATA(frame, buffer)->width++;
		ret = FRK_ANSWER_BUFFER(context, message, frame, buffer);
	}
	frk_buffer_unref(buffer.raw);
	return ret;
}

static int ask(struct frk_context *context, const struct frk_message *message)
{
	struct frk_pid *to = frk_context_state(context);
	struct frame_buffer buffer;
	int ret;

	if (FRK_OF(frame, message)) {
		cr_assert_eq(FRK_OF(frame, message)->width, 8);
		frk_system_stop(frk_context_system(context));
	}
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(FRK_GET(pool, frame, &buffer), 0);
	FRK_DATA(frame, buffer)->width = 7;
	ret = FRK_ASK_BUFFER(context, *to, frame, buffer, FRK_S(30), NULL);
	frk_buffer_unref(buffer.raw);
	return ret;
}

Test(buffer_pool, s6_what_is_in_a_buffer_has_the_type_of_its_kind)
{
	struct frk_pid to;
	const struct frk_actor_opts actors[] = {
		FRK_ACTOR_OPTS(.receive = widen),
		FRK_ACTOR_OPTS(.receive = ask, .state = &to),
	};
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd");
	struct frk_system *system;
	struct frame_buffer buffer;
	struct huge_buffer huge = { NULL };

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_spawn(system, &actors[0], &to), 0);
	cr_assert_eq(FRK_GET(pool, huge, &huge), -EMSGSIZE);
	cr_assert_null(huge.raw);
	cr_assert_eq(FRK_GET(pool, frame, &buffer), 0);
	cr_assert_eq(FRK_POST_BUFFER(system, to, frame, buffer), 0);
	/* The right kind, and too little in it. */
	cr_assert_eq(frk_system_send(system, to, frame_kind, "x", 1), 0);
	frk_buffer_unref(buffer.raw);
	cr_assert_eq(frk_system_spawn(system, &actors[1], NULL), 0);
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_unref(system);
	cr_assert_eq(frames, 2);
	cr_assert_eq(others, 1);
}

static int give(struct frk_context *context, const struct frk_message *message)
{
	struct frk_buffer *buffer;
	int ret;

	if (message->kind != PING)
		return 0;
	cr_assert_eq(frk_buffer_pool_get(pool, &buffer), 0);
	memset(buffer->data, 'g', buffer->size);
	ret = frk_context_answer_buffer(context, message, PING, buffer);
	frk_buffer_unref(buffer);
	return ret;
}

Test(buffer_pool, s7_a_thread_gets_the_buffer_of_an_answer)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = give);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd");
	struct frk_system *system;
	struct frk_reply reply;
	struct frk_pid pid;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_spawn(system, &actor, &pid), 0);
	cr_assert_eq(frk_system_ask(system, pid, PING, NULL, 0, FRK_S(30), &reply), 0);
	frk_system_unref(system);
	/* It is the thread's, whatever became of the system. */
	cr_assert_not_null(reply.buffer);
	cr_assert_eq(reply.size, 1000);
	cr_assert_eq(((char *)reply.buffer->data)[999], 'g');
	cr_assert_eq(frk_buffer_pool_in_use(pool), 1);
	frk_buffer_unref(reply.buffer);
}

Test(buffer_pool, s6_a_system_that_ends_gives_all_back)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = give, .mailbox_max = 2);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd");
	struct frk_buffer *buffer;
	struct frk_system *system;
	struct frk_pid pid;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_spawn(system, &actor, &pid), 0);
	cr_assert_eq(frk_buffer_pool_get(pool, &buffer), 0);
	for (int i = 0; i < 1000; i++) {
		int ret = frk_system_send_buffer(system, pid, TICK, buffer);

		cr_assert(!ret || ret == -ENOBUFS, "%d", ret);
	}
	cr_assert_eq(frk_system_send_buffer(NULL, pid, TICK, buffer), -EINVAL);
	cr_assert_eq(frk_system_send_buffer(system, pid, TICK, NULL), -EINVAL);
	frk_system_unref(system);
	cr_assert_not(frk_buffer_is_shared(buffer));
	frk_buffer_unref(buffer);
}

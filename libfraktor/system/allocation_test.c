// SPDX-License-Identifier: MIT
/*
 * allocation_test.c - a system that runs allocates nothing.  The linker gives this program
 * its own malloc() and the like (--wrap), for the library and the tests alike: see Makefile.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "system/system_test.h"

TestSuite(allocation, .timeout = 60);

#define ROUNDS 10000U
#define QUESTION (FRK_MESSAGE_USER + 20)
#define WARM_UP 100U

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_uint calls;

void *__wrap_malloc(size_t size)
{
	calls++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	calls++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	calls++;
	return __real_realloc(block, size);
}

void __wrap_free(void *block)
{
	calls++;
	__real_free(block);
}

/* What was called from the end of the warming up to the end of the work. */
static struct frk_pid other;
static atomic_uint before, after, answers, told;

static int answer(struct frk_context *context, const struct frk_message *message)
{
	static const unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX];

	if (message->kind == PING)
		told++;
	if (message->kind != QUESTION)
		return 0;
	return frk_context_answer(context, message, QUESTION, payload, sizeof(payload));
}

/* Messages, questions with their timers, and actors that come and go. */
static int work(struct frk_context *context, const struct frk_message *message)
{
	static const unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX];
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = answer);
	struct frk_pid pid;
	int ret;

	if (message->kind == FRK_MESSAGE_STOPPED)
		return 0;
	if (message->kind == FRK_MESSAGE_STARTED)
		ret = frk_context_spawn(context, &opts, &other);
	else
		ret = frk_context_spawn(context, &opts, &pid);
	if (!ret && message->kind == QUESTION) {
		ret = frk_system_stop_actor(frk_context_system(context), pid);
		if (++answers == WARM_UP)
			before = calls;
	}
	if (!ret)
		ret = frk_context_send(context, other, PING, payload, sizeof(payload));
	if (ret)
		return ret;
	if (answers == ROUNDS) {
		after = calls;
		frk_system_stop(frk_context_system(context));
		return 0;
	}
	return frk_context_ask(context, other, QUESTION, payload, sizeof(payload), FRK_S(30),
			       NULL);
}

Test(allocation, s6_sending_and_receiving_allocate_nothing)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = work);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1, .quiet = 1);
	struct frk_system *system;
	struct frk_actor_stats stats;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	/* Building does allocate, so that the count is known to count. */
	cr_assert_gt(calls, 0);
	cr_assert_eq(frk_system_run(system), 0);
	cr_assert_eq(frk_system_get_actors(system, &stats), 0);
	frk_system_unref(system);
	cr_expect_eq(stats.failures_total, 0);
	cr_expect_eq(answers, ROUNDS);
	cr_expect_geq(told, ROUNDS);
	cr_expect_eq(after - before, 0, "%u calls", after - before);
}

static int keep(struct frk_context *context, const struct frk_message *message)
{
	struct frk_buffer **kept = frk_context_state(context);

	if (message->kind == PING || message->kind == FRK_MESSAGE_STOPPED) {
		frk_buffer_unref(*kept);
		*kept = frk_buffer_ref(message->buffer);
	}
	return answer(context, message);
}

Test(allocation, s6_buffers_of_a_pool_allocate_nothing)
{
	struct frk_buffer *kept = NULL, *buffer;
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = keep, .state = &kept);
	struct frk_reply reply;
	struct frk_pid pid;
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1,
		.actors_pids = &pid, .quiet = 1);
	struct frk_buffer_pool *pool;
	struct frk_system *system;
	unsigned int first;

	cr_assert_eq(frk_buffer_pool_new(10000, 4, &pool), 0);
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply), 0);
	first = calls;
	for (unsigned int i = 0; i < WARM_UP; i++) {
		cr_assert_eq(frk_buffer_pool_get(pool, &buffer), 0);
		cr_assert_eq(frk_system_send_buffer(system, pid, PING, buffer), 0);
		frk_buffer_unref(buffer);
		cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply),
			     0);
	}
	cr_expect_eq(calls - first, 0, "%u calls", calls - first);
	cr_expect_eq(told, WARM_UP);
	frk_system_unref(system);
	frk_buffer_pool_unref(pool);
}

Test(allocation, s6_sending_from_outside_allocates_nothing)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = answer);
	struct frk_reply reply;
	struct frk_pid pid;
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1,
		.actors_pids = &pid, .quiet = 1);
	struct frk_system *system;
	unsigned int first;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	/* Each answer says that what was sent before it has been received. */
	cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply), 0);
	first = calls;
	for (unsigned int i = 0; i < WARM_UP; i++) {
		cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
		cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply),
			     0);
	}
	cr_expect_eq(calls - first, 0, "%u calls", calls - first);
	cr_expect_eq(told, WARM_UP);
	frk_system_unref(system);
}

/* An order that keeps the latest, and has had some to drop. */
Test(allocation, s12_an_order_of_messages_allocates_nothing)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(
		.receive = answer, .mailbox_order = &frk_mailbox_latest);
	struct frk_dead_letters letters;
	struct frk_reply reply;
	struct frk_pid pid;
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1,
		.actors_pids = &pid, .quiet = 1);
	struct frk_system *system;
	unsigned int first;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply), 0);
	first = calls;
	do {
		for (unsigned int i = 0; i < WARM_UP; i++)
			cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
		cr_assert_eq(frk_system_ask(system, pid, QUESTION, NULL, 0, FRK_S(30), &reply),
			     0);
		cr_assert_eq(frk_system_get_dead_letters(system, &letters), 0);
	} while (!letters.by_reason[FRK_DEAD_DISPLACED]);
	cr_expect_eq(calls - first, 0, "%u calls", calls - first);
	cr_expect_eq((told + letters.by_reason[FRK_DEAD_DISPLACED]) % WARM_UP, 0);
	frk_system_unref(system);
}

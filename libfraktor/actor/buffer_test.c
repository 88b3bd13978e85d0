// SPDX-License-Identifier: MIT
/*
 * buffer_test.c - messages that carry a buffer: whatever becomes of them, its references
 * are right.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/filter.h"

enum { DATA = 20, QUESTION, ANSWER, SEND, KEEP, AGAIN };

static struct frk_buffer buffer;
static char bytes[1000];
static unsigned int released;
static struct seen here, there;
static struct frk_pid here_pid, there_pid;
static struct frk_buffer *kept;

static void release(struct frk_buffer *gone)
{
	cr_assert_eq(gone, &buffer);
	released++;
}

static int receive(struct frk_context *context, const struct frk_message *message)
{
	switch (message->kind) {
	case DATA:
		/* By nobody copied. */
		cr_assert_eq(message->payload, bytes);
		cr_assert_eq(message->size, sizeof(bytes));
		cr_assert_eq(message->buffer, &buffer);
		return 0;
	case KEEP:
		kept = frk_buffer_ref(message->buffer);
		return 0;
	case AGAIN:
		return frk_context_state(context) == &here ?
			       frk_context_forward(context, message, there_pid) : 0;
	default:
		return 0;
	}
}

static void setup(void)
{
	stage_setup();
	released = 0;
	kept = NULL;
	cr_assert_eq(frk_buffer_init(&buffer, bytes, sizeof(bytes), release, NULL), 0);
	here.then = receive;
	there.then = receive;
	here_pid = spawn(&here);
	there_pid = spawn(&there);
	stage_tick();
}

/* All letters are back, and nobody has a reference but the test, then. */
static void fini(void)
{
	frki_stage_stop(&stage, here_pid);
	frki_stage_stop(&stage, there_pid);
	stage_settle();
	stage_assert_no_leak();
	cr_assert_not(frk_buffer_is_shared(&buffer));
	cr_assert_eq(released, 0);
	frk_buffer_unref(&buffer);
	cr_assert_eq(released, 1);
}

TestSuite(payload, .init = setup, .fini = fini, .timeout = 20);

static int send(struct frk_pid to, uint32_t kind)
{
	const struct frki_post post = { .to = to, .kind = kind, .payload = buffer.data,
					.size = buffer.size, .buffer = &buffer };

	return frki_stage_post(&stage, &post);
}

Test(payload, s6_by_reference_is_not_copied)
{
	cr_assert_eq(send(here_pid, DATA), 0);
	cr_assert_eq(send(there_pid, DATA), 0);
	cr_assert_eq(buffer.refs, 3);
	stage_settle();
	cr_assert_eq(here.kinds[here.n - 1], DATA);
	cr_assert_eq(there.kinds[there.n - 1], DATA);
}

Test(payload, s6_who_keeps_it_has_it_after_receive)
{
	cr_assert_eq(send(here_pid, KEEP), 0);
	stage_settle();
	cr_assert_eq(kept, &buffer);
	cr_assert_eq(buffer.refs, 2);
	frk_buffer_unref(kept);
}

Test(payload, s7_what_is_forwarded_goes_on_by_reference)
{
	cr_assert_eq(send(here_pid, AGAIN), 0);
	stage_turn_of(here_pid);
	cr_assert_eq(buffer.refs, 2);
	stage_settle();
	cr_assert_eq(there.kinds[there.n - 1], AGAIN);
	cr_assert_eq(buffer.refs, 1);
}

Test(payload, s6_one_that_reaches_nobody_gives_it_back)
{
	static const struct frk_pid stale = { 0, 12345 };

	cr_assert_eq(send(stale, DATA), -ESTALE);
	cr_assert_eq(buffer.refs, 1);
	/* Its mailbox, then the pool is full. */
	while (!send(here_pid, DATA))
		cr_assert_lt(buffer.refs, 1000);
	cr_assert_gt(buffer.refs, 8);
	stage_settle();
	cr_assert_eq(buffer.refs, 1);
	/* Accepted, and then its actor has ended. */
	cr_assert_eq(send(here_pid, DATA), 0);
	cr_assert_eq(frki_stage_stop(&stage, here_pid), 0);
	cr_assert_eq(send(here_pid, DATA), -ESTALE);
	stage_settle();
	cr_assert_eq(buffer.refs, 1);
}

static int refuse(void *data, struct frk_pid from, struct frk_pid to, uint32_t kind,
		  const void *payload, size_t size)
{
	(void)data;
	(void)from;
	(void)to;
	cr_assert_eq(kind, DATA);
	cr_assert_eq(payload, bytes);
	cr_assert_eq(size, sizeof(bytes));
	return -EACCES;
}

Test(payload, s8_filters_see_what_is_in_it)
{
	static const frk_send_filter_fn send_filters[] = { refuse };
	static const struct frk_filters filters =
		FRK_FILTERS(.send = send_filters, .send_n = 1);

	stage.filters = &filters;
	cr_assert_eq(send(here_pid, DATA), -EACCES);
	stage.filters = NULL;
	cr_assert_eq(buffer.refs, 1);
}

static struct frk_timer asked;
static unsigned int answers, failures;

static int ask(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == SEND)
		return frk_context_ask_buffer(context, there_pid, QUESTION, &buffer,
					      5 * PERIOD_NS, &asked);
	if (message->kind == ANSWER) {
		cr_assert_eq(message->ask.index, asked.index);
		cr_assert_eq(message->payload, bytes);
		answers++;
	}
	failures += message->kind == FRK_MESSAGE_ASK_FAILED;
	return 0;
}

static int answer(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != QUESTION)
		return 0;
	return frk_context_answer_buffer(context, message, ANSWER, message->buffer);
}

Test(payload, s7_questions_and_answers_have_them)
{
	here.then = ask;
	there.then = answer;
	answers = 0;
	cr_assert_eq(post(here_pid, SEND), 0);
	stage_settle();
	cr_assert_eq(answers, 1);
	cr_assert_eq(buffer.refs, 1);
}

Test(payload, s7_a_question_that_is_not_read_gives_it_back)
{
	here.then = ask;
	failures = 0;
	cr_assert_eq(post(here_pid, SEND), 0);
	stage_turn_of(here_pid);
	cr_assert_eq(buffer.refs, 2);
	frki_stage_stop(&stage, there_pid);
	cr_assert_eq(post(there_pid, DATA), -ESTALE);
	stage_settle();
	cr_assert_eq(buffer.refs, 1);
}

static int results[4];

static int send_badly(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != SEND)
		return 0;
	results[0] = frk_context_send_buffer(context, there_pid, DATA, NULL);
	results[1] = frk_context_send_buffer(context, there_pid, 1, &buffer);
	results[2] = frk_context_ask_buffer(context, there_pid, QUESTION, &buffer, 0, NULL);
	results[3] = frk_context_answer_buffer(context, message, ANSWER, &buffer);
	return 0;
}

Test(payload, s6_bad_arguments)
{
	here.then = send_badly;
	cr_assert_eq(post(here_pid, SEND), 0);
	stage_settle();
	for (int i = 0; i < 4; i++)
		cr_assert_eq(results[i], -EINVAL, "%d: %d", i, results[i]);
	cr_assert_eq(frk_context_send_buffer(NULL, there_pid, DATA, &buffer), -EINVAL);
	cr_assert_eq(frk_context_ask_buffer(NULL, there_pid, DATA, &buffer, 1, NULL), -EINVAL);
	cr_assert_eq(buffer.refs, 1);
}

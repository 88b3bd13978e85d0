// SPDX-License-Identifier: MIT
/*
 * then_test.c - what comes of a question is handled by the function that was named for it,
 * and nothing else is.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"

TestSuite(then, .init = stage_setup, .fini = stage_assert_no_leak, .timeout = 20);

enum { ASK = 20, QUESTION, ANSWER, OTHER, FAIL, LEAVE };

#define TIMEOUT (5 * PERIOD_NS)

static struct seen client, server;
static struct frk_pid client_pid, server_pid;
static struct frk_timer asked;
/* What came to which of the functions, in order. */
static uint32_t first[8], second[8];
static unsigned int first_n, second_n;
static bool answers, takes_back, becomes;
static int result;

static int go_first(struct frk_context *context, const struct frk_message *message)
{
	cr_assert_eq(frk_context_state(context), &client);
	cr_assert_eq(message->ask.index, asked.index);
	first[first_n++] = message->kind;
	/* Whatever it is, it is all that comes. */
	cr_assert_eq(frk_context_then(context, asked, go_first), -ESTALE);
	cr_assert_eq(frk_context_cancel(context, asked), -ESTALE);
	return 0;
}

static int go_second(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	second[second_n++] = message->kind;
	return message->kind == FAIL ? -EIO : 0;
}

static int be_client(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != ASK)
		return 0;
	cr_assert_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 0, TIMEOUT, &asked), 0);
	result = frk_context_then(context, asked, go_first);
	if (takes_back)
		result = frk_context_then(context, asked, NULL);
	if (becomes)
		frk_context_become(context, go_second);
	return 0;
}

static int be_server(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == QUESTION)
		result = frk_context_then(context, asked, go_second);
	if (message->kind == LEAVE)
		frk_context_stop(context);
	if (message->kind == QUESTION && answers)
		return frk_context_answer(context, message, ANSWER, NULL, 0);
	return 0;
}

static void set_up(void)
{
	client.then = be_client;
	server.then = be_server;
	client_pid = spawn(&client);
	server_pid = spawn(&server);
	stage_tick();
	client.n = 0;
}

static void ask(void)
{
	cr_assert_eq(post(client_pid, ASK), 0);
}

static void settle(void)
{
	for (int i = 0; i < 20; i++)
		stage_tick();
}

static void end(void)
{
	frki_stage_stop(&stage, client_pid);
	frki_stage_stop(&stage, server_pid);
	stage_settle();
}

Test(then, s3_the_answer_goes_on_where_it_was_said)
{
	answers = true;
	set_up();
	ask();
	settle();
	cr_assert_eq(first_n, 1);
	cr_assert_eq(first[0], ANSWER);
	cr_assert_eq(post(client_pid, OTHER), 0);
	settle();
	cr_assert_eq(client.n, 2);
	cr_assert_eq(client.kinds[0], ASK);
	cr_assert_eq(client.kinds[1], OTHER);
	end();
}

Test(then, s3_so_does_that_there_is_none)
{
	set_up();
	ask();
	settle();
	cr_assert_eq(first_n, 1);
	cr_assert_eq(first[0], FRK_MESSAGE_ASK_TIMEOUT);
	/* And that there will be none. */
	cr_assert_eq(post(client_pid, ASK), 0);
	cr_assert_eq(post(server_pid, LEAVE), 0);
	settle();
	cr_assert_eq(first_n, 2);
	cr_assert_eq(first[1], FRK_MESSAGE_ASK_FAILED);
	end();
}

Test(then, s3_whatever_the_handler_is_by_then)
{
	becomes = answers = true;
	set_up();
	ask();
	cr_assert_eq(post(client_pid, OTHER), 0);
	settle();
	cr_assert_eq(first_n, 1);
	cr_assert_eq(first[0], ANSWER);
	cr_assert_eq(second_n, 1);
	cr_assert_eq(second[0], OTHER);
	end();
}

Test(then, s3_it_can_be_taken_back)
{
	takes_back = answers = true;
	set_up();
	ask();
	settle();
	cr_assert_eq(first_n, 0);
	cr_assert_eq(client.n, 2);
	cr_assert_eq(client.kinds[1], ANSWER);
	end();
}

Test(then, s3_somebody_elses_question_is_his)
{
	set_up();
	ask();
	stage_settle();
	cr_assert_eq(result, -EPERM);
	settle();
	cr_assert_eq(first_n, 1);
	cr_assert_eq(second_n, 0);
	end();
}

static int start_timer(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FAIL)
		return 0;
	return frk_context_after(context, OTHER, PERIOD_NS, NULL);
}

Test(then, s3_nothing_else_that_comes_of_that_timer)
{
	answers = true;
	set_up();
	ask();
	settle();
	cr_assert_eq(first_n, 1);
	/* It has the same one. */
	client.then = start_timer;
	cr_assert_eq(post(client_pid, FAIL), 0);
	settle();
	cr_assert_eq(first_n, 1);
	cr_assert_eq(client.kinds[client.n - 1], OTHER);
	end();
}

static int misuse(struct frk_context *context, const struct frk_message *message)
{
	static const struct frk_timer nothing;
	struct frk_timer timer;

	if (message->kind != OTHER)
		return 0;
	cr_assert_eq(frk_context_every(context, OTHER, PERIOD_NS, &timer), 0);
	cr_assert_eq(frk_context_then(context, timer, go_first), -ESTALE);
	cr_assert_eq(frk_context_then(context, nothing, go_first), -ESTALE);
	cr_assert_eq(frk_context_cancel(context, timer), 0);
	result = 1234;
	return 0;
}

Test(then, s3_misuse_is_refused)
{
	set_up();
	client.then = misuse;
	cr_assert_eq(post(client_pid, OTHER), 0);
	stage_settle();
	cr_assert_eq(result, 1234);
	cr_assert_eq(frk_context_then(NULL, asked, go_first), -EINVAL);
	end();
}

static const struct frk_supervision restarts =
	FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART);

static int fail_when_told(struct frk_context *context, const struct frk_message *message)
{
	return message->kind == FAIL ? -EIO : be_client(context, message);
}

static int be_parent(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = &client);

	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_spawn(context, &opts, &client_pid), 0);
	return 0;
}

Test(then, s4_who_is_restarted_has_asked_nothing)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = be_parent, .supervision = &restarts);
	struct frk_pid parent;

	client.then = fail_when_told;
	server.then = be_server;
	server_pid = spawn(&server);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &parent), 0);
	settle();
	ask();
	stage_settle();
	cr_assert_eq(post(client_pid, FAIL), 0);
	settle();
	cr_assert_eq(stage.restarts, 1);
	cr_assert_eq(first_n, 0);
	frki_stage_stop(&stage, parent);
	stage_settle();
	end();
}

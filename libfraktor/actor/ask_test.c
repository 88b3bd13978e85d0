// SPDX-License-Identifier: MIT
/*
 * ask_test.c - of each question comes exactly one message: the answer, or that there is
 * none in time, or that there will be none; and what is forwarded keeps its sender.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/ask.h"

TestSuite(ask, .init = stage_setup, .fini = stage_assert_no_leak, .timeout = 20);

#define ASK 20
#define QUESTION 21
#define ANSWER 22
#define TAKE_BACK 23
#define FORWARD 24
#define LEAVE 25
#define ANSWER_TWICE 26
#define ANSWER_LATER 27
#define FAIL 28

#define TIMEOUT (5 * PERIOD_NS)

static struct seen client, server, other;
static struct frk_pid client_pid, server_pid, other_pid;
static struct frk_timer asked, of_answer;
static struct frk_message kept;
static int result, answered;
static uint32_t got;
/* What the server does with a question. */
static uint32_t order_of_server;

static int ask_now(struct frk_context *context, struct frk_pid to)
{
	uint32_t value = 41;

	return frk_context_ask(context, to, QUESTION, &value, sizeof(value), TIMEOUT, &asked);
}

static int be_client(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == ASK)
		result = ask_now(context, server_pid);
	if (message->kind == TAKE_BACK)
		result = frk_context_cancel(context, asked);
	if (message->kind == ANSWER)
		memcpy(&got, message->payload, sizeof(got));
	if (message->kind == ANSWER || message->kind == FRK_MESSAGE_ASK_TIMEOUT ||
	    message->kind == FRK_MESSAGE_ASK_FAILED)
		of_answer = message->ask;
	return message->kind == FAIL ? -EIO : 0;
}

static int answer(struct frk_context *context, const struct frk_message *question)
{
	uint32_t value = 42;

	return frk_context_answer(context, question, ANSWER, &value, sizeof(value));
}

static int be_server(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == LEAVE)
		frk_context_stop(context);
	if (message->kind == ANSWER_LATER)
		answered = answer(context, &kept);
	if (message->kind != QUESTION)
		return 0;
	kept = *message;
	if (order_of_server == ANSWER || order_of_server == ANSWER_TWICE)
		answered = answer(context, message);
	if (order_of_server == ANSWER_TWICE)
		answered = answer(context, message);
	if (order_of_server == FORWARD && frk_context_state(context) == &server)
		answered = frk_context_forward(context, message, other_pid);
	return 0;
}

static int be_both(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == QUESTION)
		return frk_context_forward(context, message, other_pid);
	return be_client(context, message);
}

static void set_up(uint32_t order)
{
	memset(&client, 0, sizeof(client));
	memset(&server, 0, sizeof(server));
	memset(&other, 0, sizeof(other));
	client.then = be_client;
	server.then = be_server;
	other.then = be_server;
	client_pid = spawn(&client);
	server_pid = spawn(&server);
	order_of_server = order;
	result = answered = 77;
	got = 0;
	of_answer = (struct frk_timer){ 0 };
	stage_tick();
}

static void tell(struct frk_pid pid, uint32_t kind)
{
	cr_assert_eq(post(pid, kind), 0);
	stage_settle();
}

static void ticks(unsigned int n)
{
	while (n--)
		stage_tick();
}

static unsigned int times(const struct seen *seen, uint32_t kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen->n; i++)
		n += seen->kinds[i] == kind;
	return n;
}

static unsigned int replies(void)
{
	return times(&client, ANSWER) + times(&client, FRK_MESSAGE_ASK_TIMEOUT) +
	       times(&client, FRK_MESSAGE_ASK_FAILED);
}

static void assert_one(uint32_t kind)
{
	ticks(20);
	cr_assert_eq(replies(), 1);
	cr_assert_eq(times(&client, kind), 1);
	cr_assert_eq(of_answer.index, asked.index);
	cr_assert_eq(of_answer.life, asked.life);
}

static void end(void)
{
	frki_stage_stop(&stage, client_pid);
	frki_stage_stop(&stage, server_pid);
	frki_stage_stop(&stage, other_pid);
	stage_settle();
}

Test(ask, s7_an_answer_comes_with_the_name_of_the_question)
{
	set_up(ANSWER);
	tell(client_pid, ASK);
	cr_assert_eq(result, 0);
	cr_assert_eq(answered, 0);
	cr_assert_eq(got, 42);
	cr_assert_eq(client.sender.index, server_pid.index);
	cr_assert_eq(server.sender.index, client_pid.index);
	assert_one(ANSWER);
	end();
}

Test(ask, s7_no_answer_in_time_is_told_once_and_not_early)
{
	set_up(0);
	tell(client_pid, ASK);
	ticks(4);
	cr_assert_eq(replies(), 0);
	ticks(1);
	cr_assert_eq(replies(), 1);
	assert_one(FRK_MESSAGE_ASK_TIMEOUT);
	end();
}

Test(ask, s7_an_answer_after_that_is_a_dead_letter)
{
	set_up(0);
	tell(client_pid, ASK);
	ticks(10);
	tell(server_pid, ANSWER_LATER);
	cr_assert_eq(answered, 0);
	cr_assert_eq(buried.kind, ANSWER);
	cr_assert_eq(buried.reason, FRK_DEAD_LATE);
	cr_assert_eq(buried.to.index, client_pid.index);
	assert_one(FRK_MESSAGE_ASK_TIMEOUT);
	end();
}

Test(ask, s7_an_answer_may_come_later_than_the_message)
{
	set_up(0);
	tell(client_pid, ASK);
	ticks(3);
	tell(server_pid, ANSWER_LATER);
	assert_one(ANSWER);
	end();
}

Test(ask, s7_a_second_answer_is_a_dead_letter)
{
	set_up(ANSWER_TWICE);
	tell(client_pid, ASK);
	cr_assert_eq(stage.dead_letters[FRK_DEAD_LATE], 1);
	assert_one(ANSWER);
	end();
}

Test(ask, s7_who_is_dead_answers_at_once)
{
	set_up(ANSWER);
	frki_stage_stop(&stage, server_pid);
	stage_settle();
	tell(client_pid, ASK);
	cr_assert_eq(result, -ESTALE);
	ticks(20);
	cr_assert_eq(replies(), 0);
	end();
}

Test(ask, s7_who_ends_before_he_has_read_it_is_told_at_once)
{
	set_up(ANSWER);
	/* The server's order to leave is in the mailbox before the question. */
	cr_assert_eq(post(client_pid, ASK), 0);
	cr_assert_eq(post(server_pid, LEAVE), 0);
	stage_settle();
	cr_assert_eq(result, 0);
	cr_assert_eq(replies(), 1);
	cr_assert_eq(client.sender.index, server_pid.index);
	cr_assert_eq(client.sender.life, server_pid.life);
	assert_one(FRK_MESSAGE_ASK_FAILED);
	end();
}

/* Timeout and answer in the mailbox at once: the first one counts. */
Test(ask, s7_of_an_answer_and_a_timeout_one_is_handled)
{
	struct frk_tick tick = { .periods = 100 };

	set_up(0);
	tell(client_pid, ASK);
	tick.deadline_ns = frki_scheduler_now_ns(&stage.scheduler) + PERIOD_NS;
	cr_assert_eq(post(server_pid, ANSWER_LATER), 0);
	frki_scheduler_tick(&stage.scheduler, &tick);
	/* The server sends first, then the timer rings, then the client has its turn. */
	frki_stage_run(&stage, 1);
	frki_alarm_fire(&stage, 100);
	stage_settle();
	cr_assert_eq(times(&client, ANSWER), 1);
	assert_one(ANSWER);
	end();
}

Test(ask, s7_taken_back_nothing_comes)
{
	set_up(0);
	tell(client_pid, ASK);
	tell(client_pid, TAKE_BACK);
	cr_assert_eq(result, 0);
	tell(server_pid, ANSWER_LATER);
	ticks(20);
	cr_assert_eq(replies(), 0);
	cr_assert_eq(buried.reason, FRK_DEAD_LATE);
	tell(client_pid, TAKE_BACK);
	cr_assert_eq(result, -ESTALE);
	end();
}

Test(ask, s7_a_question_that_is_forwarded_is_answered_by_who_has_it)
{
	set_up(FORWARD);
	other_pid = spawn(&other);
	tell(client_pid, ASK);
	cr_assert_eq(times(&other, QUESTION), 1);
	cr_assert_eq(other.sender.index, client_pid.index);
	tell(other_pid, ANSWER_LATER);
	cr_assert_eq(client.sender.index, other_pid.index);
	assert_one(ANSWER);
	end();
}

Test(ask, s7_who_has_it_forwarded_ends)
{
	set_up(FORWARD);
	other_pid = spawn(&other);
	stage_settle();
	cr_assert_eq(post(client_pid, ASK), 0);
	frki_stage_run(&stage, 1);
	cr_assert_eq(post(other_pid, LEAVE), 0);
	/* The server has its turn first. */
	stage_settle();
	cr_assert_eq(times(&other, QUESTION), 0);
	cr_assert_eq(answered, 0);
	cr_assert_eq(client.sender.index, other_pid.index);
	assert_one(FRK_MESSAGE_ASK_FAILED);
	end();
}

Test(ask, s7_what_is_no_question_is_forwarded_as_it_is)
{
	set_up(FORWARD);
	other_pid = spawn(&other);
	tell(server_pid, QUESTION);
	cr_assert_eq(answered, 0);
	cr_assert_eq(times(&other, QUESTION), 1);
	cr_assert_eq(other.sender.life, 0);
	/* And cannot be answered. */
	tell(other_pid, ANSWER_LATER);
	cr_assert_eq(answered, -EINVAL);
	end();
}

Test(ask, s4_s7_what_an_earlier_life_asked_is_not_answered)
{
	static const struct frk_supervision restarts =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART);
	struct frk_actor_opts parent = FRK_ACTOR_OPTS(
		.receive = see, .state = &other, .supervision = &restarts);
	struct frk_actor_opts child = FRK_ACTOR_OPTS(.receive = see, .state = &client);

	set_up(0);
	frki_stage_stop(&stage, client_pid);
	stage_settle();
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &parent, &other_pid), 0);
	cr_assert_eq(frki_stage_spawn(&stage, frki_pool_at(&stage.cells, other_pid.index),
				      &child, &client_pid), 0);
	stage_settle();
	tell(client_pid, ASK);
	tell(client_pid, FAIL);
	cr_assert_eq(times(&client, FRK_MESSAGE_RESTARTING), 1);
	tell(server_pid, ANSWER_LATER);
	ticks(20);
	cr_assert_eq(replies(), 0);
	cr_assert_eq(buried.reason, FRK_DEAD_LATE);
	end();
}

/* Somebody answers what is not his to answer. */
Test(ask, s7_an_answer_of_another_name_or_to_another_actor_is_a_dead_letter)
{
	set_up(0);
	other_pid = spawn(&other);
	other.then = be_client;
	tell(client_pid, ASK);
	kept.sender = other_pid;
	tell(server_pid, ANSWER_LATER);
	cr_assert_eq(times(&other, ANSWER), 0);
	cr_assert_eq(stage.dead_letters[FRK_DEAD_LATE], 1);
	kept.sender = client_pid;
	kept.ask.life++;
	tell(server_pid, ANSWER_LATER);
	kept.ask = (struct frk_timer){ 1, 1 };
	tell(server_pid, ANSWER_LATER);
	kept.ask = (struct frk_timer){ 1000000, 1 };
	tell(server_pid, ANSWER_LATER);
	cr_assert_eq(stage.dead_letters[FRK_DEAD_LATE], 4);
	cr_assert_eq(replies(), 0);
	assert_one(FRK_MESSAGE_ASK_TIMEOUT);
	end();
}

static int beat(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == ASK)
		result = frk_context_every(context, FAIL, PERIOD_NS, &asked);
	return 0;
}

Test(ask, s7_no_answer_stops_a_timer_that_is_no_question)
{
	set_up(0);
	client.then = beat;
	tell(client_pid, ASK);
	kept = (struct frk_message){ .sender = client_pid, .ask = asked };
	tell(server_pid, ANSWER_LATER);
	cr_assert_eq(stage.dead_letters[FRK_DEAD_LATE], 1);
	ticks(5);
	cr_assert_eq(times(&client, FAIL), 5);
	end();
}

Test(ask, s7_a_timeout_in_the_mailbox_is_all_that_is_told_of_an_end)
{
	struct frk_tick tick = { .periods = 100 };

	set_up(ANSWER);
	cr_assert_eq(post(client_pid, ASK), 0);
	cr_assert_eq(post(server_pid, LEAVE), 0);
	frki_stage_run(&stage, 1);
	tick.deadline_ns = frki_scheduler_now_ns(&stage.scheduler) + PERIOD_NS;
	frki_scheduler_tick(&stage.scheduler, &tick);
	/* It rings, the server ends with the question, then the client has its turn. */
	frki_alarm_fire(&stage, 100);
	stage_settle();
	cr_assert_eq(buried.reason, FRK_DEAD_ENDED);
	assert_one(FRK_MESSAGE_ASK_TIMEOUT);
	end();
}

/* One that asks itself may have another one answer. */
Test(ask, s7_a_question_to_oneself_can_be_forwarded)
{
	set_up(FORWARD);
	other_pid = spawn(&other);
	frki_stage_stop(&stage, server_pid);
	stage_settle();
	client.then = be_both;
	server_pid = client_pid;
	tell(client_pid, ASK);
	tell(other_pid, ANSWER_LATER);
	assert_one(ANSWER);
	end();
}

static int ask_wrongly(struct frk_context *context, const struct frk_message *message)
{
	struct frk_pid nobody = { 0 };
	char large[FRK_MESSAGE_PAYLOAD_MAX + 1] = { 0 };

	if (message->kind != ASK)
		return 0;
	cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 0, 0, NULL), -EINVAL);
	cr_expect_eq(frk_context_ask(context, server_pid, 3, NULL, 0, 1, NULL), -EINVAL);
	cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 4, 1, NULL), -EINVAL);
	cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, large, sizeof(large), 1, NULL),
		     -EMSGSIZE);
	cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 0, (1ULL << 63) + 1, NULL),
		     -ERANGE);
	cr_expect_eq(frk_context_ask(context, nobody, QUESTION, NULL, 0, 1, NULL), -ESTALE);
	cr_expect_eq(frk_context_answer(context, message, ANSWER, NULL, 0), -EINVAL);
	cr_expect_eq(frk_context_answer(context, NULL, ANSWER, NULL, 0), -EINVAL);
	cr_expect_eq(frk_context_forward(context, NULL, server_pid), -EINVAL);
	for (int i = 0; i < ALARMS; i++)
		cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 0, 1, NULL), 0);
	cr_expect_eq(frk_context_ask(context, server_pid, QUESTION, NULL, 0, 1, NULL), -ENOBUFS);
	return 0;
}

Test(ask, s7_what_cannot_be_asked_is_told_and_uses_nothing_up)
{
	set_up(0);
	client.then = ask_wrongly;
	tell(client_pid, ASK);
	cr_assert_eq(times(&server, QUESTION), ALARMS);
	ticks(3);
	cr_assert_eq(times(&client, FRK_MESSAGE_ASK_TIMEOUT), ALARMS);
	cr_assert_eq(frk_context_ask(NULL, server_pid, QUESTION, NULL, 0, 1, NULL), -EINVAL);
	end();
}

/* --- become */

static int behave(struct frk_context *context, const struct frk_message *message)
{
	got = message->kind;
	if (message->kind == LEAVE)
		frk_context_become(context, NULL);
	return message->kind == FAIL ? -EIO : 0;
}

static int change(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == ASK)
		frk_context_become(context, behave);
	return 0;
}

Test(ask, s3_an_actor_may_behave_otherwise_from_the_next_message_on)
{
	set_up(0);
	client.then = change;
	tell(client_pid, ASK);
	cr_assert_eq(times(&client, ASK), 1);
	tell(client_pid, ANSWER);
	cr_assert_eq(got, ANSWER);
	cr_assert_eq(times(&client, ANSWER), 0);
	tell(client_pid, LEAVE);
	tell(client_pid, ANSWER);
	cr_assert_eq(times(&client, ANSWER), 1);
	frk_context_become(NULL, behave);
	end();
}

Test(ask, s4_a_restart_ends_that)
{
	static const struct frk_supervision restarts =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART);
	struct frk_actor_opts parent = FRK_ACTOR_OPTS(
		.receive = see, .state = &other, .supervision = &restarts);
	struct frk_actor_opts child = FRK_ACTOR_OPTS(.receive = see, .state = &server);

	set_up(0);
	frki_stage_stop(&stage, server_pid);
	stage_settle();
	memset(&server, 0, sizeof(server));
	server.then = change;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &parent, &other_pid), 0);
	cr_assert_eq(frki_stage_spawn(&stage, frki_pool_at(&stage.cells, other_pid.index),
				      &child, &server_pid), 0);
	stage_settle();
	tell(server_pid, ASK);
	tell(server_pid, FAIL);
	/* RESTARTING is still for who failed; STARTED is for who begins. */
	cr_assert_eq(got, FRK_MESSAGE_RESTARTING);
	cr_assert_eq(times(&server, FRK_MESSAGE_STARTED), 2);
	end();
}

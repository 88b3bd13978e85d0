// SPDX-License-Identifier: MIT
/*
 * ask_test.c - a thread that is no actor asks one, and is told what comes of it.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(ask, .timeout = 30);

#define DOUBLE (FRK_MESSAGE_USER + 20)
#define SILENCE (FRK_MESSAGE_USER + 21)
#define LEAVE (FRK_MESSAGE_USER + 22)
#define HALT (FRK_MESSAGE_USER + 23)

static _Atomic int from_within;

static int calculate(struct frk_context *context, const struct frk_message *message)
{
	struct frk_reply reply;
	uint64_t value;

	switch (message->kind) {
	case DOUBLE:
		memcpy(&value, message->payload, sizeof(value));
		value *= 2;
		return frk_context_answer(context, message, DOUBLE, &value, sizeof(value));
	case LEAVE:
		frk_context_stop(context);
		return 0;
	case HALT:
		frk_system_stop(frk_context_system(context));
		return 0;
	case PING:
		from_within = frk_system_ask(frk_context_system(context),
					     frk_context_self(context), DOUBLE, NULL, 0, 1,
					     &reply);
		return 0;
	default:
		return 0;
	}
}

static struct frk_system *build(uint32_t actors_max, struct frk_pid *ret_pid)
{
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = calculate);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1,
		.actors_pids = ret_pid, .actors_max = actors_max);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	return system;
}

Test(ask, s7_a_thread_gets_the_answer)
{
	struct frk_pid pid;
	struct frk_system *system = build(0, &pid);
	struct frk_reply reply;
	uint64_t value;

	for (uint64_t i = 0; i < 1000; i++) {
		cr_assert_eq(frk_system_ask(system, pid, DOUBLE, &i, sizeof(i), FRK_S(5),
					    &reply), 0);
		memcpy(&value, reply.payload, sizeof(value));
		cr_assert_eq(value, 2 * i);
		cr_assert_eq(reply.size, sizeof(value));
		cr_assert_eq(reply.kind, DOUBLE);
		cr_assert_eq(reply.sender.index, pid.index);
	}
	frk_system_unref(system);
}

Test(ask, s7_no_answer_in_time_and_the_reply_is_untouched)
{
	struct frk_pid pid;
	struct frk_system *system = build(0, &pid);
	struct frk_reply reply = { .kind = 7 };

	cr_assert_eq(frk_system_ask(system, pid, SILENCE, NULL, 0, FRK_MS(3), &reply),
		     -ETIMEDOUT);
	cr_assert_eq(reply.kind, 7);
	frk_system_unref(system);
}

Test(ask, s7_who_has_ended_or_ends_is_told)
{
	struct frk_pid pid;
	struct frk_system *system = build(0, &pid);
	struct frk_reply reply;
	int ret;

	cr_assert_eq(frk_system_send(system, pid, LEAVE, NULL, 0), 0);
	ret = frk_system_ask(system, pid, DOUBLE, &pid, sizeof(pid), FRK_S(5), &reply);
	cr_assert_eq(ret, -ESTALE);
	frk_system_unref(system);
}

Test(ask, s7_the_end_of_the_system_ends_the_wait)
{
	struct frk_pid pid;
	struct frk_system *system = build(0, &pid);
	struct frk_reply reply;

	/* It is handled, not answered, and the system ends. */
	cr_assert_eq(frk_system_ask(system, pid, HALT, NULL, 0, FRK_S(3600), &reply),
		     -ESHUTDOWN);
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, &pid, sizeof(pid), 1, &reply),
		     -ESHUTDOWN);
	frk_system_unref(system);
}

Test(ask, s7_what_cannot_be_asked_is_told)
{
	struct frk_pid pid, nobody = { 0 };
	struct frk_system *system = build(1, &pid);
	char large[FRK_MESSAGE_PAYLOAD_MAX + 1] = { 0 };
	struct frk_reply reply;

	/* There is no room for who asks. */
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, &pid, sizeof(pid), 1, &reply), -ENOBUFS);
	frk_system_unref(system);
	system = build(0, &pid);
	cr_assert_eq(frk_system_ask(NULL, pid, DOUBLE, NULL, 0, 1, &reply), -EINVAL);
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, NULL, 0, 1, NULL), -EINVAL);
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, NULL, 0, 0, &reply), -EINVAL);
	cr_assert_eq(frk_system_ask(system, pid, 1, NULL, 0, 1, &reply), -EINVAL);
	cr_assert_eq(frk_system_ask(system, nobody, DOUBLE, NULL, 0, 1, &reply), -ESTALE);
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, large, sizeof(large), 1, &reply),
		     -EMSGSIZE);
	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
	/* Behind it in the mailbox: then it has been handled. */
	cr_assert_eq(frk_system_ask(system, pid, DOUBLE, &pid, sizeof(pid), FRK_S(5), &reply), 0);
	cr_assert_eq(from_within, -EDEADLK);
	frk_system_unref(system);
}

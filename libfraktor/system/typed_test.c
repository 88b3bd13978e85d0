// SPDX-License-Identifier: MIT
/*
 * typed_test.c - messages with a type.  That others do not compile is tested by
 * scripts/checks/static.sh.
 */
#include <errno.h>
#include <time.h>

#include <criterion/criterion.h>
#include <fraktor/typed.h>

#include "system/system_test.h"

TestSuite(typed, .timeout = 30);

struct point {
	double x, y;
};

FRK_MESSAGE_TYPE(point, FRK_MESSAGE_USER + 40, struct point);
FRK_MESSAGE_TYPE(length, FRK_MESSAGE_USER + 41, double);
FRK_MESSAGE_TYPE(code, FRK_MESSAGE_USER + 42, uint16_t);

static struct frk_pid server_pid;
static _Atomic int result = 77;
static atomic_uint foreign;

static int serve(struct frk_context *context, const struct frk_message *message)
{
	const struct point *point = FRK_OF(point, message);

	if (point && !message->ask.life)
		return 0;
	if (point)
		return FRK_ANSWER(context, message, length, point->x + point->y);
	foreign += message->kind >= FRK_MESSAGE_USER && !FRK_OF(code, message);
	return 0;
}

static int ask(struct frk_context *context, const struct frk_message *message)
{
	const struct point point = { 3, 4 };
	const double *length = FRK_OF(length, message);

	if (message->kind == FRK_MESSAGE_STARTED)
		return FRK_ASK(context, server_pid, point, point, FRK_S(5), NULL);
	if (length)
		result = *length == 7 ? FRK_TELL(context, server_pid, code, (uint16_t)5) : -EIO;
	return 0;
}

Test(typed, s6_what_is_in_a_message_has_the_type_of_its_kind)
{
	struct frk_actor_opts server = FRK_ACTOR_OPTS(.receive = serve),
			      client = FRK_ACTOR_OPTS(.receive = ask);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd");
	struct frk_system *system;
	struct frk_reply reply;
	struct point point = { 1, 2 };

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_spawn(system, &server, &server_pid), 0);
	cr_assert_eq(FRK_POST(system, server_pid, point, point), 0);
	/* The right kind, and something else in it. */
	cr_assert_eq(frk_system_send(system, server_pid, point_kind, "x", 1), 0);
	cr_assert_eq(frk_system_ask(system, server_pid, point_kind, &point, sizeof(point),
				    FRK_S(5), &reply), 0);
	cr_assert_eq(reply.kind, (uint32_t)length_kind);
	cr_assert_eq(*(double *)reply.payload, 3);
	cr_assert_eq(foreign, 1);
	cr_assert_eq(frk_system_spawn(system, &client, NULL), 0);
	for (int i = 0; i < 5000 && result == 77; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	cr_assert_eq(result, 0);
	frk_system_unref(system);
}

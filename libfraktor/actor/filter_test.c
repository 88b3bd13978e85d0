// SPDX-License-Identifier: MIT
/*
 * filter_test.c - filters see messages before actors do, in their order, and decide.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/filter.h"

#define PASS 20
#define TAKE 21
#define BREAK 22
#define REFUSE 23
#define TIMER 24

static char order[64];
static struct frk_pid failed_actor;
static int failed_error;
static size_t sent_size;

static void note(const char *what)
{
	strncat(order, what, sizeof(order) - strlen(order) - 1);
}

static int see_first(void *data, struct frk_context *context, const struct frk_message *message)
{
	cr_assert_eq(data, order);
	cr_assert_eq(frk_context_system(context), (void *)&stage);
	note("a");
	return message->kind == TAKE ? 1 : message->kind == BREAK ? -EIO : 0;
}

static int see_second(void *data, struct frk_context *context, const struct frk_message *message)
{
	(void)data;
	(void)context;
	(void)message;
	note("b");
	return 0;
}

static int refuse(void *data, struct frk_pid from, struct frk_pid to, uint32_t kind,
		  const void *payload, size_t size)
{
	(void)data;
	(void)from;
	(void)to;
	(void)payload;
	sent_size = size;
	return kind == REFUSE ? -EPERM : 1; /* a positive number is no refusal */
}

static void on_failure(void *data, struct frk_pid actor, const char *name, int error,
		       enum frk_directive directive)
{
	(void)data;
	cr_assert_str_eq(name, "actor");
	cr_assert_eq(directive, FRK_DIRECTIVE_STOP);
	failed_actor = actor;
	failed_error = error;
}

static const frk_receive_filter_fn receivers[] = { see_first, see_second };
static const frk_send_filter_fn senders[] = { refuse };

static const struct frk_filters filters =
	FRK_FILTERS(.receive = receivers, .receive_n = 2, .send = senders, .send_n = 1,
		    .failed = on_failure, .data = order);

static struct seen seen;
static struct frk_pid pid;

static int set_timer(struct frk_context *context, const struct frk_message *message)
{
	return message->kind == FRK_MESSAGE_STARTED ?
		       frk_context_after(context, TIMER, PERIOD_NS, NULL) : 0;
}

static void setup(void)
{
	stage_setup();
	stage.filters = &filters;
	memset(&seen, 0, sizeof(seen));
	seen.then = set_timer;
	order[0] = 0;
	pid = spawn(&seen);
	stage_settle();
	/* What begins an actor passes them by. */
	cr_assert_str_eq(order, "");
}

static void end(void)
{
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

TestSuite(filter, .init = setup, .fini = end, .timeout = 20);

static unsigned int times(uint32_t kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen.n; i++)
		n += seen.kinds[i] == kind;
	return n;
}

Test(filter, s8_those_for_receiving_see_it_in_their_order)
{
	cr_assert_eq(post(pid, PASS), 0);
	stage_settle();
	cr_assert_str_eq(order, "ab");
	cr_assert_eq(times(PASS), 1);
	cr_assert_eq(times(FRK_MESSAGE_STARTED), 1);
}

Test(filter, s8_one_that_takes_it_is_the_last)
{
	cr_assert_eq(post(pid, TAKE), 0);
	cr_assert_eq(post(pid, PASS), 0);
	stage_settle();
	cr_assert_str_eq(order, "aab");
	cr_assert_eq(times(TAKE), 0);
	cr_assert_eq(times(PASS), 1);
}

Test(filter, s8_an_error_is_the_actors_and_is_told)
{
	cr_assert_eq(post(pid, BREAK), 0);
	stage_settle();
	cr_assert_eq(times(BREAK), 0);
	cr_assert_eq(times(FRK_MESSAGE_STOPPED), 1);
	cr_assert_eq(failed_error, -EIO);
	cr_assert_eq(failed_actor.life, pid.life);
	cr_assert_eq(stage.failures, 1);
}

Test(filter, s8_timers_are_seen_by_those_for_receiving)
{
	stage_tick();
	stage_tick();
	cr_assert_eq(times(TIMER), 1);
	cr_assert_str_eq(order, "ab");
}

Test(filter, s8_one_for_sending_refuses_and_that_is_a_dead_letter)
{
	struct frk_pid nobody = { 0 };

	cr_assert_eq(post(pid, REFUSE), -EPERM);
	cr_assert_eq(buried.reason, FRK_DEAD_REFUSED);
	cr_assert_eq(buried.kind, REFUSE);
	cr_assert_eq(frki_stage_send(&stage, nobody, pid, PASS, "abc", 3), 0);
	cr_assert_eq(sent_size, 3);
	stage_settle();
	cr_assert_eq(times(REFUSE), 0);
	cr_assert_eq(times(PASS), 1);
}

Test(filter, s8_a_table_that_cannot_be_is_refused)
{
	static const frk_receive_filter_fn none[] = { NULL };
	static const frk_send_filter_fn nothing[] = { NULL };
	struct frk_filters table = FRK_FILTERS(.receive_n = 1);

	cr_assert_eq(frki_filter_check(NULL), 0);
	cr_assert_eq(frki_filter_check(&filters), 0);
	cr_assert_eq(frki_filter_check(&table), -EINVAL);
	table.receive = none;
	cr_assert_eq(frki_filter_check(&table), -EINVAL);
	table = (struct frk_filters)FRK_FILTERS(.send_n = 1);
	cr_assert_eq(frki_filter_check(&table), -EINVAL);
	table.send = nothing;
	cr_assert_eq(frki_filter_check(&table), -EINVAL);
	table = filters;
	table.size = 8;
	cr_assert_eq(frki_filter_check(&table), -EINVAL);
}

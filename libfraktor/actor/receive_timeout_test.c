// SPDX-License-Identifier: MIT
/*
 * receive_timeout_test.c - actors to which nothing is sent.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/cell.h"

TestSuite(receive_timeout, .init = stage_setup);

#define WORK FRK_MESSAGE_USER
#define OFF (FRK_MESSAGE_USER + 1)
#define TIMER (FRK_MESSAGE_USER + 2)
#define LONGER (FRK_MESSAGE_USER + 3)
#define TICKS 5

static int set(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED || message->kind == LONGER)
		return frk_context_set_receive_timeout(
			context, (message->kind == LONGER ? 3 : 1) * TICKS * PERIOD_NS);
	if (message->kind == OFF)
		return frk_context_set_receive_timeout(context, 0);
	return 0;
}

static void ticks(unsigned int n)
{
	while (n--)
		stage_tick();
}

static unsigned int timeouts(const struct seen *seen)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen->n; i++)
		n += seen->kinds[i] == FRK_MESSAGE_RECEIVE_TIMEOUT;
	return n;
}

static struct frk_pid begin(struct seen *seen)
{
	struct frk_pid pid = spawn(seen);

	stage_tick();
	cr_assert_eq(seen->n, 1);
	return pid;
}

static void end(struct frk_pid pid)
{
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

Test(receive_timeout, s5_comes_after_that_long_and_again_after_as_long)
{
	struct seen seen = { .then = set };
	struct frk_pid pid = spawn(&seen);

	stage_settle();
	ticks(TICKS - 1);
	cr_assert_eq(timeouts(&seen), 0);
	ticks(1);
	cr_assert_eq(timeouts(&seen), 1);
	cr_assert_eq(seen.counts[1], 1);
	ticks(TICKS - 1);
	cr_assert_eq(timeouts(&seen), 1);
	ticks(1);
	cr_assert_eq(timeouts(&seen), 2);
	cr_assert_eq(seen.counts[2], 2);
	end(pid);
}

Test(receive_timeout, s5_each_message_puts_it_off_and_none_makes_it_early)
{
	/* At each offset from when it was armed. */
	for (unsigned int at = 1; at < TICKS; at++) {
		struct seen seen = { .then = set };
		struct frk_pid pid;

		stage_setup();
		pid = begin(&seen);
		ticks(at);
		post(pid, WORK);
		stage_settle();
		ticks(TICKS - 1);
		cr_assert_eq(timeouts(&seen), 0, "%u", at);
		ticks(1);
		cr_assert_eq(timeouts(&seen), 1, "%u", at);
		cr_assert_eq(seen.counts[2], 1);
		end(pid);
	}
}

Test(receive_timeout, s5_as_long_as_messages_come_it_does_not)
{
	struct seen seen = { .then = set };
	struct frk_pid pid = begin(&seen);

	for (int i = 0; i < 10; i++) {
		ticks(TICKS - 1);
		post(pid, WORK);
		stage_settle();
	}
	cr_assert_eq(timeouts(&seen), 0);
	cr_assert_eq(seen.n, 11);
	ticks(TICKS);
	cr_assert_eq(timeouts(&seen), 1);
	end(pid);
}

Test(receive_timeout, s5_a_message_that_was_there_before_it_prevails)
{
	struct seen seen = { .then = set };
	struct frk_pid pid = begin(&seen);
	struct frk_tick tick = { .periods = 1 };

	ticks(TICKS - 1);
	post(pid, WORK);
	/* It fires with the message still in the mailbox. */
	tick.deadline_ns = (TICKS + 1) * PERIOD_NS;
	frki_scheduler_tick(&stage.scheduler, &tick);
	frki_alarm_fire(&stage, 100);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(timeouts(&seen), 0);
	end(pid);
}

static int set_and_arm(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_every(context, TIMER, 0, NULL), 0);
	return set(context, message);
}

Test(receive_timeout, s5_timers_are_no_messages)
{
	struct seen seen = { .then = set_and_arm };
	struct frk_pid pid = begin(&seen);

	ticks(TICKS);
	cr_assert_eq(timeouts(&seen), 1);
	cr_assert_eq(seen.n, 1 + TICKS + 1);
	end(pid);
}

Test(receive_timeout, s5_is_switched_off_and_changed)
{
	struct seen seen = { .then = set };
	struct frk_pid pid = begin(&seen);

	post(pid, OFF);
	stage_settle();
	ticks(3 * TICKS);
	cr_assert_eq(timeouts(&seen), 0);
	post(pid, OFF);
	post(pid, LONGER);
	post(pid, LONGER);
	stage_settle();
	ticks(3 * TICKS - 1);
	cr_assert_eq(timeouts(&seen), 0);
	ticks(1);
	cr_assert_eq(timeouts(&seen), 1);
	end(pid);
}

/* Switched off while it is in the mailbox, and from its own handler. */
static int set_off_late(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_RECEIVE_TIMEOUT)
		return frk_context_set_receive_timeout(context, 0);
	return set(context, message);
}

Test(receive_timeout, s5_is_switched_off_from_its_own_handler)
{
	struct seen seen = { .then = set_off_late };
	struct frk_pid pid = begin(&seen);

	ticks(4 * TICKS);
	cr_assert_eq(timeouts(&seen), 1);
	end(pid);
}

static struct seen *child_seen;
static struct frk_pid child;

static int fail(struct frk_context *context, const struct frk_message *message)
{
	static bool first;

	if (message->kind == FRK_MESSAGE_STARTED) {
		first = !first;
		return first ? frk_context_set_receive_timeout(context, TICKS * PERIOD_NS) : 0;
	}
	return message->kind == WORK ? -EIO : 0;
}

static int have_child(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = child_seen);

	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_spawn(context, &opts, &child), 0);
	return 0;
}

Test(receive_timeout, s5_is_off_after_a_restart)
{
	static const struct frk_supervision restarts = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART);
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = have_child,
						    .supervision = &restarts);
	struct seen seen = { .then = fail };
	struct frk_pid pid;

	child_seen = &seen;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	stage_tick();
	post(child, WORK);
	ticks(3 * TICKS);
	cr_assert_eq(seen.n, 4);
	cr_assert_eq(timeouts(&seen), 0);
	end(pid);
}

static int misuse(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STOPPED)
		cr_assert_eq(frk_context_set_receive_timeout(context, 1), -ESTALE);
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_set_receive_timeout(context, (1ULL << 63) + 1), -ERANGE);
	for (int i = 0; i < ALARMS; i++)
		cr_assert_eq(frk_context_after(context, TIMER, 0, NULL), 0);
	cr_assert_eq(frk_context_set_receive_timeout(context, 1), -ENOBUFS);
	return 0;
}

Test(receive_timeout, s5_misuse_is_refused)
{
	struct seen seen = { .then = misuse };
	struct frk_pid pid = spawn(&seen);

	cr_assert_eq(frk_context_set_receive_timeout(NULL, 1), -EINVAL);
	stage_settle();
	end(pid);
}

static int refused;

static int try(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	/* What is off needs nothing. */
	cr_assert_eq(frk_context_set_receive_timeout(context, 0), 0);
	refused = frk_context_set_receive_timeout(context, 1);
	return 0;
}

Test(receive_timeout, s5_no_more_than_there_are_trays)
{
	struct seen seen[TRAYS + 1] = { 0 };
	struct frk_pid pids[TRAYS + 1];

	for (int i = 0; i <= TRAYS; i++) {
		seen[i].then = try;
		pids[i] = spawn(&seen[i]);
		stage_settle();
		cr_assert_eq(refused, i < TRAYS ? 0 : -ENOBUFS);
	}
	/* Whose actor ends is free again. */
	frki_stage_stop(&stage, pids[0]);
	stage_settle();
	pids[0] = spawn(&seen[0]);
	stage_settle();
	cr_assert_eq(refused, 0);
	for (int i = 0; i <= TRAYS; i++)
		frki_stage_stop(&stage, pids[i]);
	stage_settle();
	stage_assert_no_leak();
}

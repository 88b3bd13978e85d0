// SPDX-License-Identifier: MIT
/*
 * alarm_test.c - timers of actors: what they send, and how they end.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"

#define EVERY 20
#define ONCE 21
#define CANCEL 22

TestSuite(alarm, .init = stage_setup);

static uint64_t interval_ns;

static int start_every(struct frk_context *context,
		       const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, EVERY, interval_ns,
					 &seen->timer);
	if (message->kind == CANCEL)
		return frk_context_cancel(context, seen->timer);
	return 0;
}

static int start_once(struct frk_context *context,
		      const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_after(context, ONCE, interval_ns,
					 &seen->timer);
	return 0;
}

static void ticks(int n)
{
	while (n--)
		stage_tick();
}

Test(alarm, every_tick_is_a_message_with_count_and_deadline)
{
	struct seen seen = { .then = start_every };

	interval_ns = 0;
	spawn(&seen);
	stage_settle();
	ticks(10);
	cr_assert_eq(seen.n, 11);
	for (uint64_t i = 1; i <= 10; i++) {
		cr_assert_eq(seen.kinds[i], EVERY);
		cr_assert_eq(seen.counts[i], i);
		cr_assert_eq(seen.deadlines[i], i * PERIOD_NS);
	}
	cr_assert_eq(seen.sender.life, 0);
}

Test(alarm, fires_once_and_its_slot_is_free_again)
{
	struct seen seen = { .then = start_once };

	interval_ns = 3 * PERIOD_NS;
	spawn(&seen);
	stage_settle();
	ticks(2);
	cr_assert_eq(seen.n, 1);
	ticks(10);
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.counts[1], 1);
	cr_assert_eq(seen.deadlines[1], 3 * PERIOD_NS);
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

Test(alarm, an_actor_that_lags_gets_one_message_and_the_count_jumps)
{
	struct seen seen = { .then = start_every };
	struct frk_tick late = { .deadline_ns = 5 * PERIOD_NS, .periods = 3 };

	interval_ns = 0;
	spawn(&seen);
	ticks(4);
	frki_scheduler_tick(&stage.scheduler, &late);
	stage_settle();
	cr_assert_eq(seen.n, 5);
	cr_assert_eq(seen.counts[3], 3);
	cr_assert_eq(seen.counts[4], 6);
	cr_assert_eq(seen.deadlines[4], 7 * PERIOD_NS);
}

/* A tick that comes while the actor has no turn. */
static void tick_without_turn(uint64_t n)
{
	struct frk_tick tick = { .deadline_ns = n * PERIOD_NS, .periods = 1 };

	frki_scheduler_tick(&stage.scheduler, &tick);
	cr_assert_not(frki_alarm_fire(&stage, 100));
}

Test(alarm, a_waiting_message_is_brought_up_to_date)
{
	struct seen seen = { .then = start_every };

	interval_ns = 0;
	spawn(&seen);
	stage_settle();
	for (uint64_t n = 1; n <= 5; n++)
		tick_without_turn(n);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.counts[1], 5);
	cr_assert_eq(seen.deadlines[1], 5 * PERIOD_NS);
	tick_without_turn(6);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.counts[2], 6);
}

Test(alarm, cancelled_while_its_message_waits_still_delivers_it)
{
	struct seen seen = { .then = start_every };
	struct frk_pid pid;

	interval_ns = 0;
	pid = spawn(&seen);
	stage_settle();
	post(pid, CANCEL);
	tick_without_turn(1);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[1], CANCEL);
	cr_assert_eq(seen.kinds[2], EVERY);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

Test(alarm, cancelled_does_not_send_any_more)
{
	struct seen seen = { .then = start_every };
	struct frk_pid pid;

	interval_ns = 0;
	pid = spawn(&seen);
	stage_settle();
	ticks(2);
	post(pid, CANCEL);
	stage_settle();
	ticks(5);
	cr_assert_eq(seen.n, 4);
	post(pid, CANCEL); /* -ESTALE: fails the actor */
	stage_settle();
	cr_assert_eq(seen.kinds[seen.n - 1], FRK_MESSAGE_STOPPED);
	stage_assert_no_leak();
}

static struct frk_timer foreign;
static int foreign_answer;

static int cancel_foreign(struct frk_context *context,
			  const struct frk_message *message)
{
	if (message->kind == CANCEL)
		foreign_answer = frk_context_cancel(context, foreign);
	return 0;
}

Test(alarm, is_cancelled_by_its_own_actor_only)
{
	struct seen owner = { .then = start_every };
	struct seen other = { .then = cancel_foreign };
	struct frk_pid pid;

	spawn(&owner);
	pid = spawn(&other);
	stage_settle();
	foreign = owner.timer;
	post(pid, CANCEL);
	stage_settle();
	cr_assert_eq(foreign_answer, -EPERM);
	foreign.index = ALARMS;
	post(pid, CANCEL);
	stage_settle();
	cr_assert_eq(foreign_answer, -ESTALE);
	foreign = (struct frk_timer){ 0 };
	post(pid, CANCEL);
	stage_settle();
	cr_assert_eq(foreign_answer, -ESTALE);
}

static int cancel_when_queued(struct frk_context *context,
			      const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	/* The one-shot has fired and waits behind this message. */
	if (message->kind == EVERY)
		foreign_answer = frk_context_cancel(context, seen->timer);
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	frk_context_every(context, EVERY, 0, NULL);
	return frk_context_after(context, ONCE, 0, &seen->timer);
}

Test(alarm, a_message_in_the_mailbox_is_delivered_though_it_is_too_late_to_cancel)
{
	struct seen seen = { .then = cancel_when_queued };

	spawn(&seen);
	stage_settle();
	ticks(1);
	cr_assert_eq(foreign_answer, -ESTALE);
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[2], ONCE);
}

Test(alarm, ends_with_its_actor)
{
	struct seen seen = { .then = start_every };
	struct frk_pid pid;

	interval_ns = 0;
	pid = spawn(&seen);
	stage_settle();
	ticks(1);
	frki_stage_stop(&stage, pid);
	ticks(3);
	cr_assert_eq(seen.kinds[seen.n - 1], FRK_MESSAGE_STOPPED);
	stage_assert_no_leak();
}

static int stop_in_every(struct frk_context *context,
			 const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		frk_context_every(context, EVERY, 0, NULL);
		frk_context_every(context, ONCE, 0, NULL);
	}
	if (message->kind == EVERY)
		frk_context_stop(context);
	return 0;
}

Test(alarm, with_a_message_in_the_mailbox_ends_with_its_actor)
{
	struct seen seen = { .then = stop_in_every };

	spawn(&seen);
	stage_settle();
	ticks(3);
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[2], FRK_MESSAGE_STOPPED);
	cr_assert_eq(atomic_load(&stage.dead_letters[FRK_DEAD_ENDED]), 0);
	stage_assert_no_leak();
}

static int start_too_many(struct frk_context *context,
			  const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_every(context, 1, 0, NULL), -EINVAL);
	cr_assert_eq(frk_context_after(context, EVERY, (1ULL << 63) + 1, NULL),
		     -ERANGE);
	for (int i = 0; i < ALARMS; i++)
		cr_assert_eq(frk_context_every(context, EVERY, 1ULL << 63,
					       NULL),
			     0);
	cr_assert_eq(frk_context_every(context, EVERY, 0, NULL), -ENOBUFS);
	return 0;
}

Test(alarm, refuses_bad_kinds_long_intervals_and_too_many)
{
	struct seen seen = { .then = start_too_many };

	spawn(&seen);
	stage_settle();
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

static int note_time(struct frk_context *context,
		     const struct frk_message *message)
{
	if (message->kind == EVERY)
		cr_assert_eq(frk_context_now_ns(context), message->deadline_ns);
	return start_every(context, message);
}

Test(alarm, deadline_is_logical_time_for_an_actor_that_keeps_up)
{
	struct seen seen = { .then = note_time };

	interval_ns = 0;
	spawn(&seen);
	stage_settle();
	ticks(20);
	cr_assert_eq(seen.n, 21);
}

/* --- all there is to choose ----------------------------------------------------- */

static struct frk_timer_opts chosen;

static int start_chosen(struct frk_context *context,
			const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_schedule(context, &chosen, &seen->timer);
	if (message->kind == CANCEL)
		foreign_answer = frk_context_cancel(context, seen->timer);
	return 0;
}

static void choose(uint32_t mode)
{
	chosen = (struct frk_timer_opts)FRK_TIMER_OPTS(
			.kind = EVERY, .mode = mode, .delay_ns = 2 * PERIOD_NS);
}

/* A tick that stands for many. */
static void tick_late(uint64_t n)
{
	struct frk_tick late = { .deadline_ns = n * PERIOD_NS, .periods = 1 };

	frki_scheduler_tick(&stage.scheduler, &late);
	while (frki_alarm_fire(&stage, 100) || frki_stage_ready(&stage))
		frki_stage_run(&stage, 100);
	stage_settle();
}

Test(alarm, s2_at_a_fixed_rate_sends_a_message_for_each_due_time)
{
	struct seen seen = { .then = start_chosen };

	choose(FRK_TIMER_RATE);
	spawn(&seen);
	stage_settle();
	ticks(1);
	for (int i = 0; i < 6; i++) /* each turn delivers one */
		tick_late(11);
	cr_assert_eq(seen.n, 6);
	for (uint64_t i = 1; i <= 5; i++) {
		cr_assert_eq(seen.counts[i], i);
		cr_assert_eq(seen.deadlines[i], 2 * i * PERIOD_NS);
	}
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

static int take_three_ticks(struct frk_context *context,
			    const struct frk_message *message)
{
	struct frk_tick tick = {
		.deadline_ns = frk_context_now_ns(context) + 3 * PERIOD_NS,
		.periods = 1,
	};

	if (message->kind == EVERY)
		frki_scheduler_tick(&stage.scheduler, &tick);
	return start_chosen(context, message);
}

Test(alarm, s2_a_fixed_delay_begins_when_receive_has_returned)
{
	struct seen seen = { .then = take_three_ticks };

	choose(FRK_TIMER_DELAY);
	spawn(&seen);
	stage_settle();
	for (uint64_t n = 1; n <= 11; n++)
		tick_late(n);
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.deadlines[1], 2 * PERIOD_NS);
	cr_assert_eq(seen.deadlines[2], 7 * PERIOD_NS);
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

/* Not armed while its message waits, and still a timer. */
Test(alarm, s2_a_fixed_delay_is_cancelled_while_its_message_waits)
{
	struct seen seen = { .then = start_chosen };

	choose(FRK_TIMER_DELAY);
	spawn(&seen);
	stage_settle();
	ticks(1);
	post(seen.self, CANCEL);
	tick_without_turn(2);
	tick_late(2);
	cr_assert_eq(foreign_answer, 0);
	tick_late(50);
	cr_assert_eq(seen.n, 3);
	post(seen.self, CANCEL);
	stage_settle();
	cr_assert_eq(foreign_answer, -ESTALE);
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

Test(alarm, s2_a_first_delay_an_interval_and_an_accuracy_of_its_own)
{
	struct seen seen = { .then = start_chosen };

	choose(FRK_TIMER_SKIP);
	chosen.interval_ns = 16 * PERIOD_NS;
	chosen.accuracy_ns = 8 * PERIOD_NS;
	spawn(&seen);
	stage_settle();
	ticks(60);
	cr_assert_eq(seen.n, 5);
	for (uint64_t i = 1; i <= 4; i++) {
		cr_assert_eq(seen.counts[i], i);
		cr_assert_eq(seen.deadlines[i], (2 + 16 * (i - 1)) * PERIOD_NS);
	}
}

static int choose_badly(struct frk_context *context,
			const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_schedule(context, NULL, NULL), -EINVAL);
	choose(FRK_TIMER_DELAY + 1);
	cr_assert_eq(frk_context_schedule(context, &chosen, NULL), -EINVAL);
	choose(FRK_TIMER_ONCE);
	chosen.interval_ns = 1;
	cr_assert_eq(frk_context_schedule(context, &chosen, NULL), -EINVAL);
	choose(FRK_TIMER_SKIP);
	chosen.kind = 1;
	cr_assert_eq(frk_context_schedule(context, &chosen, NULL), -EINVAL);
	choose(FRK_TIMER_SKIP);
	chosen.accuracy_ns = (1ULL << 63) + 1;
	cr_assert_eq(frk_context_schedule(context, &chosen, NULL), -ERANGE);
	return 0;
}

Test(alarm, s2_refuses_what_makes_no_sense)
{
	struct seen seen = { .then = choose_badly };

	spawn(&seen);
	stage_settle();
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

/* --- other workers fire while an actor has a message in hand */

/* A tick that comes while nothing waits for the next one. */
static void fire_elsewhere(uint64_t deadline_ns)
{
	struct frk_tick tick = { .deadline_ns = deadline_ns, .periods = 1 };

	frki_scheduler_tick(&stage.scheduler, &tick);
	cr_assert_not(frki_alarm_fire(&stage, 256));
}

static bool cancels;

static int take_long(struct frk_context *context, const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, EVERY, PERIOD_NS, &seen->timer);
	if (message->kind != EVERY || message->count != 1)
		return 0;
	fire_elsewhere(2 * PERIOD_NS);
	fire_elsewhere(3 * PERIOD_NS);
	cr_assert_eq(message->count, 1);
	cr_assert_eq(message->deadline_ns, PERIOD_NS);
	return cancels ? frk_context_cancel(context, seen->timer) : 0;
}

/* Once, for both. */
Test(alarm, s2_what_fires_while_its_message_is_handled_comes_behind_that)
{
	struct seen seen = { .then = take_long };

	spawn(&seen);
	stage_settle();
	ticks(1);
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.counts[1], 1);
	cr_assert_eq(seen.counts[2], 3);
	cr_assert_eq(seen.deadlines[2], 3 * PERIOD_NS);
	/* The stage is there already; and nothing comes twice. */
	ticks(2);
	cr_assert_eq(seen.n, 3);
	ticks(1);
	cr_assert_eq(seen.n, 4);
	cr_assert_eq(seen.counts[3], 4);
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

Test(alarm, s2_unless_it_is_cancelled)
{
	struct seen seen = { .then = take_long };

	cancels = true;
	spawn(&seen);
	stage_settle();
	ticks(5);
	cr_assert_eq(seen.n, 2);
	frki_stage_stop(&stage, seen.self);
	stage_settle();
	stage_assert_no_leak();
}

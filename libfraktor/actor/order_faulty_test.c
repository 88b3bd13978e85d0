// SPDX-License-Identifier: MIT
/*
 * order_faulty_test.c - orders of mailboxes that do not keep their word: the actor has
 * failed, and nothing that was with the order is lost.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"

#define KIND FRK_MESSAGE_USER
#define TIMER (FRK_MESSAGE_USER + 40)

TestSuite(order_faulty, .init = stage_setup, .timeout = 20);

static struct frk_pid target, child;
static struct frk_actor_opts child_opts;

enum fault { FORGETS, GIVES_TWICE, GIVES_FOREIGN, DROPS_FOREIGN };

struct faulty {
	struct frk_mail *top;
	enum fault fault;
	struct frk_mail *given;
};

static struct frki_envelope foreign;

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct faulty *faulty = state;

	mail->next = faulty->top;
	faulty->top = mail;
	return faulty->fault == DROPS_FOREIGN && message->kind == KIND + 1 ?
		       &foreign.mail : NULL;
}

static struct frk_mail *take(struct faulty *faulty)
{
	struct frk_mail *mail = faulty->top;

	if (mail)
		faulty->top = mail->next;
	return mail;
}

static struct frk_mail *pop(void *state)
{
	struct faulty *faulty = state;

	switch (faulty->fault) {
	case FORGETS:
		return NULL;
	case GIVES_TWICE:
		if (!faulty->given)
			faulty->given = take(faulty);
		return faulty->given;
	case GIVES_FOREIGN:
		return &foreign.mail;
	case DROPS_FOREIGN:
		return take(faulty);
	}
	return NULL;
}

static const struct frk_mailbox_ops broken = {
	.size = sizeof(broken),
	.name = "faulty",
	.state_size = sizeof(struct faulty),
	.push = push,
	.pop = pop,
};

static int have_child(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_spawn(context, &child_opts, &child), 0);
	return 0;
}

/* One that its parent lets begin again. */
static struct frk_pid spawn_child(struct seen *seen)
{
	static const struct frk_supervision restarts = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART);
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = have_child,
							  .supervision = &restarts);
	const struct frk_actor_opts child_of = FRK_ACTOR_OPTS(.receive = see, .state = seen,
							      .mailbox_order = &broken);
	struct frk_pid pid;

	child_opts = child_of;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	stage_settle();
	return pid;
}

Test(order_faulty, s12_an_order_that_loses_messages_is_a_failure_and_none_is_lost)
{
	for (int fault = FORGETS; fault <= DROPS_FOREIGN; fault++) {
		struct faulty faulty = { .fault = fault };
		struct seen seen = { 0 };
		unsigned int handled;
		struct frk_pid pid;

		stage_setup();
		pid = spawn_ordered(&seen, &broken, &faulty);
		for (uint32_t i = 0; i < 5; i++)
			post(pid, KIND + i);
		stage_settle();
		cr_assert_eq(atomic_load(&stage.failures), 1, "%d", fault);
		cr_assert_eq(failed.error, -EBADMSG);
		handled = seen.n - 2;
		cr_assert_eq(handled, fault == GIVES_TWICE);
		cr_assert_eq(handled + stage_dead(FRK_DEAD_ENDED), 5, "%d", fault);
		cr_assert_eq(seen.kinds[seen.n - 1], FRK_MESSAGE_STOPPED);
		cr_assert_eq(post(pid, KIND), -ESTALE);
		stage_assert_no_leak();
	}
}

static int arm_twice(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	cr_assert_eq(frk_context_watch(context, target), 0);
	cr_assert_eq(frk_context_every(context, TIMER, 0, NULL), 0);
	return frk_context_after(context, TIMER, 0, NULL);
}

Test(order_faulty, s12_nor_are_timers_and_watches)
{
	struct faulty faulty = { .fault = FORGETS };
	struct seen seen = { .then = arm_twice }, other = { 0 };
	struct frk_tick tick = { .deadline_ns = PERIOD_NS, .periods = 1 };

	target = spawn(&other);
	spawn_ordered(&seen, &broken, &faulty);
	stage_settle();
	frki_stage_stop(&stage, target);
	stage_turn_of(target);
	frki_scheduler_tick(&stage.scheduler, &tick);
	stage_settle();
	cr_assert_eq(atomic_load(&stage.failures), 1);
	cr_assert_eq(seen.n, 2);
	stage_assert_no_leak();
}

Test(order_faulty, s12_who_begins_again_gets_what_its_order_has_lost)
{
	/* Its state is of zeroes: it forgets. */
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_child(&seen);

	post(child, KIND);
	post(child, KIND + 1);
	stage_settle();
	cr_assert_eq(failed.error, -EBADMSG);
	/* STARTED, RESTARTING, STARTED, both of them, and what comes as it comes. */
	cr_assert_eq(seen.n, 5);
	post(child, KIND + 2);
	post(child, KIND + 3);
	stage_settle();
	cr_assert_eq(seen.n, 7);
	cr_assert_eq(seen.kinds[6], KIND + 3);
	cr_assert_eq(atomic_load(&stage.failures), 1);
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

/* Gives one, and keeps the others. */
static struct frk_mail *pop_once(void *state)
{
	struct faulty *faulty = state;

	if (faulty->given)
		return NULL;
	return faulty->given = take(faulty);
}

static int end_at_first(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind >= FRK_MESSAGE_USER)
		frk_context_stop(context);
	return 0;
}

Test(order_faulty, s12_what_an_order_keeps_at_the_end_is_taken_from_it)
{
	const struct frk_mailbox_ops ops = { .size = sizeof(ops),
					     .state_size = sizeof(struct faulty),
					     .push = push, .pop = pop_once };
	struct faulty faulty = { .fault = FORGETS };
	struct seen seen = { .then = end_at_first };
	struct frk_pid pid = spawn_ordered(&seen, &ops, &faulty);

	for (uint32_t i = 0; i < 5; i++)
		post(pid, KIND + i);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	/* It has ended anyway. */
	cr_assert_eq(atomic_load(&stage.failures), 0);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 4);
	stage_assert_no_leak();
}


// SPDX-License-Identifier: MIT
/*
 * order_random_test.c - actors with an order that begin again, put aside, are asked and end,
 * at random: what was sent was handled, is a dead letter, or waits, and whoever asked is told.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "base/random.h"

#define KIND FRK_MESSAGE_USER
#define TIMER (KIND + 40)
#define ASK (KIND + 41)
#define ROUNDS 20000

static uint64_t seed;
static struct frk_pid parent, child, asker;
static struct frk_actor_opts child_opts;
static unsigned long accepted, handled, asked, told, begun, ended;

static uint32_t below(uint32_t n)
{
	return (uint32_t)frki_random_below(&seed, n);
}

/* A few, and one at random goes for one more. */
struct few {
	struct frk_mail *mails[4];
	uint32_t n;
};

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct few *few = state;
	struct frk_mail *old;
	uint32_t i;

	(void)message;
	if (few->n < 4) {
		few->mails[few->n++] = mail;
		return NULL;
	}
	i = below(4);
	old = few->mails[i];
	few->mails[i] = mail;
	return old;
}

static struct frk_mail *pop(void *state)
{
	struct few *few = state;
	struct frk_mail *mail;
	uint32_t i;

	if (!few->n)
		return NULL;
	i = below(few->n);
	mail = few->mails[i];
	few->mails[i] = few->mails[--few->n];
	return mail;
}

static const struct frk_mailbox_ops any_of_few = {
	.size = sizeof(any_of_few),
	.name = "any-of-few",
	.state_size = sizeof(struct few),
	.push = push,
	.pop = pop,
};

static int work(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		begun++;
		/* There may be none left. */
		frk_context_every(context, TIMER, 2 * PERIOD_NS, NULL);
		return 0;
	}
	ended += message->kind == FRK_MESSAGE_STOPPED;
	if (message->kind < FRK_MESSAGE_USER || message->kind == TIMER)
		return 0;
	if (!below(4) && !frk_context_stash(context))
		return 0;
	handled++;
	if (!below(3))
		frk_context_unstash_all(context);
	if (message->kind == ASK && below(2))
		return frk_context_answer(context, message, KIND, NULL, 0);
	if (!below(30))
		frk_context_stop(context);
	return below(20) ? 0 : -EIO;
}

static int ask(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == ASK) {
		int ret = frk_context_ask(context, child, ASK, NULL, 0, 3 * PERIOD_NS, NULL);

		asked += !ret;
		accepted += !ret;
		return 0;
	}
	told += message->kind == KIND || message->kind == FRK_MESSAGE_ASK_TIMEOUT ||
		message->kind == FRK_MESSAGE_ASK_FAILED;
	return 0;
}

static int have_child(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED || message->kind == KIND)
		return frk_context_spawn(context, &child_opts, &child);
	return 0;
}

static uint64_t dead(enum frk_dead_reason reason)
{
	struct frk_dead_letters letters;

	frki_stage_dead_letters(&stage, &letters);
	return letters.by_reason[reason];
}

/* The pool may be empty. */
static int send(uint32_t kind)
{
	int ret = post(child, kind);

	cr_assert(!ret || ret == -ENOBUFS || ret == -ESTALE);
	accepted += !ret;
	return ret;
}

static void send_some(void)
{
	for (uint32_t n = below(6); n; n--)
		send(KIND + below(3));
}

static void live(void)
{
	send_some();
	if (!below(3))
		post(asker, ASK);
	send_some();
	if (below(3))
		frki_stage_run(&stage, below(4));
	else
		stage_tick();
	if (send(KIND) != -ESTALE)
		return;
	/* Of one that has ended another one takes the place. */
	stage_settle();
	cr_assert_eq(post(parent, KIND), 0);
	stage_settle();
}

static void run(const struct frk_mailbox_ops *order)
{
	static const struct frk_supervision restarts = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED);
	const struct frk_actor_opts parent_opts = FRK_ACTOR_OPTS(.receive = have_child,
								 .supervision = &restarts);
	const struct frk_actor_opts asker_opts = FRK_ACTOR_OPTS(.receive = ask);
	const struct frk_actor_opts fresh = FRK_ACTOR_OPTS(
		.receive = work, .stash_max = 2, .mailbox_policy = FRK_MAILBOX_UNBOUNDED,
		.mailbox_order = order);

	stage_setup();
	stage.turn_messages = 3;
	child_opts = fresh;
	accepted = handled = asked = told = begun = ended = 0;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &parent_opts, &parent), 0);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &asker_opts, &asker), 0);
	stage_settle();
	for (int i = 0; i < ROUNDS; i++)
		live();
	frki_stage_stop(&stage, parent);
	stage_settle();
	for (int i = 0; i < 4; i++)
		stage_tick();
	frki_stage_stop(&stage, asker);
	stage_settle();
}

static void assert_balance(void)
{
	cr_assert_gt(handled, ROUNDS / 10);
	cr_assert_gt(ended, 100);
	cr_assert_gt(begun, ended);
	cr_assert_gt(dead(FRK_DEAD_DISPLACED), 100);
	cr_assert_gt(dead(FRK_DEAD_ENDED), 100);
	cr_assert_eq(accepted, handled + dead(FRK_DEAD_DISPLACED) + dead(FRK_DEAD_ENDED),
		     "%lu of %lu", handled, accepted);
	cr_assert_eq(told, asked);
	stage_assert_no_leak();
}

TestSuite(order_random, .timeout = 60);

Test(order_random, s5_nothing_is_lost_by_the_latest_only)
{
	seed = 1;
	run(&frk_mailbox_latest);
	assert_balance();
}

Test(order_random, s5_nor_by_an_order_that_drops_at_random)
{
	seed = 2;
	run(&any_of_few);
	assert_balance();
}

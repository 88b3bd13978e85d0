// SPDX-License-Identifier: MIT
/*
 * order_test.c - mailboxes with an order of the application's: what comes next, what is
 * dropped, and that nothing is lost, whatever the order does.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/post.h"

#define KIND FRK_MESSAGE_USER
#define TIMER (FRK_MESSAGE_USER + 40)
#define FAIL (FRK_MESSAGE_USER + 41)
#define ASK (FRK_MESSAGE_USER + 42)
#define KEEP (FRK_MESSAGE_USER + 43)
#define END (FRK_MESSAGE_USER + 44)

/* --- a stack: the last one first, and no more than it may have */

struct stack {
	struct frk_mail *top;
	unsigned int n, max, pops;
};

/* Of which kind push gives up whatever is on top; 0 for none. */
static uint32_t given_up;

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct stack *stack = state;
	struct frk_mail **link = &stack->top, *last;

	cr_assert_eq(message, frk_mail_message(mail));
	mail->next = stack->top;
	stack->top = mail;
	if (given_up && message->kind == given_up) {
		stack->top = mail->next;
		return mail;
	}
	if (!stack->max || ++stack->n <= stack->max)
		return NULL;
	while ((*link)->next)
		link = &(*link)->next;
	last = *link;
	*link = NULL;
	stack->n--;
	return last;
}

static struct frk_mail *pop(void *state)
{
	struct stack *stack = state;
	struct frk_mail *mail = stack->top;

	stack->pops++;
	if (!mail)
		return NULL;
	stack->top = mail->next;
	stack->n--;
	return mail;
}

static const struct frk_mailbox_ops last_first = {
	.size = sizeof(last_first),
	.name = "last-first",
	.state_size = sizeof(struct stack),
	.push = push,
	.pop = pop,
};

static void setup(void)
{
	stage_setup();
	given_up = 0;
	memset(&buried, 0, sizeof(buried));
}

TestSuite(order, .init = setup, .timeout = 20);

static void assert_kinds(const struct seen *seen, const uint32_t *kinds, unsigned int n)
{
	cr_assert_eq(seen->n, n, "%u", seen->n);
	for (unsigned int i = 0; i < n; i++)
		cr_assert_eq(seen->kinds[i], kinds[i], "%u: %u", i, seen->kinds[i]);
}

static void end(struct frk_pid pid)
{
	frki_stage_stop(&stage, pid);
	stage_settle();
	stage_assert_no_leak();
}

/* --- what comes next */

Test(order, s12_an_order_of_ones_own_says_what_is_next)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, KIND + 2, KIND + 1, KIND,
					  KIND + 3, FRK_MESSAGE_STOPPED };
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, NULL);

	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	stage_settle();
	cr_assert_eq(post(pid, KIND + 3), 0);
	/* A stop closes, and what was accepted is handled. */
	end(pid);
	assert_kinds(&seen, kinds, 6);
}

Test(order, s12_its_state_is_the_applications_if_that_gives_one)
{
	struct stack stack = { .max = 2 };
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, &stack);

	for (uint32_t i = 0; i < 4; i++)
		post(pid, KIND + i);
	stage_settle();
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 2);
	cr_assert_eq(stack.pops, 2);
	end(pid);
	/* Nor is it looked at when there is nothing. */
	cr_assert_eq(stack.pops, 2);
}

/* The first one ever, and no other. */
struct one {
	struct frk_mail *mail;
	unsigned int pushed;
};

static struct frk_mail *push_one(void *state, struct frk_mail *mail,
				 const struct frk_message *message)
{
	struct one *one = state;

	(void)message;
	if (one->pushed++)
		return mail;
	one->mail = mail;
	return NULL;
}

static struct frk_mail *pop_one(void *state)
{
	struct one *one = state;
	struct frk_mail *mail = one->mail;

	one->mail = NULL;
	return mail;
}

Test(order, s12_the_librarys_is_zeroed_for_each_actor)
{
	static const struct frk_mailbox_ops first_only = {
		.size = sizeof(first_only), .state_size = sizeof(struct one),
		.push = push_one, .pop = pop_one,
	};

	for (int i = 0; i < 3; i++) {
		struct seen seen = { 0 };
		struct frk_pid pid = spawn_ordered(&seen, &first_only, NULL);

		post(pid, KIND);
		post(pid, KIND + 1);
		frki_stage_stop(&stage, pid);
		stage_settle();
		cr_assert_eq(seen.n, 3);
		cr_assert_eq(seen.kinds[1], KIND);
	}
	stage_assert_no_leak();
}

Test(order, s5_the_bound_is_that_of_the_mailbox)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .mailbox_max = 2,
						    .mailbox_order = &last_first);
	struct seen seen = { 0 };
	struct frk_actor_info info;
	struct frk_pid pid;

	opts.state = &seen;
	stage.turn_messages = 1;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	post(pid, KIND);
	post(pid, KIND + 1);
	cr_assert_eq(post(pid, KIND + 2), -ENOBUFS);
	cr_assert_eq(frki_stage_run(&stage, 1), 1);
	/* One is with the order, and counts until it is handled. */
	cr_assert_eq(frki_post_list(&stage, &info, 1), 1);
	cr_assert_eq(info.mailbox_waiting, 1);
	cr_assert_eq(post(pid, KIND + 3), 0);
	cr_assert_eq(post(pid, KIND + 4), -ENOBUFS);
	end(pid);
	cr_assert_eq(seen.n, 5);
	cr_assert_eq(seen.kinds[2], KIND + 3);
	cr_assert_eq(stage_dead(FRK_DEAD_FULL), 2);
}

/* --- what is dropped */

Test(order, s5_what_an_order_drops_is_a_displaced_dead_letter)
{
	struct stack stack = { .max = 3 };
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, &stack);

	for (uint32_t i = 0; i < 10; i++)
		post(pid, KIND + i);
	stage_settle();
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 7);
	cr_assert_eq(buried.kind, KIND + 6);
	cr_assert_eq(buried.to.index, pid.index);
	cr_assert_eq(buried.to.life, pid.life);
	/* sent = handled + dead letters + what waits */
	cr_assert_eq(seen.n, 1 + 3);
	cr_assert_eq(seen.kinds[1], KIND + 9);
	end(pid);
}

Test(order, s5_an_order_may_drop_the_one_that_came)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, NULL);

	given_up = KIND + 1;
	for (uint32_t i = 0; i < 3; i++)
		post(pid, KIND + i);
	stage_settle();
	cr_assert_eq(seen.n, 1 + 2);
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 1);
	end(pid);
}

static int arm(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	return frk_context_every(context, TIMER, 0, NULL);
}

Test(order, s5_what_the_runtime_sends_is_not_dropped_but_handled_at_once)
{
	struct seen seen = { .then = arm };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, NULL);

	given_up = TIMER;
	stage_settle();
	for (int i = 0; i < 5; i++)
		stage_tick();
	cr_assert_eq(seen.n, 1 + 5);
	cr_assert_eq(seen.kinds[5], TIMER);
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 0);
	end(pid);
}

Test(order, s12_an_order_is_told_what_may_be_dropped)
{
	struct frki_envelope envelope = { .owner = FRKI_ENVELOPE_LETTER };

	cr_assert_eq(frk_mail_is_letter(&envelope.mail), 1);
	cr_assert_eq(frk_mail_message(&envelope.mail), &envelope.message);
	envelope.owner = FRKI_ENVELOPE_ALARM;
	cr_assert_eq(frk_mail_is_letter(&envelope.mail), 0);
	envelope.owner = FRKI_ENVELOPE_WATCH;
	cr_assert_eq(frk_mail_is_letter(&envelope.mail), 0);
}

static struct frk_pid target;

static int ask_target(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != ASK)
		return 0;
	return frk_context_ask(context, target, KIND, NULL, 0, 5 * PERIOD_NS, NULL);
}

Test(order, s5_who_asked_is_told_that_an_order_dropped_the_question)
{
	struct seen asker = { .then = ask_target }, seen = { 0 };
	struct stack stack = { .max = 1 };
	struct frk_pid pid = spawn(&asker);

	stage_settle();
	post(pid, ASK);
	target = spawn_ordered(&seen, &last_first, &stack);
	stage_turn_of(pid);
	post(target, KIND + 1);
	stage_settle();
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 1);
	cr_assert_eq(asker.n, 3);
	cr_assert_eq(asker.kinds[2], FRK_MESSAGE_ASK_FAILED);
	cr_assert_eq(seen.n, 2);
	frki_stage_stop(&stage, pid);
	end(target);
}

Test(order, s5_a_flood_that_an_order_drops_does_not_keep_an_actor_from_its_work)
{
	static struct frki_letter many[300];
	static _Atomic uint32_t links[300];
	struct stack stack = { .max = 1 };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .mailbox_policy = FRK_MAILBOX_UNBOUNDED,
		.mailbox_order = &last_first, .mailbox_state = &stack);
	struct seen seen = { 0 };
	struct frk_pid pid;

	opts.state = &seen;
	frki_pool_init(&stage.letters, many, sizeof(*many), links, 300);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	for (uint32_t i = 0; i < 300; i++)
		cr_assert_eq(post(pid, KIND + i), 0);
	frki_stage_run(&stage, 1);
	/* One for 63 that go, the newest of them, and the last. */
	cr_assert_eq(seen.n, 1 + 300 / 64 + 1, "%u", seen.n);
	cr_assert_eq(seen.kinds[1], KIND + 63);
	cr_assert_eq(seen.kinds[seen.n - 1], KIND + 299);
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED) + seen.n - 1, 300);
}

/* Everything, of whatever it is given. */
static struct frk_mail *drop(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	(void)state;
	(void)message;
	return mail;
}

Test(order, s5_an_order_that_drops_all_is_no_endless_loop)
{
	const struct frk_mailbox_ops ops = { .size = sizeof(ops), .push = drop, .pop = pop };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .mailbox_policy = FRK_MAILBOX_UNBOUNDED, .mailbox_order = &ops);
	static struct frki_letter many[300];
	static _Atomic uint32_t links[300];
	struct seen seen = { 0 };
	struct frk_pid pid;

	opts.state = &seen;
	frki_pool_init(&stage.letters, many, sizeof(*many), links, 300);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	for (uint32_t i = 0; i < 300; i++)
		cr_assert_eq(post(pid, KIND), 0);
	frki_stage_run(&stage, 1);
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), FRKI_TRAY_DISPLACED_MAX);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED), 300);
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.kinds[1], FRK_MESSAGE_STOPPED);
}

/* --- beginning again, putting aside, ending */

static const struct frk_supervision restarts = FRK_SUPERVISION(
	.otherwise = FRK_DIRECTIVE_RESTART);
static struct frk_actor_opts child_opts;
static struct frk_pid child;

static int have_child(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		cr_assert_eq(frk_context_spawn(context, &child_opts, &child), 0);
	return 0;
}

static struct frk_pid spawn_family(struct seen *seen, const struct frk_mailbox_ops *order)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = have_child,
						    .supervision = &restarts);
	struct frk_actor_opts child_of = FRK_ACTOR_OPTS(.receive = see, .state = seen,
							.stash_max = 2,
							.mailbox_order = order);
	struct frk_pid pid;

	child_opts = child_of;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	stage_settle();
	return pid;
}

static int fail_once(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	return message->kind == FAIL ? -EIO : 0;
}

Test(order, s5_an_order_stays_when_its_actor_begins_again)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, KIND + 2, FAIL,
					  FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED,
					  KIND + 3, KIND + 1, KIND };
	struct seen seen = { .then = fail_once };
	struct frk_pid pid = spawn_family(&seen, &last_first);

	post(child, KIND);
	post(child, KIND + 1);
	post(child, FAIL);
	post(child, KIND + 2);
	/* The turn ends with the failure; what came meanwhile is on top. */
	stage_turn_of(child);
	post(child, KIND + 3);
	stage_settle();
	assert_kinds(&seen, kinds, 8);
	cr_assert_eq(stage_dead(FRK_DEAD_DISPLACED) + stage_dead(FRK_DEAD_ENDED), 0);
	end(pid);
}

static int keep_first(struct frk_context *context, const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	if (message->kind == KEEP && seen->n < 4)
		return frk_context_stash(context);
	if (message->kind == KIND)
		frk_context_unstash_all(context);
	return 0;
}

Test(order, s5_what_is_put_aside_comes_back_before_what_the_order_has)
{
	static const uint32_t kinds[] = { FRK_MESSAGE_STARTED, KEEP, KEEP, KIND, KEEP, KEEP,
					  KIND + 1, FRK_MESSAGE_STOPPED };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .stash_max = 2,
						    .mailbox_order = &last_first);
	struct seen seen = { .then = keep_first };
	struct frk_pid pid;

	opts.state = &seen;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	post(pid, KIND + 1);
	post(pid, KIND);
	post(pid, KEEP);
	post(pid, KEEP);
	stage_settle();
	end(pid);
	assert_kinds(&seen, kinds, 8);
}

static struct stack *watched;
static unsigned int pops_at_end;

static int stop_at_end(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == END)
		frk_context_stop(context);
	if (message->kind == FRK_MESSAGE_STOPPED) {
		/* Its state may go now. */
		pops_at_end = watched->pops;
		memset(watched, 0xff, sizeof(*watched));
	}
	return 0;
}

Test(order, s5_what_an_order_has_at_the_end_are_dead_letters)
{
	struct seen seen = { .then = stop_at_end };
	struct stack stack = { 0 };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, &stack);

	watched = &stack;
	for (uint32_t i = 0; i < 5; i++)
		post(pid, KIND + i);
	post(pid, END);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(pops_at_end, 1 + 5);
	cr_assert_eq(stack.pops, UINT32_MAX);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 5);
	stage_assert_no_leak();
}

/* Stops with its timer's message, and a watch's, in the order. */
static int arm_and_end(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		cr_assert_eq(frk_context_watch(context, target), 0);
		return frk_context_after(context, TIMER, 0, NULL);
	}
	if (message->kind == END)
		frk_context_stop(context);
	return 0;
}

Test(order, s5_what_the_runtime_sent_goes_back_at_the_end)
{
	struct seen seen = { .then = arm_and_end }, other = { 0 };
	struct frk_tick tick = { .deadline_ns = PERIOD_NS, .periods = 1 };
	struct frk_pid pid;

	target = spawn(&other);
	pid = spawn_ordered(&seen, &last_first, NULL);
	stage_settle();
	frki_stage_stop(&stage, target);
	stage_turn_of(target);
	frki_scheduler_tick(&stage.scheduler, &tick);
	frki_alarm_fire(&stage, 100);
	post(pid, END);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	stage_assert_no_leak();
}

static int end_first(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		frk_context_stop(context);
	return 0;
}

Test(order, s5_who_ends_at_once_has_all_of_it_accounted_for)
{
	struct seen seen = { .then = end_first };
	struct frk_pid pid = spawn_ordered(&seen, &last_first, NULL);

	post(pid, KIND);
	stage_settle();
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(stage_dead(FRK_DEAD_ENDED), 1);
	stage_assert_no_leak();
}

/* --- the same again */

static char turns[64];
static unsigned int turns_n;

static int note_turn(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind >= FRK_MESSAGE_USER)
		turns[turns_n++] = (char)('a' + message->sender.index + 4 * (message->kind - KIND));
	return 0;
}

static int send_both(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	return frk_context_send(context, target, message->kind, NULL, 0);
}

static void run_seeded(uint64_t from, char ret_turns[64])
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = note_turn, .mailbox_order = &frk_mailbox_latest);
	const struct frk_actor_opts sender = FRK_ACTOR_OPTS(.receive = send_both);
	struct frk_pid senders[3];

	stage_setup();
	stage.dispatcher = &frki_dispatcher_seeded;
	stage.seed = from;
	memset(turns, 0, sizeof(turns));
	turns_n = 0;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &target), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(frki_stage_spawn(&stage, NULL, &sender, &senders[i]), 0);
	stage_settle();
	for (int i = 0; i < 12; i++)
		cr_assert_eq(post(senders[i % 3], KIND + (uint32_t)i % 2), 0);
	stage_settle();
	cr_assert_eq(turns_n + stage_dead(FRK_DEAD_DISPLACED), 12);
	memcpy(ret_turns, turns, sizeof(turns));
}

Test(order, s12_the_same_seed_has_the_same_order)
{
	char first[64], again[64];
	unsigned int others = 0;

	run_seeded(1, first);
	for (uint64_t from = 1; from < 20; from++) {
		run_seeded(from, again);
		others += strcmp(again, first) != 0;
		run_seeded(from, first);
		cr_assert_str_eq(again, first);
	}
	cr_assert_gt(others, 0);
}

/* --- options */

static uint32_t first_level(const struct frk_message *message)
{
	(void)message;
	return 0;
}

static void assert_refused(const struct frk_actor_opts *opts)
{
	cr_assert_eq(frki_stage_spawn(&stage, NULL, opts, NULL), -EINVAL);
}

Test(order, s12_options_that_make_no_sense_are_refused)
{
	const struct frk_actor_opts whole = FRK_ACTOR_OPTS(.receive = see,
							   .mailbox_order = &last_first);
	struct frk_mailbox_ops half = last_first;
	struct frk_actor_opts opts = whole;

	opts.mailbox_policy = FRK_MAILBOX_DROP_OLDEST;
	assert_refused(&opts);
	opts = whole;
	opts.mailbox_level = first_level;
	assert_refused(&opts);
	opts.mailbox_order = NULL;
	opts.mailbox_state = &half;
	assert_refused(&opts);
	opts = whole;
	opts.mailbox_order = &half;
	half.size--;
	assert_refused(&opts);
	half = last_first;
	half.push = NULL;
	assert_refused(&opts);
	half = last_first;
	half.pop = NULL;
	assert_refused(&opts);
	half = last_first;
	half.state_size = FRK_MAILBOX_STATE_MAX + 1;
	assert_refused(&opts);
	stage_assert_no_leak();
}

Test(order, s12_more_state_is_the_applications)
{
	struct frk_mailbox_ops large = last_first;
	struct { struct stack stack; char more[100]; } state = { 0 };
	struct seen seen = { 0 };

	large.state_size = sizeof(state);
	spawn_ordered(&seen, &large, &state);
	large.state_size = FRK_MAILBOX_STATE_MAX;
	spawn_ordered(&seen, &large, NULL);
	stage_settle();
	cr_assert_eq(seen.n, 2);
}

Test(order, s12_without_a_tray_there_is_no_order)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see,
						    .mailbox_order = &last_first);
	struct seen seen = { 0 };

	opts.state = &seen;
	for (int i = 0; i < TRAYS; i++)
		cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), 0);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -ENOBUFS);
}

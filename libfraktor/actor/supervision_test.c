// SPDX-License-Identifier: MIT
/*
 * supervision_test.c - parents and children: each directive, budgets and pauses, that
 * an actor ends after its children, and what a restart leaves of an earlier life.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/supervision.h"

TestSuite(supervision, .init = stage_setup, .fini = stage_assert_no_leak, .timeout = 20);

#define WORK 20
#define FAIL_EIO 21
#define FAIL_EPIPE 22
#define FAIL_DEEP 23
#define TIMER 24
#define ADOPT 25
#define LEAVE 26

#define KIDS 3

static struct seen family[1 + KIDS]; /* the parent is the first */
static struct frk_pid pids[1 + KIDS];
static unsigned int kids;
static int answer;
static struct frk_pid parent_told;
/* What STARTED returns from its second time on. */
static int start_again_fails;

static int fail_as_told(struct frk_context *context, const struct frk_message *message)
{
	switch (message->kind) {
	case FAIL_EIO:
		return -EIO;
	case FAIL_EPIPE:
		return -EPIPE;
	case FAIL_DEEP:
		frk_context_fail(context, -EIO);
		frk_context_fail(context, -EPIPE); /* comes too late */
		return 0;
	case LEAVE:
		frk_context_stop(context);
		return 0;
	default:
		return 0;
	}
}

static int child(struct frk_context *context, const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	parent_told = frk_context_parent(context);
	if (message->kind == TIMER && !message->deadline_ns)
		answer = frk_context_every(context, TIMER, PERIOD_NS, NULL);
	if (message->kind == FRK_MESSAGE_STARTED && seen->n > 1 && start_again_fails)
		return start_again_fails;
	return fail_as_told(context, message);
}

static int parent(struct frk_context *context, const struct frk_message *message)
{
	unsigned int kid = kids + 1;
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = see, .state = &family[kid]);

	if (message->kind != ADOPT)
		return fail_as_told(context, message);
	family[kid].then = child;
	answer = frk_context_spawn(context, &opts, &pids[kid]);
	kids += !answer;
	return 0;
}

static void order(unsigned int who, uint32_t kind)
{
	cr_assert_eq(post(pids[who], kind), 0);
	stage_settle();
}

/* A parent by this table with so many children. */
static void found(const struct frk_supervision *supervision, unsigned int n)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .state = family, .supervision = supervision);

	memset(family, 0, sizeof(family));
	kids = 0;
	start_again_fails = 0;
	family[0].then = parent;
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pids[0]), 0);
	for (unsigned int i = 0; i < n; i++)
		order(0, ADOPT);
	stage_settle();
	cr_assert_eq(kids, n);
}

static bool lives(unsigned int who)
{
	return post(pids[who], WORK) == 0;
}

static unsigned int times(unsigned int who, uint32_t kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < family[who].n; i++)
		n += family[who].kinds[i] == kind;
	return n;
}

static uint32_t last(unsigned int who)
{
	return family[who].n ? family[who].kinds[family[who].n - 1] : 0;
}

static void assert_saw(unsigned int who, const uint32_t *kinds, unsigned int n)
{
	for (unsigned int i = 0; i < n && i < family[who].n; i++)
		cr_assert_eq(family[who].kinds[i], kinds[i], "%u: message %u is %u, not %u",
			     who, i, family[who].kinds[i], kinds[i]);
	cr_assert_eq(family[who].n, n);
}

static void end_all(void)
{
	frki_stage_stop(&stage, pids[0]);
	stage_settle();
	cr_assert_not(lives(0));
}

#define SAW(who, ...) \
	assert_saw(who, (const uint32_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static const struct frk_supervision restarts =
	FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART);

Test(supervision, s4_stop_is_what_happens_without_a_table)
{
	found(NULL, 2);
	order(1, FAIL_EIO);
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_STOPPED);
	cr_assert_not(lives(1));
	cr_assert(lives(2));
	cr_assert(lives(0));
	cr_assert_eq(stage.failures, 1);
	cr_assert_eq(failed.actor.index, pids[1].index);
	cr_assert_eq(failed.error, -EIO);
	cr_assert_eq(failed.directive, FRK_DIRECTIVE_STOP);
	cr_assert_str_eq(failed.name, "actor");
	end_all();
}

Test(supervision, s4_resume_goes_on_with_the_next_message)
{
	static const struct frk_supervision table =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESUME);

	found(&table, 1);
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	order(1, WORK);
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, WORK);
	end_all();
}

Test(supervision, s4_restart_keeps_pid_and_mailbox_and_drops_the_message)
{
	found(&restarts, 1);
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	order(1, WORK);
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED,
	    WORK);
	cr_assert_eq(stage.restarts, 1);
	cr_assert_eq(parent_told.index, pids[0].index);
	cr_assert_eq(parent_told.life, pids[0].life);
	end_all();
	cr_assert_eq(last(1), FRK_MESSAGE_STOPPED);
}

Test(supervision, s4_the_rule_of_an_error_decides)
{
	static const struct frk_supervision_rule rules[] = {
		{ -EPIPE, FRK_DIRECTIVE_RESTART },
		{ -EPIPE, FRK_DIRECTIVE_STOP },
		{ -EIO, FRK_DIRECTIVE_RESUME },
	};
	static const struct frk_supervision table =
		FRK_SUPERVISION(.rules = rules, .rules_n = 3);

	found(&table, 1);
	order(1, FAIL_EPIPE);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 1);
	order(1, FAIL_DEEP);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 1);
	cr_assert(lives(1));
	start_again_fails = -EBADF;
	order(1, FAIL_EPIPE);
	cr_assert_not(lives(1));
	end_all();
}

Test(supervision, s4_escalate_fails_the_parent_and_so_on_upwards)
{
	static const struct frk_supervision table =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_ESCALATE);

	found(&table, 2);
	order(1, FAIL_EIO);
	cr_assert_eq(stage.failures, 2);
	cr_assert_eq(failed.actor.index, pids[0].index);
	cr_assert_eq(failed.directive, FRK_DIRECTIVE_STOP);
	/* The parent has none itself: it is stopped, and its children before it. */
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(last((unsigned int)i), FRK_MESSAGE_STOPPED);
		cr_assert_not(lives((unsigned int)i));
	}
}

Test(supervision, s4_all_for_one_restarts_all_and_stops_all)
{
	static const struct frk_supervision_rule rules[] = {
		{ -EPIPE, FRK_DIRECTIVE_STOP },
	};
	static const struct frk_supervision table =
		FRK_SUPERVISION(.scope = FRK_ALL_FOR_ONE, .rules = rules, .rules_n = 1,
				.otherwise = FRK_DIRECTIVE_RESTART);

	found(&table, 3);
	order(2, FAIL_EIO);
	SAW(1, FRK_MESSAGE_STARTED, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED);
	SAW(2, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED);
	SAW(3, FRK_MESSAGE_STARTED, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED);
	order(3, FAIL_EPIPE);
	for (unsigned int i = 1; i <= 3; i++)
		cr_assert_eq(last(i), FRK_MESSAGE_STOPPED);
	cr_assert(lives(0));
	end_all();
}

static void fail_often(unsigned int who, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		order(who, FAIL_EIO);
}

Test(supervision, s4_ten_restarts_in_a_second_and_no_more)
{
	found(&restarts, 2);
	fail_often(1, 10);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 10);
	cr_assert(lives(1));
	order(1, FAIL_EIO);
	cr_assert_not(lives(1));
	cr_assert_eq(last(1), FRK_MESSAGE_STOPPED);
	/* The other one has a budget of its own. */
	order(2, FAIL_EIO);
	cr_assert(lives(2));
	end_all();
}

Test(supervision, s4_a_budget_begins_anew_with_its_window)
{
	static const struct frk_supervision table =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = 2,
				.window_ns = 5 * PERIOD_NS);

	found(&table, 1);
	stage_tick();
	for (int window = 0; window < 4; window++) {
		fail_often(1, 2);
		for (int i = 0; i < 5; i++)
			stage_tick();
	}
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 8);
	fail_often(1, 3);
	cr_assert_not(lives(1));
	end_all();
}

Test(supervision, s4_beyond_the_budget_it_may_escalate)
{
	static const struct frk_supervision table =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = 1,
				.beyond = FRK_DIRECTIVE_ESCALATE);

	found(&table, 1);
	fail_often(1, 2);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 1);
	cr_assert_not(lives(1));
	cr_assert_not(lives(0));
}

/* Ticks until it has STARTED once more. */
static unsigned int wait_start(unsigned int who, unsigned int most)
{
	unsigned int before = times(who, FRK_MESSAGE_STARTED), n;

	for (n = 0; n < most && times(who, FRK_MESSAGE_STARTED) == before; n++)
		stage_tick();
	return n;
}

Test(supervision, s4_pauses_double_up_to_the_longest_and_begin_anew)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED,
		.backoff_ns = 2 * PERIOD_NS, .backoff_max_ns = 7 * PERIOD_NS,
		.window_ns = 20 * PERIOD_NS);
	static const unsigned int pauses[] = { 2, 4, 7, 7, 7, 7 };

	found(&table, 1);
	stage_tick();
	for (int i = 0; i < 6; i++) {
		order(1, FAIL_EIO);
		cr_assert_eq(last(1), FRK_MESSAGE_RESTARTING);
		cr_assert(lives(1));
		cr_assert_eq(wait_start(1, 100), pauses[i], "pause %d", i);
	}
	/* What came meanwhile was kept. */
	cr_assert_eq(times(1, WORK), 6);
	for (int i = 0; i < 20; i++)
		stage_tick();
	order(1, FAIL_EIO);
	cr_assert_eq(wait_start(1, 100), 2);
	end_all();
}

Test(supervision, s4_jitter_makes_pauses_longer_and_is_the_same_in_each_run)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .backoff_ns = 100 * PERIOD_NS,
		.backoff_max_ns = 100 * PERIOD_NS, .jitter_percent = 50);
	unsigned int pauses[2][5], least = 1000, most = 0;

	for (int run = 0; run < 2; run++) {
		stage_setup();
		found(&table, 1);
		stage_tick();
		for (int i = 0; i < 5; i++) {
			order(1, FAIL_EIO);
			pauses[run][i] = wait_start(1, 1000);
		}
		end_all();
	}
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(pauses[0][i], pauses[1][i]);
		least = pauses[0][i] < least ? pauses[0][i] : least;
		most = pauses[0][i] > most ? pauses[0][i] : most;
	}
	cr_assert_geq(least, 100);
	cr_assert_leq(most, 151);
	cr_assert_neq(least, most);
}

Test(supervision, s4_without_a_timer_left_there_is_no_pause)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .backoff_ns = 100 * PERIOD_NS);

	found(&table, 2);
	for (int i = 0; i < ALARMS; i++)
		order(2, TIMER);
	cr_assert_eq(answer, 0);
	order(1, FAIL_EIO);
	cr_assert_eq(last(1), FRK_MESSAGE_STARTED);
	end_all();
}

Test(supervision, s4_a_start_that_fails_again_uses_up_the_budget)
{
	found(&restarts, 1);
	start_again_fails = -EIO;
	order(1, FAIL_EIO);
	cr_assert_eq(times(1, FRK_MESSAGE_STARTED), 11);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 10);
	cr_assert_eq(last(1), FRK_MESSAGE_STOPPED);
	end_all();
}

/* Those that wait already are not told a second time. */
Test(supervision, s4_all_for_one_with_starts_that_fail)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.scope = FRK_ALL_FOR_ONE, .otherwise = FRK_DIRECTIVE_RESTART,
		.backoff_ns = 3 * PERIOD_NS, .jitter_percent = 100);

	found(&table, 3);
	start_again_fails = -EIO;
	order(1, FAIL_EIO);
	for (int i = 0; i < 40; i++)
		stage_tick();
	for (unsigned int i = 1; i <= 3; i++)
		cr_assert_leq(times(i, FRK_MESSAGE_RESTARTING), times(i, FRK_MESSAGE_STARTED));
	cr_assert_gt(times(1, FRK_MESSAGE_RESTARTING), 2);
	end_all();
}

Test(supervision, s4_who_has_not_started_yet_is_not_restarted)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.scope = FRK_ALL_FOR_ONE, .otherwise = FRK_DIRECTIVE_RESTART);

	found(&table, 1);
	cr_assert_eq(post(pids[0], ADOPT), 0);
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	stage_settle();
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 1);
	SAW(2, FRK_MESSAGE_STARTED);
	end_all();
}

Test(supervision, s4_who_was_told_to_stop_does_not_begin_again)
{
	found(&restarts, 1);
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	cr_assert_eq(frki_stage_stop(&stage, pids[1]), 0);
	stage_settle();
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_STOPPED);
	end_all();
}

static int leave_instead(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_RESTARTING)
		frk_context_stop(context);
	return fail_as_told(context, message);
}

Test(supervision, s4_who_stops_instead_does_not_begin_again)
{
	found(&restarts, 1);
	family[1].then = leave_instead;
	order(1, FAIL_EIO);
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STOPPED);
	end_all();
}

static int watch_sibling(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == WORK)
		answer = frk_context_watch(context, pids[2]);
	return fail_as_told(context, message);
}

Test(supervision, s4_watches_of_an_earlier_life_say_nothing)
{
	found(&restarts, 2);
	family[1].then = watch_sibling;
	order(1, WORK);
	cr_assert_eq(answer, 0);
	order(1, FAIL_EIO);
	order(2, LEAVE);
	cr_assert_not(lives(2));
	cr_assert_eq(times(1, FRK_MESSAGE_TERMINATED), 0);
	end_all();
}

/* A grandparent that forgives: the parent goes on, the child that failed does not. */
Test(supervision, s4_who_escalates_is_stopped_whatever_comes_of_it)
{
	static const struct frk_supervision forgives =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESUME);
	static const struct frk_supervision escalates =
		FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_ESCALATE);
	struct frk_actor_opts middle = FRK_ACTOR_OPTS(
		.receive = see, .state = &family[1], .supervision = &escalates);
	struct frk_actor_opts leaf = FRK_ACTOR_OPTS(.receive = see, .state = &family[2]);

	found(&forgives, 0);
	family[2].then = child;
	cr_assert_eq(frki_stage_spawn(&stage, frki_pool_at(&stage.cells, pids[0].index),
				      &middle, &pids[1]), 0);
	cr_assert_eq(frki_stage_spawn(&stage, frki_pool_at(&stage.cells, pids[1].index),
				      &leaf, &pids[2]), 0);
	stage_settle();
	order(2, FAIL_EIO);
	cr_assert_eq(last(2), FRK_MESSAGE_STOPPED);
	cr_assert_not(lives(2));
	SAW(1, FRK_MESSAGE_STARTED);
	cr_assert(lives(1));
	end_all();
}

/* xactor's "interval runs twice after restart", and the one that is in the mailbox. */
Test(supervision, s2_s4_timers_of_an_earlier_life_say_nothing)
{
	struct frk_tick tick = { .periods = 1 };

	found(&restarts, 1);
	stage_tick();
	order(1, TIMER);
	tick.deadline_ns = frki_scheduler_now_ns(&stage.scheduler) + PERIOD_NS;
	tick.fired_ns = tick.deadline_ns;
	/* The failure is in the mailbox before the timer's message. */
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	frki_scheduler_tick(&stage.scheduler, &tick);
	frki_alarm_fire(&stage, 100);
	stage_settle();
	cr_assert_eq(last(1), FRK_MESSAGE_STARTED);
	cr_assert_eq(times(1, TIMER), 1);
	end_all();
}

Test(supervision, s4_a_parent_ends_after_its_children_and_they_after_their_messages)
{
	found(&restarts, 2);
	cr_assert_eq(post(pids[1], WORK), 0);
	cr_assert_eq(post(pids[2], WORK), 0);
	order(0, LEAVE);
	SAW(1, FRK_MESSAGE_STARTED, WORK, FRK_MESSAGE_STOPPED);
	SAW(2, FRK_MESSAGE_STARTED, WORK, FRK_MESSAGE_STOPPED);
	cr_assert_eq(last(0), FRK_MESSAGE_STOPPED);
	cr_assert_not(lives(0));
}

static unsigned int ended_first;

static int note_end(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == FRK_MESSAGE_STOPPED && !ended_first)
		ended_first = last(0) == FRK_MESSAGE_STOPPED ? 2 : 1;
	return 0;
}

Test(supervision, s4_the_child_is_told_before_the_parent)
{
	found(&restarts, 1);
	ended_first = 0;
	family[1].then = note_end;
	frki_stage_stop(&stage, pids[0]);
	stage_settle();
	cr_assert_eq(ended_first, 1);
	cr_assert_eq(last(0), FRK_MESSAGE_STOPPED);
}

Test(supervision, s4_who_begins_again_has_no_children)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = &family[2]);
	struct frki_cell *middle;

	/* A grandparent that restarts, and its child with one of its own. */
	found(&restarts, 1);
	middle = frki_pool_at(&stage.cells, pids[1].index);
	cr_assert_eq(frki_stage_spawn(&stage, middle, &opts, &pids[2]), 0);
	stage_settle();
	order(1, FAIL_EIO);
	cr_assert_eq(last(2), FRK_MESSAGE_STOPPED);
	cr_assert_not(lives(2));
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STARTED);
	end_all();
}

Test(supervision, s4_an_end_ends_a_pause)
{
	static const struct frk_supervision table = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .backoff_ns = 1000 * PERIOD_NS);

	found(&table, 1);
	order(1, FAIL_EIO);
	cr_assert_eq(post(pids[1], WORK), 0);
	cr_assert_eq(frki_stage_stop(&stage, pids[1]), 0);
	stage_settle();
	SAW(1, FRK_MESSAGE_STARTED, FAIL_EIO, FRK_MESSAGE_RESTARTING, FRK_MESSAGE_STOPPED);
	/* What it could not handle any more is accounted for. */
	cr_assert_eq(buried.kind, WORK);
	cr_assert_eq(buried.reason, FRK_DEAD_ENDED);
	end_all();
}

Test(supervision, s4_nobody_begins_again_when_the_stage_is_closed)
{
	found(&restarts, 1);
	cr_assert_eq(post(pids[1], FAIL_EIO), 0);
	frki_stage_close(&stage);
	stage_settle();
	cr_assert_eq(last(1), FRK_MESSAGE_STOPPED);
	cr_assert_eq(times(1, FRK_MESSAGE_RESTARTING), 0);
	frki_stage_stop(&stage, pids[0]);
	stage_settle();
}

Test(supervision, s4_who_is_stopping_adopts_nobody)
{
	found(NULL, 0);
	cr_assert_eq(post(pids[0], ADOPT), 0);
	frki_stage_stop(&stage, pids[0]);
	stage_settle();
	cr_assert_eq(answer, -ESTALE);
	cr_assert_eq(kids, 0);
	cr_assert_eq(frk_context_spawn(NULL, NULL, NULL), -EINVAL);
	cr_assert_eq(frk_context_parent(NULL).life, 0);
	frk_context_fail(NULL, -EIO);
}

static int spawned(const struct frk_supervision *supervision)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .state = family, .supervision = supervision);

	return frki_stage_spawn(&stage, NULL, &opts, NULL);
}

Test(supervision, s4_a_table_that_cannot_be_is_refused)
{
	static const struct frk_supervision_rule good = { -EIO, FRK_DIRECTIVE_STOP },
						 positive = { EIO, FRK_DIRECTIVE_STOP },
						 unknown = { -EIO, 4 };
	struct frk_supervision table;

#define REFUSED(err, ...) do { \
	table = (struct frk_supervision)FRK_SUPERVISION(__VA_ARGS__); \
	cr_expect_eq(spawned(&table), err); \
} while (0)
	REFUSED(-EINVAL, .scope = 2);
	REFUSED(-EINVAL, .otherwise = 4);
	REFUSED(-EINVAL, .beyond = FRK_DIRECTIVE_RESTART);
	REFUSED(-EINVAL, .beyond = FRK_DIRECTIVE_RESUME);
	REFUSED(-EINVAL, .jitter_percent = 101);
	REFUSED(-EINVAL, .rules_n = 1);
	REFUSED(-EINVAL, .rules = &positive, .rules_n = 1);
	REFUSED(-EINVAL, .rules = &unknown, .rules_n = 1);
	REFUSED(-ERANGE, .window_ns = (1ULL << 63) + 1);
	REFUSED(-ERANGE, .backoff_ns = (1ULL << 63) + 1);
	REFUSED(-ERANGE, .backoff_max_ns = (1ULL << 63) + 1);
	table = (struct frk_supervision)FRK_SUPERVISION(.rules = &good, .rules_n = 1);
	table.size = 8;
	cr_expect_eq(spawned(&table), -EINVAL);
}

/* Nobody is lost in a storm of failures, whatever the tables say. */
Test(supervision, s4_a_storm_of_failures_leaves_nothing_behind)
{
	struct frk_supervision table = FRK_SUPERVISION(.restarts_max = 3);
	uint64_t random = 1;

	for (int round = 0; round < 3000; round++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		table.scope = random >> 40 & 1;
		table.otherwise = random >> 41 & 3;
		table.beyond = random >> 43 & 1 ? FRK_DIRECTIVE_ESCALATE : FRK_DIRECTIVE_STOP;
		table.backoff_ns = (random >> 44 & 3) * PERIOD_NS;
		stage_setup();
		found(&table, 3);
		for (int i = 0; i < 12; i++) {
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			(void)post(pids[random >> 33 & 3],
				   (uint32_t)(WORK + (random >> 35) % 5));
			if (random >> 38 & 1)
				stage_tick();
			for (unsigned int k = 0; k <= KIDS; k++)
				family[k].n = 0;
		}
		frki_stage_stop(&stage, pids[0]);
		stage_settle();
		stage_assert_no_leak();
		for (unsigned int i = 0; i <= KIDS; i++)
			cr_assert_not(lives(i), "round %d: %u", round, i);
	}
	stage_setup();
}

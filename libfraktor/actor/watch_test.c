// SPDX-License-Identifier: MIT
/*
 * watch_test.c - an actor's end is told exactly once to whoever watches it, however it
 * came, and to nobody who does not want to know any more.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/watch.h"

TestSuite(watch, .init = stage_setup, .fini = stage_assert_no_leak);

#define WATCH 20
#define UNWATCH 21
#define FAIL 22
#define STOP 23
#define OTHER 24

static struct frk_pid target;
static int answer;

/* What the watcher does when it is told to. */
static int obey(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == WATCH)
		answer = frk_context_watch(context, target);
	if (message->kind == UNWATCH)
		answer = frk_context_unwatch(context, target);
	if (message->kind == STOP)
		frk_context_stop(context);
	return message->kind == FAIL ? -EIO : 0;
}

static unsigned int told(const struct seen *seen)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen->n; i++)
		n += seen->kinds[i] == FRK_MESSAGE_TERMINATED;
	return n;
}

static void order(struct frk_pid pid, uint32_t kind)
{
	answer = 77;
	cr_assert_eq(post(pid, kind), 0);
	stage_settle();
}

static void finish(struct frk_pid watcher)
{
	frki_stage_stop(&stage, watcher);
	frki_stage_stop(&stage, target);
	stage_settle();
}

static void assert_told_of(uint32_t how)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	stage_settle();
	order(pid, WATCH);
	cr_assert_eq(answer, 0);
	cr_assert_eq(told(&watcher), 0);
	if (how)
		order(target, how);
	else
		frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(told(&watcher), 1);
	cr_assert_eq(watcher.sender.index, target.index);
	cr_assert_eq(watcher.sender.life, target.life);
	/* That was the end of it. */
	order(pid, UNWATCH);
	cr_assert_eq(answer, -ESTALE);
	finish(pid);
	cr_assert_eq(told(&watcher), 1);
}

Test(watch, s4_of_one_that_was_stopped)
{
	assert_told_of(0);
}

Test(watch, s4_of_one_that_stopped_itself)
{
	assert_told_of(STOP);
}

Test(watch, s4_of_one_that_failed)
{
	assert_told_of(FAIL);
}

Test(watch, s4_of_one_that_has_ended_already_and_each_time_one_asks)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	frki_stage_stop(&stage, target);
	stage_settle();
	order(pid, WATCH);
	cr_assert_eq(answer, 0);
	cr_assert_eq(told(&watcher), 1);
	order(pid, WATCH);
	cr_assert_eq(told(&watcher), 2);
	/* The slot has another life by now: that one is not meant. */
	target = (struct frk_pid){ target.index, target.life };
	spawn(&watched);
	order(pid, WATCH);
	cr_assert_eq(told(&watcher), 3);
	frki_stage_stop(&stage, watched.self);
	finish(pid);
}

Test(watch, s4_of_nobody_at_once)
{
	struct seen watcher = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = (struct frk_pid){ .index = 9999, .life = 1 };
	order(pid, WATCH);
	cr_assert_eq(answer, 0);
	cr_assert_eq(told(&watcher), 1);
	target = (struct frk_pid){ 0 };
	order(pid, WATCH);
	cr_assert_eq(answer, -EINVAL);
	finish(pid);
}

Test(watch, s4_twice_is_told_once)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	stage_settle();
	order(pid, WATCH);
	order(pid, WATCH);
	cr_assert_eq(answer, 0);
	frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(told(&watcher), 1);
	finish(pid);
}

Test(watch, s4_who_does_not_want_to_know_is_not_told)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	stage_settle();
	order(pid, WATCH);
	order(pid, UNWATCH);
	cr_assert_eq(answer, 0);
	order(pid, UNWATCH);
	cr_assert_eq(answer, -ESTALE);
	frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(told(&watcher), 0);
	finish(pid);
}

/* The message is in the mailbox, behind the order to take it back. */
Test(watch, s4_not_even_if_it_is_on_its_way)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(post(pid, WATCH), 0);
	cr_assert_eq(post(pid, UNWATCH), 0);
	stage_settle();
	cr_assert_eq(answer, 0);
	cr_assert_eq(told(&watcher), 0);
	/* And it can be watched again. */
	order(pid, WATCH);
	cr_assert_eq(told(&watcher), 1);
	finish(pid);
}

Test(watch, s4_behind_all_that_the_other_sent)
{
	struct seen watcher = { .then = obey }, watched = { .then = obey };
	struct frk_pid pid = spawn(&watcher);

	target = spawn(&watched);
	stage_settle();
	order(pid, WATCH);
	cr_assert_eq(frki_stage_send(&stage, target, pid, OTHER, NULL, 0), 0);
	frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(watcher.kinds[watcher.n - 2], OTHER);
	cr_assert_eq(watcher.kinds[watcher.n - 1], FRK_MESSAGE_TERMINATED);
	finish(pid);
}

Test(watch, s4_every_watcher_is_told_and_one_that_ends_watches_no_more)
{
	struct seen one = { .then = obey }, two = { .then = obey }, watched = { 0 };
	struct frk_pid first = spawn(&one), second = spawn(&two);

	target = spawn(&watched);
	stage_settle();
	order(first, WATCH);
	order(second, WATCH);
	frki_stage_stop(&stage, first);
	stage_settle();
	frki_stage_stop(&stage, target);
	stage_settle();
	cr_assert_eq(told(&one), 0);
	cr_assert_eq(told(&two), 1);
	finish(second);
}

Test(watch, s4_each_watches_the_other)
{
	struct seen one = { .then = obey }, two = { .then = obey };
	struct frk_pid first = spawn(&one), second = spawn(&two);

	stage_settle();
	target = second;
	order(first, WATCH);
	target = first;
	order(second, WATCH);
	frki_stage_stop(&stage, first);
	frki_stage_stop(&stage, second);
	stage_settle();
	cr_assert_eq(told(&one), 0);
	cr_assert_leq(told(&two), 1);
}

Test(watch, oneself_and_too_many_are_refused)
{
	struct seen watcher = { .then = obey };
	struct frk_pid pid = spawn(&watcher);
	struct seen others[WATCHES + 1] = { 0 };
	struct frk_pid pids[WATCHES + 1];

	target = pid;
	order(pid, WATCH);
	cr_assert_eq(answer, -EINVAL);
	for (int i = 0; i <= WATCHES; i++) {
		pids[i] = spawn(&others[i]);
		stage_settle();
		target = pids[i];
		order(pid, WATCH);
		cr_assert_eq(answer, i < WATCHES ? 0 : -ENOBUFS);
	}
	for (int i = 0; i <= WATCHES; i++)
		frki_stage_stop(&stage, pids[i]);
	stage_settle();
	cr_assert_eq(told(&watcher), WATCHES);
	finish(pid);
	cr_assert_eq(frk_context_watch(NULL, pid), -EINVAL);
	cr_assert_eq(frk_context_unwatch(NULL, pid), -EINVAL);
}

// SPDX-License-Identifier: MIT
/*
 * stage_test.c - finding actors by pid, turns, closing; and the stage that the
 * tests of this folder share.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/watch.h"

struct frki_stage stage;
unsigned int wakes;
struct frki_dead_letter buried;
struct frki_failure failed;

static struct frki_cell cells[CELLS];
static struct frki_letter letters[LETTERS];
static _Alignas(max_align_t) unsigned char states[CELLS * STATE_MAX];
static struct frki_alarm alarms[ALARMS];
static struct frki_watch watches[WATCHES];
static struct frki_tray trays[TRAYS];
static _Atomic uint32_t cell_links[CELLS], letter_links[LETTERS],
	alarm_links[ALARMS], watch_links[WATCHES], tray_links[TRAYS];
static uint64_t ticks;
uint64_t stage_clock_ns;

static void wake(void *data)
{
	cr_assert_eq(data, &stage);
	wakes++;
}

static void bury(void *data, const struct frki_dead_letter *letter)
{
	cr_assert_eq(data, &stage);
	buried = *letter;
}

static uint64_t read_clock(void *data)
{
	cr_assert_eq(data, &stage);
	return stage_clock_ns;
}

static void note_failure(void *data, const struct frki_failure *failure)
{
	cr_assert_eq(data, &stage);
	failed = *failure;
}

static bool is_here(void *data)
{
	cr_assert_eq(data, &stage);
	return true;
}

/* FRKI_TEST_HAND=1: the test is the thread that is known to run the stage, with what that has
 * at hand; else it is not known. */
void stage_setup(void)
{
	static const struct frki_stage_ops not_known = {
		.wake = wake, .dead_letter = bury, .failed = note_failure,
		.clock_ns = read_clock,
	};
	static const struct frki_stage_ops known = {
		.wake = wake, .dead_letter = bury, .failed = note_failure,
		.clock_ns = read_clock, .here = is_here,
	};
	const struct frki_stage_ops *ops = getenv("FRKI_TEST_HAND") ? &known : &not_known;
	const struct frki_stage_memory memory = {
		.cells = cells,
		.letters = letters,
		.alarms = alarms,
		.cell_links = cell_links,
		.letter_links = letter_links,
		.alarm_links = alarm_links,
		.cells_n = CELLS,
		.letters_n = LETTERS,
		.alarms_n = ALARMS,
		.watches = watches,
		.watch_links = watch_links,
		.watches_n = WATCHES,
		.trays = trays,
		.tray_links = tray_links,
		.trays_n = TRAYS,
		.states = states,
		.state_max = STATE_MAX,
	};

	frki_stage_init(&stage, &memory, PERIOD_NS, ops, &stage);
	wakes = 0;
	ticks = 0;
}

int see(struct frk_context *context, const struct frk_message *message)
{
	struct seen *seen = frk_context_state(context);

	cr_assert_lt(seen->n, 64);
	seen->kinds[seen->n] = message->kind;
	seen->counts[seen->n] = message->count;
	seen->deadlines[seen->n] = message->deadline_ns;
	seen->n++;
	seen->self = frk_context_self(context);
	seen->sender = message->sender;
	return seen->then ? seen->then(context, message) : 0;
}

struct frk_pid spawn(struct seen *seen)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see,
						    .state = seen);
	struct frk_pid pid;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

struct frk_pid spawn_ordered(struct seen *seen, const struct frk_mailbox_ops *order,
			     void *state)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see, .state = seen,
						    .mailbox_order = order,
						    .mailbox_state = state);
	struct frk_pid pid;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	return pid;
}

uint64_t stage_dead(enum frk_dead_reason reason)
{
	struct frk_dead_letters counts;

	frki_stage_dead_letters(&stage, &counts);
	return counts.by_reason[reason];
}

static void wait_again(struct frki_cell *cell)
{
	if (frki_stage_keeps_cells(&stage))
		frki_fifo_push(&stage.hand.cells, &cell->at_hand);
	else
		stage.dispatcher->push(&stage, cell);
}

void stage_turn_of(struct frk_pid pid)
{
	struct frki_cell *wanted = frki_pool_at(&stage.cells, pid.index), *cell;
	struct frki_cell *others[CELLS];
	unsigned int n = 0;

	while ((cell = stage.dispatcher->pop(&stage)) && cell != wanted)
		others[n++] = cell;
	for (unsigned int i = 0; i < n; i++)
		wait_again(others[i]);
	if (cell)
		frki_cell_run(cell, &stage);
}

void stage_settle(void)
{
	while (frki_alarm_fire(&stage, 100) | frki_stage_run(&stage, 100))
		;
}

void stage_tick(void)
{
	struct frk_tick tick = { .deadline_ns = ++ticks * PERIOD_NS,
				 .periods = 1 };

	frki_scheduler_tick(&stage.scheduler, &tick);
	stage_settle();
}

int post(struct frk_pid to, uint32_t kind)
{
	static const struct frk_pid nobody;

	return frki_stage_send(&stage, nobody, to, kind, NULL, 0);
}

static unsigned int drain_pool(struct frki_pool *pool)
{
	unsigned int n = 0;

	while (frki_pool_get(pool))
		n++;
	return n;
}

void stage_assert_no_leak(void)
{
	cr_assert_eq(drain_pool(&stage.cells), CELLS);
	cr_assert_eq(drain_pool(&stage.letters) + stage.hand.letters_n, LETTERS);
	cr_assert_eq(drain_pool(&stage.alarms), ALARMS);
	cr_assert_eq(drain_pool(&stage.watches), WATCHES);
	cr_assert_eq(drain_pool(&stage.trays), TRAYS);
	cr_assert(frki_wheel_empty(&stage.scheduler.wheel));
}

TestSuite(stage, .init = stage_setup);

Test(stage, delivers_in_order_after_started)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	for (uint32_t kind = 20; kind < 25; kind++)
		cr_assert_eq(post(pid, kind), 0);
	stage_settle();
	cr_assert_eq(seen.n, 6);
	cr_assert_eq(seen.kinds[0], FRK_MESSAGE_STARTED);
	for (uint32_t i = 0; i < 5; i++)
		cr_assert_eq(seen.kinds[1 + i], 20 + i);
}

Test(stage, a_stale_pid_reaches_nobody)
{
	struct seen first = { 0 }, second = { 0 };
	struct frk_pid old = spawn(&first), new;

	frki_stage_stop(&stage, old);
	stage_settle();
	cr_assert_eq(post(old, 20), -ESTALE);
	new = spawn(&second);
	cr_assert_eq(new.index, old.index);
	cr_assert_eq(post(old, 20), -ESTALE);
	cr_assert_eq(frki_stage_stop(&stage, old), -ESTALE);
	stage_settle();
	cr_assert_eq(second.n, 1);
}

static void assert_buried(struct frk_pid to, uint32_t kind, enum frk_dead_reason reason,
			  uint64_t n)
{
	struct frk_dead_letters dead;

	frki_stage_dead_letters(&stage, &dead);
	cr_assert_eq(dead.by_reason[reason], n);
	cr_assert_eq(buried.to.index, to.index);
	cr_assert_eq(buried.to.life, to.life);
	cr_assert_eq(buried.kind, kind);
	cr_assert_eq(buried.reason, reason);
}

Test(stage, s9_a_message_that_reaches_nobody_is_a_dead_letter)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	frki_stage_stop(&stage, pid);
	stage_settle();
	post(pid, 20);
	assert_buried(pid, 20, FRK_DEAD_STALE, 1);
	post(pid, 21);
	assert_buried(pid, 21, FRK_DEAD_STALE, 2);
	frki_stage_close(&stage);
	cr_assert_eq(post(pid, 22), -ESHUTDOWN);
	assert_buried(pid, 22, FRK_DEAD_CLOSED, 1);
	/* What is no message is no letter either. */
	cr_assert_eq(post(pid, 0), -EINVAL);
	assert_buried(pid, 22, FRK_DEAD_CLOSED, 1);
}

Test(stage, s9_a_full_mailbox_and_an_empty_pool_make_dead_letters)
{
	struct seen seen = { 0 };
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = see, .state = &seen, .mailbox_max = 2);
	struct frk_pid small, large = spawn(&seen);
	uint32_t kind = 20;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &small), 0);
	cr_assert_eq(post(small, 20), 0);
	cr_assert_eq(post(small, 21), 0);
	cr_assert_eq(post(small, 22), -ENOBUFS);
	assert_buried(small, 22, FRK_DEAD_FULL, 1);
	while (!post(large, kind))
		kind++;
	assert_buried(large, kind, FRK_DEAD_EXHAUSTED, 1);
	stage_settle();
}

Test(stage, pids_of_nobody_are_stale)
{
	struct frk_pid nobody = { 0 }, beyond = { .index = CELLS, .life = 1 };

	cr_assert_eq(post(nobody, 20), -ESTALE);
	cr_assert_eq(post(beyond, 20), -ESTALE);
	cr_assert_eq(frki_stage_stop(&stage, beyond), -ESTALE);
}

Test(stage, checks_messages)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen), nobody = { 0 };
	char payload[FRK_MESSAGE_PAYLOAD_MAX + 1] = "";

	cr_assert_eq(post(pid, FRK_MESSAGE_USER - 1), -EINVAL);
	cr_assert_eq(post(pid, FRK_MESSAGE_STOPPED), -EINVAL);
	cr_assert_eq(frki_stage_send(&stage, nobody, pid, 20, NULL, 1), -EINVAL);
	cr_assert_eq(frki_stage_send(&stage, nobody, pid, 20, payload,
				     sizeof(payload)),
		     -EMSGSIZE);
	cr_assert_eq(frki_stage_send(&stage, nobody, pid, 20, payload,
				     FRK_MESSAGE_PAYLOAD_MAX),
		     0);
}

Test(stage, checks_actors)
{
	struct frk_actor_opts none = FRK_ACTOR_OPTS(.name = "none");
	struct frk_actor_opts big =
		FRK_ACTOR_OPTS(.receive = see,
			       .mailbox_max = FRKI_MAILBOX_MAX + 1);
	struct frk_actor_opts unsized = { .receive = see };

	cr_assert_eq(frki_stage_spawn(&stage, NULL, NULL, NULL), -EINVAL);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &none, NULL), -EINVAL);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &big, NULL), -EINVAL);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &unsized, NULL), -EINVAL);
	stage_assert_no_leak();
}

Test(stage, cuts_names_that_are_too_long)
{
	struct seen seen = { 0 };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.name = "a name that is longer than what there is room for",
		.receive = see, .state = &seen);
	struct frk_pid pid;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	cr_assert_eq(strlen(cells[pid.index].name), FRKI_CELL_NAME_SIZE - 1);
}

Test(stage, refuses_what_there_is_no_room_for_and_nothing_leaks)
{
	struct seen seen[CELLS] = { 0 };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see);
	struct frk_pid pid[CELLS];

	for (int i = 0; i < CELLS; i++)
		pid[i] = spawn(&seen[i]);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -ENOBUFS);
	for (int i = 0; i < LETTERS; i++)
		cr_assert_eq(post(pid[i % CELLS], 20), 0);
	cr_assert_eq(post(pid[0], 20), -ENOBUFS);
	for (int i = 0; i < CELLS; i++)
		cr_assert_eq(frki_stage_stop(&stage, pid[i]), 0);
	stage_settle();
	for (int i = 0; i < CELLS; i++)
		cr_assert_eq(seen[i].n, 2 + LETTERS / CELLS);
	stage_assert_no_leak();
}

Test(stage, a_full_mailbox_refuses_and_keeps_no_message)
{
	struct seen seen = { 0 };
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = see, .state = &seen, .mailbox_max = 2);
	struct frk_pid pid;

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pid), 0);
	cr_assert_eq(post(pid, 20), 0);
	cr_assert_eq(post(pid, 21), 0);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(post(pid, 22), -ENOBUFS);
	frki_stage_stop(&stage, pid);
	stage_settle();
	cr_assert_eq(seen.n, 4);
	stage_assert_no_leak();
}

Test(stage, gives_turns_in_order_and_nobody_all_of_them)
{
	struct seen seen[2] = { 0 };
	struct frk_pid a = spawn(&seen[0]), b;

	for (int i = 0; i < LETTERS - 1; i++)
		cr_assert_eq(post(a, 20), 0);
	b = spawn(&seen[1]);
	cr_assert_eq(post(b, 21), 0);
	cr_assert_eq(frki_stage_run(&stage, 1), 1);
	cr_assert_eq(seen[1].n, 0);
	cr_assert_eq(frki_stage_run(&stage, 1), 1);
	cr_assert_eq(seen[1].n, 2);
}

Test(stage, wakes_once_for_an_actor_that_is_scheduled)
{
	struct seen seen = { 0 };
	struct frk_pid pid;

	/* Its own thread looks by itself. */
	stage.hand.used = false;
	pid = spawn(&seen);
	post(pid, 20);
	post(pid, 20);
	cr_assert_eq(wakes, 1);
	stage_settle();
	cr_assert_not(frki_stage_ready(&stage));
	post(pid, 20);
	cr_assert_eq(wakes, 2);
	cr_assert(frki_stage_ready(&stage));
}

Test(stage, that_is_closed_refuses_all_but_stops)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = see);

	post(pid, 20);
	frki_stage_close(&stage);
	frki_stage_close(&stage);
	cr_assert(frki_stage_closed(&stage));
	cr_assert(frki_stage_quiet(&stage));
	cr_assert_eq(post(pid, 21), -ESHUTDOWN);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -ESHUTDOWN);
	cr_assert(frki_stage_quiet(&stage));
	stage_settle();
	cr_assert(frki_stage_stop_youngest(&stage));
	stage_settle();
	cr_assert_not(frki_stage_stop_youngest(&stage));
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[1], 20);
	cr_assert_eq(seen.kinds[2], FRK_MESSAGE_STOPPED);
	stage_assert_no_leak();
}

/* What a sender leaves behind that lost its CPU in the middle of a send. */
Test(stage, a_sender_between_acceptance_and_queueing_is_waited_for)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen), nobody = { 0 };
	struct frki_mailbox *mailbox = &cells[pid.index].mailbox;
	struct frki_envelope *late;

	stage_settle();
	late = frki_envelope_init(frki_pool_get(&stage.letters),
				  &(struct frki_post){ .sender = nobody, .kind = 20 });
	atomic_fetch_add(&mailbox->word, 1);
	cr_assert_eq(frki_stage_stop(&stage, pid), 0);
	stage_settle();
	cr_assert_eq(seen.n, 1);
	frki_mpsc_push(&mailbox->queue, &late->node);
	frki_cell_schedule(&cells[pid.index], &stage);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[1], 20);
	cr_assert_eq(seen.kinds[2], FRK_MESSAGE_STOPPED);
	stage_assert_no_leak();
}

Test(stage, a_late_schedule_of_an_earlier_life_does_nothing)
{
	struct seen seen = { 0 };
	struct frk_pid pid = spawn(&seen);

	frki_stage_stop(&stage, pid);
	stage_settle();
	frki_cell_schedule(&cells[pid.index], &stage);
	spawn(&seen);
	stage_settle();
	frki_cell_schedule(&cells[pid.index], &stage);
	stage_settle();
	cr_assert_eq(seen.n, 3);
	cr_assert_eq(seen.kinds[2], FRK_MESSAGE_STARTED);
}

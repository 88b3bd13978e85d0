// SPDX-License-Identifier: MIT
/*
 * handoff.c - explores how a message comes to an actor, and a turn to a worker: the sources
 * of the library themselves, from frki_stage_send() to the handler and back into the pool.
 * What must hold in each order: a message that was accepted is handled once, or is a dead
 * letter; those of one sender come in their order; no actor is in two turns; nobody sleeps
 * while there is something to do; and at the end all is where it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/watch.h"
#include "model/explore.h"

#define CELLS 2
#define LETTERS 4
#define EACH_MAX 2
#define SENDERS 2

enum { HELLO = FRK_MESSAGE_USER, PASSED_ON };

static struct frki_stage stage;
static struct frki_cell cells[CELLS];
static struct frki_letter letters[LETTERS];
static struct frki_alarm alarms[1];
static struct frki_watch watches[1];
static _Atomic uint32_t cell_links[CELLS], letter_links[LETTERS], alarm_links[1], watch_links[1];

static struct frk_pid first, second;
/* Who is inside of which actor; handled so far, of each sender and of the actor. */
static unsigned int inside[CELLS], handled[SENDERS], passed_on, accepted[SENDERS], dead;
static unsigned int each, senders_left, passed_to, mailbox_max;
static bool stopped, one_worker, passes_on, to_itself, locked;

/* --- what the stage is told */

/* Workers: a flag each, and what they wait for. */
static bool woken[MODEL_THREADS];

static void wake(void *data)
{
	(void)data;
	for (unsigned int i = 0; i < MODEL_THREADS; i++)
		woken[i] = true;
}

/* The worker is thread 0 where there is one. */
static bool is_here(void *data)
{
	(void)data;
	return model_self() == 0;
}

static void bury(void *data, const struct frki_dead_letter *letter)
{
	(void)data;
	(void)letter;
	dead++;
}

static void note_failure(void *data, const struct frki_failure *failure)
{
	(void)data;
	(void)failure;
	model_fail("an actor failed");
}

static bool is_unlocked(void)
{
	return !locked;
}

static void lock(void *data)
{
	(void)data;
	model_wait(is_unlocked);
	locked = true;
}

static void unlock(void *data)
{
	(void)data;
	locked = false;
}

static const struct frki_stage_ops of_one = {
	.wake = wake, .here = is_here, .dead_letter = bury, .failed = note_failure,
};

static const struct frki_stage_ops of_several = {
	.wake = wake, .dead_letter = bury, .failed = note_failure, .lock = lock, .unlock = unlock,
};

/* --- a queue for two workers: each looks whether there is something, as if by a lock */

static struct frki_cell *queue[CELLS + 1];
static unsigned int queued;

static void push(struct frki_stage *of, struct frki_cell *cell)
{
	for (unsigned int i = 0; i < queued; i++)
		if (queue[i] == cell)
			model_fail("an actor waits for two turns");
	queue[queued++] = cell;
	of->ops->wake(of->data);
}

static struct frki_cell *pop(struct frki_stage *of)
{
	struct frki_cell *cell = queued ? queue[0] : NULL;

	(void)of;
	if (cell)
		memmove(queue, queue + 1, --queued * sizeof(*queue));
	return cell;
}

static bool ready(const struct frki_stage *of)
{
	(void)of;
	return queued;
}

static const struct frki_dispatcher_ops shared = { .push = push, .pop = pop, .ready = ready };

/* --- the actors */

static int receive(struct frk_context *context, const struct frk_message *message)
{
	unsigned int me = frk_context_self(context).index;
	unsigned int from = message->size ? *(const unsigned char *)message->payload : 0;

	if (inside[me]++)
		model_fail("an actor is in two turns");
	if (message->kind == FRK_MESSAGE_STOPPED)
		stopped = true;
	if (message->kind == HELLO) {
		/* Which sender, and his how manieth. */
		if (from / 16 != handled[from % 16])
			model_fail("messages of one sender come in another order");
		handled[from % 16]++;
	}
	if (message->kind == HELLO && passes_on &&
	    !frk_context_send(context, to_itself ? first : second, PASSED_ON, NULL, 0))
		passed_to++;
	passed_on += message->kind == PASSED_ON;
	inside[me]--;
	return 0;
}

/* --- the threads */

static bool is_woken(void)
{
	return woken[model_self()];
}

/* As worker.c: it says that it sleeps, looks once more, and sleeps. */
static void work(void)
{
	unsigned int me = model_self();

	while (senders_left || frki_stage_ready(&stage)) {
		if (frki_stage_run(&stage, 1))
			continue;
		woken[me] = false;
		model_point();
		if (frki_stage_ready(&stage) || !senders_left)
			continue;
		model_wait(is_woken);
	}
}

/* Does not look once more. */
static void work_carelessly(void)
{
	unsigned int me = model_self();

	while (senders_left || frki_stage_ready(&stage)) {
		if (frki_stage_run(&stage, 1))
			continue;
		woken[me] = false;
		model_wait(is_woken);
	}
}

static void send_as(unsigned int sender)
{
	for (unsigned int i = 0; i < each; i++) {
		/* One that is refused does not count. */
		unsigned char what = (unsigned char)(accepted[sender] * 16 + sender);
		int ret = frki_stage_send(&stage, (struct frk_pid){ 0 }, first, HELLO, &what, 1);

		if (!ret)
			accepted[sender]++;
		else if (ret != -ESTALE && ret != -ENOBUFS)
			model_fail("a message is refused for no reason");
	}
	senders_left--;
	wake(NULL);
}

static void send_first(void)
{
	send_as(0);
}

static void send_second(void)
{
	send_as(1);
}

static void stop(void)
{
	frki_stage_stop(&stage, first);
	senders_left--;
	wake(NULL);
}

static void halt(void)
{
	frki_stage_halt(&stage, first);
	senders_left--;
	wake(NULL);
}

/* --- a run */

static void start(struct frk_pid *ret_pid)
{
	const struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .mailbox_max = mailbox_max);

	if (frki_stage_spawn(&stage, NULL, &opts, ret_pid))
		model_fail("an actor cannot be spawned");
}

static void reset(unsigned int helpers)
{
	memset(inside, 0, sizeof(inside));
	memset(handled, 0, sizeof(handled));
	memset(accepted, 0, sizeof(accepted));
	memset(woken, 0, sizeof(woken));
	passed_on = passed_to = dead = queued = 0;
	stopped = locked = false;
	senders_left = helpers;
}

static void begin_with(unsigned int helpers)
{
	const struct frki_stage_memory memory = {
		.cells = cells, .cell_links = cell_links, .cells_n = CELLS,
		.letters = letters, .letter_links = letter_links, .letters_n = LETTERS,
		.alarms = alarms, .alarm_links = alarm_links, .alarms_n = 1,
		.watches = watches, .watch_links = watch_links, .watches_n = 1,
	};

	reset(helpers);
	frki_stage_init(&stage, &memory, 1000, one_worker ? &of_one : &of_several, &stage);
	if (!one_worker)
		stage.dispatcher = &shared;
	stage.hand.letters_max = 1;
	start(&first);
	start(&second);
}

static void begin_two_senders(void)
{
	begin_with(2);
}

static void begin_one_sender(void)
{
	begin_with(1);
}

static uint32_t free_of(const struct frki_pool *pool)
{
	uint32_t n = 0;

	for (uint32_t i = (uint32_t)pool->head; i != FRKI_POOL_NONE; i = pool->links[i])
		n++;
	return n;
}

/* Whoever is dead was refused, or accepted and then discarded. */
static void end(void)
{
	unsigned int sent = accepted[0] + accepted[1], had = handled[0] + handled[1];

	if (model_stuck())
		model_fail("somebody sleeps for ever");
	if (stopped ? had > sent : had != sent)
		model_fail("what was accepted is not what was handled");
	if (passed_on != passed_to)
		model_fail("what was passed on is not what came");
	if (free_of(&stage.letters) + stage.hand.letters_n != LETTERS)
		model_fail("letters are missing");
	for (unsigned int i = 0; i < CELLS; i++)
		if (cells[i].turn || frki_fifo_knows(&cells[i].at_hand))
			model_fail("a turn was not given back");
	if (stopped && free_of(&stage.cells) != 1)
		model_fail("who has stopped is still there");
}

static void end_stopped(void)
{
	if (!stopped)
		model_fail("it was not stopped");
	end();
}

/**
 * struct scenario - a model and how it is set up
 * @model: the model.
 * @each: messages of each sender.
 * @mailbox_max: of the actors.
 * @one_worker: one thread runs the actors, and knows it.
 * @passes_on: the first actor sends what it got to the second.
 * @to_itself: or to itself.
 */
struct scenario {
	struct model model;
	unsigned int each;
	unsigned int mailbox_max;
	bool one_worker;
	bool passes_on;
	bool to_itself;
};

/* Room for so many that actors need not count in the word what they send. */
#define ROOMY 64

static const struct scenario scenarios[] = {
	{ { "two senders and a worker", { work, send_first, send_second }, 3, 2,
	    begin_two_senders, end }, 1, 4, true, false, false },
	{ { "a sender of two and a worker", { work, send_first }, 2, 3,
	    begin_one_sender, end }, 2, 4, true, false, false },
	{ { "an actor that passes on", { work, send_first }, 2, 3,
	    begin_one_sender, end }, 2, 4, true, true, false },
	{ { "two senders and one that passes on", { work, send_first, send_second }, 3, 2,
	    begin_two_senders, end }, 1, 4, true, true, false },
	{ { "an actor that passes on to a roomy mailbox", { work, send_first }, 2, 3,
	    begin_one_sender, end }, 2, ROOMY, true, true, false },
	{ { "two senders and one that sends to itself", { work, send_first, send_second }, 3, 2,
	    begin_two_senders, end }, 1, ROOMY, true, true, true },
	{ { "stopped while it sends to itself", { work, send_first, stop }, 3, 2,
	    begin_two_senders, end_stopped }, 1, ROOMY, true, true, true },
	{ { "a mailbox for one", { work, send_first, send_second }, 3, 2,
	    begin_two_senders, end }, 2, 1, true, false, false },
	{ { "stopped while it is sent to", { work, send_first, stop }, 3, 2,
	    begin_two_senders, end_stopped }, 1, 4, true, false, false },
	{ { "halted while it is sent to", { work, send_first, halt }, 3, 2,
	    begin_two_senders, end_stopped }, 1, ROOMY, true, false, false },
	{ { "two workers, halted", { work, work, halt }, 3, 2,
	    begin_one_sender, end_stopped }, 0, 4, false, false, false },
	{ { "two workers", { work, work, send_first }, 3, 2,
	    begin_one_sender, end }, 2, 4, false, false, false },
	{ { "two workers and one that passes on", { work, work, send_first }, 3, 2,
	    begin_one_sender, end }, 1, 4, false, true, false },
	{ { "two workers, stopped", { work, work, stop }, 3, 2,
	    begin_one_sender, end_stopped }, 0, 4, false, false, false },
};

/* What the explorer must find. */
static const struct scenario careless = {
	{ "a worker that does not look once more", { work_carelessly, send_first }, 2, 1,
	  begin_one_sender, end }, 1, 4, true, false, false,
};

static uint64_t explore(const struct scenario *scenario)
{
	uint64_t n;

	each = scenario->each;
	mailbox_max = scenario->mailbox_max;
	one_worker = scenario->one_worker;
	passes_on = scenario->passes_on;
	to_itself = scenario->to_itself;
	n = model_explore(&scenario->model);
	printf("%s: %llu orders\n", scenario->model.name, (unsigned long long)n);
	return n;
}

int main(int argc, char **argv)
{
	uint64_t runs = 0;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "careless"))) {
		fprintf(stderr, "usage: handoff_model [careless]\n");
		return 2;
	}
	if (argc == 2) {
		explore(&careless);
		return 0;
	}
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		runs += explore(&scenarios[i]);
	printf("model: %llu orders, and all of them right\n", (unsigned long long)runs);
	return 0;
}

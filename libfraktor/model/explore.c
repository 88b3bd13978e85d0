// SPDX-License-Identifier: MIT
/*
 * explore.c - depth-first through the choices of who goes on; see explore.h.  A run is
 * told by the choices that it made; the next one makes the last of them that has another
 * possibility in another way, and from there on the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "model/explore.h"

#define STACK (64U << 10)
#define DEPTH 4096U

/* In a model this is a run that does not end. */
#define POINTS_MAX 100000U

void model_point(void);

/**
 * struct choice - who goes on
 * @who: the threads that could, the one that is chosen first in the first run first.
 * @n: how many.
 * @taken: which of these.
 */
struct choice {
	unsigned char who[MODEL_THREADS];
	unsigned char n;
	unsigned char taken;
};

static struct {
	const struct model *model;
	struct choice choices[DEPTH];
	unsigned int made;
	/* Of the run. */
	unsigned int at;
	unsigned int points;
	unsigned int preempted;
	unsigned int self;
	bool running;
	bool stuck;
	bool over[MODEL_THREADS];
	bool (*waits[MODEL_THREADS])(void);
	ucontext_t contexts[MODEL_THREADS];
	ucontext_t caller;
} explorer;

static char stacks[MODEL_THREADS][STACK];

unsigned int model_self(void)
{
	return explorer.self;
}

bool model_stuck(void)
{
	return explorer.stuck;
}

static bool can_go_on(unsigned int thread)
{
	return !explorer.over[thread] && (!explorer.waits[thread] || explorer.waits[thread]());
}

/* The one that runs first, if it can. */
static unsigned int find_choices(unsigned char *who)
{
	bool goes_on = can_go_on(explorer.self);
	unsigned int n = 0;

	if (goes_on)
		who[n++] = (unsigned char)explorer.self;
	if (goes_on && explorer.preempted == explorer.model->preemptions)
		return n;
	for (unsigned int i = 0; i < explorer.model->threads_n; i++)
		if (i != explorer.self && can_go_on(i))
			who[n++] = (unsigned char)i;
	return n;
}

static unsigned int take_choice(const unsigned char *who, unsigned int n)
{
	struct choice *choice = &explorer.choices[explorer.at];

	if (n == 1)
		return who[0];
	if (explorer.at == DEPTH)
		model_fail("too many choices for this explorer");
	if (explorer.at == explorer.made) {
		choice->n = (unsigned char)n;
		choice->taken = 0;
		for (unsigned int i = 0; i < n; i++)
			choice->who[i] = who[i];
		explorer.made++;
	}
	explorer.at++;
	return choice->who[choice->taken];
}

static void go_to(unsigned int thread)
{
	unsigned int from = explorer.self;

	if (thread == from)
		return;
	explorer.self = thread;
	if (explorer.over[from])
		setcontext(&explorer.contexts[thread]);
	else
		swapcontext(&explorer.contexts[from], &explorer.contexts[thread]);
}

/* Nobody can: then the run is over. */
static void choose(void)
{
	unsigned char who[MODEL_THREADS];
	unsigned int n = find_choices(who), thread;
	bool goes_on = n && who[0] == explorer.self;

	if (!n) {
		explorer.running = false;
		for (unsigned int i = 0; i < explorer.model->threads_n; i++)
			explorer.stuck |= !explorer.over[i];
		setcontext(&explorer.caller);
	}
	if (++explorer.points > POINTS_MAX)
		model_fail("it does not end");
	thread = take_choice(who, n);
	explorer.preempted += goes_on && thread != explorer.self;
	go_to(thread);
}

void model_point(void)
{
	if (explorer.running)
		choose();
}

void model_wait(bool (*ready)(void))
{
	explorer.waits[explorer.self] = ready;
	choose();
	explorer.waits[explorer.self] = NULL;
}

static void run_thread(void)
{
	explorer.model->threads[explorer.self]();
	explorer.over[explorer.self] = true;
	choose();
}

static void run_once(void)
{
	unsigned char all[MODEL_THREADS];

	explorer.at = explorer.points = explorer.preempted = 0;
	explorer.stuck = false;
	explorer.model->begin();
	for (unsigned int i = 0; i < explorer.model->threads_n; i++) {
		all[i] = (unsigned char)i;
		explorer.over[i] = false;
		explorer.waits[i] = NULL;
		getcontext(&explorer.contexts[i]);
		explorer.contexts[i].uc_stack.ss_sp = stacks[i];
		explorer.contexts[i].uc_stack.ss_size = STACK;
		explorer.contexts[i].uc_link = NULL;
		makecontext(&explorer.contexts[i], run_thread, 0);
	}
	explorer.self = take_choice(all, explorer.model->threads_n);
	explorer.running = true;
	swapcontext(&explorer.caller, &explorer.contexts[explorer.self]);
	explorer.model->end();
}

/* Return: false if all have been made. */
static bool go_back(void)
{
	while (explorer.made) {
		struct choice *last = &explorer.choices[explorer.made - 1];

		if (++last->taken < last->n)
			return true;
		explorer.made--;
	}
	return false;
}

uint64_t model_explore(const struct model *model)
{
	uint64_t runs = 0;

	explorer.model = model;
	explorer.made = 0;
	do {
		run_once();
		runs++;
	} while (go_back());
	return runs;
}

void model_fail(const char *what)
{
	explorer.running = false;
	fprintf(stderr, "model: error: %s: %s, when", explorer.model->name, what);
	for (unsigned int i = 0; i < explorer.at; i++)
		if (!i || explorer.choices[i].taken)
			fprintf(stderr, " choice %u is thread %u", i,
				explorer.choices[i].who[explorer.choices[i].taken]);
	fprintf(stderr, "\n");
	exit(1);
}

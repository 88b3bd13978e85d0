/* SPDX-License-Identifier: MIT */
/*
 * explore.h - runs a scenario of a few threads again and again, until it has been seen in
 * every order in which they may come that takes the CPU from a running one at most so
 * many times.
 *
 * The threads are coroutines of one thread.  Where another one may come is before each
 * atomic operation (atomics.h) and where a thread waits.
 */
#ifndef FRKI_MODEL_EXPLORE_H
#define FRKI_MODEL_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_THREADS 4

/**
 * struct model - a scenario
 * @name: for people.
 * @threads: its threads.
 * @threads_n: how many.
 * @preemptions: how often the CPU is taken from a thread that could go on, at most.
 * @begin: before each run.
 * @end: when all threads have returned, or none can go on; calls model_fail() if it should
 *	not be so.
 */
struct model {
	const char *name;
	void (*threads[MODEL_THREADS])(void);
	unsigned int threads_n;
	unsigned int preemptions;
	void (*begin)(void);
	void (*end)(void);
};

/**
 * model_explore() - run it in all these orders
 * @model: the scenario.
 *
 * Return: how many there were.
 */
uint64_t model_explore(const struct model *model);

/**
 * model_wait() - let others go on until something is so
 * @ready: whether it is; no atomic operation in it.
 *
 * In a thread of the scenario.  One that waits for ever ends the run.
 */
void model_wait(bool (*ready)(void));

/**
 * model_self() - which thread of the scenario is that?
 */
unsigned int model_self(void);

/**
 * model_stuck() - has a thread waited for ever?
 *
 * For @end.
 */
bool model_stuck(void);

/**
 * model_fail() - the run is wrong: say in which order it came to that, and end
 * @what: what is wrong.
 */
_Noreturn void model_fail(const char *what);

#endif /* FRKI_MODEL_EXPLORE_H */

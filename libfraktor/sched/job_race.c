// SPDX-License-Identifier: MIT
/*
 * job_race.c - two workers with a wheel each, which arm and cancel at each other's, and
 * threads that cancel whatever they find; then a worker and a thread that race
 * for each job.  For TSan: of each life exactly one thing becomes, it runs or a
 * cancel has won, and whoever won knows.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "sched/job.h"

#define WORKERS 2
#define CANCELLERS 2
#define JOBS 64
#define LIVES 30000
#define PERIOD_NS 1000

#define must(condition)                                                             \
	do {                                                                        \
		if (!(condition)) {                                                 \
			fprintf(stderr, "job_race:%d: %s\n", __LINE__, #condition); \
			exit(1);                                                    \
		}                                                                   \
	} while (0)

/* A job, and how often it has run in this life; release says when it is over,
 * to a thread that may not be the worker. */
struct item {
	struct frki_job job;
	atomic_bool in_use;
	uint64_t ran;
	bool periodic;
};

struct worker {
	struct frki_scheduler scheduler;
	struct frki_desk desk;
	pthread_t thread;
	struct item items[JOBS];
	struct item away[JOBS];
	uint64_t released;
	uint64_t lives;
	uint64_t ran;
	uint64_t cancelled;
	uint64_t seed;
};

static struct worker workers[WORKERS];
static atomic_bool over;
static atomic_uint armed_all;

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void run(struct frki_job *job, const struct frki_firing *firing, void *data)
{
	struct item *item = frki_container_of(job, struct item, job);
	struct worker *self = data;

	must(firing->count >= 1);
	item->ran++;
	self->ran++;
	/* Periodic ones end here at the latest; others may be cancelled, too late. */
	if (item->ran > 3 || !item->periodic)
		must(frki_job_cancel_own(job, &self->desk) != 0);
}

/* What never ran must have been cancelled: main() compares. */
static void release(struct frki_job *job, void *data)
{
	struct item *item = frki_container_of(job, struct item, job);
	struct worker *self = data;

	if (!item->periodic)
		must(item->ran <= 1);
	self->cancelled += item->ran == 0;
	item->ran = 0;
	self->released++;
	atomic_store(&item->in_use, false);
}

static void wake(void *data)
{
	(void)data;
}

static const struct frki_desk_ops ops = {
	.run = run,
	.release = release,
	.wake = wake,
};

static void arm(struct item *item, struct worker *self, struct worker *at)
{
	struct frki_timer_opts opts = {
		.delay_ns = rnd(&self->seed) % 4 * PERIOD_NS,
	};

	if (atomic_load(&item->in_use))
		return;
	atomic_store(&item->in_use, true);
	item->periodic = rnd(&self->seed) % 2;
	if (item->periodic)
		opts.mode = FRKI_TIMER_SKIP;
	if (at == self && rnd(&self->seed) % 2)
		must(!frki_job_arm_own(&item->job, &at->desk, &opts));
	else
		must(!frki_job_arm(&item->job, &at->desk, &opts));
	self->lives++;
}

/* Some at the own desk, some at the other worker's. */
static void arm_some(struct worker *self, struct worker *other)
{
	for (int n = 0; n < 4; n++) {
		arm(&self->items[rnd(&self->seed) % JOBS], self, self);
		arm(&self->away[rnd(&self->seed) % JOBS], self, other);
	}
}

static uint64_t armed_at(const struct worker *worker)
{
	struct frki_desk_stats stats;

	frki_desk_stats(&worker->desk, &stats);
	return stats.armed;
}

static void turn(struct worker *self, uint64_t tick)
{
	struct frk_tick one = { .deadline_ns = (tick + 10) * PERIOD_NS, .periods = 1 };
	unsigned int budget = 100;

	frki_scheduler_tick(&self->scheduler, &one);
	frki_desk_run(&self->desk, &budget);
}

static void *work(void *data)
{
	struct worker *self = data;
	struct worker *other = &workers[(self - workers + 1) % WORKERS];
	uint64_t tick = 0;

	while (self->lives < LIVES) {
		arm_some(self, other);
		frki_job_cancel(&other->items[rnd(&self->seed) % JOBS].job, &other->desk);
		frki_job_cancel(&self->away[rnd(&self->seed) % JOBS].job, &other->desk);
		if (rnd(&self->seed) % 4 == 0)
			frki_job_cancel_own(&self->items[rnd(&self->seed) % JOBS].job,
					    &self->desk);
		turn(self, ++tick);
	}
	/* All of them end: by a run, or by a cancel from outside. */
	atomic_fetch_add(&armed_all, 1);
	while (atomic_load(&armed_all) < WORKERS || self->released < armed_at(self)) {
		turn(self, ++tick);
		sched_yield();
	}
	return NULL;
}

static void *cancel_all(void *data)
{
	uint64_t seed = 77 + (uint64_t)(long)data;

	while (!atomic_load(&over)) {
		struct worker *at = &workers[rnd(&seed) % WORKERS];

		frki_job_cancel(&at->items[rnd(&seed) % JOBS].job, &at->desk);
	}
	return NULL;
}

/* --- armed by one thread, run by another: the cancel decides ------------------ */

#define DUELS 20000

static struct worker arena;
static _Atomic uint32_t round_no, answered;
static _Atomic int answer;
static struct item duel_item;
static uint64_t duel_runs;

static void duel_run(struct frki_job *job, const struct frki_firing *firing, void *data)
{
	(void)job;
	(void)firing;
	(void)data;
	duel_runs++;
}

static void duel_release(struct frki_job *job, void *data)
{
	(void)job;
	(*(bool *)data) = true;
}

static const struct frki_desk_ops duel_ops = {
	.run = duel_run,
	.release = duel_release,
	.wake = wake,
};

static void *opponent(void *data)
{
	(void)data;
	for (uint32_t n = 1; n <= DUELS; n++) {
		while (atomic_load(&round_no) != n)
			sched_yield();
		atomic_store(&answer, frki_job_cancel(&duel_item.job, &arena.desk));
		atomic_store(&answered, n);
	}
	return NULL;
}

/* A cancel that won: not run.  One that did not: run, exactly once. */
static void duels(void)
{
	static bool released;
	struct frki_timer_opts opts = { .delay_ns = PERIOD_NS };
	pthread_t thread;
	uint64_t tick = 0, won = 0;

	frki_scheduler_init(&arena.scheduler, PERIOD_NS);
	frki_desk_init(&arena.desk, &arena.scheduler, 1, &duel_ops, &released);
	frki_job_init(&duel_item.job);
	pthread_create(&thread, NULL, opponent, NULL);
	for (uint32_t n = 1; n <= DUELS; n++) {
		duel_runs = 0;
		released = false;
		must(!frki_job_arm_own(&duel_item.job, &arena.desk, &opts));
		atomic_store(&round_no, n);
		if (n % 3)
			sched_yield();
		turn(&arena, tick += 2);
		while (atomic_load(&answered) != n)
			sched_yield();
		while (!released)
			turn(&arena, tick += 2);
		must(duel_runs == (atomic_load(&answer) != 0));
		won += atomic_load(&answer) == 0;
	}
	pthread_join(thread, NULL);
	must(won > 0 && won < DUELS);
}

int main(void)
{
	pthread_t cancellers[CANCELLERS];

	for (int w = 0; w < WORKERS; w++) {
		struct worker *worker = &workers[w];

		worker->seed = 1234567 + (uint64_t)w;
		frki_scheduler_init(&worker->scheduler, PERIOD_NS);
		frki_desk_init(&worker->desk, &worker->scheduler, 2 * JOBS, &ops, worker);
		for (int i = 0; i < JOBS; i++)
			frki_job_init(&worker->items[i].job);
		for (int i = 0; i < JOBS; i++)
			frki_job_init(&worker->away[i].job);
	}
	for (int w = 0; w < WORKERS; w++)
		pthread_create(&workers[w].thread, NULL, work, &workers[w]);
	for (long i = 0; i < CANCELLERS; i++)
		pthread_create(&cancellers[i], NULL, cancel_all, (void *)i);
	for (int w = 0; w < WORKERS; w++)
		pthread_join(workers[w].thread, NULL);
	atomic_store(&over, true);
	for (int i = 0; i < CANCELLERS; i++)
		pthread_join(cancellers[i], NULL);
	for (int w = 0; w < WORKERS; w++) {
		struct frki_desk_stats stats;

		frki_desk_stats(&workers[w].desk, &stats);
		must(workers[w].released == stats.armed && !stats.refused);
		must(stats.run == workers[w].ran && workers[w].ran > 0);
		/* A win before it ever ran, or between two runs of a periodic. */
		must(stats.cancelled >= workers[w].cancelled);
		must(frki_wheel_empty(&workers[w].scheduler.wheel));
		must(workers[w].desk.room == 2 * JOBS);
	}
	duels();
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * system_race.c - spawn, send and stop from several threads while a system runs
 * and shuts down, for TSan, with actors that have children, fail and begin again; and
 * the books balance: every message that was accepted was handled or is a dead letter.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fraktor/fraktor.h>

#include "system/system.h"

#define THREADS 3
#define PING FRK_MESSAGE_USER
#define TICK (FRK_MESSAGE_USER + 1)
#define ASK (FRK_MESSAGE_USER + 2)
#define SHARED 8

static struct frk_system *race;
static atomic_ulong accepted, handled, started, stopped, spawned, restarted;
static atomic_ulong asked, answered, wrong;
static bool asks;
static _Atomic uint64_t pids[SHARED];

/* Plain on purpose: TSan sees two threads in one actor. */
struct plain {
	unsigned long messages;
};
static struct plain plain[64];

static uint64_t pack(struct frk_pid pid)
{
	return (uint64_t)pid.life << 32 | pid.index;
}

static struct frk_pid unpack(uint64_t value)
{
	return (struct frk_pid){ .index = (uint32_t)value,
				 .life = (uint32_t)(value >> 32) };
}

static const struct frk_supervision tables[] = {
	FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = 3,
			.beyond = FRK_DIRECTIVE_ESCALATE),
	FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_RESTART, .scope = FRK_ALL_FOR_ONE,
			.restarts_max = FRK_RESTARTS_UNLIMITED, .backoff_ns = FRK_US(700)),
	FRK_SUPERVISION(.otherwise = FRK_DIRECTIVE_ESCALATE),
};

static int receive(struct frk_context *context, const struct frk_message *message);

/* Two levels, and all threads may send to the second one. */
static void adopt(struct frk_context *context, struct frk_pid self)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = receive, .mailbox_max = 16, .supervision = &tables[self.life % 3]);
	struct frk_pid pid;

	if (frk_context_parent(context).life || frk_context_spawn(context, &opts, &pid))
		return;
	spawned++;
	pids[pid.index % SHARED] = pack(pid);
}

static int receive(struct frk_context *context,
		   const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	plain[self.index].messages++;
	if (message->kind == FRK_MESSAGE_STARTED) {
		started++;
		frk_context_every(context, TICK, 0, NULL);
		adopt(context, self);
		adopt(context, self);
	} else if (message->kind == FRK_MESSAGE_RESTARTING) {
		restarted++;
	} else if (message->kind == FRK_MESSAGE_STOPPED) {
		stopped++;
	} else if (message->kind == ASK) {
		/* One in three is not answered, and answers may come too late. */
		if (plain[self.index].messages % 3)
			frk_context_answer(context, message, ASK, &self, sizeof(self));
	} else if (message->kind == PING) {
		handled++;
		if (plain[self.index].messages % 97 == 0)
			frk_context_stop(context);
		return plain[self.index].messages % 11 ? 0 : -EIO;
	}
	return 0;
}

static void spawn(unsigned int at)
{
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .mailbox_max = 16,
			       .supervision = &tables[at % 3],
			       .worker = at % (race->stage.workers + 1),
			       .priority = at % (FRK_PRIORITY_MAX + 1));
	struct frk_pid pid;

	if (frk_system_spawn(race, &opts, &pid))
		return;
	spawned++;
	pids[at] = pack(pid);
}

/* Whatever becomes of it: the answer is that actor's, and is told in time. */
static void ask(struct frk_pid pid)
{
	struct frk_reply reply = { 0 };
	int ret = frk_system_ask(race, pid, ASK, NULL, 0, FRK_MS(2), &reply);

	asked++;
	if (!ret && (reply.kind != ASK || memcmp(reply.payload, &pid, sizeof(pid))))
		wrong++;
	if (ret && ret != -ETIMEDOUT && ret != -ESTALE && ret != -ESHUTDOWN && ret != -ENOBUFS)
		wrong++;
	answered += !ret;
}

static void *storm(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data;

	for (int i = 0; i < 20000; i++) {
		unsigned int at = (unsigned int)rand_r(&seed) % SHARED;
		struct frk_pid pid = unpack(pids[at]);
		int ret = frk_system_send(race, pid, PING, &i, sizeof(i));

		if (!ret)
			accepted++;
		else if (ret == -ESTALE)
			spawn(at);
		else if (ret == -ESHUTDOWN)
			break;
		if (asks && rand_r(&seed) % 100 == 0)
			ask(pid);
		if (rand_r(&seed) % 50 == 0)
			frk_system_stop_actor(race, pid);
		if (rand_r(&seed) % 100 == 0)
			frk_system_halt_actor(race, pid);
	}
	return NULL;
}

static int check(void)
{
	unsigned long dead = race->stage.dead_letters[FRK_DEAD_ENDED];

	uint64_t again = race->stage.restarts;

	printf("spawned %lu restarted %lu accepted %lu handled %lu dead letters %lu\n",
	       spawned, restarted, accepted, handled, dead);
	if (started != spawned + again || stopped != spawned || restarted < again)
		return fprintf(stderr, "started %lu stopped %lu of %lu, %lu times again\n",
			       started, stopped, spawned, (unsigned long)again);
	printf("asked %lu answered %lu\n", asked, answered);
	if (wrong)
		return fprintf(stderr, "%lu answers are not what was asked for\n", wrong);
	/* Questions and answers are messages, too, and counted by nobody. */
	if (!asks && handled + dead != accepted)
		return fprintf(stderr, "messages are lost or doubled\n");
	return 0;
}

/* Every other time, where one worker may have one. */
static const struct frk_dispatcher_ops *next_dispatcher(uint32_t workers)
{
	static unsigned int times;

	return workers == 1 && times++ % 2 ? &frk_dispatcher_priority : NULL;
}

/* Likewise, where there are several. */
static int next_lines(uint32_t workers)
{
	static unsigned int times;

	return workers > 1 && times++ % 2;
}

static int run(uint64_t run_ns, uint32_t workers)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = FRK_US(500),
		.run_ns = run_ns, .messages_max = 64, .workers = workers,
		.dispatcher = next_dispatcher(workers), .worker_lines = next_lines(workers),
		.handler_max_ns = workers > 1 ? FRK_MS(2) : 0);
	struct frk_error error;
	pthread_t threads[THREADS];
	int ret;

	opts.error = &error;
	if (frk_system_build(&opts, &race))
		return frk_error_print(&error, stderr);
	for (unsigned long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)(i + 1));
	if (run_ns)
		frk_system_run(race); /* ends in the middle of the storm */
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	frk_system_stop(race);
	frk_system_run(race);
	ret = check();
	frk_system_unref(race);
	return ret;
}

static void reset(void)
{
	accepted = handled = started = stopped = spawned = restarted = 0;
	for (int i = 0; i < SHARED; i++)
		pids[i] = 0;
}

int main(void)
{
	int ret = run(0, 1);

	for (int i = 0; i < 20 && !ret; i++) {
		asks = i % 2;
		reset();
		ret = run(FRK_MS(3), 1 + (uint32_t)i % 3);
	}
	for (uint32_t workers = 1; workers <= 3 && !ret; workers++) {
		asks = workers != 2;
		reset();
		ret = run(0, workers);
	}
	return ret != 0;
}

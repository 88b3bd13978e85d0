// SPDX-License-Identifier: MIT
/*
 * system_race.c - spawn, send and stop from several threads while a system runs
 * and shuts down, for TSan; and the books balance: every message that was
 * accepted was handled or is counted as undelivered.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <fraktor/fraktor.h>

#include "system/system.h"

#define THREADS 3
#define PING FRK_MESSAGE_USER
#define TICK (FRK_MESSAGE_USER + 1)
#define SHARED 8

static struct frk_system *race;
static atomic_ulong accepted, handled, started, stopped, spawned;
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

static int receive(struct frk_context *context,
		   const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	plain[self.index].messages++;
	if (message->kind == FRK_MESSAGE_STARTED) {
		started++;
		frk_context_every(context, TICK, 0, NULL);
	} else if (message->kind == FRK_MESSAGE_STOPPED) {
		stopped++;
	} else if (message->kind == PING) {
		handled++;
		if (plain[self.index].messages % 97 == 0)
			frk_context_stop(context);
		return plain[self.index].messages % 131 ? 0 : -EIO;
	}
	return 0;
}

static void spawn(unsigned int at)
{
	struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .mailbox_max = 16);
	struct frk_pid pid;

	if (frk_system_spawn(race, &opts, &pid))
		return;
	spawned++;
	pids[at] = pack(pid);
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
		if (rand_r(&seed) % 50 == 0)
			frk_system_stop_actor(race, pid);
	}
	return NULL;
}

static int check(void)
{
	unsigned long undelivered = race->stage.undelivered;

	printf("spawned %lu accepted %lu handled %lu undelivered %lu\n",
	       spawned, accepted, handled, undelivered);
	if (started != spawned || stopped != spawned)
		return fprintf(stderr, "started %lu stopped %lu of %lu\n",
			       started, stopped, spawned);
	if (handled + undelivered != accepted)
		return fprintf(stderr, "messages are lost or doubled\n");
	return 0;
}

static int run(uint64_t run_ns)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = FRK_US(500),
		.run_ns = run_ns, .messages_max = 64);
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
	accepted = handled = started = stopped = spawned = 0;
	for (int i = 0; i < SHARED; i++)
		pids[i] = 0;
}

int main(void)
{
	int ret = run(0);

	for (int i = 0; i < 20 && !ret; i++) {
		reset();
		ret = run(FRK_MS(3));
	}
	return ret != 0;
}

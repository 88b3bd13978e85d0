// SPDX-License-Identifier: MIT
/*
 * policy_race.c - drivers that come and go under threads that send, ask and
 * listen: a program of its own for ThreadSanitizer.  Prints nothing and exits 0 if
 * all is well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <fraktor/fraktor.h>

#include "testing/faulty_driver.h"

#define PING FRK_MESSAGE_USER
#define LIVES 12

#define must(condition)                                                      \
	do {                                                                 \
		if (!(condition)) {                                          \
			fprintf(stderr, "policy_race.c:%d: %s\n", __LINE__, \
				#condition);                                 \
			exit(1);                                             \
		}                                                            \
	} while (0)

static struct frk_system *system_;
static struct frk_pid pid;
static atomic_uint sent, got;

static int receive(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	got += message->kind == PING;
	return 0;
}

static void *send_on(void *data)
{
	int ret;

	(void)data;
	do {
		ret = frk_system_send(system_, pid, PING, NULL, 0);
		sent += !ret;
	} while (!ret || ret == -ENOBUFS);
	return NULL;
}

static void *ask(void *data)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_error tried[4];
	uint64_t ticks = 0;

	(void)data;
	while (frk_system_send(system_, pid, PING + 1, NULL, 0) != -ESHUTDOWN) {
		must(!frk_system_get_metrics(system_, &metrics));
		must(metrics.ticks_total >= ticks);
		ticks = metrics.ticks_total;
		must(!frk_system_get_driver(system_, &info));
		must(*info.name);
		must(frk_system_get_tried(system_, tried, 4) >= 0);
	}
	return NULL;
}

/* Ends the system when the last bad line has ended. */
static void listen_on(void)
{
	struct frk_subscription *events;
	struct frk_event event;
	unsigned int stopped = 0;
	int ret;

	must(!frk_subscription_open(system_, FRK_EVENT_DRIVER_STOPPED, 256, &events));
	while ((ret = frk_subscription_next(events, &event)) >= 0) {
		if (ret && ++stopped == LIVES)
			frk_system_stop(system_);
		if (!ret)
			frk_subscription_wait(events, UINT64_MAX);
	}
	must(stopped >= LIVES && stopped <= LIVES + 1);
	frk_subscription_close(events);
}

int main(void)
{
	static const struct frk_driver_entry mine[] = { { &frki_faulty_driver, 1 } };
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = receive);
	const struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "faulty", .drivers = mine, .drivers_n = 1,
		.stop_policy = FRK_STOP_RETRY, .retry_attempts = 1000,
		.retry_backoff_ns = 1000, .messages_max = 64);
	pthread_t thread[2];

	frki_faulty = (struct frki_faulty){
		.fault = FRKI_FAULT_END, .after = 3, .lives = LIVES,
	};
	must(!frk_system_build(&opts, &system_));
	must(!frk_system_spawn(system_, &actor, &pid));
	must(!pthread_create(&thread[0], NULL, send_on, NULL));
	must(!pthread_create(&thread[1], NULL, ask, NULL));
	listen_on();
	must(!frk_system_run(system_));
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	must(got == sent);
	frk_system_unref(system_);
	return 0;
}

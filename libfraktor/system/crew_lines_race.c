// SPDX-License-Identifier: MIT
/*
 * crew_lines_race.c - workers with tick lines, for TSan: actors arm, cancel and let fire
 * timers of all kinds, are stolen from one worker by another, send to each other, fail and
 * end, while their system runs and shuts down, or ends since a line did.  No timer is
 * early, time does not go back, and none is left in the end.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <fraktor/fraktor.h>

#include "system/system.h"
#include "testing/led_driver.h"

#define ACTORS 48U
#define TIMERS 3U
#define PING FRK_MESSAGE_USER
#define BEAT (FRK_MESSAGE_USER + 1)

#define must(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); \
			exit(1); \
		} \
	} while (0)

static struct frk_system *race;
static _Atomic uint64_t pids[ACTORS];
static atomic_ulong beats, moves, cancels, restarts;
static atomic_bool over;

/* Plain on purpose: TSan sees two threads in one actor. */
struct player {
	unsigned int seed;
	uint64_t now_ns;
	pthread_t thread;
	struct frk_timer timers[TIMERS];
};
static struct player players[ACTORS];

static struct frk_pid unpack(uint64_t value)
{
	return (struct frk_pid){ .index = (uint32_t)value, .life = (uint32_t)(value >> 32) };
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * FRK_S(1) + (uint64_t)now.tv_nsec;
}

static void look(struct player *player, struct frk_context *context,
		 const struct frk_message *message)
{
	uint64_t now_ns = frk_context_now_ns(context);

	must(now_ns >= player->now_ns);
	must(now_ns <= clock_ns());
	player->now_ns = now_ns;
	moves += !pthread_equal(player->thread, pthread_self());
	player->thread = pthread_self();
	if (message->kind != BEAT)
		return;
	must(message->deadline_ns <= now_ns);
	beats++;
}

static void arm(struct player *player, struct frk_context *context)
{
	unsigned int at = (unsigned int)rand_r(&player->seed) % TIMERS;
	const struct frk_timer_opts when = FRK_TIMER_OPTS(
		.kind = BEAT, .mode = (unsigned int)rand_r(&player->seed) % 4,
		.delay_ns = (unsigned int)rand_r(&player->seed) % FRK_MS(3));
	int ret = frk_context_cancel(context, player->timers[at]);

	must(!ret || ret == -ESTALE);
	cancels += !ret;
	ret = frk_context_schedule(context, &when, &player->timers[at]);
	must(!ret || ret == -ESTALE || ret == -ESHUTDOWN);
}

static void pass_on(struct player *player, struct frk_context *context)
{
	unsigned int to = (unsigned int)rand_r(&player->seed) % ACTORS;

	(void)frk_context_send(context, unpack(pids[to]), PING, NULL, 0);
}

/* A child that fails: its parent's supervision has a pause for it, a timer. */
static int fail(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	restarts += message->kind == FRK_MESSAGE_RESTARTING;
	return message->kind == PING ? -EIO : 0;
}

static void hold_on_to(const struct frk_message *message)
{
	const struct timespec pause = { .tv_nsec = 1200000 };
	uint64_t count = message->count, deadline_ns = message->deadline_ns;

	nanosleep(&pause, NULL);
	must(message->count == count && message->deadline_ns == deadline_ns);
}

static int play(struct frk_context *context, const struct frk_message *message)
{
	struct player *player = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		player->thread = pthread_self();
	if (message->kind >= FRK_MESSAGE_USER || message->kind == FRK_MESSAGE_STARTED) {
		look(player, context, message);
		arm(player, context);
		pass_on(player, context);
		/* Long enough for a thief. */
		for (unsigned int i = (unsigned int)rand_r(&player->seed) % 5000; i; i--)
			__asm__ volatile("");
	}
	/* Its timers fire meanwhile, elsewhere; what it has in hand stays what it is. */
	if (message->kind == BEAT && !(rand_r(&player->seed) % 32))
		hold_on_to(message);
	if (message->kind == PING && !(rand_r(&player->seed) % 64))
		(void)frk_context_set_receive_timeout(context, FRK_US(700));
	return 0;
}

static const struct frk_supervision table = FRK_SUPERVISION(
	.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED,
	.backoff_ns = FRK_US(300), .backoff_max_ns = FRK_MS(1));

static struct frk_pid failing;

static int raise(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts child = FRK_ACTOR_OPTS(.receive = fail);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_spawn(context, &child, &failing) ? 0 :
			frk_context_every(context, BEAT, FRK_US(500), NULL);
	if (message->kind == BEAT)
		(void)frk_context_send(context, failing, PING, NULL, 0);
	return 0;
}

static void spawn(unsigned int at)
{
	/* One in four stays where it is. */
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = play, .state = &players[at], .mailbox_max = 64,
		.worker = at % 4 ? 0 : FRK_WORKER(at / 4 % race->stage.workers));
	struct frk_pid pid;

	if (!frk_system_spawn(race, &opts, &pid))
		pids[at] = (uint64_t)pid.life << 32 | pid.index;
}

/* From outside: messages that move actors about, and questions that look at all wheels. */
static void *stir(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data;
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct frk_timer_stats stats;

	while (!over) {
		unsigned int at = (unsigned int)rand_r(&seed) % ACTORS;
		const struct timespec pause = { .tv_nsec = 20000 };

		(void)frk_system_send(race, unpack(pids[at]), PING, NULL, 0);
		if (!(rand_r(&seed) % 64)) {
			must(!frk_system_get_worker(race, at % race->stage.workers, &info,
						    &metrics));
			must(!frk_system_get_timers(race, &stats));
			must(frk_system_list_timers(race, NULL, 0) >= 0);
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void build(struct frk_system_opts *opts)
{
	const struct frk_actor_opts parent =
		FRK_ACTOR_OPTS(.receive = raise, .supervision = &table);

	over = false;
	opts->period_ns = FRK_US(500);
	opts->worker_lines = 1;
	opts->messages_max = 8192;
	opts->timers_max = 1024;
	must(!frk_system_build(opts, &race));
	for (unsigned int i = 0; i < ACTORS; i++) {
		players[i] = (struct player){ .seed = i + 1 };
		spawn(i);
	}
	/* The run may be over already. */
	(void)frk_system_spawn(race, &parent, NULL);
}

static void finish(pthread_t outside, int result)
{
	must(frk_system_run(race) == result);
	over = true;
	pthread_join(outside, NULL);
	must(!frk_system_list_timers(race, NULL, 0));
	frk_system_unref(race);
}

static void run(uint32_t workers, uint64_t run_ns)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .workers = workers, .run_ns = run_ns);
	pthread_t outside;

	build(&opts);
	pthread_create(&outside, NULL, stir, (void *)(unsigned long)workers);
	finish(outside, 0);
}

/* Takes its time to end: for so long a worker goes on without the line that it had. */
static int linger(struct frk_context *context, const struct frk_message *message)
{
	const struct timespec pause = { .tv_nsec = 300000 };

	(void)context;
	if (message->kind == FRK_MESSAGE_STOPPED)
		nanosleep(&pause, NULL);
	return 0;
}

static void lose_a_line(unsigned int which)
{
	const struct frk_actor_opts last = FRK_ACTOR_OPTS(
		.receive = linger, .worker = FRK_WORKER(which), .stop_phase = 1);
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver = &frki_led_driver, .workers = 3);
	pthread_t outside;

	frki_led_opened = 0;
	build(&opts);
	for (int i = 0; i < 8; i++)
		must(!frk_system_spawn(race, &last, NULL));
	pthread_create(&outside, NULL, stir, (void *)(unsigned long)which);
	nanosleep(&pause, NULL);
	frki_led[which].ended = true;
	finish(outside, -ESHUTDOWN);
	frki_led[which].ended = false;
}

int main(void)
{
	for (uint32_t workers = 2; workers <= 4; workers++)
		run(workers, FRK_MS(1500));
	/* Ends in the middle of its beginning. */
	for (int i = 0; i < 20; i++)
		run(3, FRK_MS(2));
	for (unsigned int i = 0; i < 30; i++)
		lose_a_line(i % 3);
	printf("beats %lu moves %lu cancels %lu restarts %lu\n", beats, moves, cancels, restarts);
	must(beats && moves && cancels && restarts);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * buffer_race.c - buffers that several threads fill and several workers read, keep, change
 * and send on, for ThreadSanitizer: who may write is alone, and in the end all are back.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <fraktor/fraktor.h>

#define THREADS 2
#define ACTORS 6
#define WORKERS 3
#define ROUNDS 20000
#define WORDS 32
#define DATA FRK_MESSAGE_USER

#define must(condition)                                                      \
	do {                                                                 \
		if (!(condition)) {                                          \
			fprintf(stderr, "buffer_race.c:%d: %s\n", __LINE__, \
				#condition);                                 \
			exit(1);                                             \
		}                                                            \
	} while (0)

/* Plain words, so that TSan sees who writes while another one reads. */
struct words {
	unsigned int hops;
	unsigned int value[WORDS];
};

static struct frk_system *race;
static struct frk_buffer_pool *pool;
static struct frk_pid pids[ACTORS];
static atomic_ulong handled, changed, refused;

static void fill(struct words *words, unsigned int value)
{
	for (int i = 0; i < WORDS; i++)
		words->value[i] = value;
}

static void check(const struct words *words)
{
	for (int i = 1; i < WORDS; i++)
		must(words->value[i] == words->value[0]);
}

/* Who is alone with it makes another one of it. */
static int pass_on(struct frk_context *context, const struct frk_message *message)
{
	struct words *words = message->buffer->data;
	unsigned int next = (words->value[0] + words->hops) % ACTORS;

	if (frk_buffer_is_shared(message->buffer) || !words->hops)
		return 0;
	words->hops--;
	fill(words, words->value[0] + 1);
	changed++;
	refused += frk_context_forward(context, message, pids[next]) != 0;
	return 0;
}

static int receive(struct frk_context *context, const struct frk_message *message)
{
	struct frk_buffer **kept = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STOPPED)
		*kept = frk_buffer_unref(*kept);
	if (message->kind != DATA)
		return 0;
	handled++;
	check(message->payload);
	if (message->buffer->size % 2)
		return pass_on(context, message);
	frk_buffer_unref(*kept);
	*kept = frk_buffer_ref(message->buffer);
	return 0;
}

static void *storm(void *data)
{
	unsigned int round, thread = (unsigned int)(unsigned long)data;

	for (round = 0; round < ROUNDS; round++) {
		struct frk_buffer *buffer;

		while (frk_buffer_pool_get(pool, &buffer))
			sched_yield();
		((struct words *)buffer->data)->hops = round % 5;
		fill(buffer->data, thread + round);
		/* Some may be changed by the last one who has them; others are kept. */
		buffer->size = sizeof(struct words) + round % 2;
		for (unsigned int i = 0; i <= round % 3; i++)
			refused += frk_system_send_buffer(race, pids[(round + i) % ACTORS],
							  DATA, buffer) != 0;
		frk_buffer_unref(buffer);
	}
	return NULL;
}

static void run(uint32_t workers)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = FRK_US(500), .messages_max = 128,
		.workers = workers);
	struct frk_buffer *kept[ACTORS] = { NULL };
	pthread_t threads[THREADS];

	handled = changed = refused = 0;
	must(!frk_buffer_pool_new(sizeof(struct words) + 1, 64, &pool));
	must(!frk_system_build(&opts, &race));
	for (int i = 0; i < ACTORS; i++) {
		struct frk_actor_opts actor = FRK_ACTOR_OPTS(
			.receive = receive, .state = &kept[i], .mailbox_max = 16);

		must(!frk_system_spawn(race, &actor, &pids[i]));
	}
	for (unsigned long i = 0; i < THREADS; i++)
		must(!pthread_create(&threads[i], NULL, storm, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	frk_system_unref(race);
	printf("workers %u: handled %lu changed %lu refused %lu\n", workers, handled, changed,
	       refused);
	must(handled && changed);
	must(!frk_buffer_pool_in_use(pool));
	frk_buffer_pool_unref(pool);
}

int main(void)
{
	run(1);
	run(WORKERS);
	return 0;
}

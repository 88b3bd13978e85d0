// SPDX-License-Identifier: MIT
/*
 * mpsc_race.c - several producers against the one consumer, for TSan: nothing
 * is lost, nothing comes twice, and what one producer pushed stays in order.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mpsc.h"

#define PRODUCERS 3
#define EACH 100000

struct item {
	struct frki_mpsc_node node;
	int producer;
	int value;
};

static struct frki_mpsc queue;
static struct item items[PRODUCERS][EACH];

static void *produce(void *data)
{
	int producer = (int)(long)data;

	for (int i = 0; i < EACH; i++) {
		items[producer][i].producer = producer;
		items[producer][i].value = i;
		frki_mpsc_push(&queue, &items[producer][i].node);
	}
	return NULL;
}

static void consume(int *next)
{
	for (int n = 0; n < PRODUCERS * EACH;) {
		struct frki_mpsc_node *node = frki_mpsc_pop(&queue);
		struct item *item;

		if (!node) {
			sched_yield();
			continue;
		}
		item = frki_container_of(node, struct item, node);
		if (item->value != next[item->producer]++) {
			fprintf(stderr, "producer %d: %d out of order\n",
				item->producer, item->value);
			exit(1);
		}
		n++;
	}
}

int main(void)
{
	pthread_t threads[PRODUCERS];
	int next[PRODUCERS] = { 0 };

	frki_mpsc_init(&queue);
	for (long i = 0; i < PRODUCERS; i++)
		pthread_create(&threads[i], NULL, produce, (void *)i);
	consume(next);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	return frki_mpsc_pop(&queue) != NULL || frki_mpsc_ready(&queue);
}

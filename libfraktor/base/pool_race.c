// SPDX-License-Identifier: MIT
/*
 * pool_race.c - several threads at one small pool, for TSan: an object has one
 * owner at a time, and none is lost.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"

#define THREADS 4
#define ROUNDS 100000
#define N 6

static struct frki_pool pool;
static long objects[N]; /* plain on purpose: TSan sees two owners */
static _Atomic uint32_t links[N];

static void *use(void *data)
{
	long self = (long)data;

	for (int i = 0; i < ROUNDS; i++) {
		long *a = frki_pool_get(&pool);
		long *b = frki_pool_get(&pool);

		if (a)
			*a = self;
		if (b)
			*b = self;
		if ((a && *a != self) || (b && *b != self)) {
			fprintf(stderr, "an object has two owners\n");
			exit(1);
		}
		if (a)
			frki_pool_put(&pool, a);
		if (b)
			frki_pool_put(&pool, b);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int n = 0;

	frki_pool_init(&pool, objects, sizeof(*objects), links, N);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, use, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (frki_pool_get(&pool))
		n++;
	return n != N;
}

/* SPDX-License-Identifier: MIT */
/*
 * shared_ring_race.c - producers and a reader on a small ring, pulses on a line
 * that is stopped under them: a program of its own for ThreadSanitizer.  Prints
 * nothing and exits 0 if all is well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tick/shared_ring.h"

#define PRODUCERS 3
#define PUSHES 30000
#define SLOTS 8

#define must(condition)                                                          \
	do {                                                                     \
		if (!(condition)) {                                              \
			fprintf(stderr, "shared_ring_race.c:%d: %s\n", __LINE__, \
				#condition);                                     \
			exit(1);                                                 \
		}                                                                \
	} while (0)

static struct frki_shared_slot slots[SLOTS];
static struct frki_shared_ring ring;
static int producing = PRODUCERS;

static void *produce(void *data)
{
	struct frk_tick tick = { .driver = *(uint16_t *)data, .periods = 1 };

	for (uint64_t i = 1; i <= PUSHES; i++) {
		tick.deadline_ns = i;
		tick.fired_ns = ~i;
		frki_shared_ring_push(&ring, &tick);
	}
	__atomic_fetch_sub(&producing, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Whole, and in the order of each producer. */
static void judge(const struct frk_tick *tick, uint64_t *last)
{
	must(tick->driver < PRODUCERS);
	must(tick->fired_ns == ~tick->deadline_ns);
	must(tick->deadline_ns > last[tick->driver]);
	last[tick->driver] = tick->deadline_ns;
}

static void race_ring(void)
{
	uint64_t popped = 0, seq = 0, last[PRODUCERS] = { 0 };
	uint16_t number[PRODUCERS];
	pthread_t thread[PRODUCERS];
	struct frk_tick tick;
	int left;

	frki_shared_ring_init(&ring, slots, SLOTS);
	for (uint16_t i = 0; i < PRODUCERS; i++) {
		number[i] = i;
		must(!pthread_create(&thread[i], NULL, produce, &number[i]));
	}
	do {
		left = __atomic_load_n(&producing, __ATOMIC_ACQUIRE);
		while (frki_shared_ring_pop(&ring, &tick)) {
			must(tick.seq > seq);
			seq = tick.seq;
			judge(&tick, last);
			popped++;
		}
	} while (left || frki_shared_ring_ready(&ring));
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	must(popped + frki_shared_ring_dropped(&ring) == PRODUCERS * PUSHES);
}

/* --- pulses --------------------------------------------------------------- */

static struct frk_tick_feed *feed;
static uint64_t taken;

static void *pulse(void *data)
{
	(void)data;
	while (frk_tick_feed_push(feed) != -ESHUTDOWN)
		__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *stop_later(void *line)
{
	const struct timespec time = { .tv_nsec = 100000000 };

	nanosleep(&time, NULL);
	must(!frk_line_stop(line));
	return NULL;
}

static void race_pulses(void)
{
	const struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.period_ns = FRK_MS(1),
		.feed = feed,
	};
	pthread_t thread[PRODUCERS], stopper;
	struct frk_metrics metrics;
	struct frk_tick ticks[4];
	struct frk_line *line;
	int n;

	must(!frk_line_open(&frk_driver_pulse, &opts, NULL, &line));
	must(!frk_line_start(line, NULL));
	for (int i = 0; i < PRODUCERS; i++)
		must(!pthread_create(&thread[i], NULL, pulse, NULL));
	must(!pthread_create(&stopper, NULL, stop_later, line));
	while ((n = frk_line_drain(line, ticks, 4)) >= 0)
		if (!n)
			must(!frk_line_wait(line));
	must(n == -ESHUTDOWN);
	pthread_join(stopper, NULL);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	frk_line_get_metrics(line, &metrics);
	must(metrics.ticks_total + metrics.dropped_total == taken);
	frk_line_close(line);
}

/* --- several drivers -------------------------------------------------------- */

static void *ask(void *data)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	for (int i = 0; i < 200; i++) {
		frk_line_get_info(data, &info);
		frk_line_get_metrics(data, &metrics);
		must(!frk_line_get_member(data, i & 1, &info, &metrics));
	}
	must(!frk_line_stop(data));
	return NULL;
}

static void race_fused(void)
{
	const struct frk_driver_member members[] = {
		{ .driver = &frk_driver_timerfd },
		{ .driver = &frk_driver_nanosleep },
	};
	const struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.period_ns = FRK_US(200),
		.members = members,
		.members_n = 2,
	};
	struct frk_tick ticks[4];
	struct frk_line *line;
	pthread_t thread;
	int n;

	must(!frk_line_open(&frk_driver_fused, &opts, NULL, &line));
	must(!frk_line_start(line, NULL));
	must(!pthread_create(&thread, NULL, ask, line));
	while ((n = frk_line_drain(line, ticks, 4)) >= 0)
		if (!n)
			must(!frk_line_wait(line));
	must(n == -ESHUTDOWN);
	pthread_join(thread, NULL);
	frk_line_close(line);
}

int main(void)
{
	race_fused();
	race_ring();
	must(!frk_tick_feed_new(SLOTS, &feed));
	race_pulses();
	taken = 0;
	race_pulses();
	frk_tick_feed_unref(feed);
	return 0;
}

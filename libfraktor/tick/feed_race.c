/* SPDX-License-Identifier: MIT */
/*
 * feed_race.c - a producer and a consumer on a small ring, a writer and
 * readers of metrics, a line that is stopped while it is drained: a program
 * of its own for ThreadSanitizer.  Prints nothing and exits 0 if all is well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tick/feed.h"
#include "tick/metrics.h"

#define PUSHES 100000
#define SLOTS 4

#define must(condition)                                                                \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "feed_race.c:%d: %s\n", __LINE__, #condition); \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

/* --- the ring --------------------------------------------------------------- */

static void *produce(void *data)
{
	struct frki_feed_writer *writer = data;
	struct fraktor_tick tick = { .periods = 1 };
	uint64_t i;

	for (i = 1; i <= PUSHES; i++) {
		tick.deadline_ns = i;
		tick.fired_ns = ~i;
		frki_feed_push(writer, &tick);
	}
	frki_feed_set_state(writer, FRAKTOR_STATE_STOPPED);
	return NULL;
}

static void race_feed(size_t batch)
{
	struct frki_feed_writer writer;
	struct frki_feed feed;
	struct frk_tick ticks[8];
	uint64_t consumed = 0, last = 0;
	void *memory = calloc(1, frki_feed_bytes(SLOTS));
	pthread_t thread;
	int n, i;

	frki_feed_init(memory, SLOTS, &feed, &writer);
	frki_feed_set_state(&writer, FRAKTOR_STATE_RUNNING);
	must(!pthread_create(&thread, NULL, produce, &writer));
	while ((n = frki_feed_drain(&feed, ticks, batch)) >= 0) {
		for (i = 0; i < n; i++) {
			must(ticks[i].seq > last);
			must(ticks[i].deadline_ns == ticks[i].seq);
			must(ticks[i].fired_ns == ~ticks[i].seq);
			last = ticks[i].seq;
		}
		consumed += (uint64_t)n;
	}
	pthread_join(thread, NULL);
	must(consumed + frki_feed_dropped(&feed) == PUSHES);
	free(memory);
}

/* --- metrics ------------------------------------------------------------------ */

static struct frki_metrics metrics;
static int recording = 1;

/* Every tick misses one period: totals keep a fixed ratio in a snapshot. */
static void *record(void *data)
{
	struct frk_tick tick = { .periods = 2 };
	uint64_t i;

	for (i = 1; i <= PUSHES; i++) {
		tick.seq = i;
		tick.deadline_ns = i * 2000;
		tick.fired_ns = tick.deadline_ns + 1000;
		frki_metrics_record(&metrics, &tick, 1, tick.fired_ns + i, 0);
	}
	__atomic_store_n(&recording, 0, __ATOMIC_RELEASE);
	return data;
}

static void race_metrics(void)
{
	struct frk_metrics got;
	pthread_t thread;
	uint64_t last = 0;

	frki_metrics_init(&metrics, 1000);
	must(!pthread_create(&thread, NULL, record, NULL));
	while (__atomic_load_n(&recording, __ATOMIC_ACQUIRE)) {
		frki_metrics_get(&metrics, &got);
		must(got.periods_total == 2 * got.ticks_total);
		must(got.missed_total == got.ticks_total);
		must(!got.ticks_total || got.lateness_max_ns == 1000 + got.ticks_total);
		must(got.ticks_total >= last);
		must(got.drift_ppb == 0);
		last = got.ticks_total;
	}
	pthread_join(thread, NULL);
}

/* --- a line -------------------------------------------------------------------- */

static void *stop_later(void *data)
{
	const struct timespec time = { .tv_nsec = 100000000 };
	struct frk_metrics got;
	struct frk_driver_info info;

	nanosleep(&time, NULL);
	frk_line_get_metrics(data, &got);
	frk_line_get_info(data, &info);
	frk_line_wake(data);
	must(!frk_line_stop(data));
	return NULL;
}

static void race_line(void)
{
	const struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.name = "race",
		.period_ns = FRK_US(200),
		.clockid = CLOCK_MONOTONIC,
		.slots = 16,
	};
	struct frk_line *line;
	struct frk_tick ticks[4];
	pthread_t thread;
	int n;

	must(!frk_line_open(&frk_driver_timerfd, &opts, NULL, &line));
	must(!frk_line_start(line, NULL));
	must(!pthread_create(&thread, NULL, stop_later, line));
	while ((n = frk_line_drain(line, ticks, 4)) >= 0)
		if (!n)
			must(!frk_line_wait(line));
	must(n == -ESHUTDOWN);
	pthread_join(thread, NULL);
	frk_line_close(line);
}

int main(void)
{
	race_feed(1);
	race_feed(8);
	race_metrics();
	race_line();
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * main.c - what engines of timers cost.  One engine, one work, one line of JSON.
 * Figures are CPU time; whoever wants instructions counts those of
 * bench_measured() from outside.  Which peers and how often, scripts/bench-timers
 * knows.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define HOUR_MS 3600000U
#define START_MS 1000000U

static const struct bench_engine *const engines[] = {
	&bench_wheel, &bench_fraktor, &bench_libuv, &bench_libevent, &bench_dpdk,
};

static const struct bench_engine *engine;
static const char *work = "rearm";
static uint32_t timers_n = 1000000, ops = 1000000, ticks_n;
static unsigned int rounds = 3;

/* When timer i is due; what has been seen of those that expired. */
static uint64_t *due_ms;
static uint32_t fired, early, late;

/* The same for every engine: what is done to whom. */
static uint32_t *who, *delays;
static uint64_t seed = 88172645463325252ULL;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

/* Due at a tick, and expired at that tick or the next one: else it is counted. */
void bench_fired(uint32_t i)
{
	uint64_t now = bench_now_ms();

	fired++;
	early += now < due_ms[i];
	late += now > due_ms[i] + 1;
}

static void set(uint32_t i, uint32_t delay_ms)
{
	due_ms[i] = bench_now_ms() + delay_ms;
	engine->set(i, delay_ms);
}

static void fill(uint32_t range_ms)
{
	bench_set_ms(START_MS);
	seed = 88172645463325252ULL;
	for (uint32_t i = 0; i < timers_n; i++)
		set(i, 1 + rnd() % range_ms);
}

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "timers: error: no memory for %u timers\n", timers_n);
		exit(1);
	}
	return memory;
}

static void open_engine(void)
{
	bool must_advance = strcmp(work, "rearm");
	int ret;

	bench_set_ms(START_MS);
	ret = engine->open(timers_n);
	if (!ret && must_advance && !engine->advance)
		ret = -EOPNOTSUPP;
	if (ret) {
		printf("{\"engine\":\"%s\",\"work\":\"%s\",\"timers\":%u,\"error\":%d}\n",
		       engine->name, work, timers_n, ret);
		exit(0);
	}
}

static void begin(void)
{
	printf("{\"engine\":\"%s\",\"work\":\"%s\",\"timers\":%u,\"timer_bytes\":%zu",
	       engine->name, work, timers_n, engine->timer_bytes);
}

/* --- cancel and insert, with timers_n pending -------------------------------- */

static __attribute__((noinline)) void bench_measured_rearm(void)
{
	for (uint32_t i = 0; i < ops; i++) {
		engine->clear(who[i]);
		engine->set(who[i], delays[i]);
	}
}

static void rearm(void)
{
	uint64_t cpu;

	who = must(calloc(ops, sizeof(*who)));
	delays = must(calloc(ops, sizeof(*delays)));
	open_engine();
	fill(HOUR_MS);
	for (uint32_t i = 0; i < ops; i++) {
		who[i] = rnd() % timers_n;
		delays[i] = 1 + rnd() % HOUR_MS;
	}
	bench_measured_rearm();
	cpu = bench_cpu_ns();
	bench_measured_rearm();
	cpu = bench_cpu_ns() - cpu;
	begin();
	printf(",\"ops\":%u,\"ns_per_op\":%.2f}\n", ops, (double)cpu / ops);
	engine->close();
}

/* --- the worst advance of an hour -------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void pass(uint32_t *costs)
{
	uint64_t before, now;

	open_engine();
	fill(HOUR_MS);
	before = bench_cpu_ns();
	for (uint32_t tick = 0; tick < ticks_n; tick++) {
		bench_set_ms(START_MS + 1 + tick);
		engine->advance();
		now = bench_cpu_ns();
		costs[(size_t)tick * rounds] = (uint32_t)(now - before);
		before = now;
	}
	engine->close();
}

/* The same tick does the same work in each pass: the median of it is free of
 * what else the machine did. */
static void worst(void)
{
	uint32_t *costs, max = 0;
	double sum = 0;

	costs = must(calloc((size_t)ticks_n * rounds, sizeof(*costs)));
	for (unsigned int round = 0; round < rounds; round++)
		pass(costs + round);
	for (uint32_t tick = 0; tick < ticks_n; tick++) {
		uint32_t *same = costs + (size_t)tick * rounds;

		qsort(same, rounds, sizeof(*same), compare);
		sum += same[rounds / 2];
		if (same[rounds / 2] > max)
			max = same[rounds / 2];
	}
	begin();
	printf(",\"ticks\":%u,\"worst_ns\":%u,\"mean_ns\":%.1f,"
	       "\"fired\":%u,\"early\":%u,\"late\":%u}\n",
	       ticks_n, max, sum / ticks_n, fired / rounds, early, late);
	free(costs);
}

/* --- all of them expire ------------------------------------------------------ */

static __attribute__((noinline)) void bench_measured_expire(void)
{
	for (uint32_t tick = 0; tick < ticks_n; tick++) {
		bench_set_ms(START_MS + 1 + tick);
		engine->advance();
	}
}

static void expire(void)
{
	uint64_t cpu;

	open_engine();
	fill(ticks_n);
	cpu = bench_cpu_ns();
	bench_measured_expire();
	cpu = bench_cpu_ns() - cpu;
	begin();
	printf(",\"ticks\":%u,\"ns_per_op\":%.2f,\"fired\":%u,\"early\":%u,\"late\":%u}"
	       "\n",
	       ticks_n, (double)cpu / timers_n, fired, early, late);
	engine->close();
}

/* --- the command line -------------------------------------------------------- */

static void usage(FILE *to)
{
	fprintf(to, "usage: timers [options]\n\n"
		    "  --engine NAME  wheel, fraktor, libuv, libevent or dpdk\n"
		    "  --work NAME    rearm: cancel one of many pending timers and "
		    "insert it\n"
		    "                 worst: the dearest tick while they expire over an "
		    "hour\n"
		    "                 expire: all of them over --ticks\n"
		    "  --timers N     how many (default: 1000000)\n"
		    "  --ops N        of rearm (default: 1000000)\n"
		    "  --ticks N      of 1 ms (default: 10000; of worst: 3600000)\n"
		    "  --rounds N     of worst, of which the median counts (default: 3)\n"
		    "  --help         this text\n");
}

static uint32_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > 100000000) {
		fprintf(stderr, "timers: error: %s is no number of 1 to 100000000\n",
			text);
		exit(2);
	}
	return (uint32_t)value;
}

static const struct bench_engine *find(const char *name)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	fprintf(stderr, "timers: error: there is no engine %s (try --help)\n", name);
	exit(2);
}

static void options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "engine", 1, NULL, 'e' }, { "work", 1, NULL, 'w' },
		{ "timers", 1, NULL, 'n' }, { "ops", 1, NULL, 'o' },
		{ "ticks", 1, NULL, 't' },  { "rounds", 1, NULL, 'r' },
		{ "help", 0, NULL, 'h' },   { 0 },
	};
	int option;

	engine = &bench_wheel;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'e':
			engine = find(optarg);
			break;
		case 'w':
			work = optarg;
			break;
		case 'n':
			timers_n = number(optarg);
			break;
		case 'o':
			ops = number(optarg);
			break;
		case 't':
			ticks_n = number(optarg);
			break;
		case 'r':
			rounds = (unsigned int)number(optarg);
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	options(argc, argv);
	due_ms = must(calloc(timers_n, sizeof(*due_ms)));
	if (!ticks_n)
		ticks_n = strcmp(work, "worst") ? 10000 : HOUR_MS;
	if (!strcmp(work, "rearm")) {
		rearm();
	} else if (!strcmp(work, "worst")) {
		worst();
	} else if (!strcmp(work, "expire")) {
		expire();
	} else {
		fprintf(stderr, "timers: error: there is no work %s (try --help)\n",
			work);
		return 2;
	}
	free(due_ms);
	free(who);
	free(delays);
	return 0;
}

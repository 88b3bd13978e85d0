// SPDX-License-Identifier: MIT
/*
 * main.c - runs one program of the bench of actors and says in one line of JSON how long
 * it took.  A wrong result, a dead letter and an actor that failed are errors.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static const struct bench_program *const programs[] = {
	&bench_ping_pong, &bench_counting, &bench_thread_ring, &bench_fork_join,
	&bench_big,	  &bench_bank,	   &bench_skynet,      &bench_fan_in,
	&bench_spawn,	  &bench_ask,	   &bench_idle,	       &bench_timers,
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))
/* Longer than this, it hangs. */
#define LONGEST_NS FRK_S(300)

uint64_t bench_n;

static uint32_t workers = 1;
static uint64_t began_ns, ended_ns, ops_done;
static bool result_right;

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint32_t bench_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

void bench_must(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "actors: error: %s\n", strerror(-ret));
	_Exit(1);
}

void bench_send(struct frk_context *context, struct frk_pid to, uint32_t kind,
		const void *payload, size_t size)
{
	bench_must(frk_context_send(context, to, kind, payload, size));
}

struct frk_pid bench_spawn_actor(struct frk_context *context, frk_receive_fn receive,
				 void *state)
{
	const struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.receive = receive, .state = state, .mailbox_max = 1U << 14);
	struct frk_pid pid = { 0 };

	bench_must(frk_context_spawn(context, &opts, &pid));
	return pid;
}

void bench_begin(void)
{
	began_ns = bench_now_ns();
}

void bench_end(struct frk_context *context, uint64_t ops, bool right)
{
	ended_ns = bench_now_ns();
	ops_done = ops;
	result_right = right;
	frk_system_stop(frk_context_system(context));
}

static int build(const struct bench_program *program, struct frk_system **ret_system)
{
	const struct frk_actor_opts first = FRK_ACTOR_OPTS(
		.name = program->name, .receive = program->receive, .mailbox_max = 1U << 20);
	struct frk_error error = { 0 };
	const struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .run_ns = LONGEST_NS, .actors = &first,
		.actors_n = 1, .workers = workers, .quiet = 1, .error = &error, .watches_max = 64, .env = 1,
		.actors_max = program->actors +
			      (uint32_t)(bench_n * program->actors_percent / 100),
		.messages_max = 16384 +
				(uint32_t)(bench_n * program->messages_percent / 100),
		.timers_max = 256 + (uint32_t)(bench_n * program->timers_percent / 100));
	int ret = frk_system_build(&opts, ret_system);

	if (ret)
		frk_error_print(&error, stderr);
	return ret;
}

/* What is sent while the system ends is not the program's. */
static int judge(struct frk_system *system)
{
	struct frk_dead_letters letters = { 0 };
	struct frk_actor_stats stats = { 0 };

	frk_system_get_dead_letters(system, &letters);
	frk_system_get_actors(system, &stats);
	if (!ended_ns || !result_right || stats.failures_total)
		return -EBADMSG;
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		if (i != FRK_DEAD_CLOSED && i != FRK_DEAD_ENDED && letters.by_reason[i])
			return -EBADMSG;
	return 0;
}

static int run(const struct bench_program *program)
{
	struct frk_system *system = NULL;
	uint64_t before_ns = bench_now_ns(), built_ns;
	int ret = build(program, &system);

	if (ret)
		return 1;
	built_ns = bench_now_ns();
	ret = frk_system_run(system);
	if (!ret)
		ret = judge(system);
	if (ret) {
		fprintf(stderr, "actors: error: %s: the result is wrong\n", program->name);
		_Exit(1);
	}
	printf("{\"runtime\":\"fraktor\",\"work\":\"%s\",\"workers\":%u,\"n\":%llu,"
	       "\"ops\":%llu,\"ns\":%llu,\"build_ns\":%llu",
	       program->name, workers, (unsigned long long)bench_n,
	       (unsigned long long)ops_done,
	       (unsigned long long)(ended_ns - began_ns),
	       (unsigned long long)(built_ns - before_ns));
	if (program->detail)
		program->detail(system);
	printf("}\n");
	frk_system_unref(system);
	return 0;
}

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: actors [--workers N] WORK [N]\n\n"
		    "One work of the bench of actors; its time as a line of JSON.\n\n"
		    "  --workers N  threads that run actors, 1 to %u (default: 1)\n\n"
		    "WORK is one of:\n", FRK_WORKERS_MAX);
	for (size_t i = 0; i < PROGRAMS; i++)
		fprintf(to, "  %-12s N: %llu if not given\n", programs[i]->name,
			(unsigned long long)programs[i]->n);
	return status;
}

/* Return: false if @text is no number from 1 to @max. */
static bool parse(const char *text, uint64_t max, uint64_t *ret_value)
{
	char *end = NULL;

	*ret_value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *ret_value && *ret_value <= max;
}

int main(int argc, char **argv)
{
	uint64_t n;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout, 0);
	if (argc >= 3 && !strcmp(argv[1], "--workers")) {
		if (!parse(argv[2], FRK_WORKERS_MAX, &n))
			return usage(stderr, 2);
		workers = (uint32_t)n;
		argc -= 2;
		argv += 2;
	}
	for (size_t i = 0; argc >= 2 && argc <= 3 && i < PROGRAMS; i++) {
		if (strcmp(programs[i]->name, argv[1]))
			continue;
		bench_n = programs[i]->n;
		if (argc > 2 && !parse(argv[2], 100000000, &bench_n))
			break;
		return run(programs[i]);
	}
	return usage(stderr, 2);
}

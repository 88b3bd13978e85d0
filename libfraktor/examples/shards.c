/* SPDX-License-Identifier: MIT */
/*
 * shards.c - a system for each CPU: a tick line, a timer wheel, memory and a worker of its
 * own there, and messages from one to another.
 *
 * Each shard has meters, actors with a timer; now and then a meter reports to the next
 * shard's collector.  Nothing is shared but what is sent, so that one more CPU costs the
 * others nothing.  Prints a line for each shard and one in the end, and fails if a report is
 * missing, or an actor ran on another CPU than its shard's.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fraktor/fraktor.h>

#define SHARDS_MAX 16U
#define EVERY_NS FRK_MS(10)
/* Beats between two reports. */
#define REPORT_BEATS 10

enum { BEAT = FRK_MESSAGE_USER, REPORT };

/* All but what its worker counts is there before its first meter is. */
struct shard {
	unsigned int cpu;
	struct frk_system *system;
	struct frk_pid collector;
	const struct shard *next;
	uint64_t beats, elsewhere, reports, refused, received;
};

static int report(struct shard *shard)
{
	const struct shard *next = shard->next;

	if (frk_system_send(next->system, next->collector, REPORT, NULL, 0))
		shard->refused++;
	else
		shard->reports++;
	return 0;
}

static int run_meter(struct frk_context *context, const struct frk_message *message)
{
	struct shard *shard = frk_context_state(context);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, BEAT, EVERY_NS, NULL);
	case BEAT:
		shard->beats++;
		shard->elsewhere += sched_getcpu() != (int)shard->cpu;
		return message->count % REPORT_BEATS ? 0 : report(shard);
	default:
		return 0;
	}
}

static int run_collector(struct frk_context *context, const struct frk_message *message)
{
	struct shard *shard = frk_context_state(context);

	shard->received += message->kind == REPORT;
	return 0;
}

static int build(struct shard *shard, uint32_t meters, uint64_t run_ns)
{
	/* Meters report all at once. */
	const struct frk_actor_opts collector = FRK_ACTOR_OPTS(
		.name = "collector", .receive = run_collector, .state = shard,
		.mailbox_max = meters);
	struct frk_error error = { 0 };
	char name[32];
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = name, .driver_name = "auto", .run_ns = run_ns,
		.cpu = FRK_CPU(shard->cpu), .actors_max = meters + 1,
		.messages_max = 2 * meters, .timers_max = meters, .actors = &collector,
		.actors_n = 1, .actors_pids = &shard->collector, .env = 1, .error = &error);
	int ret;

	snprintf(name, sizeof(name), "shard-%ld-%u", (long)getpid(), shard->cpu);
	ret = frk_system_build(&opts, &shard->system);
	if (ret)
		frk_error_print(&error, stderr);
	return ret;
}

static int spawn_meters(struct shard *shard, uint32_t meters)
{
	const struct frk_actor_opts meter =
		FRK_ACTOR_OPTS(.name = "meter", .receive = run_meter, .state = shard);
	int ret = 0;

	for (uint32_t i = 0; i < meters && !ret; i++)
		ret = frk_system_spawn(shard->system, &meter, NULL);
	return ret;
}

static int run(struct shard *shards, unsigned int n, uint32_t meters, uint64_t run_ns)
{
	int ret = 0;

	for (unsigned int i = 0; i < n && !ret; i++) {
		shards[i].next = &shards[(i + 1) % n];
		ret = build(&shards[i], meters, run_ns);
	}
	for (unsigned int i = 0; i < n && !ret; i++)
		ret = spawn_meters(&shards[i], meters);
	for (unsigned int i = 0; i < n && !ret; i++)
		ret = frk_system_run(shards[i].system);
	return ret;
}

static void print(const struct shard *shard)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	frk_system_get_driver(shard->system, &info);
	frk_system_get_metrics(shard->system, &metrics);
	printf("shard: cpu=%u driver=%s ticks=%llu missed=%llu beats=%llu\n", shard->cpu,
	       info.name, (unsigned long long)info.ticks_total,
	       (unsigned long long)metrics.missed_total, (unsigned long long)shard->beats);
}

/* What was accepted was received, or its collector ended before. */
static int check(const struct shard *shards, unsigned int n)
{
	uint64_t beats = 0, elsewhere = 0, reports = 0, arrived = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct frk_dead_letters letters;

		print(&shards[i]);
		frk_system_get_dead_letters(shards[i].system, &letters);
		beats += shards[i].beats;
		elsewhere += shards[i].elsewhere;
		reports += shards[i].reports;
		arrived += shards[i].received + letters.by_reason[FRK_DEAD_ENDED];
	}
	printf("shards: shards=%u beats=%llu elsewhere=%llu reports=%llu\n", n,
	       (unsigned long long)beats, (unsigned long long)elsewhere,
	       (unsigned long long)reports);
	if (beats && reports && !elsewhere && arrived == reports)
		return 0;
	fprintf(stderr, "shards: wrong: %llu reports of %llu, %llu beats on another CPU\n",
		(unsigned long long)arrived, (unsigned long long)reports,
		(unsigned long long)elsewhere);
	return 1;
}

/* The CPUs that this process may use. */
static unsigned int find_cpus(struct shard *shards)
{
	unsigned int n = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && n < SHARDS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set))
			shards[n++].cpu = cpu;
	return n;
}

static int usage(FILE *to, int status)
{
	fputs("usage: shards [METERS [SECONDS]]\n\n"
	      "A system for each CPU, with so many actors each (1000), for so long (1 s).\n",
	      to);
	return status;
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && value <= max ? value : 0;
}

int main(int argc, char **argv)
{
	static struct shard shards[SHARDS_MAX];
	unsigned long meters = argc > 1 ? number(argv[1], 100000) : 1000;
	unsigned long seconds = argc > 2 ? number(argv[2], 3600) : 1;
	unsigned int n = find_cpus(shards);
	int ret;

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(stdout, 0);
	if (argc > 3 || !meters || !seconds)
		return usage(stderr, 2);
	ret = run(shards, n, (uint32_t)meters, FRK_S(seconds));
	if (!ret)
		ret = check(shards, n);
	/* Only now: each sends to another one. */
	for (unsigned int i = 0; i < n; i++)
		frk_system_unref(shards[i].system);
	return ret ? 1 : 0;
}

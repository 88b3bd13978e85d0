/* SPDX-License-Identifier: MIT */
/*
 * workers.c - one system with a worker for each CPU, and a tick line and a timer wheel of
 * its own for each worker.
 *
 * Each worker has meters, actors with a timer that stay there; now and then one of them
 * reports to the one collector of all, who is run by whoever has time.  Prints a line for
 * each worker and one in the end, and fails if a report is missing, or a timer fired on
 * another CPU than its worker's.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <fraktor/fraktor.h>

#define WORKERS_MAX 16U
#define EVERY_NS FRK_MS(10)
/* Beats between two reports. */
#define REPORT_BEATS 10

enum { BEAT = FRK_MESSAGE_USER, REPORT };

/* What its meters count is its worker's alone. */
struct place {
	unsigned int cpu;
	uint64_t beats, elsewhere, reports, refused;
	char gap[64];
};

static struct frk_pid collector;
static uint64_t received;

static int report(struct frk_context *context, struct place *place)
{
	if (frk_context_send(context, collector, REPORT, NULL, 0))
		place->refused++;
	else
		place->reports++;
	return 0;
}

static int run_meter(struct frk_context *context, const struct frk_message *message)
{
	struct place *place = frk_context_state(context);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, BEAT, EVERY_NS, NULL);
	case BEAT:
		place->beats++;
		place->elsewhere += sched_getcpu() != (int)place->cpu;
		return message->count % REPORT_BEATS ? 0 : report(context, place);
	default:
		return 0;
	}
}

static int run_collector(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	received += message->kind == REPORT;
	return 0;
}

static int build(struct place *places, unsigned int n, uint32_t meters, uint64_t run_ns,
		 struct frk_system **ret_system)
{
	struct frk_worker_opts workers[WORKERS_MAX] = { 0 };
	const struct frk_actor_opts first = FRK_ACTOR_OPTS(
		.name = "collector", .receive = run_collector, .mailbox_max = n * meters);
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "auto", .run_ns = run_ns, .workers = n,
		.worker_opts = workers, .worker_lines = n > 1, .actors_max = n * meters + 1,
		.messages_max = 2 * n * meters, .timers_max = n * meters, .actors = &first,
		.actors_n = 1, .actors_pids = &collector, .env = 1, .error = &error);
	int ret;

	for (unsigned int i = 0; i < n; i++)
		workers[i].cpu = FRK_CPU(places[i].cpu);
	ret = frk_system_build(&opts, ret_system);
	if (ret)
		frk_error_print(&error, stderr);
	return ret;
}

static int spawn_meters(struct frk_system *system, struct place *place, unsigned int worker,
			uint32_t meters)
{
	/* In a phase they end where they are; what is left is the first worker's. */
	const struct frk_actor_opts meter =
		FRK_ACTOR_OPTS(.name = "meter", .receive = run_meter, .state = place,
			       .worker = FRK_WORKER(worker), .stop_phase = 1);
	int ret = 0;

	for (uint32_t i = 0; i < meters && !ret; i++)
		ret = frk_system_spawn(system, &meter, NULL);
	return ret;
}

static void print(struct frk_system *system, const struct place *place, unsigned int worker)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	frk_system_get_worker(system, worker, &info, &metrics);
	printf("worker: index=%u cpu=%u driver=%s ticks=%llu missed=%llu beats=%llu\n", worker,
	       place->cpu, info.name, (unsigned long long)metrics.ticks_total,
	       (unsigned long long)metrics.missed_total, (unsigned long long)place->beats);
}

static int check(struct frk_system *system, const struct place *places, unsigned int n)
{
	uint64_t beats = 0, elsewhere = 0, reports = 0;

	for (unsigned int i = 0; i < n; i++) {
		print(system, &places[i], i);
		beats += places[i].beats;
		elsewhere += places[i].elsewhere;
		reports += places[i].reports;
	}
	printf("workers: workers=%u beats=%llu elsewhere=%llu reports=%llu\n", n,
	       (unsigned long long)beats, (unsigned long long)elsewhere,
	       (unsigned long long)reports);
	if (beats && reports && !elsewhere && received == reports)
		return 0;
	fprintf(stderr, "workers: wrong: %llu reports of %llu, %llu beats on another CPU\n",
		(unsigned long long)received, (unsigned long long)reports,
		(unsigned long long)elsewhere);
	return 1;
}

static int run(struct place *places, unsigned int n, uint32_t meters, uint64_t run_ns)
{
	struct frk_system *system;
	int ret = build(places, n, meters, run_ns, &system);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < n && !ret; i++)
		ret = spawn_meters(system, &places[i], i, meters);
	if (!ret)
		ret = frk_system_run(system);
	if (!ret)
		ret = check(system, places, n);
	frk_system_unref(system);
	return ret;
}

/* The CPUs that this process may use. */
static unsigned int find_cpus(struct place *places)
{
	unsigned int n = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && n < WORKERS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set))
			places[n++].cpu = cpu;
	return n;
}

static int usage(FILE *to, int status)
{
	fputs("usage: workers [METERS [SECONDS]]\n\n"
	      "A worker for each CPU, with so many actors each (1000), for so long (1 s).\n",
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
	static struct place places[WORKERS_MAX];
	unsigned long meters = argc > 1 ? number(argv[1], 10000) : 1000;
	unsigned long seconds = argc > 2 ? number(argv[2], 3600) : 1;
	unsigned int n = find_cpus(places);

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(stdout, 0);
	if (argc > 3 || !meters || !seconds)
		return usage(stderr, 2);
	return run(places, n, (uint32_t)meters, FRK_S(seconds)) ? 1 : 0;
}

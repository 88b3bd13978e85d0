/* SPDX-License-Identifier: MIT */
/*
 * soak.c - storms of actors that begin, fail, begin again, ask, end and are replaced, for
 * as long as one likes: memory stays flat, and every message is accounted for.
 *
 *   build/bench/soak --seconds 600 --workers 2
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/fraktor.h>

#define NURSERIES 8
#define CHILDREN 32
#define THREADS 2
#define PIDS (NURSERIES * CHILDREN)
/* Growth of the process that is somebody else's: a thread's cache, the C library. */
#define GROWTH_MAX_KIB 512

enum { WORK = FRK_MESSAGE_USER, QUESTION, TICK };

static struct frk_system *soak;
static int lines;
static _Atomic uint64_t sent, handled, spawned, stopped, unanswered;
static _Atomic uint64_t pids[PIDS];
static atomic_bool over;

struct child {
	uint64_t messages;
	unsigned int at;
	uint64_t random;
};

struct nursery {
	struct child children[CHILDREN];
	struct frk_pid pids[CHILDREN];
	unsigned int first;
};

static struct nursery nurseries[NURSERIES];

static uint64_t draw(uint64_t *state, uint64_t n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % n;
}

static struct frk_pid pid_at(unsigned int at)
{
	uint64_t value = atomic_load(&pids[at]);

	return (struct frk_pid){ .index = (uint32_t)value, .life = (uint32_t)(value >> 32) };
}

/* --- actors */

static void work(struct frk_context *context, struct child *child)
{
	struct frk_pid to = pid_at((unsigned int)draw(&child->random, PIDS));

	/* Three of four pass it on: it does not end by itself, and does not flood. */
	if (draw(&child->random, 4) && !frk_context_send(context, to, WORK, NULL, 0))
		sent++;
	if (!draw(&child->random, 16) &&
	    !frk_context_ask(context, to, QUESTION, NULL, 0, FRK_MS(5), NULL))
		sent++;
	if (!draw(&child->random, 500))
		frk_context_stop(context);
}

static int live(struct frk_context *context, const struct frk_message *message)
{
	struct child *child = frk_context_state(context);

	child->messages++;
	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, TICK, FRK_MS(1 + draw(&child->random, 5)),
					 NULL);
	case FRK_MESSAGE_STOPPED:
		stopped++;
		return 0;
	case FRK_MESSAGE_ASK_TIMEOUT:
	case FRK_MESSAGE_ASK_FAILED:
		unanswered++;
		return 0;
	case QUESTION:
		handled++;
		if (message->ask.life && draw(&child->random, 8) &&
		    !frk_context_answer(context, message, WORK, NULL, 0))
			sent++;
		return 0;
	case WORK:
		handled++;
		work(context, child);
		return draw(&child->random, 200) ? 0 : -EIO;
	case TICK:
		work(context, child);
		return 0;
	default:
		return 0;
	}
}

static int replace(struct frk_context *context, struct nursery *nursery, unsigned int i)
{
	struct child *child = &nursery->children[i];
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.name = "child", .receive = live, .state = child, .mailbox_max = 32);
	struct frk_pid *pid = &nursery->pids[i];
	int ret = frk_context_spawn(context, &opts, pid);

	if (ret)
		return ret == -ESTALE ? 0 : ret;
	spawned++;
	atomic_store(&pids[nursery->first + i], (uint64_t)pid->life << 32 | pid->index);
	return frk_context_watch(context, *pid);
}

static int nurse(struct frk_context *context, const struct frk_message *message)
{
	struct nursery *nursery = frk_context_state(context);
	int ret = 0;

	for (unsigned int i = 0; i < CHILDREN && !ret; i++) {
		if (message->kind == FRK_MESSAGE_STARTED ||
		    (message->kind == FRK_MESSAGE_TERMINATED &&
		     message->sender.index == nursery->pids[i].index &&
		     message->sender.life == nursery->pids[i].life))
			ret = replace(context, nursery, i);
	}
	return ret == -ESHUTDOWN ? 0 : ret;
}

/* --- from outside */

static void *storm(void *data)
{
	uint64_t random = (uint64_t)(uintptr_t)data;

	while (!atomic_load(&over)) {
		struct frk_pid pid = pid_at((unsigned int)draw(&random, PIDS));

		if (!frk_system_send(soak, pid, WORK, NULL, 0))
			sent++;
		if (!draw(&random, 100))
			frk_system_stop_actor(soak, pid);
		if (!draw(&random, 200))
			frk_system_halt_actor(soak, pid);
		/* Now and then a pause, so that the system has quiet times, too. */
		if (!draw(&random, 20000))
			usleep(20000);
	}
	return NULL;
}

/* --- what is measured */

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Return: how much the process has grown since the first tenth, in KiB. */
static long watch(long seconds)
{
	long base = 0, grown = 0, kib;

	for (long s = 1; s <= seconds; s++) {
		sleep(1);
		kib = resident_kib();
		if (s <= seconds / 10 + 1)
			base = kib > base ? kib : base;
		else if (kib - base > grown)
			grown = kib - base;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\rsoak: %ld of %ld s, %llu messages, %ld KiB ", s,
				seconds, (unsigned long long)sent, kib);
	}
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	return grown;
}

static int judge(long seconds, uint32_t workers, long grown)
{
	struct frk_dead_letters letters;
	struct frk_actor_stats stats;
	uint64_t dead;

	frk_system_get_dead_letters(soak, &letters);
	frk_system_get_actors(soak, &stats);
	/* The others were refused, and not counted as sent. */
	dead = letters.by_reason[FRK_DEAD_ENDED] + letters.by_reason[FRK_DEAD_LATE];
	/* No mailbox here drops what it has accepted. */
	if (letters.by_reason[FRK_DEAD_DISPLACED] || letters.by_reason[FRK_DEAD_DROPPED])
		fprintf(stderr, "soak: %llu messages were displaced, %llu dropped\n",
			(unsigned long long)letters.by_reason[FRK_DEAD_DISPLACED],
			(unsigned long long)letters.by_reason[FRK_DEAD_DROPPED]);
	printf("soak: seconds=%ld workers=%u sent=%llu handled=%llu dead=%llu spawned=%llu stopped=%llu restarts=%llu unanswered=%llu resident_kib=%ld grown_kib=%ld\n",
	       seconds, workers, (unsigned long long)sent, (unsigned long long)handled,
	       (unsigned long long)dead, (unsigned long long)spawned,
	       (unsigned long long)stopped, (unsigned long long)stats.restarts_total,
	       (unsigned long long)unanswered, resident_kib(), grown);
	if (sent != handled + dead)
		return fprintf(stderr, "soak: messages are lost or doubled\n");
	if (spawned != stopped)
		return fprintf(stderr, "soak: actors did not end, or twice\n");
	if (grown > GROWTH_MAX_KIB)
		return fprintf(stderr, "soak: the process has grown by more than %d KiB\n",
			       GROWTH_MAX_KIB);
	return 0;
}

static int run(long seconds, uint32_t workers)
{
	static const struct frk_supervision again = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = 20,
		.window_ns = FRK_S(1), .backoff_ns = FRK_MS(1));
	struct frk_actor_opts actors[NURSERIES];
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = "soak", .driver_name = "auto", .workers = workers,
		.worker_lines = lines, .actors = actors,
		.actors_n = NURSERIES, .actors_max = 2 * PIDS, .messages_max = 8192,
		.timers_max = 8192, .watches_max = 2 * PIDS, .error = &error);
	pthread_t threads[THREADS];
	long grown;
	int ret;

	for (unsigned int i = 0; i < NURSERIES; i++) {
		actors[i] = (struct frk_actor_opts)FRK_ACTOR_OPTS(
			.name = "nursery", .receive = nurse, .state = &nurseries[i],
			.supervision = &again);
		nurseries[i].first = i * CHILDREN;
		for (unsigned int k = 0; k < CHILDREN; k++)
			nurseries[i].children[k].random = i * CHILDREN + k + 1;
	}
	if (frk_system_build(&opts, &soak))
		return frk_error_print(&error, stderr);
	for (unsigned long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)(i + 1));
	grown = watch(seconds);
	atomic_store(&over, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	frk_system_stop(soak);
	frk_system_run(soak);
	ret = judge(seconds, workers, grown);
	frk_system_unref(soak);
	return ret;
}

static int usage(FILE *stream)
{
	fputs("usage: soak [--seconds N] [--workers N] [--lines]\n"
	      "\n"
	      "Storms of actors that begin, fail, ask and end.  In the end every message is\n"
	      "accounted for, every actor has ended, and the process has not grown.\n"
	      "\n"
	      "  --seconds N  how long (600)\n"
	      "  --workers N  threads that run actors (2)\n"
	      "  --lines      each has ticks and timers of its own\n"
	      "  --help       this text\n"
	      "\n"
	      "Exit status: 0; 1 if something was lost; 2 for a wrong option.\n",
	      stream);
	return stream == stdout ? 0 : 2;
}

static bool parse(const char *text, long max, long *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtol(text, &end, 10);
	if (!errno && end != text && !*end && *ret_value >= 1 && *ret_value <= max)
		return true;
	fprintf(stderr, "soak: \"%s\" is no number from 1 to %ld\n", text, max);
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "workers", required_argument, NULL, 'w' },
		{ "lines", no_argument, &lines, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	long seconds = 600, workers = 2;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (!c)
			continue;
		if ((c != 's' && c != 'w') ||
		    !parse(optarg, c == 's' ? 86400 : (long)FRK_WORKERS_MAX,
			   c == 's' ? &seconds : &workers))
			return c == '?' ? usage(stderr) : 2;
	}
	if (optind < argc)
		return usage(stderr);
	return run(seconds, (uint32_t)workers) != 0;
}

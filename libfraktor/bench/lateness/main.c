/* SPDX-License-Identifier: MIT */
/*
 * main.c - how long after its absolute deadline a reader holds a tick, by every
 * way to get one: what any Linux has, what event loops make of it, and
 * fraktor's.  One run measures them one after the other, so that quotients mean
 * something (Documentation/lab.rst).  It knows no way by name.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "probe.h"
#include "readers.h"
#include "report.h"

/* A path that spins takes the whole CPU, which is slow to emulate. */
#define TICKS_SPINNING 100
/* The second of two runs has so many times the ticks of the first. */
#define TIMES 5

struct options {
	bool json;
	bool list;
	size_t ticks;
	size_t cost_ticks;
	size_t wakeup_ticks;
	uint64_t period_ns;
	unsigned int readers;
	int cpu;
};

/* What is measured: a path, or a kind of many readers. */
struct subject {
	const char *name;
	const char *note;
	const struct bench_path *path;
	const struct readers_kind *kind;
};

static struct options options = { .ticks = 1000, .period_ns = 1000000, .cpu = -1 };

static unsigned int readers(void)
{
	return options.readers ? options.readers : 1;
}

int bench_fail(struct bench_run *run, int err, const char *what)
{
	if (!*run->note || err)
		snprintf(run->note, sizeof(run->note), "%s", what);
	return err;
}

static int run_once(const struct subject *subject, struct bench_run *run, size_t ticks,
		    size_t *ret_n)
{
	ssize_t n;

	run->n = *ret_n = ticks;
	run->held = 0;
	run->grid_ns = 0;
	*run->note = '\0';
	if (subject->path)
		return subject->path->run(run);
	n = readers_run(subject->kind, run, options.readers);
	if (n < 0)
		return (int)n;
	*ret_n = (size_t)n;
	return 0;
}

/* What a run of so many ticks takes of the machine: instructions, wake-ups. */
static int run_marked(const struct subject *subject, struct bench_run *run, size_t ticks,
		      double *ret_lost, double *ret_wakeups)
{
	struct probe_mark from, to;
	size_t n;
	int err;

	probe_get(&from);
	err = run_once(subject, run, ticks, &n);
	probe_get(&to);
	*ret_lost = probe_lost_ns(&from, &to);
	*ret_wakeups = (double)(to.wakeups - from.wakeups);
	return err;
}

/*
 * The difference of two runs has neither the beginning nor the end in it.  What
 * only the first run pays, such as the stack of a first thread, is paid before.
 */
static int per_tick(const struct subject *subject, struct bench_run *run, size_t ticks,
		    double *ret_lost, double *ret_wakeups)
{
	size_t few = ticks / (TIMES - 1), many = few + ticks;
	double lost[2] = { 0 }, wakeups[2] = { 0 };
	size_t unused;
	int err;

	err = run_once(subject, run, 1, &unused);
	if (!err)
		err = run_marked(subject, run, few, &lost[0], &wakeups[0]);
	if (!err)
		err = run_marked(subject, run, many, &lost[1], &wakeups[1]);
	*ret_lost = (lost[1] - lost[0]) / (double)ticks;
	*ret_wakeups = (wakeups[1] - wakeups[0]) / (double)ticks;
	return err;
}

static void measure_cost(const struct subject *subject, struct bench_run *run,
			 struct report *report)
{
	double unused;

	if (!options.cost_ticks || probe_start())
		return;
	if (per_tick(subject, run, options.cost_ticks, &report->cost, &unused))
		report->cost = -1;
	probe_stop();
}

static void measure_wakeups(const struct subject *subject, struct bench_run *run,
			    struct report *report)
{
	double unused;

	if (!options.wakeup_ticks || !probe_count_wakeups(true))
		return;
	if (per_tick(subject, run, options.wakeup_ticks, &unused, &report->wakeups))
		report->wakeups = -1;
	probe_count_wakeups(false);
}

/* A CPU that spins takes as long to emulate at any period. */
static size_t ticks_spinning(void)
{
	size_t ticks = TICKS_SPINNING * 1000000UL / options.period_ns;

	return ticks > TICKS_SPINNING ? ticks : TICKS_SPINNING;
}

static void measure(const struct subject *subject, struct bench_run *run)
{
	bool spins = subject->path && subject->path->spins;
	struct report report = { .path = subject->name,
				 .run = run,
				 .readers = readers(),
				 .cost = -1,
				 .wakeups = -1 };
	size_t ticks = options.ticks;

	if (spins && ticks > ticks_spinning())
		ticks = ticks_spinning();
	/* First what writes over the values, then the values. */
	measure_cost(subject, run, &report);
	if (!spins)
		measure_wakeups(subject, run, &report);
	report.err = run_once(subject, run, ticks, &report.n);
	report.note = report.err || !subject->note ? run->note : subject->note;
	(options.json ? report_json : report_line)(&report);
}

static void prepare(void)
{
	struct sched_param param = { .sched_priority = BENCH_PRIORITY };
	cpu_set_t set;

	if (options.cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)options.cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			fprintf(stderr, "lateness: CPU %d: %s\n", options.cpu,
				strerror(errno));
	}
	if (sched_setscheduler(0, SCHED_FIFO, &param) ||
	    mlockall(MCL_CURRENT | MCL_FUTURE))
		fprintf(stderr, "lateness: not real-time: %s\n", strerror(errno));
}

static int usage(void)
{
	fprintf(stderr,
		"usage: lateness [options] [PATH...]\n\n"
		"  --period-us N  period (1000)\n"
		"  --ticks N      ticks whose lateness is taken (1000)\n"
		"  --cost N       what a tick costs the machine, from N ticks: in\n"
		"                 instructions under icount, else in nanoseconds\n"
		"  --wakeups N    threads woken up per tick, from N ticks\n"
		"  --readers N    N threads for each tick, at most %d: fewer paths\n"
		"  --cpu N        stay on this CPU\n"
		"  --json         a JSON object per line instead of the table\n"
		"  --list         the names of the paths\n",
		READERS_MAX);
	return 2;
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool subject_get(size_t i, struct subject *ret_subject)
{
	const struct readers_kind *kind = &readers_kinds[i];
	const struct bench_path *path = &bench_paths[i];

	if (options.readers)
		*ret_subject = (struct subject){ kind->name, kind->note, NULL, kind };
	else
		*ret_subject = (struct subject){ path->name, path->note, path, NULL };
	return ret_subject->name;
}

/* Options with a number; false if it is none. */
static bool number(const char *name, const char *text)
{
	char *end = NULL;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (!text || *end || end == text || n > 100000000)
		return false;
	if (!strcmp(name, "--period-us") && n)
		options.period_ns = n * 1000U;
	else if (!strcmp(name, "--ticks") && n)
		options.ticks = n;
	else if (!strcmp(name, "--cost") && n >= TIMES)
		options.cost_ticks = n;
	else if (!strcmp(name, "--wakeups") && n >= TIMES)
		options.wakeup_ticks = n;
	else if (!strcmp(name, "--readers") && n && n <= READERS_MAX)
		options.readers = (unsigned int)n;
	else if (!strcmp(name, "--cpu"))
		options.cpu = (int)n;
	else
		return false;
	return true;
}

static char **parse(char **argv)
{
	for (; *argv && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--json"))
			options.json = true;
		else if (!strcmp(*argv, "--list"))
			options.list = true;
		else if (number(argv[0], argv[1]))
			argv++;
		else
			return NULL;
	}
	return argv;
}

static size_t ticks_most(void)
{
	size_t n = options.ticks, second;

	second = options.cost_ticks > options.wakeup_ticks ? options.cost_ticks :
							     options.wakeup_ticks;
	second += second / (TIMES - 1);
	return n > second ? n : second;
}

int main(int argc, char **argv)
{
	struct bench_run run = { 0 };
	struct subject subject;
	size_t i;

	(void)argc;
	argv = parse(argv + 1);
	if (!argv)
		return usage();
	run.period_ns = options.period_ns;
	run.lateness_ns = calloc(ticks_most() * readers(), sizeof(*run.lateness_ns));
	if (!run.lateness_ns)
		return 1;
	prepare();
	if (!options.json && !options.list)
		report_head();
	for (i = 0; subject_get(i, &subject); i++)
		if (options.list)
			puts(subject.name);
		else if (wanted(subject.name, argv))
			measure(&subject, &run);
	free(run.lateness_ns);
	return 0;
}

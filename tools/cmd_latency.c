// SPDX-License-Identifier: MIT
/*
 * fraktor latency - how late a reader gets its ticks, beside what the kernel
 * itself can do.  Must not know how a path is measured.
 */
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/command.h"
#include "common/gnuplot.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/text.h"
#include "common/units.h"
#include "common/waiting.h"
#include "doctor/host.h"
#include "latency/latency.h"

#define LATENCY_PERIOD_NS	UINT64_C(1000000)
#define LATENCY_PERIOD_MIN_NS	UINT64_C(10000)
#define LATENCY_PERIOD_MAX_NS	UINT64_C(1000000000)
#define LATENCY_DURATION_NS	UINT64_C(10000000000)
#define LATENCY_TICKS_MAX	UINT64_C(1000000000)
#define LATENCY_PRIORITY	80
#define LATENCY_SHOW_NS		UINT64_C(500000000)
#define LATENCY_LINE_NS		UINT64_C(1000000000)

struct latency_options {
	struct latency_plan plan;
	uint64_t duration_ns;
	const struct latency_kind *kind[LATENCY_PATHS_MAX];
	size_t kinds;
	const char *plot;
	bool json, alone;
};

static const struct argp_option latency_argp_options[] = {
	{ "period", 'p', "TIME", 0, "Time between ticks, 10us to 1s; 1ms by default", 0 },
	{ "duration", 'd', "SECONDS", 0, "How long each path is measured, 10 by default", 0 },
	{ "ticks", 'n', "N", 0, "How many ticks of each path, instead of a duration", 0 },
	{ "priority", 'P', "N", 0, "SCHED_FIFO priority, 0 for none; by default 80 if it is allowed", 0 },
	{ "cpu", 'c', "N", 0, "Measure on this CPU", 0 },
	{ "path", 'a', "PATH[,PATH...]", 0, "What to measure: see below; auto by default", 0 },
	{ "alone", 'A', NULL, 0, "Without clock_nanosleep beside it", 0 },
	{ "rounds", 'r', "N", 0, "Change between the paths N times, 10 by default", 0 },
	{ "json", 'j', NULL, 0, "Print the result as one object on a line, and nothing before", 0 },
	{ "plot", 'o', "FILE", 0, "Draw the spread into FILE.png or FILE.svg, by gnuplot", 0 },
	{ 0 },
};

static void latency_add_kind(struct latency_options *options, const char *name,
			     struct argp_state *state)
{
	const struct latency_kind *kind = latency_find(name);

	if (!kind) {
		argp_error(state, "--path: there is no path \"%s\": --help lists them", name);
		return;
	}
	for (size_t i = 0; i < options->kinds; i++)
		if (options->kind[i] == kind)
			argp_error(state, "--path: %s is there twice", name);
	if (options->kinds == LATENCY_PATHS_MAX - 1)
		argp_error(state, "--path: %s is one too many: %d at once", name,
			   LATENCY_PATHS_MAX - 1);
	else
		options->kind[options->kinds++] = kind;
}

static void latency_parse_paths(struct latency_options *options, char *list,
				struct argp_state *state)
{
	char *name;

	while ((name = strsep(&list, ",")))
		latency_add_kind(options, name, state);
}

static void latency_parse_period(struct latency_options *options, const char *text,
				 struct argp_state *state)
{
	uint64_t *period = &options->plan.period_ns;

	if (!units_parse_time(text, period) || *period < LATENCY_PERIOD_MIN_NS ||
	    *period > LATENCY_PERIOD_MAX_NS)
		argp_error(state, "--period=%s: a time from 10us to 1s is needed", text);
}

static void latency_parse_plan(struct latency_plan *plan, int key, const char *text,
			       struct argp_state *state)
{
	uint64_t value = 0;

	if (key == 'n' && !option_number(text, 1, LATENCY_TICKS_MAX, &plan->ticks))
		argp_error(state, "--ticks=%s: a number from 1 to 1000000000 is needed", text);
	if (key == 'r' && !option_number(text, 1, 1000000, &plan->rounds))
		argp_error(state, "--rounds=%s: a number from 1 to 1000000 is needed", text);
	if (key == 'P') {
		if (!option_number(text, 0, 99, &value))
			argp_error(state, "--priority=%s: a number from 0 to 99 is needed", text);
		plan->rt_priority = (int)value;
		plan->rt_required = value != 0;
	}
	if (key == 'c') {
		if (!option_number(text, 0, 1023, &value))
			argp_error(state, "--cpu=%s: a number from 0 to 1023 is needed", text);
		plan->cpu = (int32_t)value;
	}
}

static void latency_finish(struct latency_options *options, struct argp_state *state)
{
	struct latency_plan *plan = &options->plan;

	if (plan->ticks && options->duration_ns)
		argp_error(state, "--ticks or --duration, not both");
	if (!options->duration_ns)
		options->duration_ns = LATENCY_DURATION_NS;
	if (!plan->ticks)
		plan->ticks = options->duration_ns / plan->period_ns;
	if (!plan->ticks)
		argp_error(state, "--duration is shorter than --period");
	if (plan->ticks > LATENCY_TICKS_MAX)
		argp_error(state, "--duration has more than 1000000000 periods");
	if (plan->rounds > plan->ticks)
		plan->rounds = plan->ticks;
	if (!options->kinds)
		options->kind[options->kinds++] = latency_find("auto");
}

static error_t latency_parse(int key, char *arg, struct argp_state *state)
{
	struct latency_options *options = state->input;

	switch (key) {
	case 'p':
		latency_parse_period(options, arg, state);
		return 0;
	case 'd':
		options->duration_ns = option_seconds_ns("duration", arg, state);
		return 0;
	case 'n':
	case 'r':
	case 'P':
	case 'c':
		latency_parse_plan(&options->plan, key, arg, state);
		return 0;
	case 'a':
		latency_parse_paths(options, arg, state);
		return 0;
	case 'A':
		options->alone = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'o':
		if (!gnuplot_suits(arg))
			argp_error(state, "--plot=%s: a name that ends in .png or .svg is needed", arg);
		options->plot = arg;
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	case ARGP_KEY_END:
		latency_finish(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Appends the paths to --help. */
static char *latency_help(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Paths:\n", out);
	for (const struct latency_kind *kind = latency_kinds; kind->name; kind++)
		fprintf(out, "  %-10s %s\n", kind->name, kind->summary);
	fclose(out);
	return help;
}

static const struct argp latency_argp = {
	.options = latency_argp_options,
	.parser = latency_parse,
	.doc = "Measures how long after its deadline a reader holds each tick, in turn with clock_nanosleep, the kernel's own floor.\v",
	.help_filter = latency_help,
};

static size_t latency_choose_one(struct latency_path *path, size_t n,
				 const struct latency_kind *kind)
{
	for (size_t i = 0; i < n; i++)
		if (path[i].kind == kind)
			return n;
	path[n].kind = kind;
	return n + 1;
}

/* What "auto" is; nanosleep comes last, to be compared with. */
static size_t latency_choose(const struct latency_options *options,
			     struct latency_path *path)
{
	const struct latency_kind *kind;
	struct frk_error error = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < options->kinds; i++) {
		kind = latency_settle(options->kind[i], &error);
		if (error.code)
			fprintf(stderr, "fraktor: %s; measuring the timerfd driver\n", error.text);
		if (kind != latency_floor || options->alone)
			n = latency_choose_one(path, n, kind);
	}
	return options->alone ? n : latency_choose_one(path, n, latency_floor);
}

/* "lowest" does so on isolated CPUs only. */
static bool latency_spins(const struct latency_kind *kind, const cpu_set_t *cpus)
{
	const struct host host = { .root = "" };
	cpu_set_t isolated;
	char list[64];

	host_isolated(&host, &isolated, list);
	CPU_AND(&isolated, &isolated, cpus);
	return kind->wait == FRK_WAIT_SPIN ||
	       (kind->latency == FRK_LATENCY_LOWEST && CPU_COUNT(&isolated));
}

/* A real-time thread that never sleeps leaves nothing of its CPU, also not for
 * us, who should end it. */
static bool latency_may_spin(const struct latency_run *run)
{
	cpu_set_t cpus, others;
	int left;

	if (!run->plan.rt_priority || sched_getaffinity(0, sizeof(cpus), &cpus))
		return true;
	others = cpus;
	if (run->plan.cpu >= 0)
		CPU_CLR((size_t)run->plan.cpu, &others);
	left = CPU_COUNT(&others) - (run->plan.cpu < 0);
	if (left > 0)
		return true;
	for (size_t i = 0; i < run->paths; i++)
		if (latency_spins(run->path[i].kind, &cpus)) {
			fprintf(stderr, "fraktor: %s would take the only CPU this may run on: allow another one (taskset), or use --priority=0\n",
				run->path[i].kind->name);
			return false;
		}
	return true;
}

/* In memory first: what is shown in place must be cut to the terminal. */
static int latency_show(const struct latency_run *run, struct screen *screen)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!screen->terminal) {
		latency_print_line(run, stdout);
		return screen_flush();
	}
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	screen_measure(screen);
	latency_print(run, screen->columns, screen->rows - 1, out);
	fclose(out);
	screen_show(screen, text);
	free(text);
	return screen_flush();
}

/* Until it has ended by itself or somebody has seen enough. */
static enum waiting_end latency_watch(struct latency_run *run, bool quiet, int signals,
				      struct screen *screen)
{
	uint64_t step = screen->terminal ? LATENCY_SHOW_NS : LATENCY_LINE_NS;
	uint64_t next_ns = waiting_now_ns() + step;
	enum waiting_end end;

	for (;;) {
		end = waiting_until(signals, run->done_fd, quiet ? WAITING_FOR_EVER : next_ns);
		if (end != WAITING_TIME)
			return end;
		if (__atomic_load_n(&run->prepared, __ATOMIC_ACQUIRE) &&
		    latency_show(run, screen))
			return WAITING_FAILED;
		next_ns += step;
	}
}

/* What a figure alone does not say. */
static void latency_remarks(const struct latency_run *run)
{
	const struct latency_path *path;

	if (run->remark.code)
		fprintf(stderr, "fraktor: not all of it is real-time: %s\n", run->remark.text);
	for (size_t i = 0; i < run->paths; i++) {
		path = &run->path[i];
		if (*path->info.note)
			fprintf(stderr, "fraktor: %s waits by %s: %s\n", path->kind->name,
				latency_waits_by(path), path->info.note);
		if (path->dropped)
			fprintf(stderr, "fraktor: %s: %s ticks were dropped: the reader did not keep up\n",
				path->kind->name, units_count(path->dropped).s);
		if (path->early)
			fprintf(stderr, "fraktor: %s: %s ticks came before their deadline: report this as a bug\n",
				path->kind->name, units_count(path->early).s);
	}
}

static int latency_result(struct latency_run *run, const struct latency_options *options,
			  enum waiting_end end, struct screen *screen)
{
	uint64_t early = 0;

	if (options->json)
		latency_print_json(run, end == WAITING_STOP, stdout);
	else if (screen->terminal)
		latency_show(run, screen);
	else
		latency_print(run, screen->columns, screen->rows, stdout);
	if (end == WAITING_STOP && screen->terminal)
		putchar('\n');
	if (screen_flush())
		return COMMAND_FAILED;
	latency_remarks(run);
	for (size_t i = 0; i < run->paths; i++)
		early += run->path[i].early;
	return early ? COMMAND_FAILED : 0;
}

static int latency_do(struct latency_run *run, const struct latency_options *options,
		      int signals)
{
	enum waiting_end end;
	struct screen screen;

	screen_init(&screen);
	if (!latency_may_spin(run) || latency_start(run))
		return COMMAND_FAILED;
	end = latency_watch(run, options->json, signals, &screen);
	latency_join(run);
	if (run->code) {
		frk_error_print(&run->error, stderr);
		return COMMAND_FAILED;
	}
	return end == WAITING_FAILED ? COMMAND_FAILED :
				       latency_result(run, options, end, &screen);
}

static int latency_run(int argc, char **argv)
{
	static struct latency_path paths[LATENCY_PATHS_MAX + 1];
	struct latency_options options = {
		.plan = { .period_ns = LATENCY_PERIOD_NS, .rounds = LATENCY_ROUNDS,
			  .rt_priority = LATENCY_PRIORITY, .cpu = -1 },
	};
	struct latency_run run = { .path = paths };
	int plot_fd = -1, signals, rc;

	if (argp_parse(&latency_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	/* Before the measurement: it would be a pity afterwards. */
	if (options.plot) {
		plot_fd = gnuplot_open("--plot", options.plot);
		if (plot_fd < 0)
			return COMMAND_FAILED;
	}
	run.plan = options.plan;
	run.paths = latency_choose(&options, paths);
	/* Blocked here, in all threads: it comes by a descriptor. */
	signals = waiting_open();
	rc = latency_do(&run, &options, signals);
	if (plot_fd >= 0 && !rc && latency_plot(&run, options.plot, plot_fd))
		rc = COMMAND_FAILED;
	if (signals >= 0)
		close(signals);
	return rc;
}

const struct command command_latency = {
	.name = "latency",
	.summary = "how late a reader gets its ticks, beside clock_nanosleep",
	.run = latency_run,
};

// SPDX-License-Identifier: MIT
/*
 * build.c - puts a system together, step by step, each undone when a later one
 * fails: memory, driver, worker thread.  What a system does then is not known
 * here.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "base/error.h"
#include "system/system.h"

const struct frki_platform frki_platform_libc = {
	.malloc = malloc,
	.free = free,
	.pthread_create = pthread_create,
};

static const struct frki_stage_ops stage_ops = {
	.wake = frki_worker_wake,
};

/* Room for @n objects behind *end, on a boundary that suits all of them. */
static size_t reserve(size_t *end, size_t n, size_t size)
{
	size_t align = alignof(max_align_t);
	size_t start = (*end + align - 1) / align * align;

	*end = start + n * size;
	return start;
}

/**
 * struct plan - where in the one allocation of a system what begins
 */
struct plan {
	size_t cells, letters, alarms, cell_links, letter_links, alarm_links;
	size_t size;
};

static struct plan make_plan(const struct frk_system_opts *opts)
{
	struct plan plan = { .size = sizeof(struct frk_system) };
	size_t link = sizeof(_Atomic uint32_t);

	plan.cells = reserve(&plan.size, opts->actors_max,
			     sizeof(struct frki_cell));
	plan.letters = reserve(&plan.size, opts->messages_max,
			       sizeof(struct frki_letter));
	plan.alarms = reserve(&plan.size, opts->timers_max,
			      sizeof(struct frki_alarm));
	plan.cell_links = reserve(&plan.size, opts->actors_max, link);
	plan.letter_links = reserve(&plan.size, opts->messages_max, link);
	plan.alarm_links = reserve(&plan.size, opts->timers_max, link);
	return plan;
}

static void init_stage(struct frk_system *system, const struct plan *plan)
{
	const struct frk_system_opts *opts = &system->config.opts;
	char *memory = (char *)system;
	struct frki_stage_memory parts = {
		.cells = (void *)(memory + plan->cells),
		.letters = (void *)(memory + plan->letters),
		.alarms = (void *)(memory + plan->alarms),
		.cell_links = (void *)(memory + plan->cell_links),
		.letter_links = (void *)(memory + plan->letter_links),
		.alarm_links = (void *)(memory + plan->alarm_links),
		.cells_n = opts->actors_max,
		.letters_n = opts->messages_max,
		.alarms_n = opts->timers_max,
	};

	frki_stage_init(&system->stage, &parts, opts->period_ns, &stage_ops,
			system);
}

/* The caller's strings may go; the name is in the line, the rest was used. */
static void init_config(struct frk_system *system,
			const struct frki_config *config)
{
	system->config = *config;
	system->config.opts.name = NULL;
	system->config.opts.driver_name = NULL;
}

static int new(const struct frki_config *config,
	       const struct frki_platform *platform,
	       struct frk_system **ret_system)
{
	struct plan plan = make_plan(&config->opts);
	struct frk_system *system = platform->malloc(plan.size);

	if (!system)
		return frki_error_set(config->opts.error, -ENOMEM,
				      config->driver->name, "malloc",
				      "no memory for the system: %zu bytes",
				      plan.size);
	/* Touches every page: later there are no page faults. */
	memset(system, 0, plan.size);
	init_config(system, config);
	system->platform = platform;
	init_stage(system, &plan);
	atomic_init(&system->asleep, false);
	atomic_init(&system->elapsed_ns, 0);
	atomic_init(&system->live_line, false);
	pthread_mutex_init(&system->lock, NULL);
	pthread_cond_init(&system->ended, NULL);
	*ret_system = system;
	return 0;
}

void frki_build_free(struct frk_system *system)
{
	frki_line_close(system->line);
	pthread_cond_destroy(&system->ended);
	pthread_mutex_destroy(&system->lock);
	system->platform->free(system);
}

static int start_line(struct frk_system *system,
		      const struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;
	struct frk_driver_opts driver_opts = {
		.size = sizeof(driver_opts),
		.name = opts->name,
		.period_ns = opts->period_ns,
		.clockid = opts->clockid,
		.cpu = opts->cpu,
		.slots = opts->feed_slots,
		.rt_priority = opts->rt_priority,
	};
	int ret = frki_line_open(&system->line, config->driver, &driver_opts,
				 opts->error);

	return ret ? ret : frki_line_start(system->line, opts->error);
}

static void set_priority(pthread_attr_t *attr, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (!priority)
		return;
	pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(attr, SCHED_FIFO);
	pthread_attr_setschedparam(attr, &param);
}

static void set_cpu(pthread_attr_t *attr, uint32_t cpu)
{
	cpu_set_t set;

	if (!cpu)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu - 1, &set);
	pthread_attr_setaffinity_np(attr, sizeof(set), &set);
}

/* The worker takes no signals: they are the application's. */
static int create_thread(struct frk_system *system, const pthread_attr_t *attr)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = system->platform->pthread_create(&system->thread, attr,
					       frki_worker_main, system);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

static int start_worker(struct frk_system *system)
{
	const struct frk_system_opts *opts = &system->config.opts;
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	set_priority(&attr, opts->rt_priority);
	set_cpu(&attr, opts->cpu);
	ret = create_thread(system, &attr);
	pthread_attr_destroy(&attr);
	if (!ret)
		return 0;
	return frki_error_set(opts->error, ret, system->config.driver->name,
			      "pthread_create",
			      "cannot start the worker thread (CPU %d, SCHED_FIFO priority %d; -1 and 0 mean any): %s",
			      (int)opts->cpu - 1, opts->rt_priority,
			      strerror(-ret));
}

int frki_build_system(const struct frk_system_opts *opts,
		      const struct frki_platform *platform,
		      struct frk_system **ret_system)
{
	struct frki_config config;
	struct frk_system *system = NULL;
	int ret = frki_config_init(&config, opts);

	if (!ret)
		ret = new(&config, platform, &system);
	if (ret)
		return ret;
	ret = start_line(system, &config);
	if (!ret)
		ret = start_worker(system);
	if (ret) {
		frki_build_free(system);
		return ret;
	}
	*ret_system = system;
	return 0;
}

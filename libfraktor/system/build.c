// SPDX-License-Identifier: MIT
/*
 * build.c - puts a system together, step by step, each undone when a later one
 * fails: memory, driver, worker thread.  What a system does then is not known
 * here.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/time.h"
#include "actor/watch.h"
#include "base/error.h"
#include "system/signals.h"
#include "system/system.h"
#include "tick/clock.h"
#include "tick/schedule.h"

const struct frki_platform frki_platform_libc = {
	.malloc = malloc,
	.free = free,
	.pthread_create = pthread_create,
};

static uint64_t clock_ns(void *data)
{
	(void)data;
	return frki_clock_now_ns(CLOCK_MONOTONIC);
}

static const struct frki_stage_ops stage_ops = {
	.wake = frki_worker_wake,
	.here = frki_worker_is_here,
	.clock_ns = clock_ns,
	.dead_letter = frki_telling_dead_letter,
	.failed = frki_telling_failure,
	.wait = frki_blocking_wait,
	.room = frki_blocking_room,
};

/* Dead letters, and failures, told one by one in a second of ticks; the rest are
 * counted. */
#define TOLD 8

static const struct frki_event_ops event_ops = {
	.published = frki_subscription_published,
};

static void on_supply_event(void *data, const struct frk_event *event)
{
	struct frk_system *system = data;

	frki_event_stream_publish(&system->events, event);
}

static const struct frki_supply_ops supply_ops = {
	.event = on_supply_event,
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
	size_t cells, letters, alarms, events, watches, cell_links, letter_links,
		alarm_links, watch_links, workers, turns_seen, lines, wheels, handlers,
		handlers_seen, stacks, trays, tray_links, order, states;
	size_t size;
};

/* One worker is no crew. */
static unsigned int crew_size(const struct frk_system_opts *opts)
{
	return opts->workers > 1 ? opts->workers : 0;
}

/* Beside the first one. */
static unsigned int lines_n(const struct frk_system_opts *opts)
{
	return opts->worker_lines ? opts->workers - 1 : 0;
}

static bool is_looked_at(const struct frk_system_opts *opts)
{
	return opts->handler_max_ns || opts->on_crash;
}

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
	plan.watches = reserve(&plan.size, opts->watches_max, sizeof(struct frki_watch));
	plan.trays = reserve(&plan.size, opts->trays_max, sizeof(struct frki_tray));
	plan.events = reserve(&plan.size, opts->events_max,
			      sizeof(struct frki_event_slot));
	plan.cell_links = reserve(&plan.size, opts->actors_max, link);
	plan.letter_links = reserve(&plan.size, opts->messages_max, link);
	plan.alarm_links = reserve(&plan.size, opts->timers_max, link);
	plan.watch_links = reserve(&plan.size, opts->watches_max, link);
	plan.workers = reserve(&plan.size, crew_size(opts), sizeof(struct frki_worker));
	plan.turns_seen = reserve(&plan.size, crew_size(opts) * crew_size(opts),
				  sizeof(uint64_t));
	plan.lines = reserve(&plan.size, lines_n(opts), sizeof(struct frki_worker_line));
	plan.wheels = reserve(&plan.size, lines_n(opts), sizeof(struct frki_scheduler));
	plan.handlers = reserve(&plan.size, is_looked_at(opts) ? opts->workers : 0,
				sizeof(struct frki_handler));
	plan.handlers_seen = reserve(&plan.size, opts->handler_max_ns ? opts->workers : 0,
				     sizeof(struct frki_monitor_seen));
	plan.stacks = reserve(&plan.size, opts->on_crash ? opts->workers : 0,
			      FRKI_HANDLER_STACK);
	plan.tray_links = reserve(&plan.size, opts->trays_max, link);
	plan.states = reserve(&plan.size, opts->actors_max, opts->state_max);
	plan.order = reserve(&plan.size, 1, opts->dispatcher ? opts->dispatcher->state_size : 0);
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
		.watches = (void *)(memory + plan->watches),
		.trays = (void *)(memory + plan->trays),
		.cell_links = (void *)(memory + plan->cell_links),
		.letter_links = (void *)(memory + plan->letter_links),
		.alarm_links = (void *)(memory + plan->alarm_links),
		.watch_links = (void *)(memory + plan->watch_links),
		.tray_links = (void *)(memory + plan->tray_links),
		.cells_n = opts->actors_max,
		.letters_n = opts->messages_max,
		.alarms_n = opts->timers_max,
		.watches_n = opts->watches_max,
		.trays_n = opts->trays_max,
		.states = memory + plan->states,
		.state_max = opts->state_max,
	};

	system->stage_ops = stage_ops;
	if (crew_size(opts)) {
		system->stage_ops.here = NULL;
		system->stage_ops.hand = frki_crew_hand;
		system->stage_ops.lock = frki_crew_lock;
		system->stage_ops.unlock = frki_crew_unlock;
	}
	frki_stage_init(&system->stage, &parts, opts->period_ns, &system->stage_ops,
			system);
	system->stage.filters = opts->filters;
	system->stage.turn_messages = opts->turn_messages;
	system->stage.turn_max_ns = opts->turn_max_ns;
	/* A test has one worker for all that the application has. */
	if (frki_config_is_simulated(&system->config))
		system->stage.workers = FRK_WORKERS_MAX;
	if (opts->dispatcher) {
		system->stage.dispatcher = &frki_dispatcher_custom;
		system->stage.order = opts->dispatcher;
		system->stage.order_state = memory + plan->order;
	}
	if (opts->seed) {
		system->stage.dispatcher = &frki_dispatcher_seeded;
		system->stage.seed = opts->seed;
	}
}

static void init_handlers(struct frk_system *system, const struct plan *plan)
{
	const struct frk_system_opts *opts = &system->config.opts;
	char *memory = (char *)system;

	frki_monitor_init(&system->monitor, (void *)(memory + plan->handlers_seen));
	if (!is_looked_at(opts))
		return;
	system->stage_ops.call = frki_handler_call;
	system->handlers = (void *)(memory + plan->handlers);
	if (!opts->on_crash)
		return;
	system->stacks = memory + plan->stacks;
	frki_handler_catch();
}

static void init_lines(struct frk_system *system, const struct plan *plan)
{
	unsigned int n = lines_n(&system->config.opts);
	char *memory = (char *)system;

	if (!n)
		return;
	system->lines = (void *)(memory + plan->lines);
	system->lines_n = n;
	for (unsigned int i = 0; i < n; i++)
		frki_worker_line_init(&system->lines[i], &system->crew.workers[i + 1],
				      system->config.name);
	system->stage_ops.line = frki_crew_line;
	frki_time_add_lines(&system->stage, (void *)(memory + plan->wheels), n);
}

static int init_crew(struct frk_system *system, const struct plan *plan)
{
	unsigned int n = crew_size(&system->config.opts);
	char *memory = (char *)system;

	if (!n)
		return 0;
	system->stage.dispatcher = &frki_crew_dispatcher;
	system->stage.workers = n;
	return frki_crew_init(&system->crew, system, (void *)(memory + plan->workers),
			      (void *)(memory + plan->turns_seen), n,
			      system->config.opts.messages_max);
}

/* The caller's strings may go; the name is in the line, the rest was used. */
static void init_config(struct frk_system *system,
			const struct frki_config *config)
{
	system->config = *config;
	system->config.opts.name = NULL;
	system->config.opts.driver_name = NULL;
	system->config.opts.drivers = NULL;
	system->config.opts.log_path = NULL;
	system->config.opts.actors = NULL;
	system->config.opts.worker_opts = NULL;
	system->supply.bootstrap.registry = config->registry;
	/* A line that is opened again takes its ticks from there again. */
	frk_tick_feed_ref(config->opts.feed);
	for (size_t i = 0; i < config->opts.members_n; i++)
		frk_tick_feed_ref(config->members[i].feed);
}

static int new(const struct frki_config *config,
	       const struct frki_platform *platform,
	       struct frk_system **ret_system)
{
	struct plan plan = make_plan(&config->opts);
	struct frk_system *system = platform->malloc(plan.size);
	int ret;

	if (!system)
		return frki_error_set(config->opts.error, -ENOMEM,
				      frki_config_driver_name(config), "malloc",
				      "no memory for the system: %zu bytes",
				      plan.size);
	/* Touches every page: later there are no page faults. */
	memset(system, 0, plan.size);
	init_config(system, config);
	system->platform = platform;
	init_stage(system, &plan);
	ret = init_crew(system, &plan);
	if (ret) {
		frki_crew_free(&system->crew);
		platform->free(system);
		return frki_error_set(config->opts.error, ret,
				      frki_config_driver_name(config), "pthread_mutex_init",
				      "cannot make the locks of %u workers",
				      config->opts.workers);
	}
	init_lines(system, &plan);
	frki_event_stream_init(&system->events, (void *)((char *)system + plan.events),
			       config->opts.events_max, &event_ops, system);
	frki_throttle_init(&system->letters, TOLD);
	frki_throttle_init(&system->failures, TOLD);
	atomic_init(&system->listing, NULL);
	atomic_init(&system->blocked, 0);
	atomic_init(&system->broken, 0);
	atomic_init(&system->asleep, false);
	atomic_init(&system->stopping, false);
	atomic_init(&system->elapsed_ns, 0);
	atomic_init(&system->live_line, false);
	init_handlers(system, &plan);
	pthread_mutex_init(&system->lock, NULL);
	pthread_cond_init(&system->ended, NULL);
	*ret_system = system;
	return 0;
}

static uint32_t id_of(const struct frki_timer *timer, const void *data)
{
	const struct frki_stage *stage = data;

	return frki_pool_index(&stage->alarms,
			       frki_container_of(timer, struct frki_alarm, timer));
}

static int open_log(struct frk_system *system, const struct frk_system_opts *opts)
{
	int ret;

	if (!opts->log_path)
		return 0;
	ret = frki_log_file_open(&system->log, opts->log_path, opts->log_records,
				 opts->period_ns, opts->error);
	if (ret)
		return ret;
	system->log.log.id_of = id_of;
	system->log.log.data = &system->stage;
	system->stage.scheduler.log = &system->log.log;
	return 0;
}

/* Each as long as the first, whatever version of the structure the caller has. */
static int spawn_actors(struct frk_system *system, const struct frk_system_opts *opts)
{
	int ret = 0;

	for (size_t i = 0; i < opts->actors_n && !ret; i++) {
		const char *actor = (const char *)opts->actors + i * opts->actors->size;

		ret = frki_stage_spawn(&system->stage, NULL, (const void *)actor,
				       opts->actors_pids ? &opts->actors_pids[i] : NULL);
		if (ret)
			frki_error_set(opts->error, ret,
				       frki_config_driver_name(&system->config),
				       "frk_system_spawn", "actors[%zu] cannot be spawned%s",
				       i, ret == -ENOBUFS ? ": actors_max is too small" : "");
	}
	return ret;
}

void frki_build_free(struct frk_system *system)
{
	frki_monitor_stop(&system->monitor);
	frki_monitor_free(&system->monitor);
	if (system->stacks)
		frki_handler_release();
	frki_signals_release(system);
	frki_worker_line_close_all(system);
	frki_supply_close(&system->supply);
	frki_log_file_close(&system->log);
	frki_crew_free(&system->crew);
	frk_tick_feed_unref(system->config.opts.feed);
	for (size_t i = 0; i < system->config.opts.members_n; i++)
		frk_tick_feed_unref(system->config.members[i].feed);
	pthread_cond_destroy(&system->ended);
	pthread_mutex_destroy(&system->lock);
	system->platform->free(system);
}

/* The first one as the system's tick line, unless it is said. */
static struct frki_schedule schedule_of(const struct frk_system_opts *opts, unsigned int index)
{
	if (opts->worker_opts)
		return (struct frki_schedule){ opts->worker_opts[index].cpu,
					       opts->worker_opts[index].rt_priority };
	return (struct frki_schedule){ index ? 0 : opts->cpu, opts->rt_priority };
}

/* Of the first line, and but for the CPU of all. */
static struct frki_supply_opts supply_opts(const struct frk_system *system,
					   const struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;

	return (struct frki_supply_opts){
		.driver = config->driver,
		.line = {
			.size = sizeof(struct frk_driver_opts),
			.name = system->config.name,
			.period_ns = opts->period_ns,
			.clockid = opts->clockid,
			.cpu = opts->cpu,
			.slots = opts->feed_slots,
			.rt_priority = opts->rt_priority,
			.latency = opts->latency,
			.lead_ns = opts->lead_ns,
			.accuracy_ns = opts->accuracy_ns,
			.spin_max_ppm = opts->spin_max_ppm,
			.feed = opts->feed,
			.members = opts->members_n ? system->config.members : NULL,
			.members_n = opts->members_n,
			.align = opts->worker_lines,
		},
		.policy = opts->stop_policy,
		.fallback = config->fallback,
		.attempts = opts->retry_attempts,
		.backoff_ns = opts->retry_backoff_ns,
		.silent_ns = config->silent_ns,
		.budget_ppb = opts->drift_budget_ppb,
		.drift_stops = opts->drift_stops,
		.quiet = opts->quiet,
	};
}

/* Where its worker is. */
static void place(struct frki_supply_opts *supply, const struct frk_system_opts *opts,
		  unsigned int index)
{
	struct frki_schedule schedule = schedule_of(opts, index);

	supply->line.cpu = schedule.cpu;
	supply->line.rt_priority = schedule.rt_priority;
	if (!index && !schedule.cpu)
		supply->line.cpu = opts->cpu;
}

/* All by the driver that the first one has found, so that they tick together. */
static int start_lines(struct frk_system *system, struct frki_supply_opts *supply,
		       const struct frk_system_opts *opts)
{
	int ret = 0;

	supply->driver = system->supply.driver;
	for (unsigned int i = 0; i < system->lines_n && !ret; i++) {
		place(supply, opts, i + 1);
		ret = frki_worker_line_start(&system->lines[i], supply, opts->error);
	}
	return ret;
}

static int start_supply(struct frk_system *system, const struct frki_config *config)
{
	struct frki_supply_opts supply = supply_opts(system, config);
	int ret;

	if (system->lines_n)
		place(&supply, &config->opts, 0);
	ret = frki_supply_start(&system->supply, &supply, &supply_ops, system,
				config->opts.error);
	return ret ? ret : start_lines(system, &supply, &config->opts);
}

/* A worker takes no signals: they are the application's.  Nor can it put off those of a
 * fault of its own: blocked, they end the process past whoever wants to see them. */
static int create_thread(struct frk_system *system, const pthread_attr_t *attr,
			 pthread_t *ret_thread, void *(*main)(void *data), void *data)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = system->platform->pthread_create(ret_thread, attr, main, data);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

static int start_thread(struct frk_system *system, const struct frki_schedule *schedule,
			pthread_t *ret_thread, void *(*main)(void *data), void *data)
{
	pthread_attr_t attr;
	int ret;

	ret = -pthread_attr_init(&attr);
	if (!ret) {
		ret = frki_schedule_attr(schedule, &attr);
		if (!ret)
			ret = create_thread(system, &attr, ret_thread, main, data);
		pthread_attr_destroy(&attr);
	}
	if (!ret)
		return 0;
	return frki_schedule_failed(schedule, ret, frki_config_driver_name(&system->config),
				    "pthread_create", "cannot start the worker thread",
				    system->config.opts.error);
}

/* Above the workers, or they may keep it from looking. */
static int start_monitor(struct frk_system *system)
{
	const struct frk_system_opts *opts = &system->config.opts;
	struct frki_schedule schedule = { .rt_priority = opts->rt_priority };
	int ret;

	if (!opts->handler_max_ns)
		return 0;
	if (schedule.rt_priority && schedule.rt_priority < 99)
		schedule.rt_priority++;
	ret = start_thread(system, &schedule, &system->monitor.thread, frki_monitor_main,
			   system);
	system->monitor.started = !ret;
	return ret;
}

/* The first one last: it is the one that may end the others. */
static int start_workers(struct frk_system *system, const struct frk_system_opts *opts)
{
	struct frki_crew *crew = &system->crew;
	struct frki_schedule schedule;
	int ret = start_monitor(system);

	for (unsigned int i = 1; i < crew->n && !ret; i++) {
		schedule = schedule_of(opts, i);
		ret = start_thread(system, &schedule, &crew->workers[i].thread,
				   frki_crew_main, &crew->workers[i]);
		crew->started += !ret;
	}
	schedule = schedule_of(opts, 0);
	if (!ret)
		ret = start_thread(system, &schedule, &system->thread, frki_worker_main,
				   system);
	if (ret)
		frki_crew_stop(crew);
	return ret;
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
	ret = open_log(system, &config.opts);
	if (!ret && config.opts.stop_on_signals)
		ret = frki_signals_take(system, config.opts.error);
	if (!ret)
		ret = spawn_actors(system, &config.opts);
	if (!ret)
		ret = start_supply(system, &config);
	if (!ret)
		ret = start_workers(system, &config.opts);
	if (ret) {
		frki_build_free(system);
		return ret;
	}
	*ret_system = system;
	return 0;
}

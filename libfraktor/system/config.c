// SPDX-License-Identifier: MIT
/*
 * config.c - checks of the builder's options, and what they are by default.
 * What only a driver can know, its shortest period for one, is left to it.
 */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor/filter.h"
#include "base/error.h"
#include "base/opts.h"
#include "sched/profile.h"
#include "system/config.h"
#include "system/log_file.h"
#include "system/worker_line.h"

#define TIME_MAX_NS (1ULL << 62)
#define COUNT_MAX (1U << 20)
#define SLOTS_MIN 1024U
/* Few actors have one, and those that have none are to cost nothing for it. */
#define TRAYS 256U
#define SLOTS_MAX 65536U
#define ORDER_MAX (1U << 20)
#define STATE_MAX (1U << 20)

static int refuse(const struct frk_system_opts *opts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(const struct frk_system_opts *opts, const char *format, ...)
{
	const char *driver = opts->driver_name;
	char text[sizeof(opts->error->text)];
	va_list args;

	if (!driver && opts->driver)
		driver = opts->driver->name;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return frki_error_set(opts->error, -EINVAL, driver, "frk_system_build",
			      "%s", text);
}

static int fill_registry(const struct frk_system_opts *opts,
			 struct frki_registry *registry)
{
	int ret = 0;

	frki_registry_init(registry);
	if (opts->drivers_n && !opts->drivers)
		return refuse(opts, "drivers_n is %zu and drivers is NULL",
			      opts->drivers_n);
	for (size_t i = 0; i < opts->drivers_n && !ret; i++)
		ret = frki_registry_add(registry, opts->drivers[i].driver,
					opts->drivers[i].priority, opts->error);
	return ret;
}

/* Only a test may tick by hand, and a test has the table (R3.2). */
static int refuse_name(const struct frk_system_opts *opts,
		       const struct frki_registry *registry)
{
	char names[160];

	if (!strcmp(opts->driver_name, "manual"))
		return frki_error_set(opts->error, -EOPNOTSUPP, "manual",
				      "frk_system_build",
				      "ticks by hand are for tests: that driver is in libfraktor-testing.a");
	frki_registry_names(registry, names, sizeof(names));
	return refuse(opts, "unknown tick driver \"%.31s\": there are \"auto\", %s",
		      opts->driver_name, names);
}

static int find_driver(const struct frk_system_opts *opts,
		       const struct frki_registry *registry,
		       const struct frk_driver_ops **ret_driver)
{
	if (!opts->driver_name && !opts->driver)
		return refuse(opts, "no tick driver: set driver_name, \"auto\" for one, or driver");
	if (opts->driver_name && opts->driver)
		return refuse(opts, "two tick drivers: set driver_name or driver, not both");
	*ret_driver = opts->driver;
	if (opts->driver || !strcmp(opts->driver_name, "auto"))
		return 0;
	*ret_driver = frki_registry_find(registry, opts->driver_name);
	return *ret_driver ? 0 : refuse_name(opts, registry);
}

/*
 * A system with more timers to see to may be away for longer: as many as their
 * profile has, a second's at a millisecond at least, and no more than the module
 * gives to everybody.
 */
static uint32_t slots_for(uint32_t timers)
{
	uint32_t slots = frki_profile_for(timers)->slots;

	return slots < SLOTS_MIN ? SLOTS_MIN : slots > SLOTS_MAX ? SLOTS_MAX : slots;
}

static void set_defaults(struct frk_system_opts *opts)
{
	if (!opts->period_ns)
		opts->period_ns = FRK_MS(1);
	if (!opts->workers)
		opts->workers = 1;
	if (!opts->clockid)
		opts->clockid = CLOCK_MONOTONIC;
	if (!opts->actors_max)
		opts->actors_max = 64;
	if (!opts->messages_max)
		opts->messages_max = 1024;
	if (!opts->timers_max)
		opts->timers_max = 256;
	if (!opts->watches_max)
		opts->watches_max = opts->actors_max > COUNT_MAX / 2 ?
					    COUNT_MAX : 2 * opts->actors_max;
	if (!opts->trays_max)
		opts->trays_max = opts->actors_max < TRAYS ? opts->actors_max : TRAYS;
	/* One behind the other, and each aligned for any type. */
	if (opts->state_max <= STATE_MAX)
		opts->state_max = (uint32_t)((opts->state_max + alignof(max_align_t) - 1) /
					     alignof(max_align_t) * alignof(max_align_t));
	if (!opts->feed_slots)
		opts->feed_slots = slots_for(opts->timers_max);
	if (!opts->events_max)
		opts->events_max = 256;
	if (!opts->turn_messages)
		opts->turn_messages = FRKI_TURN_MESSAGES;
	if (!opts->log_records)
		opts->log_records = FRKI_LOG_FILE_RECORDS;
	if (!opts->retry_attempts)
		opts->retry_attempts = 3;
	if (!opts->retry_backoff_ns)
		opts->retry_backoff_ns = FRK_MS(100);
	if (!opts->drift_budget_ppb)
		opts->drift_budget_ppb = 50000000;
}

static int check_times(const struct frk_system_opts *opts)
{
	if (opts->period_ns > TIME_MAX_NS)
		return refuse(opts, "period_ns is %llu: the limit is 2^62",
			      (unsigned long long)opts->period_ns);
	if (opts->run_ns > TIME_MAX_NS)
		return refuse(opts, "run_ns is %llu: the limit is 2^62",
			      (unsigned long long)opts->run_ns);
	if (opts->clockid != CLOCK_MONOTONIC &&
	    opts->clockid != CLOCK_BOOTTIME && opts->clockid != CLOCK_TAI)
		return refuse(opts, "clockid is %d: must be CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI",
			      opts->clockid);
	return 0;
}

static int check_thread(const struct frk_system_opts *opts)
{
	if (opts->cpu > CPU_SETSIZE)
		return refuse(opts, "cpu names CPU %u: must be 0 or FRK_CPU(n), n below %d",
			      opts->cpu - 1, CPU_SETSIZE);
	if (opts->rt_priority < 0 || opts->rt_priority > 99)
		return refuse(opts, "rt_priority is %d: must be 0 to 99",
			      opts->rt_priority);
	return 0;
}

bool frki_config_is_simulated(const struct frki_config *config)
{
	const struct frk_driver_ops *driver = config->driver;

	return driver && driver->size > offsetof(struct frk_driver_ops, flags) &&
	       driver->flags & FRK_DRIVER_SIMULATED;
}

static int check_worker(const struct frk_system_opts *opts, uint32_t index)
{
	const struct frk_worker_opts *worker = &opts->worker_opts[index];

	if (worker->cpu > CPU_SETSIZE)
		return refuse(opts, "worker_opts[%u].cpu names CPU %u: must be 0 or FRK_CPU(n), n below %d",
			      index, worker->cpu - 1, CPU_SETSIZE);
	if (worker->rt_priority < 0 || worker->rt_priority > 99)
		return refuse(opts, "worker_opts[%u].rt_priority is %d: must be 0 to 99",
			      index, worker->rt_priority);
	return 0;
}

static int check_workers(const struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;
	int ret = 0;

	if (opts->workers > FRK_WORKERS_MAX)
		return refuse(opts, "workers is %u: the limit is %u", opts->workers,
			      FRK_WORKERS_MAX);
	for (uint32_t i = 0; opts->worker_opts && i < opts->workers && !ret; i++)
		ret = check_worker(opts, i);
	if (ret || opts->workers == 1)
		return ret;
	if (opts->log_path)
		return refuse(opts, "workers is %u with log_path: what several do cannot be replayed",
			      opts->workers);
	if (opts->seed)
		return refuse(opts, "workers is %u with seed: what several do has no order to repeat",
			      opts->workers);
	if (frki_config_is_simulated(config))
		return refuse(opts, "workers is %u with a driver whose time is simulated: take one",
			      opts->workers);
	return 0;
}

static int check_lines(const struct frk_system_opts *opts)
{
	if (!opts->worker_lines)
		return 0;
	if (opts->workers < 2)
		return refuse(opts, "worker_lines with one worker: it has the line that there is; set workers");
	if (opts->feed)
		return refuse(opts, "worker_lines with feed: one line can take ticks from it, not %u",
			      opts->workers);
	if (opts->members_n)
		return refuse(opts, "worker_lines with members: a line of several drivers is for all workers");
	return 0;
}

static int check_turns(const struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;

	if (opts->turn_max_ns > TIME_MAX_NS)
		return refuse(opts, "turn_max_ns is %llu: the limit is 2^62",
			      (unsigned long long)opts->turn_max_ns);
	if (!opts->turn_max_ns)
		return 0;
	if (opts->log_path || opts->seed || frki_config_is_simulated(config))
		return refuse(opts, "turn_max_ns with log_path, seed or a driver whose time is simulated: a clock does not repeat; take turn_messages");
	return 0;
}

static int check_dispatcher(const struct frk_system_opts *opts)
{
	const struct frk_dispatcher_ops *ops = opts->dispatcher;

	if (!ops)
		return 0;
	if (ops->size < sizeof(*ops) || !ops->push || !ops->pop || !ops->is_empty ||
	    ops->state_size > ORDER_MAX)
		return refuse(opts, "dispatcher: size, push, pop and is_empty are needed, and state_size at most %u",
			      ORDER_MAX);
	if (opts->seed)
		return refuse(opts, "dispatcher with seed: one of them says who is next");
	if (opts->workers > 1)
		return refuse(opts, "dispatcher with %u workers: they take from each other; give workers priorities instead (worker_opts)",
			      opts->workers);
	return 0;
}

static int check_handlers(const struct frk_system_opts *opts)
{
	if (opts->handler_max_ns > TIME_MAX_NS)
		return refuse(opts, "handler_max_ns is %llu: the limit is 2^62",
			      (unsigned long long)opts->handler_max_ns);
	if ((unsigned int)opts->on_crash > FRK_CRASH_FAILS)
		return refuse(opts, "on_crash is %d: must be one of FRK_CRASH_...",
			      (int)opts->on_crash);
	return 0;
}

static int check_count(const struct frk_system_opts *opts, const char *name,
		       uint32_t count)
{
	if (count > COUNT_MAX)
		return refuse(opts, "%s is %u: the limit is %u", name, count,
			      COUNT_MAX);
	return 0;
}

static int check_power_of_two(const struct frk_system_opts *opts, const char *name,
			      uint32_t count)
{
	int ret = check_count(opts, name, count);

	if (!ret && (count & (count - 1) || count < 2))
		ret = refuse(opts, "%s is %u: must be a power of two", name, count);
	return ret;
}

static int check_counts(const struct frk_system_opts *opts)
{
	int ret = check_count(opts, "actors_max", opts->actors_max);

	if (!ret)
		ret = check_count(opts, "messages_max", opts->messages_max);
	if (!ret)
		ret = check_count(opts, "timers_max", opts->timers_max);
	if (!ret)
		ret = check_count(opts, "watches_max", opts->watches_max);
	if (!ret)
		ret = check_count(opts, "trays_max", opts->trays_max);
	if (!ret)
		ret = check_count(opts, "turn_messages", opts->turn_messages);
	if (!ret && opts->state_max > STATE_MAX)
		ret = refuse(opts, "state_max: at most %u bytes, not %u", STATE_MAX,
			     opts->state_max);
	if (!ret)
		ret = check_power_of_two(opts, "feed_slots", opts->feed_slots);
	if (!ret)
		ret = check_power_of_two(opts, "events_max", opts->events_max);
	return ret;
}

/* What the watchdog of the module has for lines that others pulse. */
static uint64_t silent_ns(const struct frki_config *config)
{
	uint32_t periods = config->opts.silent_periods;
	uint64_t ns;

	if (periods == FRK_SILENT_NEVER)
		return 0;
	if (!periods && frki_config_is_simulated(config))
		return 0;
	if (__builtin_mul_overflow(config->opts.period_ns, periods ? periods : 8, &ns))
		return TIME_MAX_NS;
	return !periods && ns < FRK_S(1) ? FRK_S(1) : ns;
}

/* The drivers of a line are opened again when it is. */
static int copy_members(struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;

	if (!opts->members_n)
		return 0;
	if (opts->members_n > FRK_MEMBERS_MAX || !opts->members)
		return refuse(opts, "members_n is %zu: must be 1 to %u, and members not NULL",
			      opts->members_n, FRK_MEMBERS_MAX);
	memcpy(config->members, opts->members,
	       opts->members_n * sizeof(*opts->members));
	return 0;
}

static int check_fallback(struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;

	config->fallback = NULL;
	if ((unsigned int)opts->stop_policy > FRK_STOP_FALLBACK)
		return refuse(opts, "stop_policy is %d: must be one of FRK_STOP_...",
			      (int)opts->stop_policy);
	if (opts->retry_backoff_ns > FRK_S(60))
		return refuse(opts, "retry_backoff_ns is %llu: the limit is a minute",
			      (unsigned long long)opts->retry_backoff_ns);
	if (!opts->fallback_name || !strcmp(opts->fallback_name, "auto"))
		return 0;
	config->fallback = frki_registry_find(&config->registry, opts->fallback_name);
	return config->fallback ? 0 :
				  refuse(opts, "fallback_name is \"%.31s\": there is no such driver",
					 opts->fallback_name);
}

static int check_log(const struct frk_system_opts *opts)
{
	if (opts->log_records > FRKI_LOG_FILE_RECORDS_MAX)
		return refuse(opts, "log_records is %u: the limit is %u",
			      opts->log_records, FRKI_LOG_FILE_RECORDS_MAX);
	if (opts->log_path && !*opts->log_path)
		return refuse(opts, "log_path is empty: it names a file, or is NULL");
	return 0;
}

static int check_filters(const struct frk_system_opts *opts)
{
	if (frki_filter_check(opts->filters))
		return refuse(opts, "filters: a function is NULL, or the size is wrong: use FRK_FILTERS()");
	return 0;
}

static int check_actors(const struct frk_system_opts *opts)
{
	if (opts->actors_n && !opts->actors)
		return refuse(opts, "actors_n is %zu and actors is NULL", opts->actors_n);
	for (size_t i = 1; i < opts->actors_n; i++) {
		const struct frk_actor_opts *actor = (const void *)(
			(const char *)opts->actors + i * opts->actors->size);

		if (actor->size != opts->actors->size)
			return refuse(opts, "actors[%zu].size is %zu: all must be the same, use FRK_ACTOR_OPTS()",
				      i, actor->size);
	}
	return 0;
}

static int check_name(const struct frk_system_opts *opts)
{
	size_t max = sizeof(((struct frki_config *)0)->name) - 1;

	if (opts->worker_lines)
		max -= FRKI_WORKER_LINE_SUFFIX;
	if (opts->name && (!*opts->name || strlen(opts->name) > max))
		return refuse(opts, "name must have 1 to %zu bytes%s", max,
			      opts->worker_lines ? " with worker_lines" : "");
	return 0;
}

static int check(struct frki_config *config)
{
	struct frk_system_opts *opts = &config->opts;
	int ret = fill_registry(opts, &config->registry);

	if (!ret && opts->env)
		ret = frki_environment_apply(opts, &config->registry);
	if (!ret)
		ret = find_driver(opts, &config->registry, &config->driver);
	set_defaults(opts);
	if (!ret)
		ret = check_times(opts);
	if (!ret)
		ret = check_thread(opts);
	if (!ret)
		ret = check_workers(config);
	if (!ret)
		ret = check_lines(opts);
	if (!ret)
		ret = check_turns(config);
	if (!ret)
		ret = check_dispatcher(opts);
	if (!ret)
		ret = check_handlers(opts);
	if (!ret)
		ret = check_counts(opts);
	if (!ret)
		ret = check_fallback(config);
	if (!ret)
		ret = copy_members(config);
	if (!ret)
		ret = check_log(opts);
	if (!ret)
		ret = check_actors(opts);
	if (!ret)
		ret = check_filters(opts);
	return ret ? ret : check_name(opts);
}

int frki_config_init(struct frki_config *config,
		     const struct frk_system_opts *opts)
{
	size_t min = offsetof(struct frk_system_opts, error) +
		     sizeof(opts->error);
	struct frki_config checked;
	int ret;

	ret = frki_opts_copy(&checked.opts, sizeof(checked.opts), opts, min);
	if (!ret)
		ret = check(&checked);
	if (ret)
		return ret;
	checked.silent_ns = silent_ns(&checked);
	*config = checked;
	/* A run that ends within a period ends with that period. */
	config->run_ticks = config->opts.run_ns / config->opts.period_ns +
			    (config->opts.run_ns % config->opts.period_ns != 0);
	if (config->opts.name)
		snprintf(config->name, sizeof(config->name), "%s", config->opts.name);
	else
		snprintf(config->name, sizeof(config->name), "fraktor-%ld",
			 (long)getpid());
	config->opts.name = config->name;
	return 0;
}

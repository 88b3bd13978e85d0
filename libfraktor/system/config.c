// SPDX-License-Identifier: MIT
/*
 * config.c - checks of the builder's options, and what they are by default.
 * What only a driver can know, its shortest period for one, is left to it.
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/opts.h"
#include "system/config.h"

#define TIME_MAX_NS (1ULL << 62)
#define COUNT_MAX (1U << 20)

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

static int find_driver(const struct frk_system_opts *opts,
		       const struct frk_driver_ops **ret_driver)
{
	if (!opts->driver_name && !opts->driver)
		return refuse(opts, "no tick driver: set driver_name to \"kernel\" or \"timerfd\", or driver");
	if (opts->driver_name && opts->driver)
		return refuse(opts, "two tick drivers: set driver_name or driver, not both");
	*ret_driver = opts->driver ? opts->driver :
				     frk_driver_find(opts->driver_name);
	if (!*ret_driver)
		return refuse(opts, "unknown tick driver \"%.31s\": there are \"kernel\" and \"timerfd\"",
			      opts->driver_name);
	return 0;
}

static void set_defaults(struct frk_system_opts *opts)
{
	if (!opts->period_ns)
		opts->period_ns = FRK_MS(1);
	if (!opts->clockid)
		opts->clockid = CLOCK_MONOTONIC;
	if (!opts->feed_slots)
		opts->feed_slots = 1024;
	if (!opts->actors_max)
		opts->actors_max = 64;
	if (!opts->messages_max)
		opts->messages_max = 1024;
	if (!opts->timers_max)
		opts->timers_max = 256;
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

static int check_count(const struct frk_system_opts *opts, const char *name,
		       uint32_t count)
{
	if (count > COUNT_MAX)
		return refuse(opts, "%s is %u: the limit is %u", name, count,
			      COUNT_MAX);
	return 0;
}

static int check_counts(const struct frk_system_opts *opts)
{
	int ret = check_count(opts, "actors_max", opts->actors_max);

	if (!ret)
		ret = check_count(opts, "messages_max", opts->messages_max);
	if (!ret)
		ret = check_count(opts, "timers_max", opts->timers_max);
	if (!ret)
		ret = check_count(opts, "feed_slots", opts->feed_slots);
	if (!ret && opts->feed_slots & (opts->feed_slots - 1))
		ret = refuse(opts, "feed_slots is %u: must be a power of two",
			     opts->feed_slots);
	return ret;
}

static int check_name(const struct frk_system_opts *opts)
{
	size_t max = sizeof(((struct frki_config *)0)->name) - 1;

	if (opts->name && (!*opts->name || strlen(opts->name) > max))
		return refuse(opts, "name must have 1 to %zu bytes", max);
	return 0;
}

static int check(struct frk_system_opts *opts,
		 const struct frk_driver_ops **ret_driver)
{
	int ret = opts->env ? frki_environment_apply(opts) : 0;

	if (!ret)
		ret = find_driver(opts, ret_driver);
	set_defaults(opts);
	if (!ret)
		ret = check_times(opts);
	if (!ret)
		ret = check_thread(opts);
	if (!ret)
		ret = check_counts(opts);
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
		ret = check(&checked.opts, &checked.driver);
	if (ret)
		return ret;
	*config = checked;
	/* A run that ends within a period ends with that period. */
	config->run_ticks = config->opts.run_ns / config->opts.period_ns +
			    (config->opts.run_ns % config->opts.period_ns != 0);
	if (!config->opts.name) {
		snprintf(config->name, sizeof(config->name), "fraktor-%ld",
			 (long)getpid());
		config->opts.name = config->name;
	}
	return 0;
}

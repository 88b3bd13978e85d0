// SPDX-License-Identifier: MIT
/*
 * environment.c - FRAKTOR_* variables over options: the one place that reads
 * the environment.  Each variable is one row of a table.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "system/config.h"

/* Decimal digits only, at most @max; *ret_end is what follows them. */
static int parse_digits(const char *text, uint64_t max, uint64_t *ret_value,
			const char **ret_end)
{
	const char *at = text;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > max)
			return -EINVAL;
	}
	if (at == text)
		return -EINVAL;
	*ret_value = value;
	*ret_end = at;
	return 0;
}

static int parse_number(const char *text, uint64_t min, uint64_t max,
			uint64_t *ret_value)
{
	const char *end;
	uint64_t value;

	if (parse_digits(text, max, &value, &end) || *end || value < min)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* Digits after the point, as nanoseconds; at most nine. */
static int parse_fraction(const char *text, uint64_t *ret_ns)
{
	uint64_t ns = 0;
	int digits;

	for (digits = 0; digits < 9 && text[digits]; digits++) {
		if (text[digits] < '0' || text[digits] > '9')
			return -EINVAL;
		ns = ns * 10 + (uint64_t)(text[digits] - '0');
	}
	if (!digits || text[digits])
		return -EINVAL;
	for (; digits < 9; digits++)
		ns *= 10;
	*ret_ns = ns;
	return 0;
}

/* Checked before, by check_driver(). */
static int set_driver(struct frk_system_opts *opts, const char *value)
{
	opts->driver_name = value;
	opts->driver = NULL;
	return 0;
}

static int set_period(struct frk_system_opts *opts, const char *value)
{
	uint64_t us;

	if (parse_number(value, 1, 3600000000U, &us))
		return -EINVAL;
	opts->period_ns = FRK_US(us);
	return 0;
}

static int set_duration(struct frk_system_opts *opts, const char *value)
{
	uint64_t seconds, ns = 0;
	const char *end;

	if (parse_digits(value, 1000000000, &seconds, &end))
		return -EINVAL;
	if (*end && (*end != '.' || parse_fraction(end + 1, &ns)))
		return -EINVAL;
	opts->run_ns = FRK_S(seconds) + ns;
	return 0;
}

static int set_cpu(struct frk_system_opts *opts, const char *value)
{
	uint64_t cpu;

	if (parse_number(value, 0, CPU_SETSIZE - 1, &cpu))
		return -EINVAL;
	opts->cpu = FRK_CPU(cpu);
	return 0;
}

static int set_rt_priority(struct frk_system_opts *opts, const char *value)
{
	uint64_t priority;

	if (parse_number(value, 0, 99, &priority))
		return -EINVAL;
	opts->rt_priority = (int)priority;
	return 0;
}

/* The index of a word, for enumerations. */
static int parse_word(const char *text, const char *const *words, size_t n,
		      int *ret_value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], text))
			continue;
		*ret_value = (int)i;
		return 0;
	}
	return -EINVAL;
}

static int set_latency(struct frk_system_opts *opts, const char *value)
{
	static const char *const names[] = {
		[FRK_LATENCY_DEFAULT] = "default",
		[FRK_LATENCY_POWERSAVE] = "powersave",
		[FRK_LATENCY_BALANCED] = "balanced",
		[FRK_LATENCY_LOW] = "low",
		[FRK_LATENCY_LOWEST] = "lowest",
	};

	int latency;

	if (parse_word(value, names, sizeof(names) / sizeof(*names), &latency))
		return -EINVAL;
	opts->latency = (enum frk_latency)latency;
	return 0;
}

static int set_stop_policy(struct frk_system_opts *opts, const char *value)
{
	static const char *const names[] = {
		[FRK_STOP_FAIL_FAST] = "fail-fast",
		[FRK_STOP_RETRY] = "retry",
		[FRK_STOP_FALLBACK] = "fallback",
	};
	int policy;

	if (parse_word(value, names, sizeof(names) / sizeof(*names), &policy))
		return -EINVAL;
	opts->stop_policy = (enum frk_stop_policy)policy;
	return 0;
}

/* Which drivers there are is looked up with the other options. */
static int set_fallback(struct frk_system_opts *opts, const char *value)
{
	opts->fallback_name = value;
	return 0;
}

static int set_silent_periods(struct frk_system_opts *opts, const char *value)
{
	uint64_t periods;

	if (!strcmp(value, "never")) {
		opts->silent_periods = FRK_SILENT_NEVER;
		return 0;
	}
	if (parse_number(value, 0, 1000000000, &periods))
		return -EINVAL;
	opts->silent_periods = (uint32_t)periods;
	return 0;
}

/* The one that is accepted or not by what a system has registered. */
enum { DRIVER };

static const struct variable {
	const char *name;
	const char *accepted;
	int (*set)(struct frk_system_opts *opts, const char *value);
} variables[] = {
	[DRIVER] = { "FRAKTOR_DRIVER", NULL, set_driver },
	{ "FRAKTOR_PERIOD_US", "a whole number from 1 to 3600000000",
	  set_period },
	{ "FRAKTOR_DURATION_S",
	  "a number from 0 (for ever) to 1000000000, decimals allowed",
	  set_duration },
	{ "FRAKTOR_CPU", "a whole number from 0 to 1023", set_cpu },
	{ "FRAKTOR_RT_PRIORITY", "a whole number from 0 (none) to 99",
	  set_rt_priority },
	{ "FRAKTOR_LATENCY", "default, powersave, balanced, low or lowest",
	  set_latency },
	{ "FRAKTOR_STOP_POLICY", "fail-fast, retry or fallback", set_stop_policy },
	{ "FRAKTOR_FALLBACK", "a driver or auto", set_fallback },
	{ "FRAKTOR_SILENT_PERIODS",
	  "a whole number from 0 (as usual) to 1000000000, or never",
	  set_silent_periods },
};

static const char *value_of(const struct variable *variable)
{
	const char *value = secure_getenv(variable->name);

	return value && *value ? value : NULL;
}

static int refuse_value(const struct frk_system_opts *opts,
			const struct variable *variable, const char *accepted)
{
	return frki_error_set(opts->error, -EINVAL, NULL, "frk_system_build",
			      "environment variable %s is \"%.64s\": must be %s",
			      variable->name, value_of(variable), accepted);
}

static int apply(struct frk_system_opts *opts, const struct variable *variable)
{
	const char *value = value_of(variable);

	if (!value || !variable->set(opts, value))
		return 0;
	return refuse_value(opts, variable, variable->accepted);
}

/* "manual" is known well enough to be refused by its name. */
static int check_driver(const struct frk_system_opts *opts,
			const struct frki_registry *registry)
{
	const char *name = value_of(&variables[DRIVER]);
	char names[160] = "\"auto\", ";

	if (!name || !strcmp(name, "auto") || !strcmp(name, "manual") ||
	    frki_registry_find(registry, name))
		return 0;
	frki_registry_names(registry, names + strlen(names), sizeof(names) - strlen(names));
	return refuse_value(opts, &variables[DRIVER], names);
}

int frki_environment_apply(struct frk_system_opts *opts,
			   const struct frki_registry *registry)
{
	size_t n = sizeof(variables) / sizeof(*variables);
	int ret = check_driver(opts, registry);

	for (size_t i = 0; i < n && !ret; i++)
		ret = apply(opts, &variables[i]);
	return ret;
}

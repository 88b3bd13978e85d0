/* SPDX-License-Identifier: MIT */
/*
 * config.h - the builder's options, checked, with defaults and the environment
 * filled in.  Starts nothing, allocates nothing.
 */
#ifndef FRKI_SYSTEM_CONFIG_H
#define FRKI_SYSTEM_CONFIG_H

#include <stdbool.h>

#include <fraktor/system.h>

#include "tick/registry.h"

/**
 * struct frki_config - what a system is built from
 * @opts: the options; @opts.name points to the caller's or to @name.
 * @name: the name, or the default one.
 * @registry: the drivers there are.
 * @driver: the driver; NULL for the best that works.
 * @fallback: the driver that takes over; NULL for the best other one.
 * @members: what @opts.members points to.
 * @silent_ns: silence that is too long; 0 for never.
 * @run_ticks: periods until the end; 0 for never.
 */
struct frki_config {
	struct frk_system_opts opts;
	char name[32];
	struct frki_registry registry;
	const struct frk_driver_ops *driver;
	const struct frk_driver_ops *fallback;
	struct frk_driver_member members[FRK_MEMBERS_MAX];
	uint64_t silent_ns;
	uint64_t run_ticks;
};

/**
 * frki_config_init() - check options and fill in what they leave open
 * @config: the configuration; written only on success.
 * @opts: the caller's.
 *
 * Return: 0; -EINVAL, and &frk_system_opts.error says which option, and what
 * it may be.
 */
int frki_config_init(struct frki_config *config,
		     const struct frk_system_opts *opts);

/**
 * frki_config_is_simulated() - does time pass when the driver says so?
 * @config: the configuration.
 */
bool frki_config_is_simulated(const struct frki_config *config);

/**
 * frki_config_driver_name() - the driver that is wanted, for errors
 * @config: the configuration.
 */
static inline const char *frki_config_driver_name(const struct frki_config *config)
{
	return config->driver ? config->driver->name : "auto";
}

/**
 * frki_environment_apply() - let the environment override options
 * @opts: the options, changed in place.
 * @registry: the drivers there are.
 *
 * A variable that is not set or empty changes nothing.
 *
 * Return: 0; -EINVAL, and &frk_system_opts.error says which variable, its
 * value, and what is accepted.
 */
int frki_environment_apply(struct frk_system_opts *opts,
			   const struct frki_registry *registry);

#endif /* FRKI_SYSTEM_CONFIG_H */

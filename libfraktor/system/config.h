/* SPDX-License-Identifier: MIT */
/*
 * config.h - the builder's options, checked, with defaults and the environment
 * filled in.  Starts nothing, allocates nothing.
 */
#ifndef FRKI_SYSTEM_CONFIG_H
#define FRKI_SYSTEM_CONFIG_H

#include <fraktor/system.h>

/**
 * struct frki_config - what a system is built from
 * @opts: the options; @opts.name points to the caller's or to @name.
 * @name: room for the default name.
 * @driver: the driver.
 * @run_ticks: periods until the end; 0 for never.
 */
struct frki_config {
	struct frk_system_opts opts;
	char name[32];
	const struct frk_driver_ops *driver;
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
 * frki_environment_apply() - let the environment override options
 * @opts: the options, changed in place.
 *
 * A variable that is not set or empty changes nothing.
 *
 * Return: 0; -EINVAL, and &frk_system_opts.error says which variable, its
 * value, and what is accepted.
 */
int frki_environment_apply(struct frk_system_opts *opts);

#endif /* FRKI_SYSTEM_CONFIG_H */

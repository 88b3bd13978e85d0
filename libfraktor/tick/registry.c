/* SPDX-License-Identifier: MIT */
/*
 * registry.c - drivers by name and priority.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tick/registry.h"

/* Those that need something of the program are never chosen for anybody. */
const struct frk_driver_entry frki_registry_builtin[FRKI_REGISTRY_BUILTIN] = {
	{ &frk_driver_kernel, FRK_PRIORITY_KERNEL },
	{ &frk_driver_timerfd, FRK_PRIORITY_TIMERFD },
	{ &frk_driver_nanosleep, FRK_PRIORITY_NANOSLEEP },
	{ &frk_driver_pulse, 0 },
	{ &frk_driver_fused, 0 },
};

void frki_registry_init(struct frki_registry *registry)
{
	memcpy(registry->entries, frki_registry_builtin, sizeof(frki_registry_builtin));
	registry->n = FRKI_REGISTRY_BUILTIN;
}

static int registry_check(const struct frki_registry *registry,
			  const struct frk_driver_ops *driver, struct frk_error *error)
{
	if (!driver || !driver->name || !*driver->name)
		return frki_error_set(error, -EINVAL, NULL, "drivers",
				      "a driver that is registered has no table or no "
				      "name");
	if (!strcmp(driver->name, "auto"))
		return frki_error_set(error, -EINVAL, driver->name, "drivers",
				      "no driver can be called \"auto\"");
	if (frki_registry_find(registry, driver->name))
		return frki_error_set(error, -EEXIST, driver->name, "drivers",
				      "there is a driver \"%s\" already", driver->name);
	if (registry->n == FRKI_REGISTRY_MAX)
		return frki_error_set(error, -ENOBUFS, driver->name, "drivers",
				      "more than %u drivers are registered",
				      FRK_DRIVERS_MAX);
	return 0;
}

int frki_registry_add(struct frki_registry *registry, const struct frk_driver_ops *driver,
		      int priority, struct frk_error *error)
{
	struct frk_driver_entry *entries = registry->entries;
	int err = registry_check(registry, driver, error);
	size_t i;

	if (err)
		return err;
	for (i = registry->n; i > 0 && entries[i - 1].priority < priority; i--)
		entries[i] = entries[i - 1];
	entries[i] = (struct frk_driver_entry){ driver, priority };
	registry->n++;
	return 0;
}

const struct frk_driver_ops *frki_registry_find(const struct frki_registry *registry,
						const char *name)
{
	for (size_t i = 0; name && i < registry->n; i++)
		if (!strcmp(registry->entries[i].driver->name, name))
			return registry->entries[i].driver;
	return NULL;
}

void frki_registry_names(const struct frki_registry *registry, char *text, size_t size)
{
	size_t at = 0;
	int n;

	*text = '\0';
	for (size_t i = 0; i < registry->n && at < size; i++) {
		n = snprintf(text + at, size - at, "%s\"%s\"", i ? ", " : "",
			     registry->entries[i].driver->name);
		at += n > 0 ? (size_t)n : 0;
	}
}

const struct frk_driver_ops *frk_driver_find(const char *name)
{
	for (size_t i = 0; name && i < FRKI_REGISTRY_BUILTIN; i++)
		if (!strcmp(frki_registry_builtin[i].driver->name, name))
			return frki_registry_builtin[i].driver;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the drivers one system may use, by name and in the order in which
 * "auto" tries them.  A system has its own: nothing is registered for a process.
 */
#ifndef FRKI_TICK_REGISTRY_H
#define FRKI_TICK_REGISTRY_H

#include <fraktor/tick.h>

/* Drivers of the library, then those an application may add. */
#define FRKI_REGISTRY_BUILTIN 5
#define FRKI_REGISTRY_MAX (FRKI_REGISTRY_BUILTIN + FRK_DRIVERS_MAX)

/**
 * struct frki_registry - drivers, the highest priority first
 * @entries: the drivers.
 * @n: how many.
 */
struct frki_registry {
	struct frk_driver_entry entries[FRKI_REGISTRY_MAX];
	size_t n;
};

/* The library's own, the highest priority first. */
extern const struct frk_driver_entry frki_registry_builtin[FRKI_REGISTRY_BUILTIN];

/**
 * frki_registry_init() - a registry with the library's own drivers
 * @registry: the registry.
 */
void frki_registry_init(struct frki_registry *registry);

/**
 * frki_registry_add() - add a driver, behind those of the same priority
 * @registry: the registry.
 * @driver: its table, borrowed.
 * @priority: as in struct frk_driver_entry.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0; -EINVAL without a table or a name, or with a name that means
 * something else; -EEXIST for a name that is taken; -ENOBUFS.
 */
int frki_registry_add(struct frki_registry *registry, const struct frk_driver_ops *driver,
		      int priority, struct frk_error *error);

/**
 * frki_registry_find() - a driver by its name
 * @registry: the registry.
 * @name: the name.
 *
 * Return: its table, or NULL.
 */
const struct frk_driver_ops *frki_registry_find(const struct frki_registry *registry,
						const char *name);

/**
 * frki_registry_names() - which drivers there are, in words
 * @registry: the registry.
 * @text: room for them.
 * @size: bytes of it.
 */
void frki_registry_names(const struct frki_registry *registry, char *text, size_t size);

#endif /* FRKI_TICK_REGISTRY_H */

/* SPDX-License-Identifier: MIT */
/*
 * Which versions of what are here: of this program, its library, the module
 * that is loaded, and of the interface between them.
 */
#ifndef TOOL_DEVICE_H
#define TOOL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct device_versions - what is here
 * @tool: of this program.
 * @library: of the library in it.
 * @module: of the module that is loaded; empty if it does not say.
 * @loaded: there is one.
 * @abi_known: the interface that this program was built for.
 * @abi_module: that of the module; 0 if it cannot be asked.
 * @abi_error: why it cannot, a negative errno, or 0.
 */
struct device_versions {
	const char *tool;
	const char *library;
	char module[32];
	bool loaded;
	uint32_t abi_known;
	uint32_t abi_module;
	int abi_error;
};

/* Loads no module, and needs no privilege but to ask for the interface. */
void device_get_versions(struct device_versions *ret_versions);

/**
 * device_misfit() - what does not fit
 * @versions: what is here.
 * @out: a sentence, if something does not.
 * @size: of @out.
 *
 * Return: whether something does not.
 */
bool device_misfit(const struct device_versions *versions, char *out, size_t size);

#endif /* TOOL_DEVICE_H */

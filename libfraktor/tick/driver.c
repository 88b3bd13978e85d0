/* SPDX-License-Identifier: MIT */
/*
 * driver.c - the built-in drivers by name.  A constant table, no registry:
 * drivers of the application are passed by their own tables.
 */
#include <string.h>

#include <fraktor/tick.h>

static const struct frk_driver_ops *const driver_builtin[] = {
	&frk_driver_kernel,
	&frk_driver_timerfd,
};

const struct frk_driver_ops *frk_driver_find(const char *name)
{
	size_t i;

	for (i = 0; name && i < sizeof(driver_builtin) / sizeof(*driver_builtin); i++)
		if (!strcmp(driver_builtin[i]->name, name))
			return driver_builtin[i];
	return NULL;
}

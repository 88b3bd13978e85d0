/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.c - tries drivers, in order, until one ticks.
 */
#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "tick/bootstrap.h"

/* One driver, all the way or not at all. */
static int bootstrap_try(struct frki_bootstrap *bootstrap,
			 const struct frk_driver_ops *driver,
			 const struct frk_driver_opts *opts, struct frk_error *error,
			 struct frk_line **ret_line)
{
	struct frk_line *line;
	int err = frk_line_open(driver, opts, error, &line);

	if (err)
		return err;
	err = frk_line_start(line, error);
	if (err) {
		frk_line_close(line);
		return err;
	}
	bootstrap->started = driver;
	*ret_line = line;
	return 0;
}

static int bootstrap_none(const struct frki_bootstrap *bootstrap, struct frk_error *error)
{
	const struct frk_error *best = &bootstrap->tried[0];

	if (!bootstrap->tried_n)
		return frki_error_set(error, -ENOENT, "auto", "open",
				      "there is no other driver to try");
	return frki_error_set(error, best->code, "auto", best->call,
			      "none of %zu drivers works; %s, the best: %.150s",
			      bootstrap->tried_n, best->driver, best->text);
}

/* A priority of 0 or less is for those who ask by name. */
static int bootstrap_auto(struct frki_bootstrap *bootstrap,
			  const struct frk_driver_ops *except,
			  const struct frk_driver_opts *opts, struct frk_error *error,
			  struct frk_line **ret_line)
{
	const struct frki_registry *registry = &bootstrap->registry;

	for (size_t i = 0; i < registry->n && registry->entries[i].priority > 0; i++) {
		if (registry->entries[i].driver == except)
			continue;
		if (!bootstrap_try(bootstrap, registry->entries[i].driver, opts,
				   &bootstrap->tried[bootstrap->tried_n], ret_line))
			return 0;
		bootstrap->tried_n++;
	}
	return bootstrap_none(bootstrap, error);
}

int frki_bootstrap_start(struct frki_bootstrap *bootstrap,
			 const struct frk_driver_ops *driver,
			 const struct frk_driver_ops *except,
			 const struct frk_driver_opts *opts, struct frk_error *error,
			 struct frk_line **ret_line)
{
	struct frk_error said = { 0 };
	int err;

	bootstrap->tried_n = 0;
	if (!driver)
		return bootstrap_auto(bootstrap, except, opts, error, ret_line);
	err = bootstrap_try(bootstrap, driver, opts, &said, ret_line);
	if (!err)
		return 0;
	bootstrap->tried[bootstrap->tried_n++] = said;
	if (error)
		*error = said;
	return err;
}

void frki_bootstrap_why(const struct frki_bootstrap *bootstrap, char *text, size_t size)
{
	const struct frk_error *tried = bootstrap->tried;
	size_t at = 0;
	int n;

	snprintf(text, size, "it was the first to be tried");
	for (size_t i = 0; i < bootstrap->tried_n && at < size; i++) {
		n = snprintf(text + at, size - at, "%s%s failed: %s: %s", i ? "; " : "",
			     tried[i].driver, tried[i].call,
			     frki_error_name(tried[i].code));
		at += n > 0 ? (size_t)n : 0;
	}
}

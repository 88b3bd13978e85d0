/* SPDX-License-Identifier: MIT */
/*
 * The host that is looked at: files below a root, which is "/" or a directory
 * that holds copies of them.  Knows no check.
 */
#ifndef TOOL_HOST_H
#define TOOL_HOST_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_PATH_SIZE 512

struct host {
	const char *root;	/* without a slash at its end; "" is this host */
};

/* Whether it is the host this runs on: it can be tried, not only read. */
bool host_is_live(const struct host *host);

/* @path below the root; @path begins with a slash. */
void host_path(const struct host *host, const char *path, char *ret_path);

/* Return: whether there is something of that name. */
bool host_has(const struct host *host, const char *path);

/**
 * host_read() - the beginning of a file, without white space at its end
 * @host: the host.
 * @path: begins with a slash.
 * @ret_text: @size bytes; a string in any case.
 *
 * Return: its length, or a negative errno.
 */
int host_read(const struct host *host, const char *path, char *ret_text, size_t size);

/* Return: 0 or a negative errno; -EINVAL if the file holds no number. */
int host_read_long(const struct host *host, const char *path, long *ret_value);

/**
 * host_each() - call for each file that a pattern names
 * @host: the host.
 * @pattern: as glob(7) has it; begins with a slash.
 * @each: called with the path below the root; ends the walk by not 0.
 * @data: handed to @each.
 *
 * Return: what ended it, or 0.
 */
int host_each(const struct host *host, const char *pattern,
	      int (*each)(const struct host *host, const char *path, void *data),
	      void *data);

/**
 * host_line() - what follows a key in a file of lines
 * @host: the host.
 * @path: the file.
 * @key: how the line begins, "CapEff:".
 * @ret_value: @size bytes: the rest, without white space around it.
 *
 * Return: 0; -ENOENT if there is no such line, or another negative errno.
 */
int host_line(const struct host *host, const char *path, const char *key,
	      char *ret_value, size_t size);

/* Whether this process has a capability, by its number. */
bool host_capable(const struct host *host, unsigned int capability);

/* A list of CPUs, "2-3,6"; a list that is none is the empty set. */
void host_parse_cpus(const char *list, cpu_set_t *ret_cpus);

/* A mask of CPUs, "ff,ffffffff". */
void host_parse_mask(const char *mask, cpu_set_t *ret_cpus);

/* CPUs that the scheduler leaves alone; @ret_list is 64 bytes. */
void host_isolated(const struct host *host, cpu_set_t *ret_cpus, char *ret_list);

#endif /* TOOL_HOST_H */

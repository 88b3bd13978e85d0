/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints, in an instance of tracefs of our own: nobody else's tracing
 * is touched, and nothing is left behind.  Knows no sources but their ids.
 */
#ifndef TOOL_TRACE_TRACEFS_H
#define TOOL_TRACE_TRACEFS_H

#include <stddef.h>
#include <stdint.h>

struct tracefs {
	char path[128];		/* of the instance */
	int pipe;
	size_t used;		/* of @line */
	char line[1024];
};

/**
 * tracefs_open() - make an instance and turn the tracepoints on in it
 * @tracefs: overwritten.
 * @ids: sources, or NULL for all.
 * @count: how many.
 *
 * Instances of traces that were killed are removed, too.
 *
 * Return: 0, or -errno and the reason has been told.
 */
int tracefs_open(struct tracefs *tracefs, const uint32_t *ids, size_t count);

/* A line that the kernel has for us; valid until the function returns. */
typedef void (*tracefs_line_fn)(const char *line, void *data);

/* Hands on the lines that are there.  Return: 0 or -errno. */
int tracefs_read(struct tracefs *tracefs, tracefs_line_fn fn, void *data);

/* Removes the instance.  Also after a failed open. */
void tracefs_close(struct tracefs *tracefs);

#endif /* TOOL_TRACE_TRACEFS_H */

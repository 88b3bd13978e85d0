/* SPDX-License-Identifier: MIT */
/*
 * A source that this process has: made, started, and read by nobody here, but
 * emptied, so that it is no stalled reader of itself.  Knows no options.
 */
#ifndef TOOL_CREATE_LINE_H
#define TOOL_CREATE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include <fraktor/netlink.h>

/**
 * struct line_wish - a source as it is wanted
 * @name: its name; empty for one of the module's choice.
 * @clockid: clock of its deadlines.
 * @cpu: the CPU of its interrupt; -1 for the one this runs on.
 * @slots: of the ring; 0 for what suits the period.
 * @how: period and all else that can be changed later; what is not named there
 *	is the module's own.
 */
struct line_wish {
	const char *name;
	uint32_t clockid;
	int32_t cpu;
	uint32_t slots;
	struct frk_source_change how;
};

/**
 * struct line - the source
 * @fd: the file that holds it.
 * @id: its id.
 * @name: its name.
 */
struct line {
	int fd;
	uint32_t id;
	char name[sizeof(((struct frk_source *)0)->name)];
};

enum line_state {
	LINE_FRESH,		/* not started yet */
	LINE_RUNNING,
	LINE_STOPPED,
};

/* Return: 0, or a negative errno and the reason has been told. */
int line_open(struct line *line, const struct line_wish *wish);
int line_start(struct line *line);

/* Takes all ticks that are there.  Return: what the source does. */
enum line_state line_empty(struct line *line);

void line_close(struct line *line);

#endif /* TOOL_CREATE_LINE_H */

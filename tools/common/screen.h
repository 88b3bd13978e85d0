/* SPDX-License-Identifier: MIT */
/*
 * Standard output: a block of text that is renewed in place on a terminal,
 * and the end of a pipe.  Knows nothing of what is shown.
 */
#ifndef TOOL_SCREEN_H
#define TOOL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen {
	bool terminal;
	size_t columns, rows;	/* of the terminal; 80 and 24 if unknown */
	size_t shown;		/* lines of the block on the screen */
};

/* Makes descriptors 0 to 2 exist: a socket must not become standard output. */
void screen_guard(void);

void screen_init(struct screen *screen);

/* Renews the size; call before drawing. */
void screen_measure(struct screen *screen);

/* Shows @text over what was shown before, cut to the terminal. */
void screen_show(struct screen *screen, const char *text);

/*
 * Return: 0, or -errno if standard output is gone or full; the reason has
 * been told, unless it is a pipe that nobody reads any more.
 */
int screen_flush(void);

#endif /* TOOL_SCREEN_H */

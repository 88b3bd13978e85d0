/* SPDX-License-Identifier: MIT */
/*
 * The whole terminal for a while, and how it was afterwards, whatever happens
 * in between.  Knows no sources.
 */
#ifndef TOOL_TOP_TERMINAL_H
#define TOOL_TOP_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

enum terminal_colour {
	TERMINAL_PLAIN,
	TERMINAL_GOOD,
	TERMINAL_WARN,
	TERMINAL_BAD,
	TERMINAL_DIM,
};

/* What terminal_wait() came back for. */
enum terminal_news {
	TERMINAL_TIME,		/* the moment has come */
	TERMINAL_KEYS,		/* terminal_key() has some */
	TERMINAL_RESIZED,	/* draw again */
	TERMINAL_END,		/* a signal, or nobody is at the terminal */
};

/**
 * terminal_begin() - take the terminal
 *
 * Return: 0, or a negative errno and the reason has been told: no terminal,
 * or one that is not known.
 */
int terminal_begin(void);

/* Gives it back; nothing happens if it was given back already. */
void terminal_end(void);

/* Until CLOCK_MONOTONIC has reached @until_ns or something happens. */
enum terminal_news terminal_wait(uint64_t until_ns);

/* A key as ncurses numbers it, or -1 if there is none now. */
int terminal_key(void);

/* What ncurses calls attributes; 0 where colours are not wanted. */
int terminal_attr(enum terminal_colour colour);

#endif /* TOOL_TOP_TERMINAL_H */

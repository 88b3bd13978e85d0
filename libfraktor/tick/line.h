/* SPDX-License-Identifier: MIT */
/*
 * line.h - what tick/ wants to know of a line beyond <fraktor/tick.h>.
 */
#ifndef FRKI_TICK_LINE_H
#define FRKI_TICK_LINE_H

#include <stdbool.h>

#include <fraktor/tick.h>

/**
 * frki_line_new_state() - memory for a driver's state, as its table is promised
 * @ops: the table.
 *
 * Zeroed, and aligned to a cache line, by which drivers keep apart what two threads
 * write.
 *
 * Return: the memory, to be freed with free(3); NULL if there is none.
 */
void *frki_line_new_state(const struct frk_driver_ops *ops);

/**
 * frki_line_lied() - has the line ended because of what its driver said?
 * @line: an open line.  The reader thread.
 */
bool frki_line_lied(const struct frk_line *line);

#endif /* FRKI_TICK_LINE_H */

/* SPDX-License-Identifier: MIT */
/*
 * The columns of top: what stands in each, how wide it is, and which of them
 * there is room for.  Knows no terminal.
 */
#ifndef TOOL_TOP_COLUMN_H
#define TOOL_TOP_COLUMN_H

#include "top/model.h"

struct column_text {
	char s[32];
};

/**
 * struct column - a column of the table of sources
 * @head: its name on the screen.
 * @order: what sorts by it.
 * @width: in characters; 0 takes a share of what is left.
 * @from: width of the narrowest terminal that has it.
 * @left: its text is flush left.
 * @text: what stands in it; NULL if it is painted otherwise.
 */
struct column {
	const char *head;
	enum model_order order;
	size_t width;
	size_t from;
	bool left;
	void (*text)(const struct model_row *row, struct column_text *ret_text);
};

#define COLUMNS 14

extern const struct column columns[COLUMNS];

/* Index of the name and of the past, which share what the others leave. */
#define COLUMN_NAME 0
#define COLUMN_PAST (COLUMNS - 1)

/**
 * column_layout() - widths for a terminal
 * @width: of the terminal.
 * @longest: of the names.
 * @ret_widths: for each column; 0 if it is not there.
 */
void column_layout(size_t width, size_t longest, size_t ret_widths[COLUMNS]);

/* The mark of a level, in the characters that the locale has. */
const char *column_mark(uint8_t level);

#endif /* TOOL_TOP_COLUMN_H */

/* SPDX-License-Identifier: MIT */
/*
 * The screen of top: summary, sources, readers of the chosen one, help.
 * Changes nothing but the screen and how far it is scrolled.
 */
#ifndef TOOL_TOP_PAINT_H
#define TOOL_TOP_PAINT_H

#include "common/client.h"
#include "top/model.h"

/**
 * struct paint - what is to be seen
 * @model: the sources.
 * @readers: all readers.
 * @wall_ns: CLOCK_REALTIME of the look.
 * @interval_ns: between two looks.
 * @first: index in the model's @shown of the row at the top; kept here.
 * @page: rows of sources that fitted; told to the caller.
 * @paused: no more looks for now.
 * @help: all of the help is shown instead of the sources.
 * @prompt: a filter is being typed.
 * @typed: what of it there is.
 */
struct paint {
	const struct model *model;
	const struct client_readers *readers;
	uint64_t wall_ns;
	uint64_t interval_ns;
	size_t first;
	size_t page;
	bool paused;
	bool help;
	bool prompt;
	const char *typed;
};

void paint(struct paint *paint);

#endif /* TOOL_TOP_PAINT_H */

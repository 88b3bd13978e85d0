/* SPDX-License-Identifier: MIT */
/*
 * Where a timeline goes: lines for people, or the Trace Event Format, which
 * the Perfetto UI and chrome://tracing open.
 */
#ifndef TOOL_TRACE_SINK_H
#define TOOL_TRACE_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "common/client.h"
#include "trace/timeline.h"

struct sink_name {
	uint32_t id;
	char name[32];
};

struct sink {
	FILE *out;
	bool chrome;
	bool comma;		/* there was an object before */
	struct sink_name *name;	/* of the sources met so far */
	size_t names, room;
};

/* Begins the document, if it is to be one. */
void sink_begin(struct sink *sink, FILE *out, bool chrome);

/* The name of a source from here on. */
void sink_name(struct sink *sink, uint32_t id, const char *name);

void sink_item(struct sink *sink, const struct timeline_item *item);

/* Ends it: what came before is valid from then on. */
void sink_end(struct sink *sink);

void sink_fini(struct sink *sink);

#endif /* TOOL_TRACE_SINK_H */

/* SPDX-License-Identifier: MIT */
/*
 * Writing a recording.  Knows neither where ticks come from nor what they
 * mean.
 */
#ifndef TOOL_RECORD_ENCODE_H
#define TOOL_RECORD_ENCODE_H

#include <stddef.h>
#include <stdio.h>

#include "record/format.h"

/* A block as it fills. */
struct encode_block {
	uint32_t count;
	size_t used;
	uint8_t payload[RECORD_BLOCK_MAX];
};

struct encode {
	FILE *out;
	uint64_t period_ns;		/* what is expected from */
	struct record_tick expected;	/* @seq and @deadline_ns only */
	struct encode_block ticks, events;
};

/*
 * Each returns 0 or -errno of the file; what was written before is whole.
 */
int encode_begin(struct encode *encode, FILE *out, const struct record_header *header);

int encode_tick(struct encode *encode, const struct record_tick *tick);
int encode_event(struct encode *encode, const struct frk_source_event *event);

/* The period of the ticks to come: it costs bytes, no truth, if it is wrong. */
int encode_period(struct encode *encode, uint64_t period_ns);

/* Brings to the file what there is. */
int encode_flush(struct encode *encode);

int encode_end(struct encode *encode, const struct record_end *end);

#endif /* TOOL_RECORD_ENCODE_H */

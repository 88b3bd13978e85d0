/* SPDX-License-Identifier: MIT */
/*
 * Reading a recording, which may be cut, damaged or hostile: what it says of
 * itself is checked before it is used, and no more is in memory than a block.
 */
#ifndef TOOL_RECORD_DECODE_H
#define TOOL_RECORD_DECODE_H

#include <stdio.h>

#include "record/format.h"

/**
 * struct decode_ops - what to do with what is in a recording
 * @period: the period of the ticks to come.
 * @tick: a tick or a note.
 * @event: an event of the source.
 * @end: how it ended; not called for one that was cut.
 */
struct decode_ops {
	void (*period)(uint64_t period_ns, void *data);
	void (*tick)(const struct record_tick *tick, void *data);
	void (*event)(const struct frk_source_event *event, void *data);
	void (*end)(const struct record_end *end, void *data);
};

/**
 * decode_header() - is this a recording, and of what?
 * @in: the file, at its beginning.
 * @ret_header: what it is of; its strings end.
 * @ret_why: why not, as the end of a sentence.
 *
 * Return: 0; -EBADMSG if it is none, -EPROTONOSUPPORT if of another version,
 * or -errno of the file.
 */
int decode_header(FILE *in, struct record_header *ret_header, const char **ret_why);

/**
 * decode_blocks() - the rest of it
 * @in: the file, after decode_header().
 * @ops: called in the order of the file.
 * @data: handed to them.
 * @ret_why: why it did not go on, as the end of a sentence.
 *
 * Return: 0 if it has its end, -ENODATA if it was cut, -EBADMSG if it is
 * damaged, or -errno of the file.  What @ops were called with is right in
 * any case.
 */
int decode_blocks(FILE *in, const struct decode_ops *ops, void *data, const char **ret_why);

#endif /* TOOL_RECORD_DECODE_H */

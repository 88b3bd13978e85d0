/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a ring of events that any number of threads publish into and any
 * number of readers read, each at his own place.  A reader is no more than a
 * number: the stream does not know its readers, so none of them can be in the way.
 *
 * Knows no thread, no clock, no memory but what it is given; how a reader sleeps
 * is told by those above it.
 */
#ifndef FRKI_EVENT_STREAM_H
#define FRKI_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <fraktor/event.h>

#define FRKI_EVENT_WORDS (sizeof(struct frk_event) / sizeof(uint64_t) - 1)

/**
 * struct frki_event_slot - room for an event
 * @seq: its number; with FRKI_EVENT_BUSY while it is being written.
 * @lost: the newest number that was to be written here and could not.
 * @word: the event without its number.
 */
struct frki_event_slot {
	uint64_t seq;
	uint64_t lost;
	uint64_t word[FRKI_EVENT_WORDS];
};

#define FRKI_EVENT_BUSY (1ULL << 63)

/**
 * struct frki_event_ops - what a stream asks of those above it
 * @published: there is an event.  The publishing thread.
 */
struct frki_event_ops {
	void (*published)(void *data);
};

/**
 * struct frki_event_stream - the stream
 * @slots: @mask + 1 of them.
 * @mask: number of slots - 1.
 * @head: the newest number given to an event.
 * @ops: upwards; NULL for none.
 * @data: for @ops.
 */
struct frki_event_stream {
	struct frki_event_slot *slots;
	uint64_t mask;
	uint64_t head;
	const struct frki_event_ops *ops;
	void *data;
};

/**
 * struct frki_event_reader - a place in a stream
 * @seq: the newest number that was read or lost.
 * @keys: what he wants.
 * @lost: events that were overwritten before he came.
 */
struct frki_event_reader {
	uint64_t seq;
	uint32_t keys;
	uint64_t lost;
};

/**
 * frki_event_stream_init() - an empty stream
 * @stream: the stream.
 * @slots: zeroed memory of @n slots.
 * @n: a power of two: so many events are kept for replay.
 * @ops: upwards, borrowed; may be NULL.
 * @data: for @ops.
 */
void frki_event_stream_init(struct frki_event_stream *stream,
			    struct frki_event_slot *slots, uint32_t n,
			    const struct frki_event_ops *ops, void *data);

/**
 * frki_event_stream_publish() - tell everybody
 * @stream: the stream.
 * @event: the event; its seq is ignored.
 *
 * Any thread; waits for nobody.
 */
void frki_event_stream_publish(struct frki_event_stream *stream,
			       const struct frk_event *event);

/**
 * frki_event_reader_init() - begin to read
 * @reader: the reader.
 * @stream: the stream.
 * @keys: what he wants.
 * @replay: events of the past to begin with, at most.
 */
void frki_event_reader_init(struct frki_event_reader *reader,
			    const struct frki_event_stream *stream, uint32_t keys,
			    uint32_t replay);

/**
 * frki_event_reader_next() - the next event he wants
 * @reader: the reader; one thread at a time.
 * @stream: the stream.
 * @ret_event: the event.
 *
 * Return: whether there is one.
 */
bool frki_event_reader_next(struct frki_event_reader *reader,
			    const struct frki_event_stream *stream,
			    struct frk_event *ret_event);

#endif /* FRKI_EVENT_STREAM_H */

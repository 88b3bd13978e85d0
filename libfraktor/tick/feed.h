/* SPDX-License-Identifier: MIT */
/*
 * feed.h - a ring of ticks, in the layout of <linux/fraktor.h>: drop-oldest,
 * one producer, one consumer.  The reader's side serves the ring that the
 * kernel fills and rings in memory alike; the producer's side is for drivers
 * in user space.  Arithmetic and memory ordering only: it knows no file, no
 * thread, no clock, and never blocks.
 *
 * At any moment: records pushed = consumed + dropped + left in the ring.
 */
#ifndef FRKI_TICK_FEED_H
#define FRKI_TICK_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/fraktor.h>

#include <fraktor/tick.h>

/**
 * struct frki_feed - the reader's view of a ring
 * @meta: written by the producer.
 * @consumer: the tail: moved by the reader, and by a producer that drops.
 * @slots: written by the producer.
 * @record_size: bytes from one slot to the next.
 * @mask: number of slots - 1.
 */
struct frki_feed {
	const struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	const unsigned char *slots;
	size_t record_size;
	uint64_t mask;
};

/**
 * struct frki_feed_writer - the producer's side of a ring in memory
 * @meta: what readers see of it.
 * @consumer: shared with the reader.
 * @slots: @mask + 1 of them.
 * @mask: number of slots - 1.
 * @head: number of the newest record; @meta->head is its published copy.
 * @tail: newest number known to be consumed or dropped.
 */
struct frki_feed_writer {
	struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	struct fraktor_tick *slots;
	uint64_t mask;
	uint64_t head;
	uint64_t tail;
};

/**
 * frki_feed_attach() - read a ring that describes itself
 * @ret_feed: the view; untouched on failure.
 * @meta: filled in by the producer.
 * @consumer: as long as @meta says.
 * @slots: as long as @meta says.
 *
 * Return: 0, or -EPROTO if the ring is not one this library can read.
 */
int frki_feed_attach(struct frki_feed *ret_feed, const struct fraktor_meta *meta,
		     struct fraktor_consumer *consumer, const void *slots);

/**
 * frki_feed_check() - what is wrong with a ring's description
 * @meta: the description.
 *
 * Return: NULL if nothing is, or a static phrase: "its magic is wrong".
 */
const char *frki_feed_check(const struct fraktor_meta *meta);

/**
 * frki_feed_drain() - take the oldest ticks
 * @feed: the ring.
 * @ret_ticks: room for @n.
 * @n: how many at most.
 *
 * Notes come with the ticks, in their places.  The reader thread only.  Work is bounded by @n whatever the producer does;
 * a producer that laps the reader all the time may leave it with 0 ticks.
 *
 * Return: how many records; 0 for none; -ESHUTDOWN if there are none and the
 * line does not run.
 */
int frki_feed_drain(struct frki_feed *feed, struct frk_tick *ret_ticks, size_t n);

/**
 * frki_feed_seen() - number of the newest record consumed or dropped
 * @feed: the ring.
 */
uint64_t frki_feed_seen(const struct frki_feed *feed);

/**
 * frki_feed_ready() - whether drain has something to say
 * @feed: the ring.
 *
 * Return: true if a record waits or the line does not run.
 */
bool frki_feed_ready(const struct frki_feed *feed);

/**
 * frki_feed_dropped() - records lost because the ring was full
 * @feed: the ring.  Any thread.
 */
uint64_t frki_feed_dropped(const struct frki_feed *feed);

/**
 * frki_feed_bytes() - memory a ring needs
 * @slots: number of slots, a power of two.
 */
size_t frki_feed_bytes(uint32_t slots);

/**
 * frki_feed_init() - make an empty ring in memory
 * @memory: frki_feed_bytes() bytes, zeroed, aligned for a cache line.
 * @slots: number of slots, a power of two.
 * @ret_feed: its reader's side.
 * @ret_writer: its producer's side.
 */
void frki_feed_init(void *memory, uint32_t slots, struct frki_feed *ret_feed,
		    struct frki_feed_writer *ret_writer);

/**
 * frki_feed_push() - add a record; the oldest goes if there is no room
 * @writer: the ring.  The producer's thread only.
 * @tick: the record; its seq is ignored.
 */
void frki_feed_push(struct frki_feed_writer *writer, const struct fraktor_tick *tick);

/**
 * frki_feed_set_state() - tell the reader that the line runs or stopped
 * @writer: the ring.
 * @state: enum fraktor_state.
 */
void frki_feed_set_state(struct frki_feed_writer *writer, uint32_t state);

#endif /* FRKI_TICK_FEED_H */

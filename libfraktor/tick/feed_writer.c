/* SPDX-License-Identifier: MIT */
/*
 * feed_writer.c - the ring of ticks, seen from a producer in user space: the
 * counterpart of the module's ring.c.  feed.c says how the two sides agree.
 */
#include <string.h>

#include "tick/feed.h"

#define RECORD_WORDS (sizeof(struct fraktor_tick) / sizeof(uint64_t))

size_t frki_feed_bytes(uint32_t slots)
{
	return sizeof(struct fraktor_meta) + sizeof(struct fraktor_consumer) +
	       (size_t)slots * sizeof(struct fraktor_tick);
}

void frki_feed_init(void *memory, uint32_t slots, struct frki_feed *ret_feed,
		    struct frki_feed_writer *ret_writer)
{
	struct fraktor_meta *meta = memory;
	struct fraktor_consumer *consumer = (void *)(meta + 1);
	struct fraktor_tick *data = (void *)(consumer + 1);

	meta->magic = FRAKTOR_META_MAGIC;
	meta->abi_version = FRAKTOR_ABI_VERSION;
	meta->struct_len = sizeof(*meta);
	meta->meta_len = sizeof(*meta);
	meta->consumer_len = sizeof(*consumer);
	meta->data_len = slots * (uint32_t)sizeof(*data);
	meta->record_size = sizeof(*data);
	meta->slots = slots;
	*ret_writer = (struct frki_feed_writer){
		.meta = meta,
		.consumer = consumer,
		.slots = data,
		.mask = slots - 1,
	};
	frki_feed_attach(ret_feed, meta, consumer, data);
}

/* One writer, so no read-modify-write; relaxed: a statistic. */
static void feed_count_dropped(struct frki_feed_writer *writer)
{
	writer->tail++;
	__atomic_store_n(&writer->meta->dropped_total, writer->meta->dropped_total + 1,
			 __ATOMIC_RELAXED);
}

/*
 * Find out what the reader has consumed; if that is nothing, take the oldest
 * record away from it.  When the exchange fails the reader has just made room
 * itself.  Acquire pairs with feed_move_tail(): its copies are finished.
 */
static void feed_make_room(struct frki_feed_writer *writer)
{
	__u64 tail = __atomic_load_n(&writer->consumer->tail, __ATOMIC_ACQUIRE);

	writer->tail = tail;
	if (writer->head - tail <= writer->mask)
		return;
	if (__atomic_compare_exchange_n(&writer->consumer->tail, &tail, tail + 1, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		feed_count_dropped(writer);
	else
		writer->tail = tail;
}

/*
 * The number goes first and comes back last; release keeps each word after
 * the clearing.  All pair with the acquire loads in feed_copy_one().
 */
static void feed_write(struct fraktor_tick *slot, const struct fraktor_tick *tick,
		       uint64_t seq)
{
	uint64_t *to = (void *)slot;
	uint64_t word[RECORD_WORDS];

	memcpy(word, tick, sizeof(word));
	__atomic_store_n(&to[0], 0, __ATOMIC_RELEASE);
	__atomic_store_n(&to[1], word[1], __ATOMIC_RELEASE);
	__atomic_store_n(&to[2], word[2], __ATOMIC_RELEASE);
	__atomic_store_n(&to[3], word[3], __ATOMIC_RELEASE);
	__atomic_store_n(&to[0], seq, __ATOMIC_RELEASE);
}

void frki_feed_push(struct frki_feed_writer *writer, const struct fraktor_tick *tick)
{
	uint64_t seq = writer->head + 1;

	if (writer->head - writer->tail > writer->mask)
		feed_make_room(writer);
	feed_write(&writer->slots[seq & writer->mask], tick, seq);
	writer->head = seq;
	/* Pairs with feed_head(). */
	__atomic_store_n(&writer->meta->head, seq, __ATOMIC_RELEASE);
}

void frki_feed_set_state(struct frki_feed_writer *writer, uint32_t state)
{
	/* Pairs with feed_runs(). */
	__atomic_store_n(&writer->meta->state, state, __ATOMIC_RELEASE);
}

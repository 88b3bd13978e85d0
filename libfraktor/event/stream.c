// SPDX-License-Identifier: MIT
/*
 * stream.c - events for everybody; see stream.h.
 *
 * A publisher takes a number, claims its slot by exchanging the number in it, and
 * writes the event word by word; readers copy the words and look at the number
 * before and after, as in a seqlock.  Of two publishers that meet in a slot, a turn
 * of the ring apart, the younger gives way and leaves its number in lost.
 */
#include <string.h>

#include "event/stream.h"

_Static_assert(sizeof(struct frk_event) % sizeof(uint64_t) == 0, "words");
_Static_assert(sizeof(((struct frk_event *)0)->metrics) <=
		       sizeof(((struct frk_event *)0)->word),
	       "metrics grow: so must word");
_Static_assert(sizeof(((struct frk_event *)0)->driver) <=
		       sizeof(((struct frk_event *)0)->word),
	       "likewise");

void frki_event_stream_init(struct frki_event_stream *stream,
			    struct frki_event_slot *slots, uint32_t n,
			    const struct frki_event_ops *ops, void *data)
{
	*stream = (struct frki_event_stream){
		.slots = slots,
		.mask = n - 1,
		.ops = ops,
		.data = data,
	};
}

static struct frki_event_slot *slot_of(const struct frki_event_stream *stream,
				       uint64_t seq)
{
	return &stream->slots[seq & stream->mask];
}

/* --- publishers -------------------------------------------------------------- */

/* Pairs with copy(): the number goes before the words change. */
static bool claim(struct frki_event_slot *slot, uint64_t seq)
{
	uint64_t found = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	if (found & FRKI_EVENT_BUSY || found > seq)
		return false;
	return __atomic_compare_exchange_n(&slot->seq, &found, seq | FRKI_EVENT_BUSY,
					   false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Pairs with the acquire in is_lost(). */
static void give_up(struct frki_event_slot *slot, uint64_t seq)
{
	uint64_t lost = __atomic_load_n(&slot->lost, __ATOMIC_RELAXED);

	while (lost < seq && !__atomic_compare_exchange_n(&slot->lost, &lost, seq, false,
							  __ATOMIC_RELEASE,
							  __ATOMIC_RELAXED))
		;
}

/* Release keeps each word after the claim; pairs with copy(). */
static void write_event(struct frki_event_slot *slot, const struct frk_event *event,
			uint64_t seq)
{
	uint64_t word[FRKI_EVENT_WORDS];

	memcpy(word, (const char *)event + sizeof(event->seq), sizeof(word));
	for (size_t i = 0; i < FRKI_EVENT_WORDS; i++)
		__atomic_store_n(&slot->word[i], word[i], __ATOMIC_RELEASE);
	__atomic_store_n(&slot->seq, seq, __ATOMIC_RELEASE);
}

void frki_event_stream_publish(struct frki_event_stream *stream,
			       const struct frk_event *event)
{
	uint64_t seq = __atomic_add_fetch(&stream->head, 1, __ATOMIC_ACQ_REL);
	struct frki_event_slot *slot = slot_of(stream, seq);

	if (claim(slot, seq))
		write_event(slot, event, seq);
	else
		give_up(slot, seq);
	if (stream->ops)
		stream->ops->published(stream->data);
}

/* --- readers ------------------------------------------------------------------- */

/* Acquire keeps the second look at the number after the words. */
static bool copy(const struct frki_event_slot *slot, uint64_t seq, struct frk_event *to)
{
	uint64_t word[FRKI_EVENT_WORDS];

	if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
		return false;
	for (size_t i = 0; i < FRKI_EVENT_WORDS; i++)
		word[i] = __atomic_load_n(&slot->word[i], __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&slot->seq, __ATOMIC_RELAXED) != seq)
		return false;
	to->seq = seq;
	memcpy((char *)to + sizeof(to->seq), word, sizeof(word));
	return true;
}

/* Overwritten, or never written: it will not come any more. */
static bool is_lost(const struct frki_event_slot *slot, uint64_t seq)
{
	uint64_t found = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	return (found & ~FRKI_EVENT_BUSY) > seq ||
	       __atomic_load_n(&slot->lost, __ATOMIC_ACQUIRE) >= seq;
}

void frki_event_reader_init(struct frki_event_reader *reader,
			    const struct frki_event_stream *stream, uint32_t keys,
			    uint32_t replay)
{
	uint64_t head = __atomic_load_n(&stream->head, __ATOMIC_ACQUIRE);
	uint64_t past = head < stream->mask + 1 ? head : stream->mask + 1;

	*reader = (struct frki_event_reader){
		.seq = head - (replay < past ? replay : past),
		.keys = keys,
	};
}

/* Behind by more than the ring holds: go on with what it has. */
static void skip_overwritten(struct frki_event_reader *reader,
			     const struct frki_event_stream *stream, uint64_t head)
{
	uint64_t oldest = head - stream->mask - 1;

	if (head - reader->seq <= stream->mask + 1)
		return;
	reader->lost += oldest - reader->seq;
	reader->seq = oldest;
}

bool frki_event_reader_next(struct frki_event_reader *reader,
			    const struct frki_event_stream *stream,
			    struct frk_event *ret_event)
{
	uint64_t head;

	while ((head = __atomic_load_n(&stream->head, __ATOMIC_ACQUIRE)) != reader->seq) {
		const struct frki_event_slot *slot;
		struct frk_event event;

		skip_overwritten(reader, stream, head);
		slot = slot_of(stream, reader->seq + 1);
		if (copy(slot, reader->seq + 1, &event)) {
			reader->seq++;
			if (!(event.key & reader->keys))
				continue;
			*ret_event = event;
			return true;
		}
		if (!is_lost(slot, reader->seq + 1))
			return false;
		reader->seq++;
		reader->lost++;
	}
	return false;
}

/* SPDX-License-Identifier: MIT */
/*
 * feed.c - the ring of ticks, seen from its reader; feed_writer.c is the other
 * side.
 *
 * Who owns a record is decided by one word, consumer->tail: the reader
 * consumes by advancing it, the producer drops by advancing it, both by
 * compare-and-exchange from the value they know.  Of two that start from the
 * same value one fails, so every record is consumed or dropped, never both.
 *
 * The payload is copied word by word with atomics: a reader that is lapped
 * reads a slot while it is written, sees that it did, and forgets the copy.
 * Ordered loads and stores stand where a seqlock would have fences: they are
 * plain moves on x86 and are understood by ThreadSanitizer.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tick/feed.h"

/* One lapped attempt may be bad luck; the bound only keeps drain finite. */
#define DRAIN_ATTEMPTS 8

/* A record of the ring and a tick of the API are the same bytes. */
#define SAME_PLACE(tick_field, record_field)                               \
	static_assert(offsetof(struct frk_tick, tick_field) ==             \
			      offsetof(struct fraktor_tick, record_field), \
		      #tick_field)

static_assert(sizeof(struct fraktor_tick) == 32, "record");
static_assert(sizeof(struct frk_tick) == 32, "tick");
SAME_PLACE(seq, seq);
SAME_PLACE(deadline_ns, deadline_ns);
SAME_PLACE(fired_ns, fired_ns);
SAME_PLACE(periods, periods);
SAME_PLACE(driver, source);
SAME_PLACE(flags, flags);
static_assert(FRK_TICK_FIRST == FRAKTOR_TICK_F_FIRST, "first");
static_assert(FRK_TICK_MISSED == FRAKTOR_TICK_F_MISSED, "missed");
static_assert(FRK_TICK_LATE == FRAKTOR_TICK_F_LATE, "late");
static_assert(FRK_TICK_BURST == FRAKTOR_TICK_F_BURST, "burst");
static_assert(FRK_TICK_CHANGED == FRAKTOR_TICK_F_CHANGED, "changed");
static_assert(FRK_TICK_MOVED == FRAKTOR_TICK_F_MOVED, "moved");
static_assert(FRK_TICK_WIDENED == FRAKTOR_TICK_F_WIDENED, "widened");
static_assert(FRK_TICK_SUSPEND == FRAKTOR_TICK_F_SUSPEND, "suspend");
static_assert(FRK_TICK_RESUME == FRAKTOR_TICK_F_RESUME, "resume");
static_assert(FRK_TICK_LEAD == FRAKTOR_TICK_F_LEAD, "lead");
static_assert(FRK_TICK_IDLE == FRAKTOR_TICK_F_IDLE, "idle");
static_assert(FRK_TICK_ASKED == FRAKTOR_TICK_F_ASKED, "asked");

/* What the two sides write does not share a cache line. */
static_assert(offsetof(struct fraktor_meta, head) % 64 == 0, "the head's line");
static_assert(sizeof(struct fraktor_consumer) % 64 == 0, "the tail's line");

/*
 * What a description must have at least: what it had when ABI 1 began.  What
 * comes behind it is read by those who looked at struct_len.
 */
#define META_LEN_MIN offsetof(struct fraktor_meta, clock)

static_assert(META_LEN_MIN == 128, "the description of ABI 1");

const char *frki_feed_check(const struct fraktor_meta *meta)
{
	uint64_t data_len = (uint64_t)meta->slots * meta->record_size;

	if (meta->magic != FRAKTOR_META_MAGIC)
		return "its magic is wrong";
	if (meta->abi_version != FRAKTOR_ABI_VERSION)
		return "its ABI version is not the library's";
	if (meta->struct_len < META_LEN_MIN)
		return "its description is too short";
	if (meta->slots < 2 || (meta->slots & (meta->slots - 1)))
		return "its number of slots is not a power of two";
	if (meta->record_size < sizeof(struct fraktor_tick) ||
	    meta->record_size % sizeof(uint64_t))
		return "its records have an impossible size";
	if (meta->data_len < data_len)
		return "its slots do not fit into its length";
	if (meta->consumer_len < sizeof(struct fraktor_consumer))
		return "its consumer page is too short";
	return NULL;
}

int frki_feed_attach(struct frki_feed *ret_feed, const struct fraktor_meta *meta,
		     struct fraktor_consumer *consumer, const void *slots)
{
	if (frki_feed_check(meta))
		return -EPROTO;
	*ret_feed = (struct frki_feed){
		.meta = meta,
		.consumer = consumer,
		.slots = slots,
		.record_size = meta->record_size,
		.mask = meta->slots - 1,
	};
	return 0;
}

/* Pairs with the release of head in frki_feed_push() and in the kernel. */
static uint64_t feed_head(const struct frki_feed *feed)
{
	return __atomic_load_n(&feed->meta->head, __ATOMIC_ACQUIRE);
}

/*
 * Acquire pairs with the drop in feed_make_room(): a head read after this
 * tail is not older than it.
 */
uint64_t frki_feed_seen(const struct frki_feed *feed)
{
	return __atomic_load_n(&feed->consumer->tail, __ATOMIC_ACQUIRE);
}

/*
 * Release pairs with the acquire in feed_make_room() (kernel: ring_make_room):
 * the copies are finished before their slots are given back.
 */
static bool feed_move_tail(struct frki_feed *feed, __u64 *tail, __u64 to)
{
	return __atomic_compare_exchange_n(&feed->consumer->tail, tail, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/*
 * The words keep their order by acquire: the last load of the number comes
 * after those of the payload, and pairs with the release of each word in
 * feed_write(): whoever saw a new word sees that the old number is gone.
 */
static inline bool feed_copy_one(struct frk_tick *to, const void *slot, uint64_t seq)
{
	const uint64_t *from = slot;
	uint64_t tail_word;

	to->seq = __atomic_load_n(&from[0], __ATOMIC_ACQUIRE);
	to->deadline_ns = __atomic_load_n(&from[1], __ATOMIC_ACQUIRE);
	to->fired_ns = __atomic_load_n(&from[2], __ATOMIC_ACQUIRE);
	tail_word = __atomic_load_n(&from[3], __ATOMIC_ACQUIRE);
	memcpy((char *)to + offsetof(struct frk_tick, periods), &tail_word,
	       sizeof(tail_word));
	return to->seq == seq && __atomic_load_n(&from[0], __ATOMIC_RELAXED) == seq;
}

/* Copy up to @n records from @slot on, the first with number @seq, until one is
 * being overwritten. */
static size_t feed_copy_run(struct frk_tick *ticks, const unsigned char *slot,
			    size_t record_size, uint64_t seq, size_t n)
{
	uint64_t first = seq, beyond = seq + n;

	for (; seq != beyond && feed_copy_one(ticks, slot, seq); seq++, ticks++)
		slot += record_size;
	return seq - first;
}

/* Likewise after @tail: to the end of the ring, and from its start. */
static size_t feed_copy(const struct frki_feed *feed, struct frk_tick *ticks,
			uint64_t tail, size_t n)
{
	uint64_t seq = tail + 1, place = seq & feed->mask;
	const unsigned char *slots = feed->slots;
	size_t run = feed->mask + 1 - place, copied;

	if (run > n)
		run = n;
	copied = feed_copy_run(ticks, slots + place * feed->record_size,
			       feed->record_size, seq, run);
	if (copied == run && run < n)
		copied += feed_copy_run(ticks + run, slots, feed->record_size, seq + run,
					n - run);
	return copied;
}

/*
 * Make @n copies after @tail the reader's.  When the producer took some of
 * them for room, it counted them as dropped: forget these.
 */
static size_t feed_commit(struct frki_feed *feed, struct frk_tick *ticks, uint64_t tail,
			  size_t n)
{
	__u64 found = tail;

	while (!feed_move_tail(feed, &found, tail + n))
		if (found - tail >= n)
			return 0;
	if (found != tail)
		memmove(ticks, ticks + (found - tail),
			(n - (found - tail)) * sizeof(*ticks));
	return n - (found - tail);
}

/*
 * A tail that the producer did not leave there: ahead of the head, or further
 * behind than the ring is long.  If it is only an old value, the exchange
 * fails and nothing is lost; else the page was scribbled on, and the gap in
 * the numbers tells the reader.  No record is read twice.
 */
static void feed_resync(struct frki_feed *feed, __u64 tail, __u64 head)
{
	bool ahead = tail - head < head - tail;

	feed_move_tail(feed, &tail, ahead ? head : head - feed->mask - 1);
}

static size_t feed_take(struct frki_feed *feed, struct frk_tick *ticks, size_t n)
{
	int attempts = DRAIN_ATTEMPTS;
	__u64 tail, head;
	size_t copied;

	while (attempts--) {
		tail = frki_feed_seen(feed);
		head = feed_head(feed);
		if (head == tail)
			return 0;
		if (head - tail > feed->mask + 1) {
			feed_resync(feed, tail, head);
			continue;
		}
		copied = feed_copy(feed, ticks, tail, n < head - tail ? n : head - tail);
		if (copied) {
			copied = feed_commit(feed, ticks, tail, copied);
			if (copied)
				return copied;
		} else {
			/* Overwritten: the producer has moved the tail, or
			 * the record will never come: do not hang on it. */
			feed_move_tail(feed, &tail, tail + 1);
		}
	}
	return 0;
}

/* Pairs with frki_feed_set_state(): what was pushed before it is visible. */
static bool feed_runs(const struct frki_feed *feed)
{
	return __atomic_load_n(&feed->meta->state, __ATOMIC_ACQUIRE) ==
	       FRAKTOR_STATE_RUNNING;
}

int frki_feed_drain(struct frki_feed *feed, struct frk_tick *ret_ticks, size_t n)
{
	size_t taken;

	if (!n)
		return 0;
	if (n > INT32_MAX)
		n = INT32_MAX;
	taken = feed_take(feed, ret_ticks, n);
	if (taken || feed_runs(feed))
		return (int)taken;
	/* The last record may have come between the two looks. */
	taken = feed_take(feed, ret_ticks, n);
	if (taken || feed_head(feed) != frki_feed_seen(feed))
		return (int)taken;
	return -ESHUTDOWN;
}

bool frki_feed_ready(const struct frki_feed *feed)
{
	return frki_feed_seen(feed) != feed_head(feed) || !feed_runs(feed);
}

uint64_t frki_feed_dropped(const struct frki_feed *feed)
{
	return __atomic_load_n(&feed->meta->dropped_total, __ATOMIC_RELAXED);
}

/* SPDX-License-Identifier: MIT */
/*
 * shared_ring.c - many producers, one reader, the oldest goes.
 *
 * A producer takes a number from head, then makes room: as in feed.c, who owns
 * a record is decided by one word, tail, which the reader advances to consume and
 * a producer advances to drop.  Then it claims its slot by compare-and-exchange
 * of the number in it, so that of two that meet there, a turn of the ring apart,
 * one gives way: the younger, because what the older one has begun to write
 * cannot be taken from it.  It leaves its number in lost, or the reader would
 * wait for it.
 *
 * The payload is written and read word by word with the ordering of feed.c.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tick/shared_ring.h"

/* Producers that move the tail under the reader's hands only make it look again. */
#define POP_ATTEMPTS 8

static_assert(sizeof(struct frk_tick) == 4 * sizeof(uint64_t), "words");

void frki_shared_ring_init(struct frki_shared_ring *ring, struct frki_shared_slot *slots,
			   uint32_t n)
{
	*ring = (struct frki_shared_ring){ .slots = slots, .mask = n - 1 };
}

static struct frki_shared_slot *shared_ring_slot(const struct frki_shared_ring *ring,
						 uint64_t seq)
{
	return &ring->slots[seq & ring->mask];
}

/* Acquire and release: slots are read before they are given up, or written after. */
static bool shared_ring_move_tail(struct frki_shared_ring *ring, uint64_t *tail,
				  uint64_t to)
{
	return __atomic_compare_exchange_n(&ring->tail, tail, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static void shared_ring_drop(struct frki_shared_ring *ring, uint64_t n)
{
	__atomic_fetch_add(&ring->dropped, n, __ATOMIC_RELAXED);
}

/* --- producers ----------------------------------------------------------- */

/* An exchange that fails means that somebody else has made room. */
static void shared_ring_make_room(struct frki_shared_ring *ring, uint64_t seq)
{
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	/* Signed: numbers behind ours may have been popped already. */
	while ((int64_t)(seq - tail) > (int64_t)ring->mask + 1) {
		uint64_t to = seq - ring->mask - 1;

		if (!shared_ring_move_tail(ring, &tail, to))
			continue;
		shared_ring_drop(ring, to - tail);
		return;
	}
}

/* Pairs with shared_ring_copy(): the number goes before the words change. */
static bool shared_ring_claim(struct frki_shared_slot *slot, uint64_t seq)
{
	uint64_t found = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	if (found & FRKI_SHARED_BUSY || found > seq)
		return false;
	return __atomic_compare_exchange_n(&slot->seq, &found, seq | FRKI_SHARED_BUSY,
					   false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Pairs with the acquire in shared_ring_is_lost(). */
static void shared_ring_give_up(struct frki_shared_slot *slot, uint64_t seq)
{
	uint64_t lost = __atomic_load_n(&slot->lost, __ATOMIC_RELAXED);

	while (lost < seq &&
	       !__atomic_compare_exchange_n(&slot->lost, &lost, seq, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

void frki_shared_ring_push(struct frki_shared_ring *ring, const struct frk_tick *tick)
{
	uint64_t seq = __atomic_add_fetch(&ring->head, 1, __ATOMIC_ACQ_REL);
	struct frki_shared_slot *slot = shared_ring_slot(ring, seq);
	uint64_t word[4];

	shared_ring_make_room(ring, seq);
	if (!shared_ring_claim(slot, seq)) {
		shared_ring_give_up(slot, seq);
		return;
	}
	memcpy(word, tick, sizeof(word));
	/* Release keeps each after the claim; pairs with shared_ring_copy(). */
	__atomic_store_n(&slot->word[0], word[1], __ATOMIC_RELEASE);
	__atomic_store_n(&slot->word[1], word[2], __ATOMIC_RELEASE);
	__atomic_store_n(&slot->word[2], word[3], __ATOMIC_RELEASE);
	__atomic_store_n(&slot->seq, seq, __ATOMIC_RELEASE);
}

/* --- the reader ------------------------------------------------------------ */

/*
 * Acquire keeps the second look at the number after the words: whoever saw a
 * word of a later turn sees that the number has changed.
 */
static bool shared_ring_copy(const struct frki_shared_slot *slot, uint64_t seq,
			     struct frk_tick *to)
{
	uint64_t word[4];

	word[0] = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);
	if (word[0] != seq)
		return false;
	word[1] = __atomic_load_n(&slot->word[0], __ATOMIC_ACQUIRE);
	word[2] = __atomic_load_n(&slot->word[1], __ATOMIC_ACQUIRE);
	word[3] = __atomic_load_n(&slot->word[2], __ATOMIC_ACQUIRE);
	memcpy(to, word, sizeof(word));
	return __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq;
}

/* A larger number lies a turn ahead, and then the tail has passed @seq. */
static bool shared_ring_is_lost(const struct frki_shared_slot *slot, uint64_t seq)
{
	return __atomic_load_n(&slot->lost, __ATOMIC_ACQUIRE) >= seq;
}

bool frki_shared_ring_pop(struct frki_shared_ring *ring, struct frk_tick *ret_tick)
{
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	struct frk_tick copy;

	for (int i = 0; i < POP_ATTEMPTS; i++) {
		const struct frki_shared_slot *slot = shared_ring_slot(ring, tail + 1);
		uint64_t looked_at = tail;

		if (shared_ring_copy(slot, tail + 1, &copy)) {
			if (shared_ring_move_tail(ring, &tail, tail + 1)) {
				*ret_tick = copy;
				return true;
			}
		} else if (shared_ring_is_lost(slot, tail + 1)) {
			if (shared_ring_move_tail(ring, &tail, tail + 1)) {
				shared_ring_drop(ring, 1);
				tail++;
			}
		} else {
			tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
			if (tail == looked_at)
				return false;
		}
	}
	return false;
}

static size_t shared_ring_take(struct frki_shared_ring *ring, struct frk_tick *ret_ticks,
			       size_t n)
{
	size_t i;

	for (i = 0; i < n && frki_shared_ring_pop(ring, &ret_ticks[i]); i++)
		;
	return i;
}

int frki_shared_ring_drain(struct frki_shared_ring *ring, bool (*over)(const void *data),
			   const void *data, struct frk_tick *ret_ticks, size_t n)
{
	size_t taken;

	if (n > INT32_MAX)
		n = INT32_MAX;
	taken = shared_ring_take(ring, ret_ticks, n);
	if (taken || !over(data))
		return (int)taken;
	/* The last tick may have come between the two looks. */
	taken = shared_ring_take(ring, ret_ticks, n);
	return taken ? (int)taken : -ESHUTDOWN;
}

bool frki_shared_ring_ready(const struct frki_shared_ring *ring)
{
	for (;;) {
		uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
		const struct frki_shared_slot *slot = shared_ring_slot(ring, tail + 1);

		/* Pairs with the release in frki_shared_ring_push(). */
		if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) == tail + 1 ||
		    shared_ring_is_lost(slot, tail + 1))
			return true;
		if (__atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) == tail)
			return false;
	}
}

uint64_t frki_shared_ring_dropped(const struct frki_shared_ring *ring)
{
	return __atomic_load_n(&ring->dropped, __ATOMIC_RELAXED);
}

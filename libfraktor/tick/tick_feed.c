/* SPDX-License-Identifier: MIT */
/*
 * tick_feed.c - ticks that the program pushes: from a signal handler, from
 * another thread, from whatever stands for an interrupt.  A push is a few atomic
 * instructions and a look at the clock, and a system call only if the reader
 * sleeps.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fraktor/tick.h>

#include "tick/clock.h"
#include "tick/tick_feed.h"

#define TICK_FEED_SLOTS 1024U
#define TICK_FEED_SLOTS_MAX (1U << 21)
#define CACHE_LINE 64

static size_t tick_feed_bytes(uint32_t slots)
{
	return sizeof(struct frk_tick_feed) + slots * sizeof(struct frki_shared_slot);
}

int frk_tick_feed_new(uint32_t slots, struct frk_tick_feed **ret_feed)
{
	struct frk_tick_feed *feed;
	void *memory;
	int err;

	if (!slots)
		slots = TICK_FEED_SLOTS;
	if (!ret_feed || slots < 2 || slots > TICK_FEED_SLOTS_MAX || slots & (slots - 1))
		return -EINVAL;
	if (posix_memalign(&memory, CACHE_LINE, tick_feed_bytes(slots)))
		return -ENOMEM;
	memset(memory, 0, tick_feed_bytes(slots));
	feed = memory;
	feed->refs = 1;
	frki_shared_ring_init(&feed->ring, (void *)(feed + 1), slots);
	err = frki_doorbell_init(&feed->bell);
	if (err) {
		free(feed);
		return err;
	}
	*ret_feed = feed;
	return 0;
}

struct frk_tick_feed *frk_tick_feed_ref(struct frk_tick_feed *feed)
{
	if (feed)
		__atomic_fetch_add(&feed->refs, 1, __ATOMIC_RELAXED);
	return feed;
}

struct frk_tick_feed *frk_tick_feed_unref(struct frk_tick_feed *feed)
{
	/* Release and acquire: the last one sees what all others did. */
	if (feed && !__atomic_sub_fetch(&feed->refs, 1, __ATOMIC_ACQ_REL)) {
		frki_doorbell_fini(&feed->bell);
		free(feed);
	}
	return NULL;
}

/* --- the program's side ------------------------------------------------- */

int frk_tick_feed_push(struct frk_tick_feed *feed)
{
	int ret = -ESHUTDOWN;

	if (!feed)
		return -EINVAL;
	/* Pairs with frki_tick_feed_close_gate(), which waits for us. */
	if (__atomic_fetch_add(&feed->gate, 1, __ATOMIC_ACQUIRE) & FRKI_TICK_FEED_OPEN) {
		const struct frk_tick pulse = {
			.fired_ns = frki_clock_now_ns(CLOCK_MONOTONIC),
		};

		frki_shared_ring_push(&feed->ring, &pulse);
		frki_doorbell_push(&feed->bell);
		ret = 0;
	}
	/* The last one to leave a closed gate says so: see frki_tick_feed_over(). */
	if (!__atomic_sub_fetch(&feed->gate, 1, __ATOMIC_ACQ_REL))
		frki_doorbell_push(&feed->bell);
	return ret;
}

void frk_tick_feed_fault(struct frk_tick_feed *feed)
{
	if (!feed || frki_tick_feed_over(feed))
		return;
	/* Before the gate; pairs with pulse_stopped(). */
	__atomic_store_n(&feed->faulty, 1, __ATOMIC_RELAXED);
	__atomic_fetch_and(&feed->gate, ~FRKI_TICK_FEED_OPEN, __ATOMIC_RELEASE);
	frki_doorbell_push(&feed->bell);
}

/* --- the driver's side ---------------------------------------------------- */

int frki_tick_feed_take(struct frk_tick_feed *feed)
{
	/* Pairs with the release in frki_tick_feed_give_back(). */
	return __atomic_exchange_n(&feed->taken, 1, __ATOMIC_ACQUIRE) ? -EBUSY : 0;
}

void frki_tick_feed_give_back(struct frk_tick_feed *feed)
{
	__atomic_store_n(&feed->taken, 0, __ATOMIC_RELEASE);
}

/* The gate is closed and nobody is inside: the ring is ours alone. */
uint64_t frki_tick_feed_open_gate(struct frk_tick_feed *feed)
{
	uint64_t head = __atomic_load_n(&feed->ring.head, __ATOMIC_ACQUIRE);

	__atomic_store_n(&feed->ring.tail, head, __ATOMIC_RELAXED);
	__atomic_store_n(&feed->ring.dropped, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&feed->faulty, 0, __ATOMIC_RELAXED);
	/* Pairs with the acquire in frk_tick_feed_push(). */
	__atomic_fetch_or(&feed->gate, FRKI_TICK_FEED_OPEN, __ATOMIC_RELEASE);
	return head;
}

/* A thread inside is there for a few instructions, unless it lost its CPU. */
void frki_tick_feed_close_gate(struct frk_tick_feed *feed)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 };

	__atomic_fetch_and(&feed->gate, ~FRKI_TICK_FEED_OPEN, __ATOMIC_RELEASE);
	/* Pairs with the release at the end of frk_tick_feed_push(). */
	while (!frki_tick_feed_over(feed))
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	frki_doorbell_push(&feed->bell);
}

bool frki_tick_feed_over(const struct frk_tick_feed *feed)
{
	return !__atomic_load_n(&feed->gate, __ATOMIC_ACQUIRE);
}

bool frki_tick_feed_ready(const struct frk_tick_feed *feed)
{
	return frki_shared_ring_ready(&feed->ring) || frki_tick_feed_over(feed);
}

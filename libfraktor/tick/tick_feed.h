/* SPDX-License-Identifier: MIT */
/*
 * tick_feed.h - what a program pushes its own ticks into, seen from the driver
 * that reads them.  The program's side is in <fraktor/tick.h>.
 */
#ifndef FRKI_TICK_TICK_FEED_H
#define FRKI_TICK_TICK_FEED_H

#include <stdbool.h>

#include "tick/doorbell.h"
#include "tick/shared_ring.h"

/**
 * struct frk_tick_feed - pulses on their way
 * @refs: who holds it.
 * @gate: FRKI_TICK_FEED_OPEN while a line runs, and the number of threads inside
 *	frk_tick_feed_push().
 * @taken: a line reads it.
 * @faulty: the program said that what pulses has failed.
 * @bell: wakes the reader.
 * @ring: the pulses; of each only &frk_tick.fired_ns is meant.
 */
struct frk_tick_feed {
	uint32_t refs;
	uint32_t gate;
	uint32_t taken;
	uint32_t faulty;
	struct frki_doorbell bell;
	struct frki_shared_ring ring;
};

#define FRKI_TICK_FEED_OPEN (1U << 31)

/**
 * frki_tick_feed_take() - become its reader
 * @feed: the feed.
 *
 * Return: 0 or -EBUSY.
 */
int frki_tick_feed_take(struct frk_tick_feed *feed);

/**
 * frki_tick_feed_give_back() - let another line read it
 * @feed: a feed that was taken and is closed.
 */
void frki_tick_feed_give_back(struct frk_tick_feed *feed);

/**
 * frki_tick_feed_open_gate() - take pulses from now on
 * @feed: a feed that was taken; what is left in it of an earlier line goes.
 *
 * Return: number of the pulse before the first.
 */
uint64_t frki_tick_feed_open_gate(struct frk_tick_feed *feed);

/**
 * frki_tick_feed_close_gate() - take no more pulses
 * @feed: the feed.
 *
 * Waits for those that are being pushed.
 */
void frki_tick_feed_close_gate(struct frk_tick_feed *feed);

/**
 * frki_tick_feed_ready() - has the reader something to do?
 * @feed: the feed.
 *
 * Return: true if there is a pulse, or will be none.
 */
bool frki_tick_feed_ready(const struct frk_tick_feed *feed);

/**
 * frki_tick_feed_over() - will there be no more pulses?
 * @feed: the feed.
 *
 * Return: true if the gate is closed and nobody is inside any more: what is in
 * the ring now is all.
 */
bool frki_tick_feed_over(const struct frk_tick_feed *feed);

#endif /* FRKI_TICK_TICK_FEED_H */

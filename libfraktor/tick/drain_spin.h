/* SPDX-License-Identifier: MIT */
/*
 * drain_spin.h - wait by looking at the ring: all the time, without any system
 * call; or, as a hybrid, only shortly before a tick is due, and asleep until
 * then.  That the line has died is seen in the ring's first page.
 */
#ifndef FRKI_TICK_DRAIN_SPIN_H
#define FRKI_TICK_DRAIN_SPIN_H

#include "tick/feed.h"
#include "tick/lead.h"

/**
 * struct frki_drain_spin - how one reader spins
 * @woken: someone wants the wait to end; a futex, too.
 * @clockid: clock of the line.
 * @next_ns: when the next record is to be expected; 0: not known.
 * @margin: how long before @next_ns the sleep is to end.
 */
struct frki_drain_spin {
	uint32_t woken;
	int clockid;
	uint64_t next_ns;
	struct frki_lead margin;
};

/**
 * frki_drain_spin_init() - nobody waits, nobody has called
 * @spin: how to spin.
 * @clockid: clock of the line.
 * @period_ns: its period.
 * @spin_max_ppm: share of a CPU that a hybrid may spin, on average.
 */
void frki_drain_spin_init(struct frki_drain_spin *spin, int clockid, uint64_t period_ns,
			  uint32_t spin_max_ppm);

/**
 * frki_drain_spin_wait() - spin until @feed has something to say, or wake
 * @spin: one thread at a time.
 * @feed: the ring.
 *
 * Makes no system call.
 *
 * Return: 0.
 */
int frki_drain_spin_wait(struct frki_drain_spin *spin, const struct frki_feed *feed);

/**
 * frki_drain_spin_expect() - when the next record will come
 * @spin: how to spin.
 * @when_ns: when, on the line's clock.
 *
 * The waiting thread.
 */
void frki_drain_spin_expect(struct frki_drain_spin *spin, uint64_t when_ns);

/**
 * frki_drain_hybrid_wait() - sleep until shortly before that, then spin
 * @spin: one thread at a time.
 * @feed: the ring.
 *
 * The sleep is on a futex, which a wake ends.  Before the first record there is
 * nothing to expect: it spins.
 *
 * Return: 0, or a negative errno when sleeping itself broke.
 */
int frki_drain_hybrid_wait(struct frki_drain_spin *spin, const struct frki_feed *feed);

/**
 * frki_drain_spin_wake() - end the wait in progress, or else the next one
 * @spin: any thread, async-signal-safe.
 * @sleeps: whether the waiting thread may be asleep: a hybrid.
 */
void frki_drain_spin_wake(struct frki_drain_spin *spin, bool sleeps);

#endif /* FRKI_TICK_DRAIN_SPIN_H */

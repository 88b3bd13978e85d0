/* SPDX-License-Identifier: MIT */
/*
 * drain_spin.c - wait by spinning; see drain_spin.h.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tick/clock.h"
#include "tick/drain_spin.h"
#include "tick/hold.h"

/* A shorter sleep than this is no sleep: two switches of context. */
#define SPIN_SLEEP_MIN_NS 10000U
#define SPIN_SLEEP_MAX_NS 50000000U

void frki_drain_spin_init(struct frki_drain_spin *spin, int clockid, uint64_t period_ns,
			  uint32_t spin_max_ppm)
{
	*spin = (struct frki_drain_spin){ .clockid = clockid };
	frki_lead_init(&spin->margin, period_ns, spin_max_ppm);
}

/* Takes the wake, if there is one; pairs with frki_drain_spin_wake(). */
static bool spin_was_woken(struct frki_drain_spin *spin)
{
	return __atomic_load_n(&spin->woken, __ATOMIC_RELAXED) &&
	       __atomic_exchange_n(&spin->woken, 0, __ATOMIC_ACQUIRE);
}

int frki_drain_spin_wait(struct frki_drain_spin *spin, const struct frki_feed *feed)
{
	while (!frki_feed_ready(feed) && !spin_was_woken(spin))
		frki_hold_pause();
	return 0;
}

void frki_drain_spin_expect(struct frki_drain_spin *spin, uint64_t when_ns)
{
	spin->next_ns = when_ns;
}

/* Futexes know CLOCK_MONOTONIC: another clock's time is as far from now there. */
static uint64_t spin_monotonic_ns(const struct frki_drain_spin *spin, uint64_t when_ns)
{
	if (spin->clockid == CLOCK_MONOTONIC)
		return when_ns;
	return when_ns - frki_clock_now_ns(spin->clockid) +
	       frki_clock_now_ns(CLOCK_MONOTONIC);
}

/* 0 when the time has come; -EINTR or -EAGAIN when something came before. */
static int spin_sleep_until(struct frki_drain_spin *spin, uint64_t when_ns)
{
	struct timespec when = frki_clock_timespec(spin_monotonic_ns(spin, when_ns));

	if (!syscall(SYS_futex, &spin->woken,
		     FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &when, NULL,
		     FUTEX_BITSET_MATCH_ANY))
		return -EINTR;
	return errno == ETIMEDOUT ? 0 : -errno;
}

/* How long before the record was the thread running?  That is what margins are of. */
static void spin_learn(struct frki_drain_spin *spin)
{
	uint64_t now_ns = frki_clock_now_ns(spin->clockid);

	frki_lead_sample(&spin->margin, (int64_t)(spin->next_ns - now_ns));
}

int frki_drain_hybrid_wait(struct frki_drain_spin *spin, const struct frki_feed *feed)
{
	uint64_t until_ns = spin->next_ns - spin->margin.lead_ns;
	uint64_t now_ns = frki_clock_now_ns(spin->clockid);
	int err;

	if (!spin->next_ns || now_ns + SPIN_SLEEP_MIN_NS >= until_ns)
		return frki_drain_spin_wait(spin, feed);
	/* In pieces: a line that dies meanwhile rings no bell. */
	if (until_ns - now_ns > SPIN_SLEEP_MAX_NS) {
		err = spin_sleep_until(spin, now_ns + SPIN_SLEEP_MAX_NS);
		spin_was_woken(spin);
		return err == -EINTR || err == -EAGAIN ? 0 : err;
	}
	err = spin_sleep_until(spin, until_ns);
	if (!err)
		spin_learn(spin);
	else if (err != -EINTR && err != -EAGAIN)
		return err;
	return frki_drain_spin_wait(spin, feed);
}

/* The word first: a thread about to sleep finds it and does not. */
void frki_drain_spin_wake(struct frki_drain_spin *spin, bool sleeps)
{
	int saved = errno;

	/* Pairs with spin_was_woken(). */
	__atomic_store_n(&spin->woken, 1, __ATOMIC_RELEASE);
	if (sleeps)
		syscall(SYS_futex, &spin->woken, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1,
			NULL, NULL, 0);
	errno = saved;
}

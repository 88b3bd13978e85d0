/* SPDX-License-Identifier: MIT */
/*
 * hold.c - spin until a time has come; see hold.h.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tick/clock.h"
#include "tick/hold.h"

#define HOLD_CLOCKSOURCE \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* What the counter's rate is worth knowing from: not less, not more. */
#define HOLD_BASE_MIN_NS 10000U
#define HOLD_BASE_MAX_NS 1000000000U

/* No lead is longer; and no counter counts faster, per nanosecond. */
#define HOLD_MAX_NS 1000000U
#define HOLD_RATE_MAX 16U

/* How far ahead of the end the clock may be asked, and steps to find out. */
#define HOLD_AHEAD_MAX_NS 200
#define HOLD_STEP_NS 8

static uint64_t hold_count(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

void frki_hold_init(struct frki_hold *hold)
{
	char name[8] = "";
	int fd;

	*hold = (struct frki_hold){ 0 };
	fd = open(HOLD_CLOCKSOURCE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	hold->counts = read(fd, name, sizeof(name) - 1) > 0 && !strcmp(name, "tsc\n");
	close(fd);
}

/*
 * The rate is that from the last hold to this one: a long base for a short spin,
 * and never an old one.  A wrong rate, after a suspend for one, makes one tick
 * late by some microseconds, or leaves more to the clock.
 *
 * Return: whether the time has come, nearly.
 */
static bool hold_by_count(struct frki_hold *hold, uint64_t now_ns, uint64_t left_ns)
{
	uint64_t count = hold_count();
	uint64_t base_ns = now_ns - hold->ns, base = count - hold->count;
	uint64_t wait;

	hold->ns = now_ns;
	hold->count = count;
	if (base_ns < HOLD_BASE_MIN_NS || base_ns > HOLD_BASE_MAX_NS ||
	    left_ns > HOLD_MAX_NS || base > base_ns * HOLD_RATE_MAX ||
	    left_ns < hold->ahead_ns)
		return false;
	/* At most 10^6 * 16 * 10^9: fits. */
	wait = (left_ns - hold->ahead_ns) * base / base_ns;
	while (hold_count() - count < wait)
		frki_hold_pause();
	return true;
}

/*
 * The clock was asked for the first time behind a spin.  It ought to say that the
 * time has just come: a bit later the next time if it has not, for then it is
 * asked twice; a bit earlier if that was a while ago.
 */
static void hold_learn(struct frki_hold *hold, int64_t over_ns)
{
	if (over_ns < 0)
		hold->ahead_ns -= hold->ahead_ns < HOLD_STEP_NS ? hold->ahead_ns :
								  HOLD_STEP_NS;
	else if (over_ns > HOLD_STEP_NS && hold->ahead_ns < HOLD_AHEAD_MAX_NS)
		hold->ahead_ns += 1 + (over_ns < HOLD_AHEAD_MAX_NS ?
					       (uint64_t)over_ns / HOLD_STEP_NS : 0);
}

static uint64_t hold_by_clock(clockid_t clockid, uint64_t when_ns)
{
	uint64_t now_ns;

	while ((now_ns = frki_clock_now_ns(clockid)) < when_ns)
		frki_hold_pause();
	return now_ns;
}

uint64_t frki_hold_until(struct frki_hold *hold, clockid_t clockid, uint64_t now_ns,
			 uint64_t when_ns)
{
	if (now_ns >= when_ns)
		return now_ns;
	if (!hold->counts || !hold_by_count(hold, now_ns, when_ns - now_ns))
		return hold_by_clock(clockid, when_ns);
	now_ns = frki_clock_now_ns(clockid);
	hold_learn(hold, (int64_t)(now_ns - when_ns));
	return now_ns < when_ns ? hold_by_clock(clockid, when_ns) : now_ns;
}

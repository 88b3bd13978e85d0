/* SPDX-License-Identifier: MIT */
/*
 * profile.h - how much a system is built for, by name: timers that may be armed
 * at once, and ticks that may wait for it.
 *
 * What is beyond a profile is refused with -ENOBUFS, never dropped in silence.
 * Knows nothing but numbers.
 */
#ifndef FRKI_SCHED_PROFILE_H
#define FRKI_SCHED_PROFILE_H

#include <stdint.h>

/**
 * struct frki_profile - how much
 * @name: "tiny", "small", "standard", "large" or "huge".
 * @timers: timers that may be armed at once.
 * @slots: ticks that may wait in a feed, a power of two: an eighth of the timers,
 *	since a system that has so many to see to may be away for longer.
 */
struct frki_profile {
	const char *name;
	uint32_t timers;
	uint32_t slots;
};

/**
 * frki_profile_find() - a profile by name
 * @name: its name; NULL for "standard".
 *
 * Return: the profile, static; NULL if there is none of that name.
 */
const struct frki_profile *frki_profile_find(const char *name);

/**
 * frki_profile_for() - the smallest profile with so many timers
 * @timers: how many.
 *
 * Return: the profile, static; the largest one if none has so many.
 */
const struct frki_profile *frki_profile_for(uint32_t timers);

#endif /* FRKI_SCHED_PROFILE_H */

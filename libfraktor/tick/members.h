/* SPDX-License-Identifier: MIT */
/*
 * members.h - who of several drivers in one feed has ended or says nothing while the
 * others go on.  Arithmetic only: it knows no line and no clock.
 */
#ifndef FRKI_TICK_MEMBERS_H
#define FRKI_TICK_MEMBERS_H

#include <stdbool.h>

#include <fraktor/event.h>

/**
 * struct frki_members - what is known of them
 * @period_ns: period of the whole.
 * @silent_ns: how long a silence may be at that period; 0 for ever.
 * @ended: those whose end was told, a bit for each.
 * @quiet: reports since each of them ticked.
 */
struct frki_members {
	uint64_t period_ns;
	uint64_t silent_ns;
	uint32_t ended;
	uint32_t quiet[FRK_MEMBERS_MAX];
};

/**
 * frki_members_init() - nothing is known yet
 * @members: the members.
 * @period_ns: period of the whole.
 * @silent_ns: how long a silence may be at that period; 0 for ever.
 */
void frki_members_init(struct frki_members *members, uint64_t period_ns,
		       uint64_t silent_ns);

/**
 * frki_members_hear() - one of them said something
 * @members: the members.
 * @tick: a tick or a note; also of a driver that is made of none.
 *
 * Return: whether it says that the one with its number has ended.
 */
bool frki_members_hear(struct frki_members *members, const struct frk_tick *tick);

/**
 * frki_members_end() - has one ended, and is it to be told?
 * @members: the members.
 * @index: which, from 0.
 * @info: its description.
 *
 * Return: whether; true once.
 */
bool frki_members_end(struct frki_members *members, unsigned int index,
		      const struct frk_driver_info *info);

/**
 * frki_members_silence() - has one been silent for too long, and is it to be told?
 * @members: the members.
 * @index: which, from 0.
 * @info: its description.
 *
 * To be asked of each in each report.  There is a second of the others' ticks between
 * two of them, so neither a busy reader nor a process that was stopped makes a silence.
 *
 * Return: whether; true once for each silence.
 */
bool frki_members_silence(struct frki_members *members, unsigned int index,
			  const struct frk_driver_info *info);

#endif /* FRKI_TICK_MEMBERS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a ring has to tell after something that stopped the machine: notes of
 * suspend and resume, and in between ticks on one grid, of which one stands
 * for most of the time that is missing.
 */
#ifndef T_STORY_H
#define T_STORY_H

#include "lib.h"

struct t_story {
	struct t_grid grid;
	struct fraktor_tick suspend, resume;	/* the last ones */
	unsigned int suspends, resumes, moved;
	/* The record that stands for most periods, and what others missed. */
	struct fraktor_tick longest;
	uint64_t missed_else;
	/* What was wrong: nothing may be lost, doubled, caught up or early. */
	const char *wrong;
};

/* Drain the ring of a line with the missed-tick behaviour "delay". */
void t_story_read(struct t_story *story, struct t_ring *ring,
		  uint64_t period_ns);

#endif

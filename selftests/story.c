// SPDX-License-Identifier: GPL-2.0-only
/*
 * story.h.  It asserts nothing.
 */
#include "story.h"

#include <string.h>

static void note(struct t_story *story, const struct fraktor_tick *tick)
{
	if (tick->flags == FRAKTOR_TICK_F_SUSPEND) {
		story->suspends++;
		story->suspend = *tick;
	} else if (tick->flags == FRAKTOR_TICK_F_RESUME) {
		story->resumes++;
		story->resume = *tick;
	} else {
		story->wrong = "a note that is neither suspend nor resume";
	}
}

void t_story_read(struct t_story *story, struct t_ring *ring,
		  uint64_t period_ns)
{
	uint64_t gaps = ring->gaps, dropped = t_dropped(ring);
	struct fraktor_tick tick;
	const char *wrong;
	int ret;

	memset(story, 0, sizeof(*story));
	story->grid.period_ns = period_ns;
	story->grid.fused = true;	/* notes have numbers, too */
	while ((ret = t_take(ring, &tick)) > 0) {
		if (!tick.periods) {
			note(story, &tick);
			continue;
		}
		wrong = t_grid_check(&story->grid, &tick);
		if (wrong)
			story->wrong = wrong;
		story->moved += !!(tick.flags & FRAKTOR_TICK_F_MOVED);
		if (tick.periods > story->longest.periods)
			story->longest = tick;
	}
	if (ret < 0)
		story->wrong = "a record that was not whole";
	if (ring->gaps != gaps || t_dropped(ring) != dropped)
		story->wrong = "a gap";
	if (story->longest.periods)
		story->missed_else = story->grid.missed -
				     (story->longest.periods - 1);
}

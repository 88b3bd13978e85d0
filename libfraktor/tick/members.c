/* SPDX-License-Identifier: MIT */
/*
 * members.c - see members.h.
 */
#include "tick/members.h"

#define SECOND_NS 1000000000ULL

void frki_members_init(struct frki_members *members, uint64_t period_ns,
		       uint64_t silent_ns)
{
	*members = (struct frki_members){ .period_ns = period_ns,
					  .silent_ns = silent_ns };
}

bool frki_members_hear(struct frki_members *members, const struct frk_tick *tick)
{
	unsigned int index = tick->driver - 1U;

	if (index >= FRK_MEMBERS_MAX)
		return false;
	if (tick->periods)
		members->quiet[index] = 0;
	return !tick->periods && tick->flags & FRK_TICK_ENDED;
}

bool frki_members_end(struct frki_members *members, unsigned int index,
		      const struct frk_driver_info *info)
{
	if (!*info->stopped || members->ended & 1U << index)
		return false;
	members->ended |= 1U << index;
	return true;
}

/* The first report may come at once, and so may the one behind a stop. */
static uint32_t members_reports(const struct frki_members *members, uint64_t period_ns)
{
	uint64_t limit_ns = members->silent_ns;

	if (period_ns > members->period_ns &&
	    __builtin_mul_overflow(limit_ns / members->period_ns + 1, period_ns,
				   &limit_ns))
		return UINT32_MAX;
	limit_ns = limit_ns / SECOND_NS + (limit_ns % SECOND_NS != 0) + 2;
	return limit_ns < UINT32_MAX ? (uint32_t)limit_ns : UINT32_MAX;
}

bool frki_members_silence(struct frki_members *members, unsigned int index,
			  const struct frk_driver_info *info)
{
	if (!members->silent_ns || members->ended & 1U << index)
		return false;
	return ++members->quiet[index] == members_reports(members, info->resolution_ns);
}

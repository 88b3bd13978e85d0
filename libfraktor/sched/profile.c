// SPDX-License-Identifier: MIT
/*
 * profile.c - the profiles of profile.h.
 */
#include <stddef.h>
#include <string.h>

#include "sched/profile.h"

#define COUNT (sizeof(profiles) / sizeof(profiles[0]))

static const struct frki_profile profiles[] = {
	{ "tiny", 2048, 256 },	    { "small", 4096, 512 },
	{ "standard", 10240, 1024 }, { "large", 25600, 4096 },
	{ "huge", 1048576, 131072 },
};

const struct frki_profile *frki_profile_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(profiles[i].name, name ? name : "standard"))
			return &profiles[i];
	return NULL;
}

const struct frki_profile *frki_profile_for(uint32_t timers)
{
	size_t i = 0;

	while (i + 1 < COUNT && profiles[i].timers < timers)
		i++;
	return &profiles[i];
}

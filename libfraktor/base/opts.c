// SPDX-License-Identifier: MIT
/*
 * opts.c - option structures of any age; see opts.h.  Knows no option by name.
 */
#include <errno.h>
#include <string.h>

#include "base/opts.h"

static size_t opts_size(const void *opts)
{
	size_t size;

	memcpy(&size, opts, sizeof(size));
	return size;
}

int frki_opts_room(const void *to, size_t min)
{
	/* A size of megabytes is a structure that was never initialised. */
	return to && opts_size(to) >= min && opts_size(to) <= 4096 ? 0 : -EINVAL;
}

void frki_opts_return(void *to, const void *from, size_t size)
{
	size_t given = opts_size(to);

	memset(to, 0, given);
	memcpy(to, from, given < size ? given : size);
	memcpy(to, &given, sizeof(given));
}

int frki_opts_copy(void *to, size_t size, const void *from, size_t min)
{
	const unsigned char *bytes = from;
	size_t given;

	if (frki_opts_room(from, min))
		return -EINVAL;
	given = opts_size(from);
	for (size_t i = size; i < given; i++)
		if (bytes[i])
			return -EINVAL;
	memset(to, 0, size);
	memcpy(to, from, given < size ? given : size);
	return 0;
}

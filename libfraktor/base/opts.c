// SPDX-License-Identifier: MIT
/*
 * opts.c - option structures of any age; see opts.h.  Knows no option by name.
 */
#include <errno.h>
#include <string.h>

#include "base/opts.h"

int frki_opts_copy(void *to, size_t size, const void *from, size_t min)
{
	const unsigned char *bytes = from;
	size_t given;

	if (!from)
		return -EINVAL;
	memcpy(&given, from, sizeof(given));
	/* A size of megabytes is a structure that was never initialised. */
	if (given < min || given > 4096)
		return -EINVAL;
	for (size_t i = size; i < given; i++)
		if (bytes[i])
			return -EINVAL;
	memset(to, 0, size);
	memcpy(to, from, given < size ? given : size);
	return 0;
}

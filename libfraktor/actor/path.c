// SPDX-License-Identifier: MIT
/*
 * path.c - whose child an actor is, and whose child that one: names, for people.  Knows no
 * thread, no clock.
 */
#include <string.h>

#include "actor/cell.h"

/* Instead of those above for whom there is no room. */
#define CUT "..."
#define CUT_SIZE (sizeof(CUT) - 1)

/* An actor ends after its children, and its name is what it was spawned with. */
void frki_cell_path(const struct frki_cell *cell, char ret_path[FRK_ACTOR_PATH_SIZE])
{
	char path[FRK_ACTOR_PATH_SIZE];
	size_t at = sizeof(path) - 1;

	path[at] = '\0';
	for (; cell; cell = cell->parent) {
		size_t n = strlen(cell->name);

		if (at < n + 1 + (cell->parent ? CUT_SIZE : 0)) {
			at -= CUT_SIZE;
			memcpy(path + at, CUT, CUT_SIZE);
			break;
		}
		at -= n;
		memcpy(path + at, cell->name, n);
		path[--at] = '/';
	}
	memcpy(ret_path, path + at, sizeof(path) - at);
}

// SPDX-License-Identifier: MIT
/*
 * host.c - runs the system of bare.h on the machine that builds it, where the linker
 * has put these in place of malloc and its like: whoever calls one ends the program.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "freestanding/bare.h"

static bool forbidden;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static void forbid(const char *what)
{
	if (!forbidden)
		return;
	forbidden = false;
	fprintf(stderr, "bare: %s was called\n", what);
	exit(1);
}

void *__wrap_malloc(size_t size)
{
	forbid("malloc");
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	forbid("calloc");
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	forbid("realloc");
	return __real_realloc(memory, size);
}

int main(int argc, char **argv)
{
	void *volatile memory;
	int wrong;

	(void)argv;
	forbidden = true;
	/* So that it can be seen that it would be noticed. */
	if (argc > 1) {
		memory = malloc(1);
		free(memory);
	}
	wrong = frki_bare_run();
	forbidden = false;
	if (wrong)
		fprintf(stderr, "bare: check %d of frki_bare_run() failed\n", wrong);
	return wrong ? 1 : 0;
}

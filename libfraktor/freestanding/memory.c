// SPDX-License-Identifier: MIT
/*
 * memory.c - mem* and str* for a port without a C library: a byte at a time.  One that
 * has better ones leaves this file out.
 */
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	while (size--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *out = to;

	while (size--)
		*out++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *one = a, *other = b;

	for (; size; size--, one++, other++)
		if (*one != *other)
			return *one - *other;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

/* SPDX-License-Identifier: MIT */
/*
 * string.h - what the freestanding folders take from a C library, for a port that has
 * none; memory.c has the functions.
 */
#ifndef FRKI_FREESTANDING_STRING_H
#define FRKI_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
int strcmp(const char *a, const char *b);
size_t strlen(const char *text);

#endif /* FRKI_FREESTANDING_STRING_H */

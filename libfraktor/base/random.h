/* SPDX-License-Identifier: MIT */
/*
 * random.h - numbers that look random and are the same in every run: for what a
 * replay must repeat (xorshift64*, Sebastiano Vigna).  Nothing secret.
 */
#ifndef FRKI_BASE_RANDOM_H
#define FRKI_BASE_RANDOM_H

#include <stdint.h>

/**
 * frki_random_below() - the next number
 * @state: where it goes on; not 0.
 * @n: bound.
 *
 * Return: from 0 to @n - 1; 0 if @n is 0.
 */
static inline uint64_t frki_random_below(uint64_t *state, uint64_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return n ? (*state * 2685821657736338717ULL >> 1) % n : 0;
}

#endif /* FRKI_BASE_RANDOM_H */

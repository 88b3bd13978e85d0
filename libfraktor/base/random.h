/* SPDX-License-Identifier: MIT */
/*
 * random.h - numbers that look random and are the same in every run: for what a
 * replay must repeat.  Nothing secret.
 */
#ifndef FRKI_BASE_RANDOM_H
#define FRKI_BASE_RANDOM_H

#include <stdint.h>

/**
 * frki_random_below() - the next number
 * @state: where it goes on; not 0.
 * @n: bound.
 *
 * By xorshift64* (Sebastiano Vigna).
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

/**
 * frki_random_mix() - each bit of what goes in changes half of what comes out
 * @z: any number.
 *
 * The finish of splitmix64 (Sebastiano Vigna).
 */
static inline uint64_t frki_random_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/**
 * frki_random_any() - the next number, from a seed that may be anything
 * @state: where it goes on; 0, too.
 *
 * All of splitmix64.
 */
static inline uint64_t frki_random_any(uint64_t *state)
{
	return frki_random_mix(*state += 0x9e3779b97f4a7c15);
}

#endif /* FRKI_BASE_RANDOM_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * splitmix64: small, good enough, and the same everywhere.
 */
#include "rnd.h"

#include <string.h>

uint64_t rnd_u64(struct rnd *rnd)
{
	uint64_t z = (rnd->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void rnd_seed(struct rnd *rnd, uint64_t seed, uint64_t thread, uint64_t op)
{
	rnd->state = seed;
	rnd->state = rnd_u64(rnd) ^ thread;
	rnd->state = rnd_u64(rnd) ^ op;
	rnd_u64(rnd);
}

uint32_t rnd_below(struct rnd *rnd, uint32_t n)
{
	return ((rnd_u64(rnd) >> 32) * n) >> 32;
}

bool rnd_one_in(struct rnd *rnd, uint32_t n)
{
	return !rnd_below(rnd, n);
}

uint64_t rnd_odd(struct rnd *rnd)
{
	unsigned int shift = rnd_below(rnd, 64);

	switch (rnd_below(rnd, 5)) {
	case 0:
		return rnd_below(rnd, 4);
	case 1:
		return (1ULL << shift) - rnd_below(rnd, 2);
	case 2:
		return (1ULL << shift) + rnd_below(rnd, 2);
	case 3:
		return UINT64_MAX - rnd_below(rnd, 3);
	default:
		return rnd_u64(rnd) >> shift;
	}
}

void rnd_bytes(struct rnd *rnd, void *to, size_t len)
{
	unsigned char *p = to;

	while (len) {
		uint64_t word = rnd_u64(rnd);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}

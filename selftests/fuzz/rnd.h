/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that depend on the seed, the thread and the number of the
 * operation only.  Each operation has a series of its own: what one draws, and
 * whether it is left out, changes nothing for the next.
 */
#ifndef FUZZ_RND_H
#define FUZZ_RND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rnd {
	uint64_t state;
};

void rnd_seed(struct rnd *rnd, uint64_t seed, uint64_t thread, uint64_t op);
uint64_t rnd_u64(struct rnd *rnd);
/* 0 .. @n - 1; 0 if @n is. */
uint32_t rnd_below(struct rnd *rnd, uint32_t n);
bool rnd_one_in(struct rnd *rnd, uint32_t n);
/* A number at which code breaks: around 0, powers of two, the largest. */
uint64_t rnd_odd(struct rnd *rnd);
void rnd_bytes(struct rnd *rnd, void *to, size_t len);

/* One of the elements of an array. */
#define rnd_of(rnd, array) \
	((array)[rnd_below(rnd, sizeof(array) / sizeof((array)[0]))])

#endif /* FUZZ_RND_H */

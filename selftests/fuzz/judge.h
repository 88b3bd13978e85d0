/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of a ring whatever its readers do.  Each function returns
 * NULL, or what is wrong in words.
 */
#ifndef FUZZ_JUDGE_H
#define FUZZ_JUDGE_H

#include <linux/fraktor.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/* The meta page describes a ring that can be mapped as it says. */
const char *judge_meta(const struct fraktor_meta *meta);
/* @head has not gone back; @seen is the largest so far. */
const char *judge_head(const struct fraktor_meta *meta, uint64_t *seen);
/* One record by itself: never early, flags and periods agree. */
const char *judge_record(const struct fraktor_tick *tick);
/*
 * The slots of a ring of @nr, as far as @len bytes go, while the kernel
 * writes them.
 */
const char *judge_slots(const struct fraktor_tick *slots, unsigned int nr,
			size_t len);

/* The records of one source in the order in which a reader got them. */
struct judge_line {
	uint32_t source;
	uint64_t deadline_ns, fired_ns;
	bool early;
};

const char *judge_order(struct judge_line *lines, unsigned int n,
			const struct fraktor_tick *tick);

#endif /* FUZZ_JUDGE_H */

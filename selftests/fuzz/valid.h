/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that should be granted: what deep states are made of.
 */
#ifndef FUZZ_VALID_H
#define FUZZ_VALID_H

#include "worker.h"

uint64_t valid_period(struct worker *w);
unsigned int valid_slots(struct worker *w);
int valid_cpu(struct worker *w);
void valid_name(struct worker *w, char name[FRAKTOR_NAME_LEN]);
void valid_create(struct worker *w, struct fraktor_create *ret_create);
/* Of the size that this file wants: none if it has a ring. */
void valid_attach(struct worker *w, int fd, struct fraktor_attach *ret_attach);
void valid_set(struct worker *w, struct fraktor_set *ret_set);

#endif /* FUZZ_VALID_H */

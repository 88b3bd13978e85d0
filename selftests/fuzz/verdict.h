/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold when all is over.
 */
#ifndef FUZZ_VERDICT_H
#define FUZZ_VERDICT_H

#include "board.h"
#include "options.h"

/* Nothing is left: no reference, no source, no reader, no charge. */
void verdict_leaks(struct board *board, int refcnt);
/* The summary; the exit status. */
int verdict(const struct board *board, const struct options *options);

#endif /* FUZZ_VERDICT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who watches the fuzzer's processes: starts them, starts those anew that are
 * killed, wakes what sleeps, and notices what cannot be woken or killed.
 */
#ifndef FUZZ_SUPERVISE_H
#define FUZZ_SUPERVISE_H

#include "board.h"
#include "options.h"

/* Until the time is over, all is done, or something is wrong. */
void supervise(struct board *board, const struct options *options);

#endif /* FUZZ_SUPERVISE_H */

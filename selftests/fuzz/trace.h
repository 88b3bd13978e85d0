/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line for each operation, written before it is done, so that the last
 * lines tell what the machine died of.
 */
#ifndef FUZZ_TRACE_H
#define FUZZ_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* Where the lines go: stdout, a file, or nowhere.  0 or -errno. */
int trace_open(bool verbose, const char *file);
bool trace_on(void);
void trace_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line in the kernel log: between which marks did it complain? */
void trace_mark(unsigned int thread, uint64_t op, uint64_t seed);

#endif /* FUZZ_TRACE_H */

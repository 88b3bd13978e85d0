/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line says.
 */
#ifndef FUZZ_OPTIONS_H
#define FUZZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	uint64_t seed;
	unsigned int seconds;	/* 0: no bound */
	uint64_t ops;		/* of each thread; UINT64_MAX: no bound */
	unsigned int threads;
	int replay;		/* this thread only; -1: all */
	bool verbose, machine;
	const char *trace;	/* file, or NULL */
	unsigned int mark;	/* operations between marks in the kernel log */
	const char *only, *without;	/* names, separated by commas */
};

/* -1, or the exit status of a program that ends here. */
int options_parse(struct options *options, int argc, char **argv);

#endif /* FUZZ_OPTIONS_H */

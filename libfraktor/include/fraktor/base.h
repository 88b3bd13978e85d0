/* SPDX-License-Identifier: MIT */
/*
 * fraktor/base.h - what every public header needs: visibility, units, the
 * error record, the version.  Knows no other header of the library.
 */
#ifndef FRK_BASE_H
#define FRK_BASE_H

#include <stddef.h>
#include <stdint.h>
#if __STDC_HOSTED__
#include <stdio.h>
#else
/* Without an operating system there are no files, and nothing here prints. */
typedef struct frk_no_file FILE;
#endif

#ifdef __cplusplus
#define FRK_BEGIN_DECLS extern "C" {
#define FRK_END_DECLS }
#else
#define FRK_BEGIN_DECLS
#define FRK_END_DECLS
#endif

/* Marks the symbols the shared libraries export; all others are hidden. */
#define FRK_API __attribute__((visibility("default")))

/* Durations in nanoseconds, the unit of every name that ends in _ns. */
#define FRK_US(n) ((uint64_t)(n) * 1000U)
#define FRK_MS(n) ((uint64_t)(n) * 1000000U)
#define FRK_S(n) ((uint64_t)(n) * 1000000000U)

/* CPU in options: 0 leaves the choice, FRK_CPU(n) names one. */
#define FRK_CPU(n) ((uint32_t)(n) + 1U)

FRK_BEGIN_DECLS

/**
 * struct frk_error - why a call failed, for people
 * @code: the negative errno the call returned, 0 when nothing failed.
 * @driver: name of the tick driver concerned, or empty.
 * @call: the operation that failed, as written in a manual: "open(/dev/fraktor)".
 * @text: one line: what happened, where, and what to do.
 *
 * The caller owns it; functions that fill one write it only on failure.
 */
struct frk_error {
	int code;
	char driver[32];
	char call[64];
	char text[256];
};

/**
 * frk_error_print() - print an error on one line
 * @error: the error; must not be NULL.
 * @stream: where to, usually stderr.
 *
 * Prints "fraktor: TEXT (driver D: CALL: ERRNO)" and a newline.
 *
 * Return: 1, so that main() can return it as its exit status.
 */
FRK_API int frk_error_print(const struct frk_error *error, FILE *stream);

/**
 * frk_version() - version of the library
 *
 * Return: "MAJOR.MINOR.PATCH", static.  Any thread, never blocks.
 */
FRK_API const char *frk_version(void);

FRK_END_DECLS

#endif /* FRK_BASE_H */

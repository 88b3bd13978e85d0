/* SPDX-License-Identifier: MIT */
/*
 * opts.h - take over an option structure of a caller, or fill a structure of
 * his, that may have been compiled with an older or a newer header than the
 * library.
 *
 * Such a structure begins with a size_t, its size.  Knows no option by name.
 */
#ifndef FRKI_BASE_OPTS_H
#define FRKI_BASE_OPTS_H

#include <stddef.h>

/**
 * frki_opts_copy() - copy options into the library's own structure
 * @to: the library's structure; fully written on success.
 * @size: its size.
 * @from: the caller's; may be NULL.
 * @min: the size it had in the first release.
 *
 * What the caller does not know is zero; what the library does not know must
 * be zero.
 *
 * Return: 0 or -EINVAL.
 */
int frki_opts_copy(void *to, size_t size, const void *from, size_t min);

/**
 * frki_opts_room() - whether a caller's structure can take a result
 * @to: the caller's, with its size; may be NULL.
 * @min: the size it had in the first release.
 *
 * Return: 0 or -EINVAL.
 */
int frki_opts_room(const void *to, size_t min);

/**
 * frki_opts_return() - hand a result to a caller of any age
 * @to: the caller's structure, for which frki_opts_room() returned 0.
 * @from: the library's.
 * @size: its size.
 *
 * What the caller does not know is left out, what the library does not know is
 * zero, and the caller's size stays.
 */
void frki_opts_return(void *to, const void *from, size_t size);

#endif /* FRKI_BASE_OPTS_H */

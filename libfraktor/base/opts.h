/* SPDX-License-Identifier: MIT */
/*
 * opts.h - take over an option structure of a caller that may have been
 * compiled with an older or a newer header than the library.
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

#endif /* FRKI_BASE_OPTS_H */

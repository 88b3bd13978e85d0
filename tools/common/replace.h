/* SPDX-License-Identifier: MIT */
/*
 * A file that is replaced as a whole or not at all.  Knows not what is in it.
 */
#ifndef TOOL_REPLACE_H
#define TOOL_REPLACE_H

/* Whether @file could be replaced.  Return: 0 or a negative errno; the file is as
 * it was, and there is none where there was none. */
int replace_try(const char *file);

/**
 * replace_by() - put something else in its place
 * @file: it need not be there; a link leads to what is replaced.  What is no
 *	regular file, and holds nothing, is written to.
 * @fd: what; a descriptor of a regular file, all of which is copied.
 *
 * Return: 0; or a negative errno, and the file is as it was.
 */
int replace_by(const char *file, int fd);

#endif /* TOOL_REPLACE_H */

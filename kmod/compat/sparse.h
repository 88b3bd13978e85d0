/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read by sparse before each source and by no compiler: what the headers of
 * 7.x use and sparse 0.6.4 does not know.  It must not hide anything of ours.
 */
#ifndef FRAKTOR_COMPAT_SPARSE_H
#define FRAKTOR_COMPAT_SPARSE_H

/* A qualifier too many changes nothing where nothing is compiled. */
#define __typeof_unqual__ __typeof__

/* MODULE_INFO() asserts the length of its literal as the compiler counts it. */
#define __builtin_strlen(string) (sizeof(string) - 1)

#endif /* FRAKTOR_COMPAT_SPARSE_H */

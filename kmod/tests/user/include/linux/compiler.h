/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_COMPILER_H
#define FRAKTOR_USER_COMPILER_H

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

#define unlikely(x) __builtin_expect(!!(x), 0)

#endif

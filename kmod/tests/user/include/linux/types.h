/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for kernel headers, as far as the module's pure parts need them:
 * these parts are compiled in user space, under sanitizers.
 */
#ifndef FRAKTOR_USER_TYPES_H
#define FRAKTOR_USER_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_LIMITS_H
#define FRAKTOR_USER_LIMITS_H

#include_next <linux/limits.h>
#include <stdint.h>

#define U64_MAX UINT64_MAX
#define S64_MAX INT64_MAX
#define U32_MAX UINT32_MAX

#endif

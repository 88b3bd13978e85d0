/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_MATH64_H
#define FRAKTOR_USER_MATH64_H

#include <linux/types.h>

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

#endif

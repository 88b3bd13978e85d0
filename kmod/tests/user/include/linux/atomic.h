/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_ATOMIC_H
#define FRAKTOR_USER_ATOMIC_H

/* Returns what was there, as the kernel's does. */
#define cmpxchg(ptr, old, new)						\
	({								\
		__typeof__(*(ptr)) __found = (old);			\
		__atomic_compare_exchange_n(ptr, &__found, new, false,	\
					    __ATOMIC_SEQ_CST,		\
					    __ATOMIC_SEQ_CST);		\
		__found;						\
	})

#endif

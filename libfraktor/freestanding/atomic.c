// SPDX-License-Identifier: MIT
/*
 * atomic.c - atomics that a Cortex-M does not have: of 64 bits none of them, and the
 * smallest ones no others either.  The compiler calls these instead.  There is one
 * core, so nobody comes in between while interrupts are masked.
 */
#include <stdbool.h>
#include <stdint.h>

static uint32_t mask(void)
{
	uint32_t before;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before) : : "memory");
	return before;
}

static void unmask(uint32_t before)
{
	__asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
}

/*
 * The compiler knows these names as its own, of other types: hence the asm labels.  A
 * memory order is not looked at: masking interrupts is the strongest one.
 */
#define NAMED(size, returns, name, arguments)                            \
	returns frki_atomic_##name##_##size arguments __asm__(           \
		"__atomic_" #name "_" #size);                            \
	returns frki_atomic_##name##_##size arguments

/* Change it from what it is, @old, by @value, and say what it was. */
#define CHANGE(size, type, name, changed)                                \
	NAMED(size, type, name, (volatile void *at, type value, int order)) \
	{                                                                \
		volatile type *word = at;                                \
		uint32_t before = mask();                                \
		type old = *word;                                        \
                                                                         \
		(void)order;                                             \
		*word = (type)(changed);                                 \
		unmask(before);                                          \
		return old;                                              \
	}

#define ATOMICS(size, type)                                              \
	NAMED(size, type, load, (const volatile void *at, int order))    \
	{                                                                \
		uint32_t before = mask();                                \
		type value = *(const volatile type *)at;                 \
                                                                         \
		(void)order;                                             \
		unmask(before);                                          \
		return value;                                            \
	}                                                                \
	NAMED(size, void, store, (volatile void *at, type value, int order)) \
	{                                                                \
		uint32_t before = mask();                                \
                                                                         \
		(void)order;                                             \
		*(volatile type *)at = value;                            \
		unmask(before);                                          \
	}                                                                \
	NAMED(size, bool, compare_exchange,                              \
	      (volatile void *at, void *expected, type value,            \
	       int success, int failure))                                \
	{                                                                \
		volatile type *word = at;                                \
		type *wanted = expected;                                 \
		uint32_t before = mask();                                \
		bool same = *word == *wanted;                            \
                                                                         \
		(void)success;                                           \
		(void)failure;                                           \
		if (same)                                                \
			*word = value;                                   \
		else                                                     \
			*wanted = *word;                                 \
		unmask(before);                                          \
		return same;                                             \
	}                                                                \
	CHANGE(size, type, exchange, value)                              \
	CHANGE(size, type, fetch_add, old + value)                       \
	CHANGE(size, type, fetch_sub, old - value)                       \
	CHANGE(size, type, fetch_or, old | value)                        \
	CHANGE(size, type, fetch_and, old & value)

ATOMICS(8, uint64_t)
#ifndef __ARM_FEATURE_LDREX
ATOMICS(4, uint32_t)
ATOMICS(2, uint16_t)
ATOMICS(1, uint8_t)
#endif

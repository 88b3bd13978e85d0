/* SPDX-License-Identifier: MIT */
/*
 * relax.h - what a thread does between two looks at something that another CPU is about to
 * change.
 */
#ifndef FRKI_BASE_RELAX_H
#define FRKI_BASE_RELAX_H

/**
 * frki_relax() - leave the CPU to whoever shares it, for some cycles
 */
static inline void frki_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif /* FRKI_BASE_RELAX_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manual driver: ticks that a test makes by hand, of which it says
 * everything.  Only a module built with FRAKTOR_TEST=1 has it; in any other the
 * functions below are all there is.
 */
#ifndef FRAKTOR_TESTS_MANUAL_H
#define FRAKTOR_TESTS_MANUAL_H

#include <linux/types.h>
#include <linux/fraktor.h>

#ifdef __KERNEL__
#include <linux/errno.h>
#endif

/* struct fraktor_create, @driver */
#define FRAKTOR_DRIVER_MANUAL	0x7e57U

/**
 * struct fraktor_manual_tick - FRAKTOR_IOC_MANUAL_TICK: a tick, now
 * @deadline_ns: first deadline passed.
 * @fired_ns: when that was seen; not before @deadline_ns.
 * @periods: periods that have passed, at least 1.
 */
struct fraktor_manual_tick {
	__aligned_u64 deadline_ns;
	__aligned_u64 fired_ns;
	__aligned_u64 periods;
};

#define FRAKTOR_IOC_MANUAL_TICK	\
	_IOW(FRAKTOR_IOC_MAGIC, 0x40, struct fraktor_manual_tick)

#ifdef __KERNEL__
struct fraktor_driver;
struct fraktor_reader;

#ifdef FRAKTOR_TEST
#define FRAKTOR_FEATURE_TEST	FRAKTOR_FEATURE_MANUAL

const struct fraktor_driver *fraktor_manual_find(u32 driver);
long fraktor_manual_ioctl(struct fraktor_reader *reader, unsigned int cmd,
			  unsigned long user_arg);
#else
#define FRAKTOR_FEATURE_TEST	0

static inline const struct fraktor_driver *fraktor_manual_find(u32 driver)
{
	return NULL;
}

static inline long fraktor_manual_ioctl(struct fraktor_reader *reader,
					unsigned int cmd, unsigned long user_arg)
{
	return -ENOTTY;
}
#endif
#endif /* __KERNEL__ */

#endif /* FRAKTOR_TESTS_MANUAL_H */

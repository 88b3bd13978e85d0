/* SPDX-License-Identifier: MIT */
/*
 * describe.h - what all drivers of the library in user space say of themselves.
 */
#ifndef FRKI_TICK_DESCRIBE_H
#define FRKI_TICK_DESCRIBE_H

#include <fraktor/tick.h>

/**
 * frki_describe() - begin a description
 * @ret_info: the description; what is not said here is 0 or empty.
 * @name: name of the driver.
 * @kind: what it is.
 * @period_ns: its period.
 *
 * The way to wait is an eventfd, the version that of the library.
 */
void frki_describe(struct frk_driver_info *ret_info, const char *name,
		   enum frk_driver_kind kind, uint64_t period_ns);

#endif /* FRKI_TICK_DESCRIBE_H */

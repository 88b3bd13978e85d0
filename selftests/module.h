/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading and unloading modules.  A module lies where the build puts it,
 * ../kmod/RELEASE/NAME.ko from the test program, or in $T_MODULES.
 */
#ifndef T_MODULE_H
#define T_MODULE_H

int t_insmod(const char *name, const char *params);	/* 0 or -errno */
int t_rmmod(const char *name);			/* likewise; never waits */

#endif

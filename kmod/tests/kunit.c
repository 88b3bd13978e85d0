// SPDX-License-Identifier: GPL-2.0-only
/*
 * fraktor_kunit.ko: the pure parts of the module, compiled in as they are,
 * with the suites of the *_test.c files beside.  Loading it runs them.  It has
 * nothing of the module that knows a device, a timer or a process.
 */
#include <linux/module.h>

#include "../ring.c"
#include "../grid.c"
#include "../stats.c"
#include "../drift.c"
#include "../load.c"

MODULE_DESCRIPTION("KUnit suites of fraktor's pure parts");
MODULE_LICENSE("GPL");

/* SPDX-License-Identifier: MIT */
/*
 * version.c - the version of the library, from the build.
 */
#include <fraktor/base.h>

#ifndef FRK_VERSION
#define FRK_VERSION "0.0.0"
#endif

const char *frk_version(void)
{
	return FRK_VERSION;
}

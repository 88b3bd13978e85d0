/* SPDX-License-Identifier: MIT */
/*
 * describe.c - see describe.h.
 */
#include <stdio.h>

#include "tick/describe.h"

void frki_describe(struct frk_driver_info *ret_info, const char *name,
		   enum frk_driver_kind kind, uint64_t period_ns)
{
	*ret_info = (struct frk_driver_info){
		.kind = kind,
		.path = "eventfd",
		.resolution_ns = period_ns,
	};
	snprintf(ret_info->name, sizeof(ret_info->name), "%s", name);
	snprintf(ret_info->version, sizeof(ret_info->version), "%s", frk_version());
}

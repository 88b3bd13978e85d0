/* SPDX-License-Identifier: MIT */
/*
 * Sources and readers in the text format of Prometheus, version 0.0.4.  Knows
 * neither netlink nor who reads it.
 */
#ifndef TOOL_EXPOSITION_H
#define TOOL_EXPOSITION_H

#include <stdio.h>

#include "common/client.h"

/**
 * exposition_print() - all metrics, each with its HELP and TYPE
 * @sources: what the module said, or NULL if it is not there: then nothing is
 *	printed but that it is not.
 * @readers: likewise.
 * @out: where to.
 */
void exposition_print(const struct client_sources *sources,
		      const struct client_readers *readers, FILE *out);

#endif /* TOOL_EXPOSITION_H */

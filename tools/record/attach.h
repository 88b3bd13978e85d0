/* SPDX-License-Identifier: MIT */
/*
 * A ring of our own at somebody else's source.  The only part of the tool that
 * knows /dev/fraktor.
 */
#ifndef TOOL_RECORD_ATTACH_H
#define TOOL_RECORD_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "record/format.h"

struct attach;

/**
 * attach_open() - have the ticks of a source, too
 * @source: which.
 * @ret_header: what the kernel says of it; its times are zero.
 *
 * The ring holds a second of ticks where that is possible.  The source does
 * not notice, and goes on when its owner goes on.
 *
 * Return: a ring, or NULL and the reason has been told.
 */
struct attach *attach_open(const struct frk_source *source, struct record_header *ret_header);

/* Takes at most @n ticks, oldest first.  Return: how many. */
size_t attach_take(struct attach *attach, struct record_tick *ret_ticks, size_t n);

/* Records that were overwritten because they were not taken in time. */
uint64_t attach_dropped(const struct attach *attach);

/* The source's period now. */
uint64_t attach_period_ns(const struct attach *attach);

/* Its owner is gone: it never ticks again. */
bool attach_is_dead(const struct attach *attach);

void attach_close(struct attach *attach);

#endif /* TOOL_RECORD_ATTACH_H */

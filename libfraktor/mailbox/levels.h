/* SPDX-License-Identifier: MIT */
/*
 * levels.h - the order of a mailbox with levels: by level, and in one level as they came.
 */
#ifndef FRKI_MAILBOX_LEVELS_H
#define FRKI_MAILBOX_LEVELS_H

#include <fraktor/mailbox.h>

#include "base/fifo.h"

/**
 * struct frki_levels - state of that order
 * @level: which level a message has; set before the first one comes.
 * @by: what waits in each.
 */
struct frki_levels {
	frk_level_fn level;
	struct frki_fifo by[FRK_MAILBOX_LEVELS];
};

extern const struct frk_mailbox_ops frki_mailbox_levels;

#endif /* FRKI_MAILBOX_LEVELS_H */

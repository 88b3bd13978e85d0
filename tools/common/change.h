/* SPDX-License-Identifier: MIT */
/*
 * What can be set of a source, as it is typed: "period" and "2ms".
 */
#ifndef TOOL_CHANGE_H
#define TOOL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <fraktor/netlink.h>

/**
 * struct change_key - something that can be set
 * @key: its name.
 * @what: its FRK_CHANGE_*.
 * @parse: takes a value, not @what; false if it is none.
 * @wants: what a value is, for "... is needed".
 */
struct change_key {
	const char *key;
	uint64_t what;
	bool (*parse)(struct frk_source_change *change, const char *value);
	const char *wants;
};

/* The key of a name of @len bytes, NULL if there is none. */
const struct change_key *change_find(const char *key, size_t len);

#endif /* TOOL_CHANGE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Netlink attributes into structures, by tables: one row says which attribute
 * goes where and how long it must be.  Knows no command and no socket.
 */
#ifndef FRKI_NETLINK_FIELD_H
#define FRKI_NETLINK_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include <netlink/attr.h>

enum frki_field_kind {
	FRKI_FIELD_END,
	FRKI_FIELD_FIXED,	/* exactly @size bytes: u32, u64, s64 */
	FRKI_FIELD_STRING,	/* NUL-terminated, at most @size bytes with NUL */
	FRKI_FIELD_BUCKETS,	/* u64[]: what is beyond @size adds to the last */
	FRKI_FIELD_IDS,		/* u32[]: what is beyond @size is left out */
	FRKI_FIELD_FLAG,	/* empty; there or not: a bool */
	FRKI_FIELD_NEST,	/* @nested, filling the same structure */
};

struct frki_field {
	enum frki_field_kind kind;
	uint16_t type;
	size_t offset;
	size_t size;
	const struct frki_field *nested;
};

#define FRKI_FIELD_ROW(_kind, _type, _struct, _member)			\
	{								\
		.kind = (_kind), .type = (_type),			\
		.offset = offsetof(_struct, _member),			\
		.size = sizeof(((_struct *)0)->_member),		\
	}

/**
 * frki_field_parse() - fill a structure from a stream of attributes
 * @head: the first attribute; may be NULL if @len is 0.
 * @len: bytes of the stream.
 * @table: the attributes known, ended by a row of kind FRKI_FIELD_END.
 * @out: the structure; members without an attribute stay as they are.
 *
 * Attributes that are not in the table are skipped: the kernel may be newer.
 *
 * Return: 0; -EBADMSG if an attribute is cut short or of a wrong length, and
 * then @out is half filled.
 */
int frki_field_parse(const struct nlattr *head, int len,
		    const struct frki_field *table, void *out);

#endif /* FRKI_NETLINK_FIELD_H */

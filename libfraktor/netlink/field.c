// SPDX-License-Identifier: MIT
/*
 * Netlink attributes into structures, by tables.  libnl's own nla_parse()
 * takes a longer attribute for a shorter one and drops a cut tail silently;
 * here both are errors, because a number read from a wrong place looks like
 * a measurement.  Must not know what the attributes mean.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "field.h"

static int field_fixed(const struct nlattr *attr, size_t size, void *out)
{
	if ((size_t)nla_len(attr) != size)
		return -EBADMSG;
	/* Netlink aligns to 4 bytes only. */
	memcpy(out, nla_data(attr), size);
	return 0;
}

static int field_string(const struct nlattr *attr, size_t size, char *out)
{
	const char *text = nla_data(attr);
	size_t len = (size_t)nla_len(attr);
	size_t used = strnlen(text, len);

	if (used == len || used >= size)
		return -EBADMSG;
	memcpy(out, text, used + 1);
	return 0;
}

static int field_buckets(const struct nlattr *attr, size_t size, uint64_t *out)
{
	const char *data = nla_data(attr);
	size_t count = (size_t)nla_len(attr) / sizeof(*out);
	size_t room = size / sizeof(*out);
	uint64_t value;

	if ((size_t)nla_len(attr) % sizeof(*out))
		return -EBADMSG;
	memset(out, 0, size);
	for (size_t i = 0; i < count; i++) {
		memcpy(&value, data + i * sizeof(value), sizeof(value));
		out[i < room ? i : room - 1] += value;
	}
	return 0;
}

static int field_ids(const struct nlattr *attr, size_t size, uint32_t *out)
{
	size_t len = (size_t)nla_len(attr);

	if (len % sizeof(*out))
		return -EBADMSG;
	memset(out, 0, size);
	memcpy(out, nla_data(attr), len < size ? len : size);
	return 0;
}

static int field_flag(const struct nlattr *attr, bool *out)
{
	if (nla_len(attr))
		return -EBADMSG;
	*out = true;
	return 0;
}

static int field_store(const struct nlattr *attr, const struct frki_field *row,
		      void *out)
{
	void *member = (char *)out + row->offset;

	switch (row->kind) {
	case FRKI_FIELD_FIXED:
		return field_fixed(attr, row->size, member);
	case FRKI_FIELD_STRING:
		return field_string(attr, row->size, member);
	case FRKI_FIELD_BUCKETS:
		return field_buckets(attr, row->size, member);
	case FRKI_FIELD_IDS:
		return field_ids(attr, row->size, member);
	case FRKI_FIELD_FLAG:
		return field_flag(attr, member);
	case FRKI_FIELD_NEST:
		return frki_field_parse(nla_data(attr), nla_len(attr),
				       row->nested, out);
	case FRKI_FIELD_END:
		break;
	}
	return 0;
}

static const struct frki_field *field_find(const struct frki_field *row, int type)
{
	while (row->kind != FRKI_FIELD_END && row->type != type)
		row++;
	return row;
}

int frki_field_parse(const struct nlattr *head, int len,
		    const struct frki_field *table, void *out)
{
	const struct nlattr *attr;
	int left, rc;

	nla_for_each_attr(attr, head, len, left) {
		rc = field_store(attr, field_find(table, nla_type(attr)), out);
		if (rc)
			return rc;
	}
	/* Below zero when the last attribute came without its padding. */
	return left > 0 ? -EBADMSG : 0;
}

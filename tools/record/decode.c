// SPDX-License-Identifier: MIT
/*
 * Reading a recording.  A block is looked at as a whole first: its checksum,
 * then each entry to its last byte, and only then is any of it handed on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/bytes.h"
#include "record/decode.h"

static int decode_fail(const char **ret_why, int code, const char *why)
{
	*ret_why = why;
	return code;
}

/* Return: 0, -ENODATA at the end of the file, or -errno of it. */
static int decode_read(FILE *in, uint8_t *to, size_t size)
{
	if (fread(to, 1, size, in) == size)
		return 0;
	return ferror(in) ? (errno ? -errno : -EIO) : -ENODATA;
}

/* --- the header ---------------------------------------------------------- */

static void decode_text(char *to, size_t size, const uint8_t *from)
{
	memcpy(to, from, size);
	to[size - 1] = '\0';
}

static void decode_header_fields(const uint8_t *head, struct record_header *ret_header)
{
	*ret_header = (struct record_header){
		.abi_version = (uint32_t)bytes_get(head + 12, 4),
		.clockid = (uint32_t)bytes_get(head + 16, 4),
		.source = (uint32_t)bytes_get(head + 20, 4),
		.cpu = (uint32_t)bytes_get(head + 24, 4),
		.slots = (uint32_t)bytes_get(head + 28, 4),
		.period_ns = bytes_get(head + 32, 8),
		.late_ns = bytes_get(head + 40, 8),
		.monotonic_ns = bytes_get(head + 48, 8),
		.realtime_ns = bytes_get(head + 56, 8),
	};
	decode_text(ret_header->name, sizeof(ret_header->name), head + 64);
	decode_text(ret_header->driver, sizeof(ret_header->driver), head + 96);
	decode_text(ret_header->module, sizeof(ret_header->module), head + 112);
}

int decode_header(FILE *in, struct record_header *ret_header, const char **ret_why)
{
	uint8_t head[RECORD_HEADER_MAX];
	size_t len;
	int rc;

	rc = decode_read(in, head, 12);
	if (rc && rc != -ENODATA)
		return decode_fail(ret_why, rc, strerror(-rc));
	if (rc || memcmp(head, RECORD_MAGIC, RECORD_MAGIC_LEN))
		return decode_fail(ret_why, -EBADMSG, "it is no recording of \"fraktor record\"");
	if (bytes_get(head + 8, 2) != RECORD_VERSION)
		return decode_fail(ret_why, -EPROTONOSUPPORT,
				   "it is of another version: take the tool it was made with");
	len = bytes_get(head + 10, 2);
	if (len < RECORD_HEADER_LEN || len > RECORD_HEADER_MAX)
		return decode_fail(ret_why, -EBADMSG, "the length of its header cannot be");
	rc = decode_read(in, head + 12, len - 12);
	if (rc)
		return decode_fail(ret_why, rc == -ENODATA ? -EBADMSG : rc, "it was cut within its header");
	if (bytes_crc(0, head, len - 4) != bytes_get(head + len - 4, 4))
		return decode_fail(ret_why, -EBADMSG, "the checksum of its header is wrong");
	decode_header_fields(head, ret_header);
	return 0;
}

/* --- blocks -------------------------------------------------------------- */

struct decode {
	const struct decode_ops *ops;
	void *data;
	bool look;		/* only look whether it can be read */
	bool ended;
};

static bool decode_tick(struct bytes *bytes, uint64_t period_ns, struct record_tick *tick)
{
	uint64_t seq = 0, deadline = 0, periods = 1, flags = 0, late;
	uint8_t shape;

	if (bytes->at == bytes->end)
		return false;
	shape = *bytes->at++;
	if (shape & ~RECORD_TICK_KNOWN ||
	    (shape & RECORD_TICK_SEQ && !bytes_take_varint(bytes, &seq)) ||
	    (shape & RECORD_TICK_DEADLINE && !bytes_take_varint(bytes, &deadline)) ||
	    (shape & RECORD_TICK_PERIODS && !bytes_take_varint(bytes, &periods)) ||
	    (shape & RECORD_TICK_FLAGS && !bytes_take_varint(bytes, &flags)) ||
	    !bytes_take_varint(bytes, &late) || periods > UINT32_MAX || flags > UINT32_MAX)
		return false;
	/* @tick is the one before. */
	tick->deadline_ns += tick->periods * period_ns + (uint64_t)bytes_unfold(deadline);
	tick->seq += 1 + (uint64_t)bytes_unfold(seq);
	tick->periods = (uint32_t)periods;
	tick->flags = (uint32_t)flags;
	tick->fired_ns = tick->deadline_ns + (uint64_t)bytes_unfold(late);
	return true;
}

static bool decode_ticks(const struct decode *decode, struct bytes bytes, uint32_t count)
{
	/* Before the first one: so that nothing is expected of it. */
	struct record_tick tick = { .seq = UINT64_MAX };
	uint64_t period_ns;

	if (!bytes_take_varint(&bytes, &period_ns))
		return false;
	if (!decode->look)
		decode->ops->period(period_ns, decode->data);
	for (; count; count--) {
		if (!decode_tick(&bytes, period_ns, &tick))
			return false;
		if (!decode->look)
			decode->ops->tick(&tick, decode->data);
	}
	return bytes.at == bytes.end;
}

#define DECODE_EVENT_NUMBERS 13

static bool decode_event(struct bytes *bytes, struct frk_source_event *event)
{
	uint64_t n[DECODE_EVENT_NUMBERS], len;
	struct bytes entry;

	if (!bytes_take_varint(bytes, &len) || len > (size_t)(bytes->end - bytes->at))
		return false;
	entry = (struct bytes){ .at = bytes->at, .end = bytes->at + len };
	bytes->at = entry.end;
	for (size_t i = 0; i < DECODE_EVENT_NUMBERS; i++)
		if (!bytes_take_varint(&entry, &n[i]))
			return false;
	len = (size_t)(entry.end - entry.at);
	if (len >= sizeof(event->name))
		return false;
	*event = (struct frk_source_event){
		.size = sizeof(*event), .type = (uint32_t)n[0], .time_ns = n[1],
		.id = (uint32_t)n[2], .reason = (uint32_t)n[3], .cpu = (uint32_t)n[4],
		.ticks = n[5], .dropped = n[6], .period_ns = n[7],
		.drift_ppb = bytes_unfold(n[8]), .reader_id = (uint32_t)n[9],
		.pid = (uint32_t)n[10], .behind = n[11], .slept_ns = n[12],
	};
	memcpy(event->name, entry.at, len);
	return true;
}

static bool decode_events(const struct decode *decode, struct bytes bytes, uint32_t count)
{
	struct frk_source_event event;

	for (; count; count--) {
		if (!decode_event(&bytes, &event))
			return false;
		if (!decode->look)
			decode->ops->event(&event, decode->data);
	}
	return bytes.at == bytes.end;
}

/* More numbers may follow one day. */
static bool decode_end(const struct decode *decode, struct bytes bytes)
{
	struct record_end end;

	if (!bytes_take_varint(&bytes, &end.why) ||
	    !bytes_take_varint(&bytes, &end.monotonic_ns) ||
	    !bytes_take_varint(&bytes, &end.ticks) ||
	    !bytes_take_varint(&bytes, &end.dropped) ||
	    !bytes_take_varint(&bytes, &end.events_lost))
		return false;
	if (!decode->look)
		decode->ops->end(&end, decode->data);
	return true;
}

/* What this version does not know is passed over. */
static bool decode_block(const struct decode *decode, const uint8_t *head, const uint8_t *payload)
{
	const struct bytes bytes = { .at = payload, .end = payload + bytes_get(head + 4, 4) };
	uint32_t count = (uint32_t)bytes_get(head + 8, 4);

	switch (bytes_get(head, 4)) {
	case RECORD_BLOCK_TICKS:
		return decode_ticks(decode, bytes, count);
	case RECORD_BLOCK_EVENTS:
		return decode_events(decode, bytes, count);
	case RECORD_BLOCK_END:
		return decode_end(decode, bytes);
	default:
		return true;
	}
}

static int decode_next(FILE *in, struct decode *decode, uint8_t *payload, const char **ret_why)
{
	uint8_t head[RECORD_BLOCK_HEAD];
	uint32_t len, crc;
	int rc;

	rc = decode_read(in, head, sizeof(head));
	len = rc ? 0 : (uint32_t)bytes_get(head + 4, 4);
	if (len > RECORD_BLOCK_MAX)
		return decode_fail(ret_why, -EBADMSG, "the length of a block cannot be");
	if (!rc)
		rc = decode_read(in, payload, len);
	if (rc)
		return decode_fail(ret_why, rc, rc == -ENODATA ? "it was cut" : strerror(-rc));
	crc = bytes_crc(bytes_crc(0, head, 12), payload, len);
	if (crc != bytes_get(head + 12, 4))
		return decode_fail(ret_why, -EBADMSG, "the checksum of a block is wrong");
	decode->look = true;
	if (!decode_block(decode, head, payload))
		return decode_fail(ret_why, -EBADMSG, "a block is malformed");
	decode->look = false;
	decode_block(decode, head, payload);
	decode->ended = bytes_get(head, 4) == RECORD_BLOCK_END;
	return 0;
}

int decode_blocks(FILE *in, const struct decode_ops *ops, void *data, const char **ret_why)
{
	struct decode decode = { .ops = ops, .data = data };
	uint8_t *payload = malloc(RECORD_BLOCK_MAX);
	int rc = 0;

	if (!payload)
		return decode_fail(ret_why, -ENOMEM, strerror(ENOMEM));
	while (!rc && !decode.ended)
		rc = decode_next(in, &decode, payload, ret_why);
	free(payload);
	return rc;
}

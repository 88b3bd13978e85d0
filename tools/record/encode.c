// SPDX-License-Identifier: MIT
/*
 * Writing a recording.  A tick that comes when it should costs one byte and
 * its lateness.
 */
#include <errno.h>
#include <string.h>

#include "record/bytes.h"
#include "record/encode.h"

/* What one entry may need at most: all numbers and a name. */
#define ENCODE_TICK_MAX		(1 + 5 * BYTES_VARINT_MAX)
#define ENCODE_EVENT_MAX	(13 * BYTES_VARINT_MAX + 32)

static int encode_error(FILE *out)
{
	return ferror(out) ? (errno ? -errno : -EIO) : 0;
}

/* --- blocks -------------------------------------------------------------- */

static int encode_write_block(FILE *out, enum record_block type, struct encode_block *block)
{
	uint8_t head[RECORD_BLOCK_HEAD];
	uint32_t crc;

	if (!block->count)
		return 0;
	bytes_put(head, type, 4);
	bytes_put(head + 4, block->used, 4);
	bytes_put(head + 8, block->count, 4);
	crc = bytes_crc(0, head, 12);
	bytes_put(head + 12, bytes_crc(crc, block->payload, block->used), 4);
	fwrite(head, sizeof(head), 1, out);
	fwrite(block->payload, block->used, 1, out);
	block->count = 0;
	block->used = 0;
	return encode_error(out);
}

static void encode_put(struct encode_block *block, uint64_t value)
{
	block->used += bytes_put_varint(block->payload + block->used, value);
}

static int encode_write_ticks(struct encode *encode)
{
	return encode_write_block(encode->out, RECORD_BLOCK_TICKS, &encode->ticks);
}

int encode_flush(struct encode *encode)
{
	int rc = encode_write_ticks(encode);

	if (!rc)
		rc = encode_write_block(encode->out, RECORD_BLOCK_EVENTS, &encode->events);
	if (!rc && fflush(encode->out))
		rc = errno ? -errno : -EIO;
	return rc;
}

/* --- entries ------------------------------------------------------------- */

int encode_tick(struct encode *encode, const struct record_tick *tick)
{
	struct record_tick *expected = &encode->expected;
	struct encode_block *block = &encode->ticks;
	uint8_t shape = 0;
	int rc;

	if (block->used + ENCODE_TICK_MAX > sizeof(block->payload)) {
		rc = encode_write_ticks(encode);
		if (rc)
			return rc;
	}
	if (!block->count) {
		/* It stands alone: nothing is expected of its first tick. */
		expected->seq = 0;
		expected->deadline_ns = 0;
		encode_put(block, encode->period_ns);
	}
	shape |= tick->seq != expected->seq ? RECORD_TICK_SEQ : 0;
	shape |= tick->deadline_ns != expected->deadline_ns ? RECORD_TICK_DEADLINE : 0;
	shape |= tick->periods != 1 ? RECORD_TICK_PERIODS : 0;
	shape |= tick->flags ? RECORD_TICK_FLAGS : 0;
	block->payload[block->used++] = shape;
	if (shape & RECORD_TICK_SEQ)
		encode_put(block, bytes_fold((int64_t)(tick->seq - expected->seq)));
	if (shape & RECORD_TICK_DEADLINE)
		encode_put(block, bytes_fold((int64_t)(tick->deadline_ns - expected->deadline_ns)));
	if (shape & RECORD_TICK_PERIODS)
		encode_put(block, tick->periods);
	if (shape & RECORD_TICK_FLAGS)
		encode_put(block, tick->flags);
	encode_put(block, bytes_fold((int64_t)(tick->fired_ns - tick->deadline_ns)));
	block->count++;
	expected->seq = tick->seq + 1;
	expected->deadline_ns = tick->deadline_ns + tick->periods * encode->period_ns;
	return 0;
}

int encode_period(struct encode *encode, uint64_t period_ns)
{
	int rc = 0;

	if (period_ns != encode->period_ns)
		rc = encode_write_ticks(encode);
	encode->period_ns = period_ns;
	return rc;
}

int encode_event(struct encode *encode, const struct frk_source_event *event)
{
	const uint64_t numbers[] = {
		event->type, event->time_ns, event->id, event->reason, event->cpu,
		event->ticks, event->dropped, event->period_ns,
		bytes_fold(event->drift_ppb), event->reader_id, event->pid,
		event->behind, event->slept_ns,
	};
	size_t len = strnlen(event->name, sizeof(event->name) - 1);
	struct encode_block *block = &encode->events;
	uint8_t entry[ENCODE_EVENT_MAX];
	size_t used = 0;
	int rc;

	if (block->used + ENCODE_EVENT_MAX + BYTES_VARINT_MAX > sizeof(block->payload)) {
		rc = encode_flush(encode);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		used += bytes_put_varint(entry + used, numbers[i]);
	memcpy(entry + used, event->name, len);
	used += len;
	/* With its length, so that one can grow. */
	encode_put(block, used);
	memcpy(block->payload + block->used, entry, used);
	block->used += used;
	block->count++;
	return 0;
}

/* --- begin and end ------------------------------------------------------- */

int encode_begin(struct encode *encode, FILE *out, const struct record_header *header)
{
	uint8_t head[RECORD_HEADER_LEN] = { 0 };

	memset(encode, 0, sizeof(*encode));
	encode->out = out;
	encode->period_ns = header->period_ns;
	memcpy(head, RECORD_MAGIC, RECORD_MAGIC_LEN);
	bytes_put(head + 8, RECORD_VERSION, 2);
	bytes_put(head + 10, sizeof(head), 2);
	bytes_put(head + 12, header->abi_version, 4);
	bytes_put(head + 16, header->clockid, 4);
	bytes_put(head + 20, header->source, 4);
	bytes_put(head + 24, header->cpu, 4);
	bytes_put(head + 28, header->slots, 4);
	bytes_put(head + 32, header->period_ns, 8);
	bytes_put(head + 40, header->late_ns, 8);
	bytes_put(head + 48, header->monotonic_ns, 8);
	bytes_put(head + 56, header->realtime_ns, 8);
	memcpy(head + 64, header->name, sizeof(header->name));
	memcpy(head + 96, header->driver, sizeof(header->driver));
	memcpy(head + 112, header->module, sizeof(header->module));
	bytes_put(head + 156, bytes_crc(0, head, 156), 4);
	fwrite(head, sizeof(head), 1, out);
	return encode_error(out);
}

int encode_end(struct encode *encode, const struct record_end *end)
{
	struct encode_block *block = &encode->ticks;
	int rc = encode_flush(encode);

	if (rc)
		return rc;
	encode_put(block, end->why);
	encode_put(block, end->monotonic_ns);
	encode_put(block, end->ticks);
	encode_put(block, end->dropped);
	encode_put(block, end->events_lost);
	block->count = 1;
	rc = encode_write_block(encode->out, RECORD_BLOCK_END, block);
	return rc ? rc : encode_flush(encode);
}

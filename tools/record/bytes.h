/* SPDX-License-Identifier: MIT */
/*
 * Numbers in a recording: little-endian ones, short ones, and the checksum.
 * Knows no format.
 */
#ifndef TOOL_RECORD_BYTES_H
#define TOOL_RECORD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the longest number in 7-bit groups. */
#define BYTES_VARINT_MAX	10

static inline void bytes_put(uint8_t *to, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t bytes_get(const uint8_t *from, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

/* Small numbers of either sign are short: 0, -1, 1, -2, ... */
static inline uint64_t bytes_fold(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t bytes_unfold(uint64_t value)
{
	return (int64_t)(value >> 1 ^ -(value & 1));
}

/* Seven bits to a byte, the low ones first; the last byte is below 0x80. */
static inline size_t bytes_put_varint(uint8_t *to, uint64_t value)
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		to[size++] = (uint8_t)value | 0x80;
	to[size++] = (uint8_t)value;
	return size;
}

/* A place in bytes that somebody else wrote. */
struct bytes {
	const uint8_t *at, *end;
};

/* Return: whether there was a number, and none too long for 64 bits. */
static inline bool bytes_take_varint(struct bytes *bytes, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; bytes->at < bytes->end && shift < 64; shift += 7) {
		uint8_t byte = *bytes->at++;

		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* CRC-32 as in zip and PNG; @crc is 0, or what it was of the bytes before. */
static inline uint32_t bytes_crc(uint32_t crc, const uint8_t *from, size_t size)
{
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= from[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

#endif /* TOOL_RECORD_BYTES_H */

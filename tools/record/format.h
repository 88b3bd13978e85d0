/* SPDX-License-Identifier: MIT */
/*
 * The file that "fraktor record" writes; Documentation/record.rst describes it
 * byte by byte.  A header, then blocks that each stand alone and have a
 * checksum: a file that was cut can be read up to the cut.
 */
#ifndef TOOL_RECORD_FORMAT_H
#define TOOL_RECORD_FORMAT_H

#include <stdint.h>

#include <fraktor/netlink.h>

/* Not text in any encoding, and ruined by whoever thinks it is. */
#define RECORD_MAGIC		"\x89" "FRKREC\n"
#define RECORD_MAGIC_LEN	8
#define RECORD_VERSION		1
#define RECORD_HEADER_LEN	160	/* of this version */
#define RECORD_HEADER_MAX	4096	/* of any */

#define RECORD_BLOCK_HEAD	16
/* Payload of one block: more is no recording. */
#define RECORD_BLOCK_MAX	65536

enum record_block {
	RECORD_BLOCK_TICKS = 1,
	RECORD_BLOCK_EVENTS = 2,
	RECORD_BLOCK_END = 3,
};

/* Which numbers of a tick are not as expected, and so are written. */
#define RECORD_TICK_SEQ		0x01
#define RECORD_TICK_DEADLINE	0x02
#define RECORD_TICK_PERIODS	0x04
#define RECORD_TICK_FLAGS	0x08
#define RECORD_TICK_KNOWN	0x0f

/* Why a recording ended; 0 stands for one that was cut. */
enum record_why {
	RECORD_WHY_CUT = 0,
	RECORD_WHY_ASKED = 1,
	RECORD_WHY_TIME = 2,
	RECORD_WHY_SOURCE_GONE = 3,
	RECORD_WHY_BROKEN = 4,
};

/**
 * struct record_header - what a recording is of
 * @abi_version: of the module.
 * @clockid: of the times of its ticks.
 * @source: id of the source.
 * @cpu: its CPU when it began.
 * @slots: of the ring it was recorded by.
 * @period_ns: when it began.
 * @late_ns: likewise.
 * @monotonic_ns: when it began.
 * @realtime_ns: likewise.
 * @name: of the source.
 * @driver: of the source.
 * @module: version of the module.
 */
struct record_header {
	uint32_t abi_version;
	uint32_t clockid;
	uint32_t source;
	uint32_t cpu;
	uint32_t slots;
	uint64_t period_ns;
	uint64_t late_ns;
	uint64_t monotonic_ns;
	uint64_t realtime_ns;
	char name[32];
	char driver[16];
	char module[32];
};

/* Bits of @flags: those of struct fraktor_tick, which are for ever. */
#define RECORD_FLAG_FIRST	(1U << 0)
#define RECORD_FLAG_LATE	(1U << 2)
#define RECORD_FLAG_CHANGED	(1U << 4)
#define RECORD_FLAG_WIDENED	(1U << 6)
#define RECORD_FLAG_LEAD	(1U << 9)
#define RECORD_FLAG_IDLE	(1U << 10)
#define RECORD_FLAG_ASKED	(1U << 11)

/* A tick, or a note if @periods is 0: see struct fraktor_tick. */
struct record_tick {
	uint64_t seq;
	uint64_t deadline_ns;
	uint64_t fired_ns;
	uint32_t periods;
	uint32_t flags;
};

/**
 * struct record_end - how a recording ended
 * @why: enum record_why.
 * @monotonic_ns: when.
 * @ticks: records in the file.
 * @dropped: records that were lost because the recorder was late.
 * @events_lost: how often events came faster than they could be read.
 */
struct record_end {
	uint64_t why;
	uint64_t monotonic_ns;
	uint64_t ticks;
	uint64_t dropped;
	uint64_t events_lost;
};

#endif /* TOOL_RECORD_FORMAT_H */

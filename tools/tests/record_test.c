// SPDX-License-Identifier: MIT
/*
 * Recordings: what goes in comes out; a file that was cut is read up to the
 * cut; no byte of it can be changed unnoticed, and none does harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "record/bytes.h"
#include "record/decode.h"
#include "record/encode.h"
#include "record/report.h"

#define PERIOD 1000000U

TestSuite(record, .timeout = 60);

static struct record_header some_header(void)
{
	struct record_header header = {
		.abi_version = 1, .clockid = 1, .source = 7, .cpu = 1, .slots = 1024,
		.period_ns = PERIOD, .late_ns = PERIOD, .monotonic_ns = 5000000000,
		.realtime_ns = 1700000000000000000, .name = "audio", .driver = "hrtimer",
		.module = "0.1.0",
	};

	return header;
}

static struct record_tick some_tick(uint64_t n)
{
	struct record_tick tick = {
		.seq = n + 1, .deadline_ns = 5000000000 + n * PERIOD, .periods = 1,
		.flags = n ? 0 : RECORD_FLAG_FIRST,
	};

	tick.fired_ns = tick.deadline_ns + 1000 + n % 7;
	return tick;
}

static struct frk_source_event some_event(void)
{
	struct frk_source_event event = {
		.size = sizeof(event), .type = 2, .id = 7, .name = "audio",
		.time_ns = 5000500000, .reason = 1, .cpu = 1, .ticks = 10, .dropped = 2,
		.period_ns = PERIOD, .drift_ppb = -77, .reader_id = 3, .pid = 4, .behind = 5,
		.slept_ns = 6,
	};

	return event;
}

/* A recording in memory: @count ticks, an event, and an end if @whole. */
static char *make(size_t count, bool whole, size_t *ret_size)
{
	struct record_header header = some_header();
	struct encode *encode = malloc(sizeof(*encode));
	struct frk_source_event event = some_event();
	struct record_end end = { .why = RECORD_WHY_ASKED, .monotonic_ns = 9000000000 };
	struct record_tick tick;
	char *file = NULL;
	FILE *out = open_memstream(&file, ret_size);

	cr_assert_eq(encode_begin(encode, out, &header), 0);
	for (size_t n = 0; n < count; n++) {
		tick = some_tick(n);
		cr_assert_eq(encode_tick(encode, &tick), 0);
	}
	cr_assert_eq(encode_event(encode, &event), 0);
	end.ticks = count;
	cr_assert_eq(whole ? encode_end(encode, &end) : encode_flush(encode), 0);
	fclose(out);
	free(encode);
	return file;
}

struct seen {
	uint64_t ticks, events, ends, wrong;
	struct record_tick last;
	struct frk_source_event event;
	struct record_end end;
};

static void see_period(uint64_t period_ns, void *data)
{
	(void)period_ns;
	(void)data;
}

static void see_tick(const struct record_tick *tick, void *data)
{
	struct seen *seen = data;
	struct record_tick expected = some_tick(seen->ticks++);

	seen->wrong += memcmp(tick, &expected, sizeof(expected)) != 0;
	seen->last = *tick;
}

static void see_event(const struct frk_source_event *event, void *data)
{
	struct seen *seen = data;

	seen->events++;
	seen->event = *event;
}

static void see_end(const struct record_end *end, void *data)
{
	struct seen *seen = data;

	seen->ends++;
	seen->end = *end;
}

static const struct decode_ops see = {
	.period = see_period, .tick = see_tick, .event = see_event, .end = see_end,
};

static int read_back(const char *file, size_t size, struct seen *seen)
{
	struct record_header header;
	const char *why = "";
	FILE *in = fmemopen((void *)file, size, "r");
	int rc;

	memset(seen, 0, sizeof(*seen));
	rc = decode_header(in, &header, &why);
	if (!rc)
		rc = decode_blocks(in, &see, seen, &why);
	fclose(in);
	cr_expect(!rc || *why, "%d without a reason", rc);
	return rc;
}

Test(record, what_goes_in_comes_out)
{
	struct frk_source_event event = some_event();
	struct seen seen;
	size_t size;
	char *file = make(100000, true, &size);

	cr_expect_eq(read_back(file, size, &seen), 0);
	cr_expect_eq(seen.ticks, 100000);
	cr_expect_eq(seen.wrong, 0);
	cr_expect_eq(seen.events, 1);
	cr_expect_eq(memcmp(&seen.event, &event, sizeof(event)), 0);
	cr_expect_eq(seen.ends, 1);
	cr_expect_eq(seen.end.why, RECORD_WHY_ASKED);
	cr_expect_eq(seen.end.ticks, 100000);
	/* Shape and lateness: three bytes and what the blocks cost. */
	cr_expect_lt(size, 310000);
	free(file);
}

Test(record, odd_ticks_come_out_too)
{
	const struct record_tick odd[] = {
		{ .seq = 1, .deadline_ns = 10, .fired_ns = 5, .periods = 0, .flags = 1 << 7 },
		{ .seq = UINT64_MAX, .deadline_ns = 0, .fired_ns = UINT64_MAX,
		  .periods = UINT32_MAX, .flags = UINT32_MAX },
		{ .seq = 0, .deadline_ns = UINT64_MAX, .fired_ns = 0, .periods = 1 },
		{ .seq = 1U << 31, .deadline_ns = INT64_MAX, .fired_ns = 1, .periods = 2 },
	};
	struct record_header header = some_header();
	struct encode *encode = malloc(sizeof(*encode));
	struct record_end end = { .why = RECORD_WHY_TIME };
	struct seen seen;
	char *file = NULL;
	size_t size;
	FILE *out;

	for (size_t i = 0; i < 4; i++) {
		out = open_memstream(&file, &size);
		encode_begin(encode, out, &header);
		for (size_t j = 0; j <= i; j++)
			encode_tick(encode, &odd[j]);
		encode_end(encode, &end);
		fclose(out);
		cr_expect_eq(read_back(file, size, &seen), 0);
		cr_expect_eq(memcmp(&seen.last, &odd[i], sizeof(odd[i])), 0, "tick %zu", i);
		free(file);
	}
	free(encode);
}

Test(record, a_file_cut_anywhere_is_read_up_to_the_cut)
{
	struct seen seen;
	size_t size;
	char *file = make(300, true, &size);

	for (size_t cut = 1; cut < size; cut++) {
		int rc = read_back(file, cut, &seen);

		cr_expect_eq(rc, cut < RECORD_HEADER_LEN ? -EBADMSG : -ENODATA, "%zu: %d", cut, rc);
		cr_expect_eq(seen.wrong, 0);
		cr_expect(!seen.ticks || seen.ticks == 300);
		cr_expect_eq(seen.ends, 0);
	}
	free(file);
}

Test(record, a_changed_byte_is_found_wherever_it_is)
{
	struct seen seen;
	size_t size;
	char *file = make(50, true, &size);

	for (size_t at = 0; at < size; at++) {
		for (int bit = 0; bit < 8; bit++) {
			file[at] ^= (char)(1 << bit);
			cr_expect_neq(read_back(file, size, &seen), 0, "byte %zu, bit %d", at, bit);
			cr_expect_eq(seen.wrong, 0);
			file[at] ^= (char)(1 << bit);
		}
	}
	free(file);
}

/* A block that says of itself what it likes, with a checksum that is right. */
static int read_block(uint32_t type, const void *payload, uint32_t len, uint32_t said,
		      uint32_t count, struct seen *seen)
{
	char *file;
	size_t size;
	uint8_t *block;
	int rc;

	file = make(1, false, &size);
	file = realloc(file, size + RECORD_BLOCK_HEAD + len);
	block = (uint8_t *)file + size;
	bytes_put(block, type, 4);
	bytes_put(block + 4, said, 4);
	bytes_put(block + 8, count, 4);
	memcpy(block + RECORD_BLOCK_HEAD, payload, len);
	bytes_put(block + 12, bytes_crc(bytes_crc(0, block, 12), payload, len), 4);
	rc = read_back(file, size + RECORD_BLOCK_HEAD + len, seen);
	free(file);
	return rc;
}

Test(record, counts_and_lengths_that_cannot_be_are_refused)
{
	static const uint8_t tick[] = { 1, 0, 0 };	/* period, shape, lateness */
	static const uint8_t shape[] = { 1, 0x10, 0 };
	static const uint8_t endless[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2 };
	static const uint8_t event[] = { 200, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct seen seen;

	cr_expect_eq(read_block(1, tick, 3, 3, 1, &seen), -ENODATA);
	cr_expect_eq(seen.ticks, 2);
	cr_expect_eq(read_block(1, tick, 3, 3, 2, &seen), -EBADMSG);
	cr_expect_eq(read_block(1, tick, 3, 3, UINT32_MAX, &seen), -EBADMSG);
	cr_expect_eq(seen.ticks, 1, "nothing of a bad block is handed on");
	cr_expect_eq(read_block(1, tick, 3, 3, 0, &seen), -EBADMSG);
	cr_expect_eq(read_block(1, tick, 3, UINT32_MAX, 1, &seen), -EBADMSG);
	cr_expect_eq(read_block(1, tick, 3, RECORD_BLOCK_MAX, 1, &seen), -ENODATA);
	cr_expect_eq(read_block(1, tick, 0, 0, 1, &seen), -EBADMSG);
	cr_expect_eq(read_block(1, shape, 3, 3, 1, &seen), -EBADMSG);
	cr_expect_eq(read_block(1, endless, 10, 10, 0, &seen), -EBADMSG);
	cr_expect_eq(read_block(2, event, 15, 15, 1, &seen), -EBADMSG);
	cr_expect_eq(read_block(2, event, 15, 15, UINT32_MAX, &seen), -EBADMSG);
	cr_expect_eq(read_block(3, tick, 3, 3, 1, &seen), -EBADMSG);
	/* A newer tool's block is no fault. */
	cr_expect_eq(read_block(99, tick, 3, 3, 1, &seen), -ENODATA);
}

Test(record, another_version_or_no_recording_is_told_apart)
{
	struct seen seen;
	size_t size;
	char *file = make(1, true, &size);

	file[8] = 2;
	cr_expect_eq(read_back(file, size, &seen), -EPROTONOSUPPORT);
	file[8] = 1;
	file[11] = 0x20;
	cr_expect_eq(read_back(file, size, &seen), -EBADMSG, "a header longer than any");
	cr_expect_eq(read_back("#!/bin/sh\nexit 0\n", 17, &seen), -EBADMSG);
	free(file);
}

Test(record, noise_does_no_harm)
{
	uint64_t state = 88172645463325252;
	struct seen seen;
	size_t size;
	char *file = make(200, true, &size);
	char *copy = malloc(size);

	for (int round = 0; round < 20000; round++) {
		memcpy(copy, file, size);
		for (int i = 0; i < 1 + round % 8; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			copy[state % size] = (char)(state >> 40);
		}
		/* A right checksum lets the rest of it be seen, too. */
		bytes_put((uint8_t *)copy + 156, bytes_crc(0, (uint8_t *)copy, 156), 4);
		if (bytes_get((uint8_t *)copy + 164, 4) < size - 176) {
			uint32_t len = (uint32_t)bytes_get((uint8_t *)copy + 164, 4);
			uint32_t crc = bytes_crc(0, (uint8_t *)copy + 160, 12);

			crc = bytes_crc(crc, (uint8_t *)copy + 176, len);
			bytes_put((uint8_t *)copy + 172, crc, 4);
		}
		read_back(copy, size, &seen);
	}
	free(copy);
	free(file);
}

/* --- the report ---------------------------------------------------------- */

static struct report *report_of(const struct record_tick *tick, size_t count)
{
	struct report *report = calloc(1, sizeof(*report));

	report->header = some_header();
	report_period(report, PERIOD);
	for (size_t i = 0; i < count; i++)
		report_tick(report, &tick[i]);
	return report;
}

Test(record, r1_5_report_tells_drift_and_lateness)
{
	struct record_tick tick[1001];
	struct report *report;

	for (size_t n = 0; n < 1001; n++) {
		tick[n] = some_tick(n);
		tick[n].fired_ns = tick[n].deadline_ns + n;	/* 1 ns more each: 1 ppm */
	}
	report = report_of(tick, 1001);
	cr_expect_eq(report->ticks, 1001);
	cr_expect_eq(report_drift_ppb(report), 1000);
	cr_expect_eq(report->spread.max_ns, 1000);
	cr_expect_eq(report->histogram[0], 1);
	cr_expect_eq(report->histogram[10], 1000 - 511);
	cr_expect_eq(report->longest_ns, PERIOD + 1);
	cr_expect_eq(report->lost + report->missed + report->late, 0);
	report_fini(report);
	free(report);
}

Test(record, r2_2_report_counts_gaps_and_missed)
{
	struct record_tick tick[] = { some_tick(0), some_tick(1), some_tick(5), some_tick(6) };
	struct report *report;

	tick[3].periods = 3;
	tick[3].fired_ns += 2 * PERIOD;
	report = report_of(tick, 4);
	cr_expect_eq(report->gaps, 1);
	cr_expect_eq(report->lost, 3);
	cr_expect_eq(report->gap[0].fired_ns, tick[2].fired_ns);
	cr_expect_eq(report->missed, 2);
	/* They were skipped: the last one was as late as any other. */
	cr_expect_lt(report->spread.max_ns, 1010);
	cr_expect_eq(report->longest_ns, 4 * PERIOD + 4);
	report_fini(report);
	free(report);
	/* A lead brought it before its deadline: that is no lateness. */
	tick[3] = some_tick(6);
	tick[3].fired_ns = tick[3].deadline_ns - 8000;
	tick[3].flags = RECORD_FLAG_LEAD;
	report = report_of(tick, 4);
	cr_expect_eq(report->early, 1);
	cr_expect_eq(report->spread.min_ns, 0);
	cr_expect_lt(report->spread.max_ns, 1010);
	report_fini(report);
	free(report);
	/* It was late: so it is since its deadline. */
	tick[3] = some_tick(6);
	tick[3].periods = 3;
	tick[3].fired_ns += 2 * PERIOD;
	tick[3].flags = RECORD_FLAG_LATE;
	report = report_of(tick, 4);
	cr_expect_eq(report->spread.max_ns, 2 * PERIOD + 1006);
	cr_expect_eq(report->late, 1);
	report_fini(report);
	free(report);
	/* It was not needed before: nothing is missed, and it is as late as its last. */
	tick[3].flags = RECORD_FLAG_IDLE;
	report = report_of(tick, 4);
	cr_expect_eq(report->missed, 0);
	cr_expect_lt(report->spread.max_ns, 1010);
	report_fini(report);
	free(report);
	/* And whoever asked for it came when he liked. */
	tick[3].fired_ns += PERIOD / 2;
	tick[3].flags = RECORD_FLAG_IDLE | RECORD_FLAG_ASKED;
	report = report_of(tick, 4);
	cr_expect_lt(report->spread.max_ns, 1010);
	report_fini(report);
	free(report);
}

Test(record, report_survives_ticks_that_cannot_be)
{
	const struct record_tick tick[] = {
		{ .seq = UINT64_MAX, .fired_ns = UINT64_MAX, .periods = UINT32_MAX },
		{ .seq = 0, .deadline_ns = UINT64_MAX, .fired_ns = 0, .periods = 1 },
		{ .seq = 1, .deadline_ns = 1, .fired_ns = UINT64_MAX / 2, .periods = 1 },
	};
	struct report *report = report_of(tick, 3);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < 100; i++)
		report_event(report, &(struct frk_source_event){ .type = 99, .time_ns = UINT64_MAX });
	report->end.why = 1000;
	report_text(report, 80, out);
	report_json(report, out);
	fclose(out);
	cr_expect(strstr(text, "audio: recorded from "));
	cr_expect(strstr(text, "\"ended\":\"unknown\""));
	free(text);
	report_fini(report);
	free(report);
}

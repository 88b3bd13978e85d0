/* SPDX-License-Identifier: MIT */
/*
 * log.h - what happened to a scheduler's time and timers, in order: what went in,
 * ticks, arms, cancels and budgets, and what came out, firings.
 *
 * Records hold no address and no clock, so that two runs with the same input have
 * the same log, byte for byte; frki_log_replay() makes the second one.
 *
 * The memory is given.  When it is full the oldest records go, and are counted:
 * such a log shows what happened last, and cannot be replayed.
 *
 * One thread at a time, the scheduler's.  Knows no clock, no file.
 */
#ifndef FRKI_SCHED_LOG_H
#define FRKI_SCHED_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct frki_scheduler;
struct frki_timer;

/* What a record is about, and its values. */
enum frki_log_kind {
	FRKI_LOG_TICK, /* id: periods; deadline_ns, fired_ns */
	FRKI_LOG_ARM, /* delay_ns, interval_ns, accuracy_ns; mode */
	FRKI_LOG_CANCEL, /* 1 if it was armed */
	FRKI_LOG_DONE, /* rate and delay: the work is done */
	FRKI_LOG_FIRED, /* count, missed, deadline_ns */
	FRKI_LOG_TURN, /* no more fires: budget before and after, time of the wheel */
};

/**
 * struct frki_log_record - one thing that happened
 * @kind: an enum frki_log_kind.
 * @mode: of the timer.
 * @id: of the timer.
 * @value: see enum frki_log_kind.
 */
struct frki_log_record {
	uint16_t kind;
	uint16_t mode;
	uint32_t id;
	uint64_t value[3];
};

/**
 * struct frki_log - the log of one scheduler
 * @records: memory for @capacity records.
 * @capacity: how many, not 0.
 * @total: records so far; the last @capacity of them are there.
 * @shown: where others see @total, after the record; NULL for nowhere.
 * @id_of: which timer is this; the same one in a run with the same input.
 * @data: for @id_of.
 */
struct frki_log {
	struct frki_log_record *records;
	uint32_t capacity;
	uint64_t total;
	_Atomic uint64_t *shown;
	uint32_t (*id_of)(const struct frki_timer *timer, const void *data);
	const void *data;
};

/* "frktrlog" to who reads it as the machine that wrote it does. */
#define FRKI_LOG_MAGIC 0x676f6c72746b7266ULL

/**
 * struct frki_log_header - what a file begins with that is a log; the records follow
 * @magic: FRKI_LOG_MAGIC.
 * @header_size: bytes of this.
 * @record_size: bytes of a record.
 * @period_ns: of the scheduler.
 * @capacity: records there is room for: the one with the number n, from 0, is at n
 *	modulo this.
 * @reserved: 0.
 * @total: records so far.
 */
struct frki_log_header {
	uint64_t magic;
	uint32_t header_size;
	uint32_t record_size;
	uint64_t period_ns;
	uint32_t capacity;
	uint32_t reserved[3];
	_Atomic uint64_t total;
};

_Static_assert(sizeof(struct frki_log_header) == 48, "layout of a file");
_Static_assert(sizeof(struct frki_log_record) == 32, "layout of a file");

/**
 * frki_log_add() - put down one thing
 * @log: the log; nothing is done if it is NULL.
 * @record: what; copied.
 */
void frki_log_add(struct frki_log *log, const struct frki_log_record *record);

/**
 * frki_log_first() - number of the oldest record that is there
 * @log: the log.
 *
 * Return: 0 if none has gone; @log->total if it is empty.
 */
uint64_t frki_log_first(const struct frki_log *log);

/**
 * frki_log_at() - a record by its number
 * @log: the log.
 * @number: from frki_log_first() to @log->total - 1.
 */
const struct frki_log_record *frki_log_at(const struct frki_log *log, uint64_t number);

/**
 * frki_log_equal() - did the same happen?
 * @a: a log.
 * @b: another one.
 *
 * Return: true if both have the same records, byte for byte.
 */
bool frki_log_equal(const struct frki_log *a, const struct frki_log *b);

/**
 * frki_log_replay() - let the input of a log happen again
 * @log: a log of which nothing has gone.
 * @scheduler: a new one with the same period; has a log of its own if wanted.
 * @timer_of: the timer that stands for an id; not armed before.
 * @data: for @timer_of.
 *
 * Stops where something else comes out.
 *
 * Return: records that were as before; all of them if it is @log->total.
 */
uint64_t frki_log_replay(const struct frki_log *log, struct frki_scheduler *scheduler,
			 struct frki_timer *(*timer_of)(uint32_t id, void *data),
			 void *data);

#endif /* FRKI_SCHED_LOG_H */

/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a log file of a system, &frk_system_opts.log_path, read again; and the
 * driver "replay", which lets its ticks happen, and nothing else.  For tests and for
 * looking into what a system did; never installed, and in no library that is.
 *
 * A system that is built from the same options, with this driver and a log of its
 * own, runs its actors between the same ticks as the first one did, as fast as it
 * can.  If all that moves it are ticks and &frk_system_opts.actors, its log is the
 * same, byte for byte.  What other threads send and spawn is in no log: where they
 * matter, the two logs tell where they part.
 */
#ifndef FRKI_TESTING_REPLAY_H
#define FRKI_TESTING_REPLAY_H

#include <stdio.h>

#include <fraktor/tick.h>

#include "sched/log.h"

/**
 * struct frki_replay - a log file that is read
 * @log: what is in it; its @id_of is NULL, nothing can be added.
 * @period_ns: of the scheduler that wrote it.
 * @map: the file.
 * @size: bytes of it.
 */
struct frki_replay {
	struct frki_log log;
	uint64_t period_ns;
	void *map;
	size_t size;
};

/**
 * frki_replay_open() - read a log file, also one that is still written
 * @replay: the reader; what is added later it does not see.
 * @path: the file.
 * @error: where to say what is wrong with it; may be NULL.
 *
 * Return: 0; -EBADMSG if it is no such file, of another version or cut short; what
 * open(2) or mmap(2) failed with.
 */
int frki_replay_open(struct frki_replay *replay, const char *path,
		     struct frk_error *error);

/**
 * frki_replay_close() - release it
 * @replay: the reader.
 */
void frki_replay_close(struct frki_replay *replay);

/**
 * frki_replay_scheduler() - let all of it happen again to a scheduler of its own
 * @replay: the reader.
 *
 * Ticks, arms and cancels are taken from the log, and what fires is compared with it.
 *
 * Return: records that were as before; all of them if it is @replay->log.total;
 * -ENODATA if the oldest have gone; -ENOMEM.
 */
int64_t frki_replay_scheduler(const struct frki_replay *replay);

/**
 * frki_replay_parts() - where two logs part
 * @a: a log.
 * @b: another one.
 *
 * Return: the number of the first record that is not the same, which is the length of
 * the shorter one if that is where the longer one begins.  Nothing may have gone.
 */
uint64_t frki_replay_parts(const struct frki_log *a, const struct frki_log *b);

/**
 * frki_replay_print() - a record as a line
 * @record: the record.
 * @stream: where to.
 */
void frki_replay_print(const struct frki_log_record *record, FILE *stream);

/**
 * frki_replay_set() - what the driver "replay" has, for lines opened from now on
 * @replay: borrowed until these are closed.
 */
void frki_replay_set(const struct frki_replay *replay);

/* Ends when the log does; refuses another period and a log whose beginning has gone. */
extern const struct frk_driver_ops frki_driver_replay;

#endif /* FRKI_TESTING_REPLAY_H */

/* SPDX-License-Identifier: MIT */
/*
 * log_file.h - the log of a scheduler in a file: it is the file's memory that the
 * log is kept in, so that a record costs a copy and no system call, and what a
 * process had put down is there when it was killed.  Its layout is in sched/log.h.
 */
#ifndef FRKI_SYSTEM_LOG_FILE_H
#define FRKI_SYSTEM_LOG_FILE_H

#include <fraktor/base.h>

#include "sched/log.h"

/* Records that a log has room for, unless it is said. */
#define FRKI_LOG_FILE_RECORDS (1U << 20)
#define FRKI_LOG_FILE_RECORDS_MAX (1U << 26)

/**
 * struct frki_log_file - a log that is a file
 * @log: the log, for a scheduler; its @id_of and @data are the caller's.
 * @header: the file; NULL while it is not open.
 * @size: bytes of it.
 */
struct frki_log_file {
	struct frki_log log;
	struct frki_log_header *header;
	size_t size;
};

/**
 * frki_log_file_open() - an empty log in a new file
 * @file: zeroed.
 * @path: its name; a file that has it is removed, whoever reads that one keeps it.
 * @records: room for so many.
 * @period_ns: of the scheduler.
 * @error: where to say what failed; may be NULL.
 *
 * The whole file is there, and in memory, when this returns.  Blocks.
 *
 * Return: 0; -EEXIST if @path is something else than a file; what open(2),
 * posix_fallocate(3) or mmap(2) failed with.
 */
int frki_log_file_open(struct frki_log_file *file, const char *path, uint32_t records,
		       uint64_t period_ns, struct frk_error *error);

/**
 * frki_log_file_close() - the file stays, the memory goes
 * @file: the log, or one that is not open.
 */
void frki_log_file_close(struct frki_log_file *file);

#endif /* FRKI_SYSTEM_LOG_FILE_H */

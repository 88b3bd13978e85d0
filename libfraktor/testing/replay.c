// SPDX-License-Identifier: MIT
/*
 * replay.c - log files, read and compared; see replay.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sched/scheduler.h"
#include "sched/timer.h"
#include "testing/replay.h"

static int failed(struct frk_error *error, int err, const char *call, const char *path)
{
	return frki_error_set(error, err, "replay", call, "cannot read the log %.96s", path);
}

static int bad(struct frk_error *error, const char *path, const char *why)
{
	return frki_error_set(error, -EBADMSG, "replay", "frki_replay_open", "%.96s %s",
			      path, why);
}

static int check(struct frki_replay *replay, const char *path, struct frk_error *error)
{
	const struct frki_log_header *header = replay->map;

	if (replay->size < sizeof(*header) || header->magic != FRKI_LOG_MAGIC)
		return bad(error, path, "is no log of this machine's byte order");
	if (header->header_size != sizeof(*header) ||
	    header->record_size != sizeof(struct frki_log_record))
		return bad(error, path, "is a log of another version");
	if (!header->capacity || !header->period_ns ||
	    replay->size - sizeof(*header) <
		    (uint64_t)header->capacity * sizeof(struct frki_log_record))
		return bad(error, path, "is cut short");
	replay->period_ns = header->period_ns;
	replay->log = (struct frki_log){
		/* Nobody writes there: the pages are read-only. */
		.records = (struct frki_log_record *)((char *)replay->map + sizeof(*header)),
		.capacity = header->capacity,
		/* Acquire: pairs with frki_log_add(). */
		.total = atomic_load_explicit(&header->total, memory_order_acquire),
	};
	return 0;
}

static int map(struct frki_replay *replay, int fd, const char *path,
	       struct frk_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return failed(error, -errno, "fstat", path);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return bad(error, path, "is no log: no file, or an empty one");
	replay->size = (size_t)st.st_size;
	replay->map = mmap(NULL, replay->size, PROT_READ, MAP_SHARED, fd, 0);
	return replay->map == MAP_FAILED ? failed(error, -errno, "mmap", path) : 0;
}

int frki_replay_open(struct frki_replay *replay, const char *path,
		     struct frk_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return failed(error, -errno, "open", path);
	ret = map(replay, fd, path, error);
	close(fd);
	if (ret)
		return ret;
	ret = check(replay, path, error);
	if (ret)
		frki_replay_close(replay);
	return ret;
}

void frki_replay_close(struct frki_replay *replay)
{
	munmap(replay->map, replay->size);
}

/**
 * struct timers - those that a log is about
 * @timers: by their ids.
 * @n: how many.
 */
struct timers {
	struct frki_timer *timers;
	uint32_t n;
};

static bool of_timer(const struct frki_log_record *record)
{
	return record->kind != FRKI_LOG_TICK && record->kind != FRKI_LOG_TURN;
}

static int new_timers(struct timers *timers, const struct frki_log *log)
{
	timers->n = 0;
	for (uint64_t i = 0; i < log->total; i++) {
		const struct frki_log_record *record = frki_log_at(log, i);

		if (of_timer(record) && record->id >= timers->n)
			timers->n = record->id + 1;
	}
	timers->timers = calloc(timers->n + 1ULL, sizeof(*timers->timers));
	if (!timers->timers)
		return -ENOMEM;
	for (uint32_t i = 0; i < timers->n; i++)
		frki_timer_init(&timers->timers[i]);
	return 0;
}

static struct frki_timer *timer_of(uint32_t id, void *data)
{
	const struct timers *timers = data;

	return &timers->timers[id];
}

int64_t frki_replay_scheduler(const struct frki_replay *replay)
{
	struct frki_scheduler scheduler;
	struct timers timers;
	uint64_t same;

	if (frki_log_first(&replay->log))
		return -ENODATA;
	if (new_timers(&timers, &replay->log))
		return -ENOMEM;
	frki_scheduler_init(&scheduler, replay->period_ns);
	scheduler.wheel.most = timers.n;
	same = frki_log_replay(&replay->log, &scheduler, timer_of, &timers);
	free(timers.timers);
	return (int64_t)same;
}

uint64_t frki_replay_parts(const struct frki_log *a, const struct frki_log *b)
{
	uint64_t number = 0;

	while (number < a->total && number < b->total &&
	       !memcmp(frki_log_at(a, number), frki_log_at(b, number),
		       sizeof(struct frki_log_record)))
		number++;
	return number;
}

void frki_replay_print(const struct frki_log_record *record, FILE *stream)
{
	const uint64_t *value = record->value;

	switch (record->kind) {
	case FRKI_LOG_TICK:
		fprintf(stream, "tick periods=%" PRIu32 " deadline_ns=%" PRIu64
			" fired_ns=%" PRIu64 "\n", record->id, value[0], value[1]);
		break;
	case FRKI_LOG_ARM:
		fprintf(stream, "arm timer=%" PRIu32 " mode=%u delay_ns=%" PRIu64
			" interval_ns=%" PRIu64 " accuracy_ns=%" PRIu64 "\n", record->id,
			record->mode, value[0], value[1], value[2]);
		break;
	case FRKI_LOG_CANCEL:
		fprintf(stream, "cancel timer=%" PRIu32 " armed=%" PRIu64 "\n", record->id,
			value[0]);
		break;
	case FRKI_LOG_DONE:
		fprintf(stream, "done timer=%" PRIu32 "\n", record->id);
		break;
	case FRKI_LOG_FIRED:
		fprintf(stream, "fired timer=%" PRIu32 " count=%" PRIu64 " missed=%" PRIu64
			" deadline_ns=%" PRIu64 "\n", record->id, value[0], value[1], value[2]);
		break;
	default:
		fprintf(stream, "turn budget=%" PRIu64 " left=%" PRIu64 " now_ticks=%" PRIu64
			"\n", value[0], value[1], value[2]);
	}
}

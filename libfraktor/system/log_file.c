// SPDX-License-Identifier: MIT
/*
 * log_file.c - the log of log_file.h.  Knows nothing of what is put down.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "system/log_file.h"

static int failed(struct frk_error *error, int err, const char *call, const char *path)
{
	return frki_error_set(error, err, NULL, call, "cannot write the log to %.96s",
			      path);
}

/* Who maps the old file must not find it shorter: it goes, and a new one comes. */
static int create(const char *path, struct frk_error *error)
{
	struct stat st;
	int fd;

	if (!lstat(path, &st)) {
		if (!S_ISREG(st.st_mode))
			return frki_error_set(error, -EEXIST, NULL, "lstat",
					      "the log cannot be %.96s, which is no file",
					      path);
		if (unlink(path))
			return failed(error, -errno, "unlink", path);
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? failed(error, -errno, "open", path) : fd;
}

/*
 * All of it now: a full disk is an error here and a SIGBUS later.  A tmpfs begins anew
 * when it is interrupted, so that signals have to wait; and what an io_uring of this
 * thread has left to do interrupts it, too, once.
 */
static int allocate(int fd, size_t size)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	do
		err = posix_fallocate(fd, 0, (off_t)size);
	while (err == EINTR);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static int map(struct frki_log_file *file, int fd, const char *path,
	       struct frk_error *error)
{
	int err = allocate(fd, file->size);
	void *memory;

	if (err)
		return failed(error, err, "posix_fallocate", path);
	memory = mmap(NULL, file->size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_POPULATE, fd, 0);
	if (memory == MAP_FAILED)
		return failed(error, -errno, "mmap", path);
	file->header = memory;
	return 0;
}

static void init(struct frki_log_file *file, uint32_t records, uint64_t period_ns)
{
	struct frki_log_header *header = file->header;

	header->header_size = sizeof(*header);
	header->record_size = sizeof(struct frki_log_record);
	header->period_ns = period_ns;
	header->capacity = records;
	atomic_init(&header->total, 0);
	/* Last: who finds it finds the rest. */
	header->magic = FRKI_LOG_MAGIC;
	file->log.records = (void *)(header + 1);
	file->log.capacity = records;
	file->log.shown = &header->total;
}

int frki_log_file_open(struct frki_log_file *file, const char *path, uint32_t records,
		       uint64_t period_ns, struct frk_error *error)
{
	int fd = create(path, error);
	int ret;

	if (fd < 0)
		return fd;
	file->size = sizeof(struct frki_log_header) +
		     records * sizeof(struct frki_log_record);
	ret = map(file, fd, path, error);
	close(fd);
	if (ret) {
		unlink(path);
		return ret;
	}
	init(file, records, period_ns);
	return 0;
}

void frki_log_file_close(struct frki_log_file *file)
{
	if (file->header)
		munmap(file->header, file->size);
	file->header = NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors: opened, closed, duplicated, handed to other processes, and
 * asked for what the device cannot do.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"

int file_open(struct worker *w)
{
	static const int modes[] = {
		O_RDWR, O_RDWR, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, O_PATH,
	};
	int *slot = worker_slot(w);
	int flags = rnd_of(&w->rnd, modes), fd;

	if (rnd_one_in(&w->rnd, 2))
		flags |= O_NONBLOCK;
	if (rnd_one_in(&w->rnd, 16))
		flags |= O_TRUNC | O_APPEND | O_DSYNC;
	say(w, "flags %#x", flags);
	fd = t_open(flags);
	if (fd >= 0)
		worker_put(slot, fd);
	return fd;
}

int file_close(struct worker *w)
{
	int *slot = worker_slot(w);

	if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) < 0)
		return IDLE;
	worker_put(slot, -1);
	return 0;
}

int file_dup(struct worker *w)
{
	int from = worker_file(w), fd;
	int *slot = worker_slot(w);

	if (from < 0)
		return from;
	fd = fcntl(from, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	say(w, "fd %d to %d", from, fd);
	worker_put(slot, fd);
	return 0;
}

int file_flags(struct worker *w)
{
	int fd = worker_file(w), flags;

	if (fd < 0)
		return fd;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if (rnd_one_in(&w->rnd, 4))
		flags ^= O_ASYNC;
	else
		flags ^= O_NONBLOCK;
	say(w, "fd %d flags %#x", fd, flags);
	fcntl(fd, F_SETOWN, getpid());
	return fcntl(fd, F_SETFL, flags) ? -errno : 0;
}

/* A descriptor under way belongs to no process at all. */
int file_pass(struct worker *w)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int fd = worker_file(w);

	if (fd < 0)
		return fd;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	say(w, "fd %d", fd);
	return sendmsg(w->board->pass[0], &message, MSG_DONTWAIT) < 0 ?
	       -errno : 0;
}

int file_receive(struct worker *w)
{
	char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int *slot = worker_slot(w), fd;
	struct cmsghdr *c;

	if (recvmsg(w->board->pass[1], &message,
		    MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return errno == EAGAIN ? IDLE : -errno;
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	say(w, "fd %d", fd);
	worker_put(slot, fd);
	return 0;
}

static int file_splice(int fd)
{
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ret = splice(fd, NULL, ends[1], NULL, 320, SPLICE_F_NONBLOCK);
	if (ret < 0)
		ret = -errno;
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* Calls that a stream of records has no answer to. */
int file_odd_call(struct worker *w)
{
	int fd = worker_file(w), value = 1, ret;
	struct stat st;

	if (fd < 0)
		return fd;
	switch (rnd_below(&w->rnd, 11)) {
	case 0:
		ret = write(fd, w->pad, rnd_below(&w->rnd, 64));
		break;
	case 1:
		ret = pread(fd, w->pad, 64, rnd_odd(&w->rnd));
		break;
	case 2:
		ret = lseek(fd, rnd_odd(&w->rnd), rnd_below(&w->rnd, 5));
		break;
	case 3:
		ret = ftruncate(fd, rnd_below(&w->rnd, 8192));
		break;
	case 4:
		ret = fsync(fd);
		break;
	case 5:
		ret = fallocate(fd, 0, 0, 4096);
		break;
	case 6:
		return file_splice(fd);
	case 7:
		ret = sendfile(w->board->pass[0], fd, NULL, 32);
		break;
	case 8:
		ret = flock(fd, LOCK_SH | LOCK_NB);
		break;
	case 9:
		ret = ioctl(fd, rnd_one_in(&w->rnd, 2) ? FIOASYNC : FIGETBSZ,
			    &value);
		break;
	default:
		ret = fstat(fd, &st);
		break;
	}
	return ret < 0 ? -errno : ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table.  A name in it stays: seeds depend on order and weights, and notes
 * of failures on the names.
 */
#include "ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* From so many successes to be expected on, their lack is no accident. */
#define EXPECTED	10

/* What any call may say when the request is spoilt or a signal comes. */
#define ANYWAY	EFAULT, E2BIG, ENOTTY, EINVAL, EINTR, ENOMEM, EMFILE, ENFILE

static const short create_errnos[] = {
	ANYWAY, EPERM, ENODEV, EEXIST, EBUSY, ENOSPC, EOPNOTSUPP, EBADF, 0
};

static const short line_errnos[] = {
	ANYWAY, EPERM, ENODEV, EEXIST, EBUSY, ENOSPC, EALREADY, ENOTCONN, 0
};

/* Creates or attaches, on a file of its own. */
static const short begin_errnos[] = {
	EPERM, ENODEV, EEXIST, ENOSPC, ENOENT, EUSERS, ENOMEM, EMFILE, EINVAL,
	EINTR, EPROTONOSUPPORT, 0
};

static const short attach_errnos[] = {
	ANYWAY, ENOENT, EUSERS, EALREADY, EBUSY, EPROTONOSUPPORT, EBADF, 0
};

static const short detach_errnos[] = { ANYWAY, ENOTCONN, EPERM, EBADF, 0 };

static const short start_errnos[] = {
	ENOTCONN, EPERM, EALREADY, ENODEV, ENOSPC, EINTR, EBADF, ENOTTY, 0
};

static const short stop_errnos[] = {
	ENOTCONN, EPERM, EALREADY, EINTR, EBADF, ENOTTY, 0
};

static const short set_errnos[] = {
	ANYWAY, ENOTCONN, EPERM, ENOSPC, EOPNOTSUPP, EPROTONOSUPPORT, EBADF, 0
};

static const short idle_errnos[] = {
	ANYWAY, ENOTCONN, EPERM, EBUSY, ESHUTDOWN, EOPNOTSUPP, EBADF, 0
};

static const short sleep_errnos[] = {
	ENOTCONN, EBUSY, ECANCELED, ESHUTDOWN, EINTR, EBADF, ENOTTY, 0
};

static const short wake_errnos[] = { ENOTCONN, EBADF, ENOTTY, 0 };

static const short info_errnos[] = { ANYWAY, EBADF, 0 };

static const short read_errnos[] = {
	EAGAIN, EINTR, EINVAL, ENOTCONN, EFAULT, ESHUTDOWN, EBADF, EOPNOTSUPP,
	EMFILE, ESPIPE, ECANCELED, 0
};

static const short map_errnos[] = {
	EINVAL, EACCES, ENOTCONN, ENOMEM, EBADF, EAGAIN, EMFILE, EPERM,
	EOPNOTSUPP, ENODEV, EOVERFLOW, EFAULT, 0
};

static const short netlink_errnos[] = {
	ENOENT, EINVAL, EPERM, ENOSPC, ERANGE, ENOBUFS, EAGAIN, EOPNOTSUPP,
	EMFILE, EBUSY, EMSGSIZE, EPROTONOSUPPORT, EALREADY, 0
};

const struct op ops[] = {
	/* name, function, roles, weight, per cent wanted, errnos */
	{ "open", file_open, ROLE_CHAOS, 10, 50 },
	{ "close", file_close, ROLE_CHAOS, 10, 50 },
	{ "dup", file_dup, ROLE_CHAOS, 6, 50 },
	{ "flags", file_flags, ROLE_CHAOS, 4, 5 },
	{ "pass", file_pass, ROLE_CHAOS, 4, 5 },
	{ "receive", file_receive, ROLE_CHAOS, 4, 5 },
	{ "odd-call", file_odd_call, ROLE_CHAOS, 6, 1 },

	{ "create", ioctl_create, ROLE_CHAOS, 24, 5, create_errnos },
	{ "line", ioctl_line, ROLE_CHAOS, 24, 10, line_errnos },
	{ "attach", ioctl_attach, ROLE_CHAOS, 24, 5, attach_errnos },
	{ "fuse", ioctl_fuse, ROLE_CHAOS, 10, 3, attach_errnos },
	{ "detach", ioctl_detach, ROLE_CHAOS, 12, 1, detach_errnos },
	{ "start", ioctl_start, ROLE_CHAOS, 24, 3, start_errnos },
	{ "stop", ioctl_stop, ROLE_CHAOS, 16, 5, stop_errnos },
	{ "set", ioctl_set, ROLE_CHAOS, 24, 5, set_errnos },
	{ "idle", ioctl_idle, ROLE_CHAOS, 12, 2, idle_errnos },
	{ "sleep", ioctl_sleep, ROLE_CHAOS, 12, 5, sleep_errnos },
	{ "wake", ioctl_wake, ROLE_CHAOS, 8, 5, wake_errnos },
	{ "info", ioctl_info, ROLE_CHAOS, 10, 20, info_errnos },
	{ "ioctl-garbage", ioctl_garbage, ROLE_CHAOS, 16, 0 },

	{ "map", map_part, ROLE_CHAOS, 16, 25, map_errnos },
	{ "map-ring", map_ring, ROLE_CHAOS, 20, 25, map_errnos },
	{ "map-wrong", map_wrong, ROLE_CHAOS, 12, 0, map_errnos },
	{ "unmap", map_drop, ROLE_CHAOS, 6, 50 },
	{ "mprotect", map_protect, ROLE_CHAOS, 6, 5 },
	{ "mremap", map_remap, ROLE_CHAOS, 8, 5 },
	{ "madvise", map_advise, ROLE_CHAOS, 8, 5 },
	{ "look", map_look, ROLE_CHAOS, 24, 25 },
	{ "look-slots", map_look_slots, ROLE_CHAOS, 24, 25 },
	{ "scribble", map_scribble, ROLE_CHAOS, 24, 25 },

	{ "read", wait_read, ROLE_CHAOS, 30, 5, read_errnos },
	{ "readv", wait_readv, ROLE_CHAOS, 16, 1 },
	{ "poll", wait_poll, ROLE_CHAOS, 12, 50 },
	{ "epoll-ctl", wait_epoll_ctl, ROLE_CHAOS, 16, 10 },
	{ "epoll", wait_epoll, ROLE_CHAOS, 12, 50 },

	{ "uring-setup", command_setup, ROLE_CHAOS, 12, 30 },
	{ "uring-close", command_close, ROLE_CHAOS, 6, 50 },
	{ "uring-wait", command_wait, ROLE_CHAOS, 40, 30 },
	{ "uring-cancel", command_cancel, ROLE_CHAOS, 16, 30 },
	{ "uring-garbage", command_garbage, ROLE_CHAOS, 12, 10 },
	{ "uring-other", command_other, ROLE_CHAOS, 20, 20 },
	{ "uring-enter", command_enter, ROLE_CHAOS, 16, 10 },
	{ "uring-register", command_register, ROLE_CHAOS, 8, 5 },
	{ "uring-leave", command_leave, ROLE_CHAOS, 12, 10 },

	{ "nl-open", netlink_open, ROLE_CHAOS, 3, 50 },
	{ "nl-get", netlink_get, ROLE_CHAOS, 12, 5, netlink_errnos },
	{ "nl-reader", netlink_reader, ROLE_CHAOS, 10, 1, netlink_errnos },
	{ "nl-set", netlink_set, ROLE_CHAOS, 16, 1, netlink_errnos },
	{ "nl-stop", netlink_stop, ROLE_CHAOS, 3, 1, netlink_errnos },
	{ "nl-dump", netlink_dump, ROLE_CHAOS, 8, 30, netlink_errnos },
	{ "nl-dump-abort", netlink_dump_abort, ROLE_CHAOS, 8, 20 },
	{ "nl-group", netlink_group, ROLE_CHAOS, 8, 10 },
	{ "nl-receive", netlink_receive, ROLE_CHAOS, 8, 1 },
	{ "nl-garbage", netlink_garbage, ROLE_CHAOS, 16, 0 },

	{ "fork", process_fork, ROLE_CHAOS, 4, 50 },
	{ "exec", process_exec, ROLE_CHAOS, 3, 50 },
	{ "signal", process_signal, ROLE_CHAOS, 4, 10 },
	{ "limits", process_limits, ROLE_CHAOS, 4, 10 },

	{ "honest-begin", honest_begin, ROLE_HONEST, 4, 3, begin_errnos },
	{ "honest-attach", honest_attach, ROLE_HONEST, 8, 1, attach_errnos },
	{ "honest-detach", honest_detach, ROLE_HONEST, 3, 1, detach_errnos },
	{ "honest-start", honest_start, ROLE_HONEST, 16, 1, start_errnos },
	{ "honest-stop", honest_stop, ROLE_HONEST, 6, 1, stop_errnos },
	{ "honest-set", honest_set, ROLE_HONEST, 8, 1, set_errnos },
	{ "honest-drain", honest_drain, ROLE_HONEST, 40, 50 },
	{ "honest-read", honest_read, ROLE_HONEST, 24, 5, read_errnos },
	{ "honest-poll", honest_poll, ROLE_HONEST, 16, 50 },
	{ "honest-wait", honest_wait, ROLE_HONEST, 24, 10 },
	{ "honest-account", honest_account, ROLE_HONEST, 20, 99 },
	{ "honest-end", honest_end, ROLE_HONEST, 3, 99 },

	{ "cpu", machine_cpu, ROLE_MACHINE, 2, 20 },
	{ "parameter", machine_parameter, ROLE_MACHINE, 3, 50 },
	{ "kill", machine_kill, ROLE_MACHINE, 1, 20 },
	{ "rest", machine_rest, ROLE_MACHINE, 12, 99 },
};

const unsigned int ops_nr = sizeof(ops) / sizeof(ops[0]);

_Static_assert(sizeof(ops) / sizeof(ops[0]) <= BOARD_KINDS, "a larger board");

unsigned int ops_choose(struct rnd *rnd, enum role role)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < ops_nr; i++)
		sum += ops[i].roles & role ? ops[i].weight : 0;
	at = rnd_below(rnd, sum);
	for (i = 0; i < ops_nr; i++) {
		unsigned int weight = ops[i].roles & role ? ops[i].weight : 0;

		if (at < weight)
			return i;
		at -= weight;
	}
	return 0;
}

/* Whether @name is one of the words of @list, which commas part. */
static bool ops_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list && *list) {
		if (!strncmp(list, name, len) &&
		    (list[len] == ',' || !list[len]))
			return true;
		list = strchr(list, ',');
		list = list ? list + 1 : NULL;
	}
	return false;
}

bool ops_wanted(const struct options *options, unsigned int kind)
{
	if (options->only)
		return ops_listed(options->only, ops[kind].name);
	return !ops_listed(options->without, ops[kind].name);
}

bool ops_allows(const struct op *op, int ret)
{
	const short *errnos = op->errnos;

	if (!errnos)
		return true;
	for (; *errnos; errnos++)
		if (-ret == *errnos)
			return true;
	return false;
}

/* The errnos of a kind, the most frequent ones first, as far as they fit. */
static void ops_errnos(const struct board_kind *k, char *line, size_t len)
{
	uint64_t below = UINT64_MAX;
	size_t at = 0;

	line[0] = '\0';
	while (at + 24 < len) {
		uint64_t most = 0;
		int i, best = 0;

		for (i = 1; i < BOARD_ERRNOS; i++)
			if (k->errnos[i] > most && k->errnos[i] < below) {
				most = k->errnos[i];
				best = i;
			}
		if (!best)
			return;
		at += snprintf(line + at, len - at, " %s %llu",
			       strerrorname_np(best) ?: "?",
			       (unsigned long long)most);
		below = most;
	}
}

unsigned int ops_report(const struct board *board)
{
	unsigned int i, worthless = 0;

	printf("%-15s %9s %9s %9s  errors\n", "operation", "ok", "failed", "idle");
	for (i = 0; i < ops_nr; i++) {
		const struct board_kind *k = &board->kinds[i];
		uint64_t tried = k->ok + k->failed;
		bool poor = tried * ops[i].wanted >= EXPECTED * 100 &&
			    k->ok * 100 < tried * ops[i].wanted;
		char errnos[160];

		if (!tried && !k->idle)
			continue;
		ops_errnos(k, errnos, sizeof(errnos));
		printf("%-15s %9llu %9llu %9llu %s%s\n", ops[i].name,
		       (unsigned long long)k->ok, (unsigned long long)k->failed,
		       (unsigned long long)k->idle, errnos,
		       poor ? "  <- too few succeed" : "");
		worthless += poor;
	}
	return worthless;
}

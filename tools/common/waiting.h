/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the next moment, a descriptor, or the user who has seen
 * enough.  Knows no netlink.
 */
#ifndef TOOL_WAITING_H
#define TOOL_WAITING_H

#include <stdint.h>

enum waiting_end {
	WAITING_FAILED = -1,
	WAITING_TIME,		/* the moment has come */
	WAITING_READY,		/* the descriptor has something */
	WAITING_STOP,		/* SIGINT, SIGTERM, or nobody reads the output */
};

/* No moment at all. */
#define WAITING_FOR_EVER UINT64_MAX

/* Takes SIGINT and SIGTERM from here on.  Return: a descriptor or -errno. */
int waiting_open(void);

/* CLOCK_MONOTONIC, CLOCK_REALTIME in nanoseconds. */
uint64_t waiting_now_ns(void);
uint64_t waiting_wall_ns(void);

/* Seconds as typed, "0.5"; the range is 0.1 to 10^6.  Return: 0 if wrong. */
uint64_t waiting_parse_ns(const char *seconds);

/**
 * waiting_until() - wait
 * @signals: from waiting_open().
 * @fd: a descriptor, or -1.
 * @until_ns: on CLOCK_MONOTONIC.
 */
enum waiting_end waiting_until(int signals, int fd, uint64_t until_ns);

#endif /* TOOL_WAITING_H */

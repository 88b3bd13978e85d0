/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - notices handlers that take too long: a thread that looks at what the
 * workers are in, now and then.  It stops nobody.
 */
#ifndef FRKI_SYSTEM_MONITOR_H
#define FRKI_SYSTEM_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "system/handler.h"

struct frk_system;

/**
 * struct frki_monitor_seen - what it knows of a worker
 * @view: the handler it was in at the last look.
 * @since_ns: the first look that found it in there.
 * @told: it took too long, and that was told.
 */
struct frki_monitor_seen {
	struct frki_handler_view view;
	uint64_t since_ns;
	bool told;
};

/**
 * struct frki_monitor - the monitor
 * @seen: a worker each.
 * @thread: its thread.
 * @started: it has one.
 * @quit: it is to end, under @lock.
 * @lock: for @quit.
 * @bell: changes with @quit.
 */
struct frki_monitor {
	struct frki_monitor_seen *seen;
	pthread_t thread;
	bool started;
	bool quit;
	pthread_mutex_t lock;
	pthread_cond_t bell;
};

/**
 * frki_monitor_init() - a monitor without a thread
 * @monitor: the monitor.
 * @seen: zeroed, one for each worker.
 */
void frki_monitor_init(struct frki_monitor *monitor, struct frki_monitor_seen *seen);

/**
 * frki_monitor_main() - its thread
 * @data: the system.
 *
 * Return: NULL.
 */
void *frki_monitor_main(void *data);

/**
 * frki_monitor_stop() - end its thread, if it has one, and wait for that
 * @monitor: the monitor.
 */
void frki_monitor_stop(struct frki_monitor *monitor);

/**
 * frki_monitor_free() - the opposite of frki_monitor_init()
 * @monitor: without a thread.
 */
void frki_monitor_free(struct frki_monitor *monitor);

#endif /* FRKI_SYSTEM_MONITOR_H */

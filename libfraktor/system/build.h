/* SPDX-License-Identifier: MIT */
/*
 * build.h - how a system is put together, and what that takes from the operating
 * system, memory and a thread: a table, so that a test can let each step fail.
 */
#ifndef FRKI_SYSTEM_BUILD_H
#define FRKI_SYSTEM_BUILD_H

#include <pthread.h>
#include <stddef.h>

#include <fraktor/system.h>

/**
 * struct frki_platform - what a system takes from the operating system
 * @malloc: as the C library's.
 * @free: as the C library's.
 * @pthread_create: as the C library's.
 */
struct frki_platform {
	void *(*malloc)(size_t size);
	void (*free)(void *memory);
	int (*pthread_create)(pthread_t *ret_thread, const pthread_attr_t *attr,
			      void *(*main)(void *data), void *data);
};

/* The C library. */
extern const struct frki_platform frki_platform_libc;

/**
 * frki_build_system() - frk_system_build() on a platform
 * @opts: the options.
 * @platform: the platform, borrowed until the system is freed.
 * @ret_system: the system.
 */
int frki_build_system(const struct frk_system_opts *opts,
		      const struct frki_platform *platform,
		      struct frk_system **ret_system);

/**
 * frki_build_free() - close the line and free everything
 * @system: a system whose worker is gone, or was never there.
 */
void frki_build_free(struct frk_system *system);

#endif /* FRKI_SYSTEM_BUILD_H */

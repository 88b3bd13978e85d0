// SPDX-License-Identifier: MIT
/*
 * logger.c - a subscriber that writes what happens as lines.  It has a thread of its
 * own, so that a stream that blocks is in nobody's way.
 */
#include <errno.h>

#include "base/opts.h"
#include "system/system.h"
#include "tick/thread.h"

/**
 * struct frk_logger - the subscriber
 * @system: the system.
 * @subscription: to its events.
 * @stream: where lines go.
 * @lost: events that were said to be lost.
 * @thread: writes.
 */
struct frk_logger {
	struct frk_system *system;
	struct frk_subscription *subscription;
	FILE *stream;
	uint64_t lost;
	pthread_t thread;
};

static void print_lost(struct frk_logger *logger, uint64_t at_ns)
{
	uint64_t lost = frk_subscription_lost(logger->subscription);

	if (lost == logger->lost)
		return;
	fprintf(logger->stream, "fraktor: %llu.%09llu lost count=%llu\n",
		(unsigned long long)(at_ns / FRK_S(1)),
		(unsigned long long)(at_ns % FRK_S(1)),
		(unsigned long long)(lost - logger->lost));
	logger->lost = lost;
}

/* Return: as frk_subscription_next() when there was nothing more. */
static int print_all(struct frk_logger *logger)
{
	struct frk_event event;
	int ret;

	while ((ret = frk_subscription_next(logger->subscription, &event)) > 0) {
		print_lost(logger, event.at_ns);
		frk_event_print(&event, logger->stream);
		fflush(logger->stream);
	}
	return ret;
}

static void *log_events(void *data)
{
	struct frk_logger *logger = data;
	bool ended;

	do {
		/* Before the look: what was told before the close is written. */
		ended = frki_subscription_ended(logger->subscription);
		if (print_all(logger) < 0)
			break;
		if (!ended)
			(void)frk_subscription_wait(logger->subscription, UINT64_MAX);
	} while (!ended);
	return NULL;
}

static int check(const struct frk_logger_opts *opts, struct frk_logger_opts *ret_opts)
{
	size_t min = offsetof(struct frk_logger_opts, replay) + sizeof(opts->replay);
	int ret = frki_opts_copy(ret_opts, sizeof(*ret_opts), opts, min);

	if (ret)
		return ret;
	if (!ret_opts->stream)
		return -EINVAL;
	if (!ret_opts->keys)
		ret_opts->keys = FRK_EVENT_ALL & ~FRK_EVENT_TICK_METRICS;
	return 0;
}

static int start(struct frk_logger *logger, const struct frk_logger_opts *opts)
{
	static const struct frki_thread_opts thread = { .name = "fraktor-log" };
	int ret = frk_subscription_open(logger->system, opts->keys, opts->replay,
					&logger->subscription);

	if (ret)
		return ret;
	ret = frki_thread_start(&logger->thread, &thread, log_events, logger, NULL);
	if (ret)
		frk_subscription_close(logger->subscription);
	return ret;
}

int frk_logger_open(struct frk_system *system, const struct frk_logger_opts *opts,
		    struct frk_logger **ret_logger)
{
	struct frk_logger_opts checked;
	struct frk_logger *logger;
	int ret;

	if (!system || !opts || !ret_logger)
		return -EINVAL;
	ret = check(opts, &checked);
	if (ret)
		return ret;
	logger = system->platform->malloc(sizeof(*logger));
	if (!logger)
		return -ENOMEM;
	*logger = (struct frk_logger){ .system = system, .stream = checked.stream };
	ret = start(logger, &checked);
	if (ret) {
		system->platform->free(logger);
		return ret;
	}
	*ret_logger = logger;
	return 0;
}

void frk_logger_close(struct frk_logger *logger)
{
	if (!logger)
		return;
	frki_subscription_end(logger->subscription);
	pthread_join(logger->thread, NULL);
	frk_subscription_close(logger->subscription);
	logger->system->platform->free(logger);
}

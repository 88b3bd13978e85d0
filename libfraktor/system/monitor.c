// SPDX-License-Identifier: MIT
/*
 * monitor.c - see monitor.h.
 */
#include <string.h>

#include "system/monitor.h"
#include "system/system.h"
#include "tick/clock.h"

/* Looks in the time that a handler may take: one is noticed at most a part too late. */
#define LOOKS 4
#define PAUSE_MIN_NS FRK_MS(1)
#define PAUSE_MAX_NS FRK_S(1)

void frki_monitor_init(struct frki_monitor *monitor, struct frki_monitor_seen *seen)
{
	monitor->seen = seen;
	pthread_mutex_init(&monitor->lock, NULL);
	pthread_cond_init(&monitor->bell, NULL);
}

void frki_monitor_free(struct frki_monitor *monitor)
{
	pthread_cond_destroy(&monitor->bell);
	pthread_mutex_destroy(&monitor->lock);
}

static void tell(struct frk_system *system, const struct frki_monitor_seen *seen,
		 uint32_t worker, uint64_t now_ns, bool over)
{
	struct frk_event event = {
		.key = FRK_EVENT_ACTOR_BLOCKED,
		.at_ns = now_ns,
		.blocked = {
			.actor = seen->view.actor,
			.worker = worker,
			.over = over,
			.ns = now_ns - seen->since_ns,
		},
	};

	memcpy(event.blocked.name, seen->view.name, sizeof(event.blocked.name));
	memcpy(event.blocked.path, seen->view.path, sizeof(event.blocked.path));
	frki_event_stream_publish(&system->events, &event);
}

static void look(struct frk_system *system, uint32_t worker, uint64_t now_ns)
{
	struct frki_monitor_seen *seen = &system->monitor.seen[worker];
	struct frki_handler_view view;

	frki_handler_look(&system->handlers[worker], &view);
	if (view.seq == seen->view.seq && view.seq & 1) {
		if (seen->told || now_ns - seen->since_ns < system->config.opts.handler_max_ns)
			return;
		seen->told = true;
		tell(system, seen, worker, now_ns, false);
		return;
	}
	if (seen->told)
		tell(system, seen, worker, now_ns, true);
	seen->view = view;
	seen->since_ns = now_ns;
	seen->told = false;
}

static uint64_t pause_ns(uint64_t handler_max_ns)
{
	uint64_t ns = handler_max_ns / LOOKS;

	return ns < PAUSE_MIN_NS ? PAUSE_MIN_NS : ns > PAUSE_MAX_NS ? PAUSE_MAX_NS : ns;
}

/* Return: false when it is to end. */
static bool pause(struct frki_monitor *monitor, uint64_t ns)
{
	uint64_t until_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + ns;
	const struct timespec until = frki_clock_timespec(until_ns);
	bool quit;

	pthread_mutex_lock(&monitor->lock);
	if (!monitor->quit)
		pthread_cond_clockwait(&monitor->bell, &monitor->lock, CLOCK_MONOTONIC,
				       &until);
	quit = monitor->quit;
	pthread_mutex_unlock(&monitor->lock);
	return !quit;
}

void *frki_monitor_main(void *data)
{
	struct frk_system *system = data;
	uint64_t ns = pause_ns(system->config.opts.handler_max_ns);

	do {
		uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);

		for (uint32_t i = 0; i < system->config.opts.workers; i++)
			look(system, i, now_ns);
	} while (pause(&system->monitor, ns));
	return NULL;
}

void frki_monitor_stop(struct frki_monitor *monitor)
{
	if (!monitor->started)
		return;
	pthread_mutex_lock(&monitor->lock);
	monitor->quit = true;
	pthread_cond_signal(&monitor->bell);
	pthread_mutex_unlock(&monitor->lock);
	pthread_join(monitor->thread, NULL);
	monitor->started = false;
}

// SPDX-License-Identifier: MIT
/*
 * bridge.c - the module's events in the event stream of a system.  A thread of its
 * own waits for them, so that nobody else has to; of the system it knows no more than
 * frk_event_publish().
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fraktor/event.h>

#include "base/error.h"
#include "bridge.h"

/**
 * struct frk_netlink_bridge - from one side to the other
 * @netlink: subscribed to events.
 * @system: whom they are told.
 * @name: the one line they are about; empty for all.
 * @end_fd: readable when the bridge is closed.
 * @thread: carries them over.
 */
struct frk_netlink_bridge {
	struct frk_netlink *netlink;
	struct frk_system *system;
	char name[32];
	int end_fd;
	pthread_t thread;
};

void frki_bridge_translate(const struct frk_source_event *event,
			   struct frk_event *ret_event)
{
	struct frk_event_source source = {
		.id = event->id,
		.cpu = event->cpu,
		.ticks = event->ticks,
		.dropped = event->dropped,
		.period_ns = event->period_ns,
		.drift_ppb = event->drift_ppb,
		.behind = event->behind,
		.slept_ns = event->slept_ns,
		.reader_id = event->reader_id,
		.pid = event->pid,
	};

	snprintf(source.type, sizeof(source.type), "%s",
		 frk_source_event_name(event->type));
	snprintf(source.name, sizeof(source.name), "%.*s", (int)sizeof(event->name) - 1,
		 event->name);
	if (event->reason)
		snprintf(source.reason, sizeof(source.reason), "%s",
			 frk_source_reason_name(event->reason));
	*ret_event = (struct frk_event){ .key = FRK_EVENT_SOURCE,
					 .at_ns = event->time_ns,
					 .source = source };
}

static int carry(const struct frk_source_event *from, void *data)
{
	struct frk_netlink_bridge *bridge = data;
	struct frk_event event;

	if (*bridge->name && strcmp(from->name, bridge->name))
		return 0;
	frki_bridge_translate(from, &event);
	frk_event_publish(bridge->system, &event);
	return 0;
}

/* What the module itself cannot tell. */
static void tell(struct frk_netlink_bridge *bridge, const char *type)
{
	struct frk_event event = { .key = FRK_EVENT_SOURCE };

	snprintf(event.source.type, sizeof(event.source.type), "%s", type);
	frk_event_publish(bridge->system, &event);
}

/* Return: whether there is something to carry, and not the end. */
static bool wait_for_more(const struct frk_netlink_bridge *bridge)
{
	struct pollfd fds[] = {
		{ .fd = frk_netlink_fd(bridge->netlink), .events = POLLIN },
		{ .fd = bridge->end_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		continue;
	return !fds[1].revents;
}

static void *run(void *data)
{
	struct frk_netlink_bridge *bridge = data;

	while (wait_for_more(bridge)) {
		int ret = frk_netlink_receive(bridge->netlink, carry, bridge);

		if (ret == -ENOBUFS) {
			tell(bridge, "lost");
		} else if (ret < 0 && ret != -EINTR) {
			tell(bridge, "gone");
			break;
		}
	}
	return NULL;
}

/* The thread takes no signals: they are the application's. */
static int start(struct frk_netlink_bridge *bridge)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&bridge->thread, NULL, run, bridge);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

static int fail(struct frk_error *error, int code, const char *call)
{
	return frki_error_set(error, code, NULL, call, "cannot carry the module's events over");
}

static int connect_both(struct frk_netlink_bridge *bridge, struct frk_error *error)
{
	int ret = frk_netlink_open(&bridge->netlink, error);

	if (ret)
		return ret;
	ret = frk_netlink_subscribe(bridge->netlink);
	if (ret)
		return fail(error, ret, "join group \"events\"");
	bridge->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bridge->end_fd < 0)
		return fail(error, -errno, "eventfd");
	ret = start(bridge);
	return ret ? fail(error, ret, "pthread_create") : 0;
}

static void bridge_free(struct frk_netlink_bridge *bridge)
{
	if (bridge->end_fd >= 0)
		close(bridge->end_fd);
	frk_netlink_close(bridge->netlink);
	free(bridge);
}

int frk_netlink_bridge_open(struct frk_system *system, const char *name,
			    struct frk_netlink_bridge **ret_bridge,
			    struct frk_error *error)
{
	struct frk_netlink_bridge *bridge;
	int ret;

	if (!system || !ret_bridge || (name && strlen(name) >= sizeof(bridge->name)))
		return fail(error, -EINVAL, "frk_netlink_bridge_open");
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return fail(error, -ENOMEM, "malloc");
	bridge->system = system;
	bridge->end_fd = -1;
	if (name)
		memcpy(bridge->name, name, strlen(name));
	ret = connect_both(bridge, error);
	if (ret) {
		bridge_free(bridge);
		return ret;
	}
	*ret_bridge = bridge;
	return 0;
}

void frk_netlink_bridge_close(struct frk_netlink_bridge *bridge)
{
	if (!bridge)
		return;
	eventfd_write(bridge->end_fd, 1);
	pthread_join(bridge->thread, NULL);
	bridge_free(bridge);
}

// SPDX-License-Identifier: MIT
/*
 * The module as a script has it: in place of the library's connection, so that
 * the tool can be looked at where no module is, with more sources, worse names
 * and sooner unloaded than a real one.  Each look is a second later.
 *
 *   SCRIPT_SOURCES=N    so many of them (3)
 *   SCRIPT_HOSTILE=1    names and drivers no kernel would let pass
 *   SCRIPT_GONE=FILE    unloaded as soon as there is such a file
 *   SCRIPT_LOOKS=N      the look after the Nth one ends with the terminal: what was shown stays
 *   SCRIPT_END=FILE     made when that is reached
 *   SCRIPT_NOW=SECONDS  the time of day, always
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/netlink.h>

#include "common/waiting.h"

#define SCRIPT_STOPPED 0
#define SCRIPT_RUNNING 1
#define SCRIPT_REASON_DRIFT 6

struct frk_netlink {
	uint64_t second;
};

static uint32_t script_sources(void)
{
	const char *text = getenv("SCRIPT_SOURCES");

	return text ? (uint32_t)atoi(text) : 3;
}

static int script_gone(void)
{
	const char *file = getenv("SCRIPT_GONE");

	return file && !access(file, F_OK) ? -ENODEV : 0;
}

/* Signals are for who looks at his descriptor, so only the terminal ends this. */
static void script_end(uint64_t looks)
{
	const char *last = getenv("SCRIPT_LOOKS"), *file = getenv("SCRIPT_END");
	struct pollfd terminal = { .fd = STDIN_FILENO };

	if (!last || looks != (uint64_t)atoll(last))
		return;
	if (file)
		close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	while (poll(&terminal, 1, -1) < 1)
		continue;
	_exit(1);
}

/* In place of the tool's own. */
uint64_t waiting_wall_ns(void)
{
	const char *now = getenv("SCRIPT_NOW");
	struct timespec time;

	if (now)
		return (uint64_t)atoll(now) * 1000000000;
	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The later the higher its number; every seventh second is a bad one. */
static void script_lateness(struct frk_source *source, uint64_t seconds)
{
	unsigned int usual = 9 + source->id % 6;

	source->histogram[usual] = source->ticks - seconds;
	for (uint64_t second = 1; second <= seconds; second++)
		source->histogram[second % 7 ? usual + 1 + second % 3 : 21]++;
	source->lateness_min_ns = 300;
	source->lateness_mean_ns = 1ULL << usual;
	source->lateness_max_ns = seconds > 6 ? 1900000 : 1ULL << (usual + 3);
	source->late = seconds / 7;
}

static void script_source(uint32_t id, uint64_t seconds, struct frk_source *ret_source)
{
	struct frk_source source = {
		.size = sizeof(source), .id = id, .state = SCRIPT_RUNNING,
		.clockid = 1, .cpu = id % 4, .home_cpu = id % 4, .readers = 1 + id % 3,
		.period_ns = 1000000 * (1 + id % 10), .owner_pid = 4000 + id,
		.drift_budget_ppb = 50000000, .stall_periods = 100,
		.running_ns = seconds * 1000000000, .drift_ppb = 130 * (int)(id % 50) - 2000,
	};

	snprintf(source.name, sizeof(source.name), getenv("SCRIPT_HOSTILE") ?
		 "\033[2J\033]0;x\a%u\xff\xc2\x9b" "1m" : "line-%u", id);
	snprintf(source.driver, sizeof(source.driver), "%s",
		 getenv("SCRIPT_HOSTILE") ? "\033[31mred\n" : "hrtimer");
	source.ticks_last_second = 1000000000 / source.period_ns;
	source.ticks = seconds * source.ticks_last_second;
	source.dropped = id % 3 ? 0 : seconds * 7;
	script_lateness(&source, seconds);
	if (id % 11 == 10) {
		source.state = SCRIPT_STOPPED;
		source.reason = SCRIPT_REASON_DRIFT;
	}
	*ret_source = source;
}

int frk_netlink_open(struct frk_netlink **ret_netlink, struct frk_error *error)
{
	(void)error;
	*ret_netlink = calloc(1, sizeof(**ret_netlink));
	return *ret_netlink ? 0 : -ENOMEM;
}

void frk_netlink_close(struct frk_netlink *netlink)
{
	free(netlink);
}

int frk_netlink_fd(const struct frk_netlink *netlink)
{
	(void)netlink;
	return -1;
}

int frk_netlink_dump(struct frk_netlink *netlink, frk_source_fn fn, void *data)
{
	struct frk_source source;
	int rc = script_gone();

	script_end(netlink->second);
	netlink->second++;
	for (uint32_t id = 1; !rc && id <= script_sources(); id++) {
		script_source(id, netlink->second, &source);
		rc = fn(&source, data);
	}
	return rc;
}

int frk_netlink_dump_readers(struct frk_netlink *netlink, frk_reader_fn fn, void *data)
{
	int rc = script_gone();

	for (uint32_t id = 1; !rc && id <= script_sources(); id++) {
		struct frk_reader reader = {
			.size = sizeof(reader), .id = id, .pid = 4000 + id, .slots = 1024,
			.nr_sources = 1, .sources = { id }, .made = netlink->second * 100,
			.behind = id % 5 ? 1 : 1024, .stalled = id % 5 == 0,
			.dropped = id % 5 ? 0 : netlink->second * 7, .idle_ns = id % 5 ? 0 : 1500000000,
		};

		rc = fn(&reader, data);
	}
	return rc;
}

int frk_netlink_get(struct frk_netlink *netlink, const char *name,
		    struct frk_source *ret_source)
{
	struct frk_source source;
	int rc = script_gone();

	for (uint32_t id = 1; !rc && id <= script_sources(); id++) {
		script_source(id, netlink->second + 1, &source);
		if (strcmp(source.name, name))
			continue;
		*ret_source = source;
		return 0;
	}
	return rc ? rc : -ENOENT;
}

/* What a source is does not change by it. */
int frk_netlink_start(struct frk_netlink *netlink, const char *name, struct frk_error *error)
{
	struct frk_source source;

	(void)error;
	return frk_netlink_get(netlink, name, &source);
}

int frk_netlink_stop(struct frk_netlink *netlink, const char *name, struct frk_error *error)
{
	return frk_netlink_start(netlink, name, error);
}

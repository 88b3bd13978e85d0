/* SPDX-License-Identifier: MIT */
/*
 * intent.c - the table of latencies; see intent.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tick/intent.h"

#define INTENT_ISOLATED "/sys/devices/system/cpu/isolated"

/**
 * struct intent - how a latency is had
 * @name: of the latency.
 * @why: in words.
 * @wait: how the reader waits.
 * @lead_ns: 0 or FRK_LEAD_AUTO.
 * @accuracy_part: the accuracy is this part of a period; 0: none.
 * @spin_max_ppm: what of a CPU may be spun.
 */
struct intent {
	const char *name;
	const char *why;
	enum frk_wait wait;
	uint64_t lead_ns;
	unsigned int accuracy_part;
	uint32_t spin_max_ppm;
};

static const struct intent intent_table[] = {
	[FRK_LATENCY_DEFAULT] = { "default", "close, and nothing is spent on it",
				  FRK_WAIT_URING, 0, 0, 50000 },
	[FRK_LATENCY_POWERSAVE] = { "powersave", "ticks of a CPU come together",
				    FRK_WAIT_URING, 0, 8, 10000 },
	[FRK_LATENCY_BALANCED] = { "balanced", "the shortest way to sleep",
				   FRK_WAIT_BLOCK, 0, 0, 50000 },
	[FRK_LATENCY_LOW] = { "low", "awake when a tick is due, for up to 5 % of a CPU",
			      FRK_WAIT_BLOCK, FRK_LEAD_AUTO, 0, 50000 },
	[FRK_LATENCY_LOWEST] = { "lowest", "awake well before, for up to 25 % of a CPU",
				 FRK_WAIT_HYBRID, FRK_LEAD_AUTO, 0, 250000 },
};

/* A CPU that nobody else wants may as well be spun on. */
static const struct intent intent_isolated = {
	"lowest", "the CPU is isolated and may be spun on", FRK_WAIT_SPIN, FRK_LEAD_AUTO,
	0, 1000000,
};

static const char *const intent_waits[] = {
	[FRK_WAIT_AUTO] = "auto",   [FRK_WAIT_URING] = "io_uring",
	[FRK_WAIT_POLL] = "poll",   [FRK_WAIT_BLOCK] = "blocking",
	[FRK_WAIT_SPIN] = "spin",   [FRK_WAIT_HYBRID] = "hybrid",
};

static const struct intent *intent_find(const struct frk_driver_opts *opts, bool isolated)
{
	if (opts->latency == FRK_LATENCY_LOWEST && isolated)
		return &intent_isolated;
	return &intent_table[opts->latency];
}

/* A clock that can be set back has no lead, nor has what may come late. */
static uint64_t intent_lead(const struct frk_driver_opts *opts,
			    const struct intent *intent)
{
	if (opts->lead_ns)
		return opts->lead_ns == FRK_LEAD_NONE ? 0 : opts->lead_ns;
	if (opts->clockid == CLOCK_TAI || opts->accuracy_ns)
		return 0;
	return intent->lead_ns;
}

static void intent_say(const struct frk_driver_opts *opts, const struct intent *intent,
		       char *choice, size_t size)
{
	char lead[32] = "none";

	if (opts->lead_ns == FRK_LEAD_AUTO)
		snprintf(lead, sizeof(lead), "auto");
	else if (opts->lead_ns)
		snprintf(lead, sizeof(lead), "%llu ns",
			 (unsigned long long)opts->lead_ns);
	snprintf(choice, size, "%s: wait %s, lead %s, accuracy %llu ns: %s", intent->name,
		 intent_waits[opts->wait], lead, (unsigned long long)opts->accuracy_ns,
		 intent->why);
}

void frki_intent_resolve(struct frk_driver_opts *opts, bool isolated, char *choice,
			 size_t size)
{
	const struct intent *intent = intent_find(opts, isolated);

	if (!opts->wait)
		opts->wait = intent->wait;
	opts->lead_ns = intent_lead(opts, intent);
	if (!opts->accuracy_ns && !opts->lead_ns && intent->accuracy_part)
		opts->accuracy_ns = opts->period_ns / intent->accuracy_part;
	if (!opts->spin_max_ppm)
		opts->spin_max_ppm = intent->spin_max_ppm;
	intent_say(opts, intent, choice, size);
}

bool frki_intent_lists(const char *list, unsigned int cpu)
{
	unsigned long first, last;
	char *end;

	for (; *list; list = *end ? end + 1 : end) {
		first = strtoul(list, &end, 10);
		if (end == list)
			return false;
		last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (first <= cpu && cpu <= last)
			return true;
		if (*end != ',')
			return false;
	}
	return false;
}

bool frki_intent_isolated(uint32_t cpu)
{
	char list[1024];
	ssize_t len = -1;
	int fd;

	if (!cpu)
		return false;
	fd = open(INTENT_ISOLATED, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, list, sizeof(list) - 1);
	close(fd);
	if (len <= 0)
		return false;
	list[len] = '\0';
	return frki_intent_lists(list, cpu - 1);
}

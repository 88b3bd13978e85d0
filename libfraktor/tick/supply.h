/* SPDX-License-Identifier: MIT */
/*
 * supply.h - the ticks of a system, whatever becomes of the driver that makes
 * them: a line, the policy for its end, a watchdog that notices a line which says
 * nothing, and the account over all lines.  Knows no scheduler and no actor; what
 * happens is told to those above through a table.
 *
 * One thread, the reader, drains and waits; it is also the one that replaces a
 * line.  Others may wake it and ask.
 */
#ifndef FRKI_TICK_SUPPLY_H
#define FRKI_TICK_SUPPLY_H

#include <pthread.h>
#include <stdbool.h>

#include <fraktor/event.h>

#include "tick/bootstrap.h"
#include "tick/members.h"
#include "tick/watchdog.h"

/**
 * struct frki_supply_ops - what a supply tells those above it
 * @event: something happened; its seq is not set.  The reader, or the thread that
 *	starts the supply.
 */
struct frki_supply_ops {
	void (*event)(void *data, const struct frk_event *event);
};

/**
 * struct frki_supply_opts - what is wanted
 * @driver: the driver; NULL for the best that works.
 * @line: what to open lines with; its strings are borrowed for ever.
 * @policy: what to do when a driver stops.
 * @fallback: the driver that takes over; NULL for the best other one.
 * @attempts: how often to start a driver again.
 * @backoff_ns: pause before the first time, doubled each time.
 * @silent_ns: a driver that says nothing for so long has stopped; 0 never.
 * @budget_ppb: drift of a second, beyond which there is an event; 0 never.
 * @drift_stops: and the driver has stopped.
 * @quiet: no event for the metrics of each second.
 */
struct frki_supply_opts {
	const struct frk_driver_ops *driver;
	struct frk_driver_opts line;
	enum frk_stop_policy policy;
	const struct frk_driver_ops *fallback;
	uint32_t attempts;
	uint64_t backoff_ns;
	uint64_t silent_ns;
	uint64_t budget_ppb;
	bool drift_stops;
	bool quiet;
};

/**
 * struct frki_supply - the ticks of a system
 * @opts: what is wanted.
 * @ops: upwards; NULL while it is not started.
 * @data: for @ops.
 * @bootstrap: the drivers there are, and what was tried.
 * @lock: whoever asks a line from another thread holds it, so that the line does
 *	not go away; and the reader does to replace it.
 * @line: the line; NULL between two.
 * @driver: its driver.
 * @wakeable: the line for those who wake; may take no lock.
 * @wakers: how many of them are looking at it.
 * @bell: an eventfd, for the time between two lines.
 * @info: of the line that ended, until another one begins; its name is empty then.
 * @past: totals of the lines before this one.
 * @why: the reason for which the line is to be stopped, as others see it.
 * @watchdog: tells when nothing was heard for too long.
 * @doubts: how often since then there was nothing in the feed, either.
 * @down: between two lines: start again at @again_ns.
 * @over: there will be no tick any more.
 * @reason: why the newest line ended.
 * @result: what frki_supply_drain() stands for when it returns -ESHUTDOWN: the
 *	errno that waiting failed with, or -ESHUTDOWN.
 * @again_ns: when.
 * @attempt: how often this driver was started again since it last proved itself.
 * @first_ns: deadline of the line's first tick; 0 before.
 * @members: of the drivers that the line is made of, who ended or fell silent.
 * @report_ns: logical time at which the current second ends; 0 before the first.
 * @idles: no tick is needed for a while, and the line knows it.
 */
struct frki_supply {
	struct frki_supply_opts opts;
	const struct frki_supply_ops *ops;
	void *data;
	struct frki_bootstrap bootstrap;
	pthread_mutex_t lock;
	struct frk_line *line;
	const struct frk_driver_ops *driver;
	struct frk_line *wakeable;
	uint32_t wakers;
	int bell;
	struct frk_driver_info info;
	struct frk_metrics past;
	uint32_t why;
	struct frki_watchdog watchdog;
	uint32_t doubts;
	bool down;
	bool over;
	enum frk_stop_reason reason;
	int result;
	uint64_t again_ns;
	uint32_t attempt;
	uint64_t first_ns;
	struct frki_members members;
	uint64_t report_ns;
	bool idles;
};

/**
 * frki_supply_start() - the first line ticks
 * @supply: zeroed, but for @bootstrap.registry.
 * @opts: what is wanted; copied.
 * @ops: upwards, borrowed.
 * @data: for @ops.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0, or what failed; then nothing is left running.
 */
int frki_supply_start(struct frki_supply *supply, const struct frki_supply_opts *opts,
		      const struct frki_supply_ops *ops, void *data,
		      struct frk_error *error);

/**
 * frki_supply_drain() - the next tick
 * @supply: the supply.  The reader only.
 * @ret_tick: the tick.
 *
 * Replaces a line that has stopped, if the policy says so; that may block for as
 * long as it takes to stop one driver and start another, but not for a pause.
 *
 * Return: 1; 0 for none now; -ESHUTDOWN for none any more, and then
 * @supply->result says more.
 */
int frki_supply_drain(struct frki_supply *supply, struct frk_tick *ret_tick);

/**
 * frki_supply_wait() - sleep until drain may have something to do, or woken
 * @supply: the supply.  The reader only.
 *
 * Return: 0 or -EINTR.
 */
int frki_supply_wait(struct frki_supply *supply);

/**
 * frki_supply_idle() - no tick is needed for a while
 * @supply: the supply.  The reader only, before it waits.
 * @until_ns: until when, on the line's clock; UINT64_MAX for never.
 * @now_ns: the time it has now, of the newest tick.
 *
 * If the line can: then it costs nothing until then, and the first drain that finds
 * nothing ends that, with a tick for all that has passed meanwhile.
 */
void frki_supply_idle(struct frki_supply *supply, uint64_t until_ns, uint64_t now_ns);

/**
 * frki_supply_wake() - end the wait in progress, or else the next one
 * @supply: the supply.  Any thread, async-signal-safe.
 */
void frki_supply_wake(struct frki_supply *supply);

/**
 * frki_supply_stop() - no more ticks; tell that it was asked for
 * @supply: the supply.  The reader only, or nobody else.
 */
void frki_supply_stop(struct frki_supply *supply);

/**
 * frki_supply_close() - release everything
 * @supply: the supply, or one that did not start; no other call is in progress.
 */
void frki_supply_close(struct frki_supply *supply);

/**
 * frki_supply_get_metrics() - the account, totals over all lines
 * @supply: the supply.  Any thread.
 * @ret_metrics: the account.
 */
void frki_supply_get_metrics(struct frki_supply *supply, struct frk_metrics *ret_metrics);

/**
 * frki_supply_get_info() - the driver in effect, or the one that was
 * @supply: the supply.  Any thread.
 * @ret_info: its description.
 */
void frki_supply_get_info(struct frki_supply *supply, struct frk_driver_info *ret_info);

/**
 * frki_supply_get_member() - frk_line_get_member() of the line in effect
 * @supply: the supply.  Any thread.
 * @index: which.
 * @ret_info: its description.
 * @ret_metrics: how well it does.
 *
 * Return: as frk_line_get_member().
 */
int frki_supply_get_member(struct frki_supply *supply, unsigned int index,
			   struct frk_driver_info *ret_info,
			   struct frk_metrics *ret_metrics);

/**
 * frki_supply_get_tried() - what was tried in vain
 * @supply: the supply.  Any thread.
 * @ret_errors: room for @n.
 * @n: how many at most.
 *
 * Return: how many there are.
 */
size_t frki_supply_get_tried(struct frki_supply *supply, struct frk_error *ret_errors,
			     size_t n);

#endif /* FRKI_TICK_SUPPLY_H */

/* SPDX-License-Identifier: MIT */
/*
 * intent.h - from what an application wants (enum frk_latency) to how it is had:
 * one table.  It knows no driver: each takes what it can.
 */
#ifndef FRKI_TICK_INTENT_H
#define FRKI_TICK_INTENT_H

#include <stdbool.h>
#include <stddef.h>

#include <fraktor/tick.h>

/**
 * frki_intent_resolve() - fill in what a latency implies
 * @opts: checked; what it names itself stays.
 * @isolated: the line's CPU is isolated: nobody else wants it.
 * @choice: room for a sentence: what was picked, and why.
 * @size: of @choice.
 *
 * Afterwards &frk_driver_opts.lead_ns is 0 for none, FRK_LEAD_AUTO or a number.
 */
void frki_intent_resolve(struct frk_driver_opts *opts, bool isolated, char *choice,
			 size_t size);

/**
 * frki_intent_isolated() - whether a line's CPU is isolated
 * @cpu: 0 or FRK_CPU(n).
 *
 * Reads a file of sysfs.
 *
 * Return: whether it is named and isolated.
 */
bool frki_intent_isolated(uint32_t cpu);

/**
 * frki_intent_lists() - whether a list of CPUs has one
 * @list: as the kernel writes it: "1,3-5".
 * @cpu: its number.
 */
bool frki_intent_lists(const char *list, unsigned int cpu);

#endif /* FRKI_TICK_INTENT_H */

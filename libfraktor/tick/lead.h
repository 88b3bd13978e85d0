/* SPDX-License-Identifier: MIT */
/*
 * lead.h - how early must a reader be woken to run when its deadline comes?
 * Found out from how it went so far, while it goes on.  Arithmetic only: it asks
 * no clock and knows neither ticks nor drivers.
 *
 * A sample is how long before its deadline the reader ran (the rest it spins),
 * or how long behind it.  Lead minus sample is what that wake-up took.  Of a
 * window of these the lead is taken that would have been enough for all but a
 * few, and a margin.  Where that would have burnt more than the budget, it is
 * the one that was enough for as many as the budget pays for: time spent without
 * reaching the next slower kind of wake-up is spent for nothing.
 */
#ifndef FRKI_TICK_LEAD_H
#define FRKI_TICK_LEAD_H

#include <stdbool.h>
#include <stdint.h>

/* Eight buckets for each doubling, from 64 ns to beyond a millisecond. */
#define FRKI_LEAD_BUCKETS 128

/**
 * struct frki_lead - one wake-up that repeats
 * @lead_ns: how early it is asked for.
 * @max_ns: the longest lead there may be.
 * @budget_ns: what may be spun for each of them, on average.
 * @window: samples that are looked at together; grows from few to many.
 * @samples: of the window so far.
 * @misses: those that came behind their deadline.
 * @unsettled: samples to pass over: they belong to the lead before.
 * @bound: the budget pays for no longer lead.
 * @calm: windows in a row for which a shorter lead would have done.
 * @calm_ns: the longest that one of these needed.
 * @counts: needs of the window, by size.
 */
struct frki_lead {
	uint64_t lead_ns;
	uint64_t max_ns;
	uint64_t budget_ns;
	uint32_t window;
	uint32_t samples;
	uint32_t misses;
	uint32_t unsettled;
	bool bound;
	uint32_t calm;
	uint64_t calm_ns;
	uint16_t counts[FRKI_LEAD_BUCKETS];
};

/**
 * frki_lead_init() - begin with a guess, a long one
 * @lead: the lead.
 * @period_ns: how often the wake-up comes, at most half of which is lead.
 * @spin_max_ppm: share of a CPU that may be spun, on average.
 */
void frki_lead_init(struct frki_lead *lead, uint64_t period_ns, uint32_t spin_max_ppm);

/**
 * frki_lead_sample() - how it went once
 * @lead: the lead.
 * @slack_ns: how long before the deadline the reader ran; negative for behind.
 *
 * Rarely more than a few additions; at the end of a window a walk over the
 * buckets.
 *
 * Return: whether @lead->lead_ns has changed and is to be put into effect; the
 * next two samples are taken to belong to the old one.
 */
bool frki_lead_sample(struct frki_lead *lead, int64_t slack_ns);

#endif /* FRKI_TICK_LEAD_H */

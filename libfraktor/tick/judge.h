/* SPDX-License-Identifier: MIT */
/*
 * judge.h - whether what a driver says can be true.  A tick that came before its
 * time would fire timers early; one that comes twice, twice.  Rates are not
 * judged here: they show as drift.
 */
#ifndef FRKI_TICK_JUDGE_H
#define FRKI_TICK_JUDGE_H

#include <stdbool.h>

#include <fraktor/tick.h>

/**
 * struct frki_judge - what is known of a line
 * @seq: number of the newest record.
 * @reached_ns: deadlines are not before this any more.
 * @period_ns: the period, for lines that go by a clock; 0 when it was changed, and
 *	then how long several of them take is not known.
 * @skew_ns: how far the line's clock was ahead of CLOCK_MONOTONIC at the most; for a
 *	clock that can be set.
 * @knows_skew: it was looked at.
 * @in_order: deadlines never go back: those of several drivers in one feed do, and
 *	were judged before.
 * @by_clock: its times are those of a clock, which can be asked.
 */
struct frki_judge {
	uint64_t seq;
	uint64_t reached_ns;
	uint64_t period_ns;
	int64_t skew_ns;
	bool knows_skew;
	bool in_order;
	bool by_clock;
};

/**
 * frki_judge_init() - know nothing of a line yet
 * @judge: the judge.
 * @ops: the line's driver.
 * @period_ns: the line's period.
 */
void frki_judge_init(struct frki_judge *judge, const struct frk_driver_ops *ops,
		     uint64_t period_ns);

/**
 * frki_judge_latest() - what a clock that can be set has said at the most
 * @judge: the judge.
 * @now_ns: the line's clock.
 * @monotonic_ns: CLOCK_MONOTONIC, read behind it.
 *
 * When it is set back, what was said before that lies ahead and is true all the same.
 *
 * Return: the time, for frki_judge_hear().
 */
uint64_t frki_judge_latest(struct frki_judge *judge, uint64_t now_ns,
			   uint64_t monotonic_ns);

/**
 * frki_judge_hear() - can this record follow the one before?
 * @judge: the judge.
 * @tick: the record.
 * @now_ns: the line's clock, after the record was read.
 *
 * Return: NULL if it can, or what is wrong: static, for "the driver ...".
 */
const char *frki_judge_hear(struct frki_judge *judge, const struct frk_tick *tick,
			    uint64_t now_ns);

#endif /* FRKI_TICK_JUDGE_H */

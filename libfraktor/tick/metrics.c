/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - the account of a tick line: totals, rate, drift, lateness.
 *
 * Seconds are the line's own: they begin at the first deadline, and a tick
 * belongs to the second its deadline lies in, however late it was read.
 *
 * One thread writes and must not wait, nor must a reader wait for it: a reader
 * of higher priority would spin for ever on a writer it has preempted.  So
 * there are two snapshots: while one is written the other can be read.
 */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "tick/metrics.h"

#define SECOND_NS 1000000000ULL

static_assert(sizeof(struct frk_metrics) % sizeof(uint64_t) == 0, "words");

void frki_metrics_init(struct frki_metrics *metrics, uint64_t period_ns)
{
	memset(metrics, 0, sizeof(*metrics));
	metrics->period_ns = period_ns;
	metrics->next_period_ns = period_ns;
}

void frki_metrics_change(struct frki_metrics *metrics, uint64_t period_ns)
{
	if (period_ns)
		metrics->next_period_ns = period_ns;
}

int64_t frki_metrics_drift_ppb(uint64_t elapsed_ns, uint64_t periods, uint64_t period_ns)
{
	uint64_t nominal_ns = periods * period_ns;
	double ppb;

	if (!nominal_ns)
		return 0;
	/* The difference is exact; only the quotient is rounded. */
	ppb = (double)(int64_t)(elapsed_ns - nominal_ns) * 1e9 / (double)nominal_ns;
	return (int64_t)(ppb < 0 ? ppb - 0.5 : ppb + 0.5);
}

static int64_t metrics_drift(const struct frki_metrics *metrics,
			     const struct frki_metrics_point *from)
{
	const struct frki_metrics_point *to = &metrics->last;

	return frki_metrics_drift_ppb(to->fired_ns - from->fired_ns,
				      to->periods - from->periods, metrics->period_ns);
}

/*
 * Periods that a gap in the numbers stands for: only the deadlines tell.
 * Without a gap nothing is read from them: a driver that lets its deadlines
 * slide shall show drift.
 */
static uint64_t metrics_lost(const struct frki_metrics *metrics,
			     const struct frk_tick *tick)
{
	uint64_t gap_ns = tick->deadline_ns - metrics->next_deadline_ns;

	if (tick->seq - metrics->seq <= 1 || (int64_t)gap_ns < 0)
		return 0;
	return (gap_ns + metrics->period_ns / 2) / metrics->period_ns;
}

/* A tick begins a new grid: drift and seconds count from here. */
static void metrics_begin(struct frki_metrics *metrics, const struct frk_tick *tick,
			  uint64_t fired_ns)
{
	metrics->last = (struct frki_metrics_point){ fired_ns, 0 };
	metrics->first = metrics->last;
	metrics->second = metrics->last;
	metrics->second_end_ns = tick->deadline_ns - metrics->period_ns + SECOND_NS;
	metrics->second_ticks = 0;
}

/*
 * A tick that stands for time up to a second's end closes that second: it is
 * its last tick if it ends there, and the first of the next if beyond.  When
 * it jumps over whole seconds, these had no tick of their own.
 */
static void metrics_close_second(struct frki_metrics *metrics, uint64_t beyond_ns)
{
	uint64_t skipped = beyond_ns / SECOND_NS;
	bool is_last = beyond_ns % SECOND_NS == 0;
	struct frk_metrics *now = &metrics->now;

	now->ticks_last_second =
		skipped ? (uint64_t)is_last : metrics->second_ticks - !is_last;
	now->drift_last_second_ppb = metrics_drift(metrics, &metrics->second);
	metrics->second = metrics->last;
	metrics->second_end_ns += (skipped + 1) * SECOND_NS;
	metrics->second_ticks = !is_last;
}

static void metrics_count_second(struct frki_metrics *metrics)
{
	uint64_t reached_ns = metrics->next_deadline_ns - metrics->period_ns;

	metrics->second_ticks++;
	if (reached_ns >= metrics->second_end_ns)
		metrics_close_second(metrics, reached_ns - metrics->second_end_ns);
}

static void metrics_move(struct frki_metrics *metrics, const struct frk_tick *tick,
			 uint64_t fired_ns)
{
	/* A record fires when its last period is due: all have passed. */
	metrics->last.periods += metrics_lost(metrics, tick) + tick->periods;
	metrics->last.fired_ns = fired_ns;
}

/* When the last of its periods was due. */
static uint64_t metrics_end(const struct frki_metrics *metrics,
			    const struct frk_tick *tick)
{
	return tick->deadline_ns + (tick->periods - 1) * metrics->period_ns;
}

static uint64_t metrics_missed(const struct frk_tick *tick)
{
	return tick->flags & FRK_TICK_IDLE ? 0 : tick->periods - 1;
}

static void metrics_count(struct frki_metrics *metrics, const struct frk_tick *tick)
{
	struct frk_metrics *now = &metrics->now;

	now->ticks_total++;
	now->periods_total += tick->periods;
	now->missed_total += metrics_missed(tick);
	if (!(tick->flags & FRK_TICK_ASKED))
		now->phase_error_ns =
			(int64_t)(tick->fired_ns - metrics_end(metrics, tick));
	metrics->seq = tick->seq;
	metrics->next_deadline_ns =
		tick->deadline_ns + tick->periods * metrics->period_ns;
}

/* Whether a new grid begins here; its period is known by then. */
static bool metrics_is_new_grid(struct frki_metrics *metrics, const struct frk_tick *tick)
{
	if (tick->flags & FRK_TICK_CHANGED)
		metrics->period_ns = metrics->next_period_ns;
	return !metrics->now.ticks_total ||
	       tick->flags & (FRK_TICK_FIRST | FRK_TICK_CHANGED);
}

/* Of an idle time only its end was waited for, and not that either by who asks. */
static void metrics_record_lateness(struct frki_metrics *metrics,
				    const struct frk_tick *tick, uint64_t now_ns)
{
	uint64_t due_ns = tick->deadline_ns;

	if (tick->flags & FRK_TICK_ASKED)
		return;
	if (tick->flags & FRK_TICK_IDLE)
		due_ns = metrics_end(metrics, tick);
	frki_histogram_record(&metrics->lateness, now_ns > due_ns ? now_ns - due_ns : 0);
}

/* When it fired, for drift: a lead is none, nor is it one who asks when he likes. */
static uint64_t metrics_at(const struct frki_metrics *metrics, const struct frk_tick *tick)
{
	if (tick->flags & FRK_TICK_LEAD)
		return tick->deadline_ns;
	return tick->flags & FRK_TICK_ASKED ? metrics_end(metrics, tick) : tick->fired_ns;
}

/* Of another driver in the same feed: its periods are not those of this line. */
static void metrics_count_other(struct frki_metrics *metrics, const struct frk_tick *tick)
{
	metrics->now.ticks_total++;
	metrics->now.missed_total += metrics_missed(tick);
	metrics->seq++;
}

static bool metrics_is_other(struct frki_metrics *metrics, const struct frk_tick *tick)
{
	if (!metrics->now.ticks_total)
		metrics->driver = tick->driver;
	return tick->driver != metrics->driver;
}

static void metrics_record_one(struct frki_metrics *metrics, const struct frk_tick *tick,
			       uint64_t now_ns, int64_t skew_ns)
{
	uint64_t fired_ns = metrics_at(metrics, tick) - (uint64_t)skew_ns;

	/* It takes one number; a gap before it stays a gap. */
	if (!tick->periods) {
		metrics->seq++;
		return;
	}
	metrics_record_lateness(metrics, tick, now_ns);
	if (metrics_is_other(metrics, tick)) {
		metrics_count_other(metrics, tick);
		return;
	}
	if (metrics_is_new_grid(metrics, tick))
		metrics_begin(metrics, tick, fired_ns);
	else
		metrics_move(metrics, tick, fired_ns);
	metrics_count(metrics, tick);
	metrics_count_second(metrics);
}

/* What follows from the newest tick alone need not be done for each. */
static void metrics_finish(struct frki_metrics *metrics)
{
	struct frk_metrics *now = &metrics->now;

	now->drift_ppb = metrics_drift(metrics, &metrics->first);
	now->lateness_min_ns = metrics->lateness.min;
	now->lateness_max_ns = metrics->lateness.max;
}

/*
 * The number goes up after the words (release); the words of the next but one,
 * which overwrite these, come after that (release each).  Pairs with
 * metrics_copy().
 */
static void metrics_publish(struct frki_metrics *metrics)
{
	uint64_t number = metrics->published + 1;
	uint64_t *to = metrics->snapshot[number & 1];
	uint64_t word[FRKI_METRICS_WORDS];
	size_t i;

	memcpy(word, &metrics->now, sizeof(word));
	for (i = 0; i < FRKI_METRICS_WORDS; i++)
		__atomic_store_n(&to[i], word[i], __ATOMIC_RELEASE);
	__atomic_store_n(&metrics->published, number, __ATOMIC_RELEASE);
}

void frki_metrics_record(struct frki_metrics *metrics, const struct frk_tick *ticks,
			 size_t n, uint64_t now_ns, int64_t skew_ns)
{
	size_t i;

	for (i = 0; i < n; i++)
		metrics_record_one(metrics, &ticks[i], now_ns, skew_ns);
	if (!n)
		return;
	metrics_finish(metrics);
	metrics_publish(metrics);
}

/*
 * Copy a snapshot and say whether it stayed the newest.  Acquire on every word
 * pairs with metrics_publish(): whoever saw a word of the next but one sees
 * that the number has moved.
 */
static int metrics_copy(const struct frki_metrics *metrics,
			struct frk_metrics *ret_metrics)
{
	uint64_t number = __atomic_load_n(&metrics->published, __ATOMIC_ACQUIRE);
	const uint64_t *from = metrics->snapshot[number & 1];
	uint64_t word[FRKI_METRICS_WORDS];
	size_t i;

	for (i = 0; i < FRKI_METRICS_WORDS; i++)
		word[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	memcpy(ret_metrics, word, sizeof(word));
	return __atomic_load_n(&metrics->published, __ATOMIC_RELAXED) == number;
}

/*
 * The buckets may be a few ticks ahead of the snapshot and their edges lie
 * beyond the largest value: keep to what the snapshot says.
 */
static uint64_t metrics_percentile(const struct frki_metrics *metrics,
				   const struct frk_metrics *snapshot,
				   unsigned int per_mille)
{
	uint64_t value = frki_histogram_percentile(&metrics->lateness, per_mille);

	if (value > snapshot->lateness_max_ns)
		return snapshot->lateness_max_ns;
	return value < snapshot->lateness_min_ns ? snapshot->lateness_min_ns : value;
}

void frki_metrics_get(const struct frki_metrics *metrics, struct frk_metrics *ret_metrics)
{
	while (!metrics_copy(metrics, ret_metrics))
		;
	ret_metrics->lateness_p50_ns = metrics_percentile(metrics, ret_metrics, 500);
	ret_metrics->lateness_p99_ns = metrics_percentile(metrics, ret_metrics, 990);
}

/* SPDX-License-Identifier: MIT */
/*
 * line.c - a tick line in use: a driver that was checked, opened, started once,
 * stopped once, and accounted for tick by tick.  The folders above never call a
 * driver's table themselves.
 *
 * Knows no driver by name, no wheel, no actor.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fraktor/tick.h>

#include "base/error.h"
#include "base/opts.h"
#include "tick/clock.h"
#include "tick/hold.h"
#include "tick/intent.h"
#include "tick/judge.h"
#include "tick/lead.h"
#include "tick/line.h"
#include "tick/metrics.h"

#define LINE_SLOTS 1024U
/* 64 MiB of records: what is more is a mistake, not a wish. */
#define LINE_SLOTS_MAX (1U << 21)

/* As promised in <fraktor/tick.h>. */
#define LINE_STATE_ALIGN 64

/**
 * struct line_out - a tick that was handed out
 * @tick: the tick.
 * @there_ns: when the reader was there for it.
 * @at_ns: when it was handed out.
 */
struct line_out {
	struct frk_tick tick;
	uint64_t there_ns;
	uint64_t at_ns;
};

/**
 * struct frk_line - a tick line in use
 * @ops: its driver.
 * @state: the driver's private state.
 * @clockid: clock of its ticks.
 * @started: the driver's start succeeded.
 * @stopped: the driver's stop succeeded after that.
 * @start_ns: CLOCK_MONOTONIC then.
 * @metrics: written by the reader thread.
 * @lead_ns: the lead in effect; written by the reader thread.
 * @calibrates: @lead is asked for the lead.
 * @lead: its calibration; the reader thread's.
 * @asked_ns: the lead that is to be put into effect.
 * @hold: what is known of spinning.
 * @out: the tick that was handed out last.
 * @owes: it is not accounted for yet.
 * @reader: the thread that drains.
 * @kept: a tick that came early behind others that were due; for the next drain.
 * @keeps: there is one.
 * @judge: whether what it says can be true.
 * @lie: what could not, in words; or NULL: then the line has ended.
 * @choice: what was picked, in words.
 */
struct frk_line {
	const struct frk_driver_ops *ops;
	void *state;
	clockid_t clockid;
	bool started;
	bool stopped;
	uint64_t start_ns;
	struct frki_metrics metrics;
	uint64_t lead_ns;
	bool calibrates;
	struct frki_lead lead;
	uint64_t asked_ns;
	struct frki_hold hold;
	struct line_out out;
	bool owes;
	pthread_t reader;
	struct frk_tick kept;
	bool keeps;
	struct frki_judge judge;
	const char *lie;
	char choice[sizeof(((struct frk_driver_info *)0)->choice)];
};

/* What a table has at least: what it had when the first release was made. */
#define LINE_OPS_MIN offsetof(struct frk_driver_ops, set_lead)

/* A hand-out that is no later than this met its deadline. */
#define LINE_HIT_NS 1000U

/* --- what is refused --------------------------------------------------- */

/* Name of the first function that is missing, or NULL. */
static const char *line_missing(const struct frk_driver_ops *ops)
{
	return !ops->open    ? "open" :
	       !ops->start   ? "start" :
	       !ops->drain   ? "drain" :
	       !ops->wait    ? "wait" :
	       !ops->wake    ? "wake" :
	       !ops->stop    ? "stop" :
	       !ops->close   ? "close" :
	       !ops->info    ? "info" :
	       !ops->dropped ? "dropped" :
			       NULL;
}

static int line_check_ops(const struct frk_driver_ops *ops, struct frk_error *error)
{
	const char *missing;

	if (!ops)
		return frki_error_set(error, -EINVAL, NULL, "open",
				      "no tick driver given");
	if (ops->size < LINE_OPS_MIN || !ops->name || !*ops->name)
		return frki_error_set(error, -EINVAL, NULL, "open",
				      "the driver's table has a wrong size or "
				      "no name");
	missing = line_missing(ops);
	if (missing)
		return frki_error_set(error, -EINVAL, ops->name, "open",
				      "the driver has no function '%s'", missing);
	return 0;
}

static bool line_knows_clock(int clockid)
{
	return clockid == CLOCK_MONOTONIC || clockid == CLOCK_BOOTTIME ||
	       clockid == CLOCK_TAI;
}

/* Options of any age, with what stands for zero; @name has room for a name. */
static int line_copy_opts(const char *driver, const struct frk_driver_opts *opts,
			  char *name, size_t size, struct frk_driver_opts *ret_opts,
			  struct frk_error *error)
{
	size_t min = offsetof(struct frk_driver_opts, rt_priority) +
		     sizeof(opts->rt_priority);

	if (frki_opts_copy(ret_opts, sizeof(*ret_opts), opts, min))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "the options have a wrong size, or name "
				      "what this library does not know");
	ret_opts->size = sizeof(*ret_opts);
	if (!ret_opts->name) {
		snprintf(name, size, "fraktor-%ld", (long)getpid());
		ret_opts->name = name;
	}
	if (!ret_opts->clockid)
		ret_opts->clockid = CLOCK_MONOTONIC;
	if (!ret_opts->slots)
		ret_opts->slots = LINE_SLOTS;
	return 0;
}

static int line_check_opts(const char *driver, const struct frk_driver_opts *opts,
			   struct frk_error *error)
{
	if (!opts->period_ns)
		return frki_error_set(error, -EINVAL, driver, "open", "the period is 0");
	if (!line_knows_clock(opts->clockid))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "clock %d is not CLOCK_MONOTONIC, "
				      "CLOCK_BOOTTIME or CLOCK_TAI",
				      opts->clockid);
	if (opts->slots < 2 || opts->slots > LINE_SLOTS_MAX ||
	    opts->slots & (opts->slots - 1))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "%u slots are not a power of two from 2 "
				      "to %u",
				      opts->slots, LINE_SLOTS_MAX);
	if (opts->rt_priority < 0 || opts->rt_priority > 99)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "real-time priority %d is not within 0 "
				      "to 99",
				      opts->rt_priority);
	if (opts->cpu > INT_MAX)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "there is no CPU %u", opts->cpu - 1);
	return 0;
}

static bool line_is_number(uint64_t lead_ns)
{
	return lead_ns && lead_ns != FRK_LEAD_AUTO && lead_ns != FRK_LEAD_NONE;
}

static int line_check_latency(const char *driver, const struct frk_driver_opts *opts,
			      struct frk_error *error)
{
	uint64_t max_ns = opts->period_ns / 2;
	bool leads = opts->lead_ns && opts->lead_ns != FRK_LEAD_NONE;

	if ((unsigned int)opts->latency > FRK_LATENCY_LOWEST)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "latency %d is none of FRK_LATENCY_...",
				      (int)opts->latency);
	if ((unsigned int)opts->wait > FRK_WAIT_HYBRID)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "wait %d is none of FRK_WAIT_...", (int)opts->wait);
	if (opts->spin_max_ppm > 1000000)
		return frki_error_set(error, -EINVAL, driver, "open",
				      "spin_max_ppm is %u: a CPU has 1000000",
				      opts->spin_max_ppm);
	if (opts->accuracy_ns > max_ns ||
	    (line_is_number(opts->lead_ns) &&
	     (opts->lead_ns > max_ns || opts->lead_ns > FRK_MS(1))))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "a lead or an accuracy is more than half a "
				      "period, or the lead than a millisecond");
	if (leads && (opts->accuracy_ns || opts->clockid == CLOCK_TAI))
		return frki_error_set(error, -EINVAL, driver, "open",
				      "a lead goes neither with an accuracy nor with "
				      "CLOCK_TAI, which can be set back");
	return 0;
}

/* --- open, start, stop, close ------------------------------------------ */

/* A driver of the application may fail without a word, or say only half of it. */
static int line_failed(const struct frk_line *line, const char *call, int err,
		       const struct frk_error *said, struct frk_error *error)
{
	const char *driver = *said->driver ? said->driver : line->ops->name;
	const char *where = *said->call ? said->call : call;

	if (!*said->text)
		return frki_error_set(error, err, driver, where,
				      "the driver failed to %s", call);
	return frki_error_set(error, err, driver, where, "%s", said->text);
}

void *frki_line_new_state(const struct frk_driver_ops *ops)
{
	size_t size = ops->state_size ? ops->state_size : 1;
	void *state;

	if (posix_memalign(&state, LINE_STATE_ALIGN, size))
		return NULL;
	return memset(state, 0, size);
}

static struct frk_line *line_new(const struct frk_driver_ops *ops)
{
	struct frk_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	line->ops = ops;
	line->state = frki_line_new_state(ops);
	if (!line->state) {
		free(line);
		return NULL;
	}
	return line;
}

static void line_free(struct frk_line *line)
{
	free(line->state);
	free(line);
}

static bool line_can_lead(const struct frk_line *line)
{
	return line->ops->size > LINE_OPS_MIN && line->ops->set_lead;
}

/* What is wanted becomes what is to be done; the driver takes what it can. */
static void line_plan(struct frk_line *line, struct frk_driver_opts *opts)
{
	frki_intent_resolve(opts, frki_intent_isolated(opts->cpu), line->choice,
			    sizeof(line->choice));
	if (!line_can_lead(line))
		opts->lead_ns = 0;
	line->calibrates = opts->lead_ns == FRK_LEAD_AUTO;
	if (line->calibrates) {
		frki_lead_init(&line->lead, opts->period_ns, opts->spin_max_ppm);
		opts->lead_ns = line->lead.lead_ns;
	}
	line->lead_ns = opts->lead_ns;
	line->asked_ns = opts->lead_ns;
	line->metrics.now.lead_ns = opts->lead_ns;
}

static int line_open(const struct frk_driver_ops *ops,
		     const struct frk_driver_opts *opts, struct frk_error *error,
		     struct frk_line **ret_line)
{
	struct frk_driver_opts plan = *opts;
	struct frk_error said = { 0 };
	struct frk_line *line;
	int err;

	line = line_new(ops);
	if (!line)
		return frki_error_set(error, -ENOMEM, ops->name, "malloc",
				      "no memory for the driver's state");
	line->clockid = opts->clockid;
	frki_metrics_init(&line->metrics, opts->period_ns);
	line_plan(line, &plan);
	frki_hold_init(&line->hold);
	frki_judge_init(&line->judge, ops, opts->period_ns);
	err = ops->open(line->state, &plan, &said);
	if (err) {
		err = line_failed(line, "open", err, &said, error);
		line_free(line);
		return err;
	}
	*ret_line = line;
	return 0;
}

int frk_line_open(const struct frk_driver_ops *driver,
		  const struct frk_driver_opts *opts, struct frk_error *error,
		  struct frk_line **ret_line)
{
	struct frk_driver_opts wanted;
	char name[32];
	int err;

	err = line_check_ops(driver, error);
	if (!err)
		err = line_copy_opts(driver->name, opts, name, sizeof(name), &wanted,
				     error);
	if (!err)
		err = line_check_opts(driver->name, &wanted, error);
	if (!err)
		err = line_check_latency(driver->name, &wanted, error);
	return err ? err : line_open(driver, &wanted, error, ret_line);
}

/* Pairs with the release in frk_line_start(). */
static uint64_t line_start_ns(const struct frk_line *line)
{
	return __atomic_load_n(&line->start_ns, __ATOMIC_ACQUIRE);
}

/* Nothing can have been seen later than this. */
static uint64_t line_latest(struct frk_line *line)
{
	uint64_t now_ns;

	if (!line->judge.by_clock)
		return 0;
	now_ns = frki_clock_now_ns(line->clockid);
	if (line->clockid != CLOCK_TAI)
		return now_ns;
	return frki_judge_latest(&line->judge, now_ns,
				 frki_clock_now_ns(CLOCK_MONOTONIC));
}

int frk_line_start(struct frk_line *line, struct frk_error *error)
{
	struct frk_error said = { 0 };
	uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	int err;

	if (line->started)
		return frki_error_set(error, -EALREADY, line->ops->name, "start",
				      "the tick line was started "
				      "before");
	/* It may be set back before the first tick. */
	line_latest(line);
	err = line->ops->start(line->state, &said);
	if (err)
		return line_failed(line, "start", err, &said, error);
	line->started = true;
	/* Pairs with line_start_ns() in other threads. */
	__atomic_store_n(&line->start_ns, now_ns, __ATOMIC_RELEASE);
	return 0;
}

/* --- the reader thread ------------------------------------------------- */

/* Someone else may change a line's period: only the driver knows to what. */
static void line_follow_period(struct frk_line *line, const struct frk_tick *ticks,
			       size_t n)
{
	struct frk_driver_info info = { 0 };
	size_t i;

	for (i = 0; i < n && !(ticks[i].flags & FRK_TICK_CHANGED); i++)
		;
	if (i == n)
		return;
	line->ops->info(line->state, &info);
	frki_metrics_change(&line->metrics, info.resolution_ns);
}

/* Lateness is on the line's own clock, drift against CLOCK_MONOTONIC. */
static void line_account(struct frk_line *line, const struct frk_tick *ticks, size_t n,
			 uint64_t out_ns)
{
	int64_t skew_ns = 0;

	if (line->clockid != CLOCK_MONOTONIC)
		skew_ns = (int64_t)(frki_clock_now_ns(line->clockid) -
				    frki_clock_now_ns(CLOCK_MONOTONIC));
	line_follow_period(line, ticks, n);
	frki_metrics_record(&line->metrics, ticks, n, out_ns, skew_ns);
}

/* Whether a tick went out by a lead, or would have. */
static bool line_leads(const struct frk_line *line, const struct frk_tick *tick)
{
	/* What nobody waited for says nothing of how early it is to be made. */
	if (tick->flags & (FRK_TICK_IDLE | FRK_TICK_ASKED))
		return false;
	return tick->flags & FRK_TICK_LEAD ||
	       ((line->lead_ns || line->calibrates) && tick->periods);
}

static void line_account_lead(struct frk_line *line, const struct line_out *out)
{
	int64_t slack_ns = (int64_t)(out->tick.deadline_ns - out->there_ns);
	struct frk_metrics *now = &line->metrics.now;

	now->lead_ticks_total++;
	if (slack_ns > 0) {
		now->spin_total_ns += (uint64_t)slack_ns;
		now->lead_hits_total += out->at_ns - out->tick.deadline_ns <= LINE_HIT_NS;
	}
	if (line->calibrates && frki_lead_sample(&line->lead, slack_ns))
		line->asked_ns = line->lead.lead_ns;
}

/*
 * Account for the tick that was handed out last.  Done when the reader comes
 * back, so that it is not in the way of that tick.  The reader thread only.
 */
static void line_settle(struct frk_line *line)
{
	if (!line->owes)
		return;
	line->owes = false;
	if (line_leads(line, &line->out.tick))
		line_account_lead(line, &line->out);
	line_account(line, &line->out.tick, 1, line->out.at_ns);
}

/* The same for calls that come from anyone: who is not the reader goes without. */
static void line_settle_own(struct frk_line *line)
{
	if (__atomic_load_n(&line->reader, __ATOMIC_RELAXED) == pthread_self())
		line_settle(line);
}

/* One tick, not before it is due; behind that there is nothing left to do. */
static void line_hand_out_one(struct frk_line *line, const struct frk_tick *tick)
{
	struct line_out *out = &line->out;

	out->there_ns = frki_clock_now_ns(line->clockid);
	out->at_ns = out->there_ns;
	out->tick = *tick;
	line->owes = true;
	if (tick->flags & FRK_TICK_LEAD && out->there_ns < tick->deadline_ns)
		out->at_ns = frki_hold_until(&line->hold, line->clockid, out->there_ns,
					     tick->deadline_ns);
}

/*
 * A lead is at most half a period: of several ticks only the last one may be
 * early.  Those before it do not wait for it.
 */
static int line_hand_out(struct frk_line *line, const struct frk_tick *ticks, int n)
{
	const struct frk_tick *last = &ticks[n - 1];

	if (n == 1) {
		line_hand_out_one(line, last);
		return 1;
	}
	if (last->flags & FRK_TICK_LEAD) {
		line->kept = *last;
		line->keeps = true;
		n--;
	}
	line_account(line, ticks, (size_t)n, frki_clock_now_ns(line->clockid));
	return n;
}

static int line_drain_kept(struct frk_line *line, struct frk_tick *ret_tick)
{
	*ret_tick = line->kept;
	line->keeps = false;
	line_hand_out_one(line, ret_tick);
	return 1;
}

/* How many of the ticks can be believed: who lies once is not heard any more. */
static int line_judge(struct frk_line *line, const struct frk_tick *ticks, int n)
{
	uint64_t now_ns = line_latest(line);
	const char *lie;

	for (int i = 0; i < n; i++) {
		lie = frki_judge_hear(&line->judge, &ticks[i], now_ns);
		if (!lie)
			continue;
		/* Other threads ask; the words are constant. */
		__atomic_store_n(&line->lie, lie, __ATOMIC_RELAXED);
		return i;
	}
	return n;
}

static int line_take(struct frk_line *line, struct frk_tick *ret_ticks, size_t n)
{
	int taken = line->ops->drain(line->state, ret_ticks, n);

	if (taken > 0)
		taken = line_judge(line, ret_ticks, taken);
	return taken || !line->lie ? taken : -ESHUTDOWN;
}

int frk_line_drain(struct frk_line *line, struct frk_tick *ret_ticks, size_t n)
{
	int taken;

	if (!n)
		return -EINVAL;
	__atomic_store_n(&line->reader, pthread_self(), __ATOMIC_RELAXED);
	line_settle(line);
	if (line->keeps)
		return line_drain_kept(line, ret_ticks);
	if (line->lie)
		return -ESHUTDOWN;
	taken = line_take(line, ret_ticks, n);
	return taken > 0 ? line_hand_out(line, ret_ticks, taken) : taken;
}

/* Off the way of a tick: this is a system call. */
static void line_put_lead(struct frk_line *line)
{
	if (line->ops->set_lead(line->state, line->asked_ns)) {
		/* Someone else's reader does not know leads: go on as it is. */
		line->calibrates = false;
		line->asked_ns = line->lead_ns;
		return;
	}
	__atomic_store_n(&line->lead_ns, line->asked_ns, __ATOMIC_RELAXED);
	line->metrics.now.lead_ns = line->asked_ns;
}

int frk_line_wait(struct frk_line *line)
{
	line_settle(line);
	if (line->asked_ns != line->lead_ns)
		line_put_lead(line);
	if (line->keeps || line->lie)
		return 0;
	return line->ops->wait(line->state);
}

int frk_line_idle(struct frk_line *line, uint64_t until_ns)
{
	if (!line || !line->started)
		return -EINVAL;
	if (line->ops->size <= offsetof(struct frk_driver_ops, idle) || !line->ops->idle)
		return -EOPNOTSUPP;
	return line->ops->idle(line->state, until_ns);
}

bool frki_line_lied(const struct frk_line *line)
{
	return line->lie;
}

/* --- the end --------------------------------------------------------------- */

int frk_line_stop(struct frk_line *line)
{
	int err;

	line_settle_own(line);
	if (!line->started || line->stopped)
		return 0;
	err = line->ops->stop(line->state);
	line->stopped = !err;
	/* A driver need not end the wait by itself. */
	line->ops->wake(line->state);
	return err;
}

void frk_line_close(struct frk_line *line)
{
	if (!line)
		return;
	frk_line_stop(line);
	line->ops->close(line->state);
	line_free(line);
}

/* --- any thread -------------------------------------------------------- */

void frk_line_wake(struct frk_line *line)
{
	line->ops->wake(line->state);
}

void frk_line_get_metrics(struct frk_line *line, struct frk_metrics *ret_metrics)
{
	struct frk_metrics metrics;

	line_settle_own(line);
	frki_metrics_get(&line->metrics, &metrics);
	metrics.timestamp_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	metrics.dropped_total = line->ops->dropped(line->state);
	if (metrics.lead_ticks_total)
		metrics.spin_mean_ns = metrics.spin_total_ns / metrics.lead_ticks_total;
	*ret_metrics = metrics;
}

void frk_line_get_info(struct frk_line *line, struct frk_driver_info *ret_info)
{
	struct frk_driver_info info = { 0 };
	struct frk_metrics metrics;
	const char *lie;

	line_settle_own(line);
	line->ops->info(line->state, &info);
	if (!*info.name)
		snprintf(info.name, sizeof(info.name), "%s", line->ops->name);
	if (!info.kind)
		info.kind = line->ops->kind;
	frki_metrics_get(&line->metrics, &metrics);
	info.start_ns = line_start_ns(line);
	info.ticks_total = metrics.ticks_total;
	info.lead_ns = __atomic_load_n(&line->lead_ns, __ATOMIC_RELAXED);
	lie = __atomic_load_n(&line->lie, __ATOMIC_RELAXED);
	if (lie)
		snprintf(info.stopped, sizeof(info.stopped), "%s", lie);
	snprintf(info.choice, sizeof(info.choice), "%s", line->choice);
	*ret_info = info;
}

int frk_line_get_member(struct frk_line *line, unsigned int index,
			struct frk_driver_info *ret_info, struct frk_metrics *ret_metrics)
{
	bool has_members = line->ops->size > offsetof(struct frk_driver_ops, member);
	struct frk_driver_info info;
	struct frk_metrics metrics;
	int err;

	if (!has_members || !line->ops->member)
		return -ENOENT;
	err = line->ops->member(line->state, index, &info, &metrics);
	if (err)
		return err;
	*ret_info = info;
	*ret_metrics = metrics;
	return 0;
}

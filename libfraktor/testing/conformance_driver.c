/* SPDX-License-Identifier: MIT */
/*
 * conformance_driver.c - the checks.  They see a driver as the layers above
 * do, through a line.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "testing/conformance_driver.h"
#include "tick/period.h"

#define BATCH 8
#define ENOUGH 50

/* What only a note may say. */
#define NOTES (FRK_TICK_SUSPEND | FRK_TICK_RESUME)

/* Leave the check with a reason; only where no line is open. */
#define must(condition, text)          \
	do {                           \
		if (!(condition))      \
			return (text); \
	} while (0)

typedef const char *(*body_fn)(struct frk_line *line, const struct frk_driver_opts *opts);

/* Most checks are something done to a started line. */
static const char *with_line(const struct frk_driver_ops *ops,
			     const struct frk_driver_opts *opts, body_fn body)
{
	struct frk_line *line;
	const char *wrong;

	must(!frk_line_open(ops, opts, NULL, &line), "open failed");
	if (frk_line_start(line, NULL))
		wrong = "start failed";
	else
		wrong = body(line, opts);
	frk_line_close(line);
	return wrong;
}

static void sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Drain until there is something; its count, or a negative errno. */
static int drain_some(struct frk_line *line, struct frk_tick *ticks, size_t n)
{
	int taken, err;

	for (;;) {
		taken = frk_line_drain(line, ticks, n);
		if (taken)
			return taken;
		err = frk_line_wait(line);
		if (err)
			return err;
	}
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* --- life -------------------------------------------------------------- */

static const char *nothing(struct frk_line *line, const struct frk_driver_opts *opts)
{
	(void)line;
	(void)opts;
	return NULL;
}

static const char *check_leaves_nothing(const struct frk_driver_ops *ops,
					const struct frk_driver_opts *opts)
{
	struct frk_line *line;
	int before, i;

	/* The first use may open what stays, as a C library does. */
	must(!with_line(ops, opts, nothing), "open or start failed");
	before = count_fds();
	for (i = 0; i < 5; i++) {
		must(!frk_line_open(ops, opts, NULL, &line), "open failed");
		frk_line_close(line);
		must(!with_line(ops, opts, nothing), "start failed");
	}
	must(count_fds() == before, "descriptors are left open");
	return NULL;
}

static const char *body_start(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_error error;

	(void)opts;
	must(frk_line_start(line, &error) == -EALREADY,
	     "a second start is not -EALREADY");
	must(error.code == -EALREADY, "the error has another code");
	return NULL;
}

static const char *check_starts_once(const struct frk_driver_ops *ops,
				     const struct frk_driver_opts *opts)
{
	return with_line(ops, opts, body_start);
}

static const char *body_stop(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_tick ticks[BATCH];
	int taken;

	(void)opts;
	must(drain_some(line, ticks, BATCH) > 0, "no tick");
	must(!frk_line_stop(line), "stop failed");
	must(!frk_line_stop(line), "a second stop failed");
	do {
		taken = frk_line_drain(line, ticks, BATCH);
	} while (taken > 0);
	must(taken == -ESHUTDOWN, "drain of a stopped line: no -ESHUTDOWN");
	sleep_ms(5);
	must(frk_line_drain(line, ticks, BATCH) == -ESHUTDOWN, "a tick came after stop");
	must(!frk_line_wait(line), "wait on a stopped line failed");
	return NULL;
}

/* A line that runs has no reason to have stopped, nor has one that was told to. */
static const char *body_reason(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_driver_info info;

	(void)opts;
	frk_line_get_info(line, &info);
	must(!*info.stopped, "a line that runs says why it stopped");
	must(!frk_line_stop(line), "stop failed");
	frk_line_get_info(line, &info);
	must(!*info.stopped, "a line that was told to stop says it stopped by itself");
	return NULL;
}

static const char *check_stop_reason(const struct frk_driver_ops *ops,
				     const struct frk_driver_opts *opts)
{
	return with_line(ops, opts, body_reason);
}

static const char *check_stops_for_good(const struct frk_driver_ops *ops,
					const struct frk_driver_opts *opts)
{
	return with_line(ops, opts, body_stop);
}

static const char *check_stops_unstarted(const struct frk_driver_ops *ops,
					 const struct frk_driver_opts *opts)
{
	struct frk_line *line;
	int err;

	must(!frk_line_open(ops, opts, NULL, &line), "open failed");
	err = frk_line_stop(line);
	frk_line_close(line);
	must(!err, "stop of a line that was not started failed");
	return NULL;
}

/* --- options ----------------------------------------------------------- */

static const char *check_refuses(const struct frk_driver_ops *ops,
				 const struct frk_driver_opts *opts, uint64_t period_ns,
				 int code)
{
	struct frk_driver_opts bad = *opts;
	struct frk_error error = { 0 };
	struct frk_line *line = NULL;

	bad.period_ns = period_ns;
	must(frk_line_open(ops, &bad, &error, &line) == code,
	     "a bad period is not refused as it should be");
	must(!line, "the output was touched on failure");
	must(error.code == code, "the error has another code");
	must(!strcmp(error.driver, ops->name), "the error names no driver");
	must(*error.call && *error.text, "the error does not say what failed");
	return NULL;
}

static const char *check_bad_options(const struct frk_driver_ops *ops,
				     const struct frk_driver_opts *opts)
{
	static const struct {
		uint64_t period_ns;
		int code;
	} bad[] = {
		{ 0, -EINVAL },		 { 1, -ERANGE },
		{ 9999, -ERANGE },	 { FRK_S(3600) + 1, -ERANGE },
		{ UINT64_MAX, -ERANGE },
	};
	const char *wrong = NULL;
	int before = count_fds();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad) && !wrong; i++)
		wrong = check_refuses(ops, opts, bad[i].period_ns, bad[i].code);
	must(wrong || count_fds() == before, "a failed open left something");
	return wrong;
}

/* --- ticks ------------------------------------------------------------- */

/*
 * @before is the tick before @tick, all zeroes for the first.  Pulses have no grid:
 * they are due when they come, and tell how many did not.
 */
static const char *judge(const struct frk_tick *tick, const struct frk_tick *before,
			 uint64_t period_ns, bool pulsed)
{
	uint64_t due = before->deadline_ns + before->periods * period_ns;
	uint64_t passed =
		frki_period_passed(tick->fired_ns - before->fired_ns, period_ns);

	must(tick->seq == before->seq + 1, "numbers are not in order");
	must(tick->periods >= 1, "a tick stands for no period");
	must(!(tick->flags & NOTES), "a tick looks like a note");
	must(tick->flags & FRK_TICK_LEAD ||
		     tick->fired_ns >=
			     tick->deadline_ns + (tick->periods - 1) * period_ns,
	     "a tick is early");
	must(!!(tick->flags & FRK_TICK_MISSED) == (tick->periods > 1),
	     "the flag for missed periods is wrong");
	must(!!(tick->flags & FRK_TICK_FIRST) == !before->seq,
	     "the flag of the first tick is wrong");
	must(!before->seq || pulsed || tick->deadline_ns == due,
	     "a deadline is off the grid");
	must(!before->seq || !pulsed || tick->periods == passed,
	     "missing pulses are miscounted");
	must(!pulsed || tick->deadline_ns + (tick->periods - 1) * period_ns ==
				tick->fired_ns,
	     "a pulse was not due when it came");
	must(tick->fired_ns >= before->fired_ns, "time runs backwards");
	return NULL;
}

/* A note is in order, stands for no time, and says what it is. */
static const char *judge_note(const struct frk_tick *note, struct frk_tick *before)
{
	must(note->seq == before->seq + 1, "numbers are not in order");
	must(note->flags & NOTES, "a record stands for no period and says nothing");
	must(!(note->flags & (FRK_TICK_FIRST | FRK_TICK_MISSED)),
	     "a note looks like a tick");
	before->seq = note->seq;
	return NULL;
}

static bool is_pulsed(struct frk_line *line)
{
	struct frk_driver_info info;

	frk_line_get_info(line, &info);
	return info.kind == FRK_DRIVER_PULSE;
}

static const char *body_order(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_tick ticks[BATCH], before = { 0 };
	struct frk_metrics metrics;
	const char *wrong;
	bool pulsed = is_pulsed(line);
	uint64_t n = 0;
	int taken, i;

	while (n < ENOUGH) {
		taken = drain_some(line, ticks, BATCH);
		must(taken > 0, "drain or wait failed");
		for (i = 0; i < taken; i++) {
			wrong = !ticks[i].periods ? judge_note(&ticks[i], &before) :
						    judge(&ticks[i], &before,
							  opts->period_ns, pulsed);
			if (wrong)
				return wrong;
			if (!ticks[i].periods)
				continue;
			before = ticks[i];
			n++;
		}
	}
	frk_line_get_metrics(line, &metrics);
	must(metrics.ticks_total == n, "ticks are miscounted");
	must(metrics.periods_total - metrics.missed_total == n, "periods are miscounted");
	must(!metrics.dropped_total, "ticks were dropped");
	return NULL;
}

/* Large enough that a stalled test machine drops nothing. */
static const char *check_order_and_grid(const struct frk_driver_ops *ops,
					const struct frk_driver_opts *opts)
{
	struct frk_driver_opts roomy = *opts;

	roomy.slots = 4096;
	return with_line(ops, &roomy, body_order);
}

static const char *body_drop(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_tick ticks[BATCH];
	struct frk_metrics metrics;
	uint64_t n = 0, seq = 0;
	int taken, i;

	/* However slow the machine, some day the feed is full. */
	do {
		sleep_ms(2);
		frk_line_get_metrics(line, &metrics);
	} while (!metrics.dropped_total);
	must(!frk_line_stop(line), "stop failed");
	while ((taken = frk_line_drain(line, ticks, BATCH)) > 0) {
		for (i = 0; i < taken; i++) {
			must(ticks[i].seq > seq, "numbers are not in order");
			must(!n || ticks[i].seq == seq + 1, "a gap behind the oldest");
			seq = ticks[i].seq;
			n++;
		}
	}
	frk_line_get_metrics(line, &metrics);
	must(n == opts->slots, "the feed holds another number of ticks");
	must(seq == n + metrics.dropped_total, "made is not handed out plus dropped");
	return NULL;
}

static const char *check_drops_oldest(const struct frk_driver_ops *ops,
				      const struct frk_driver_opts *opts)
{
	struct frk_driver_opts small = *opts;

	small.slots = 16;
	return with_line(ops, &small, body_drop);
}

/* --- waiting ----------------------------------------------------------- */

struct helper {
	pthread_t thread;
	struct frk_line *line;
	int stop;
	int helped;
};

static void *help(void *data)
{
	struct helper *helper = data;

	/* A wake that comes before the wait ends it all the same. */
	sleep_ms(20);
	/* First, or the reader that is woken would wait once more, for ever. */
	__atomic_store_n(&helper->helped, 1, __ATOMIC_RELEASE);
	if (helper->stop)
		frk_line_stop(helper->line);
	else
		frk_line_wake(helper->line);
	return NULL;
}

/* Wait until the helper has ended a wait: it hangs if wake does not work. */
static const char *wait_for_help(struct frk_line *line, int stop)
{
	struct helper helper = { .line = line, .stop = stop };
	struct frk_tick tick;
	int err = 0;

	must(!pthread_create(&helper.thread, NULL, help, &helper), "no thread");
	while (!err && !__atomic_load_n(&helper.helped, __ATOMIC_ACQUIRE)) {
		err = frk_line_wait(line);
		/* Spurious returns are fine, but not without end. */
		if (frk_line_drain(line, &tick, 1) == -ESHUTDOWN)
			break;
	}
	pthread_join(helper.thread, NULL);
	must(!err, "wait failed");
	return NULL;
}

static const char *body_wake(struct frk_line *line, const struct frk_driver_opts *opts)
{
	(void)opts;
	frk_line_wake(line);
	must(!frk_line_wait(line), "a wake before the wait was lost");
	return wait_for_help(line, 0);
}

static const char *body_stop_wait(struct frk_line *line,
				  const struct frk_driver_opts *opts)
{
	struct frk_tick tick;
	const char *wrong = wait_for_help(line, 1);

	(void)opts;
	if (wrong)
		return wrong;
	must(frk_line_drain(line, &tick, 1) == -ESHUTDOWN, "a stopped line still ticks");
	return NULL;
}

/* No tick of its own ends these waits. */
static const char *with_slow_line(const struct frk_driver_ops *ops,
				  const struct frk_driver_opts *opts, body_fn body)
{
	struct frk_driver_opts slow = *opts;

	slow.period_ns = FRK_S(3600);
	return with_line(ops, &slow, body);
}

static const char *check_wake_ends_wait(const struct frk_driver_ops *ops,
					const struct frk_driver_opts *opts)
{
	return with_slow_line(ops, opts, body_wake);
}

static const char *check_stop_ends_wait(const struct frk_driver_ops *ops,
					const struct frk_driver_opts *opts)
{
	return with_slow_line(ops, opts, body_stop_wait);
}

/* --- idle ---------------------------------------------------------------- */

/**
 * struct account - what ticks stood for
 * @end_ns: the last deadline of the newest one.
 * @idled: periods passed over because they were not needed.
 * @flags: of the newest one.
 */
struct account {
	uint64_t end_ns;
	uint64_t idled;
	uint16_t flags;
};

static const char *take(struct account *account, const struct frk_tick *tick,
			uint64_t period_ns)
{
	if (!tick->periods)
		return NULL;
	must(!account->end_ns || tick->deadline_ns == account->end_ns + period_ns,
	     "a period is lost, or came twice");
	account->end_ns = tick->deadline_ns + (tick->periods - 1) * period_ns;
	must(tick->fired_ns >= account->end_ns || tick->flags & FRK_TICK_LEAD,
	     "a tick is early");
	must(!(tick->flags & FRK_TICK_IDLE && tick->flags & FRK_TICK_MISSED),
	     "what was not needed is missed");
	if (tick->flags & FRK_TICK_IDLE)
		account->idled += tick->periods - 1;
	account->flags = tick->flags;
	return NULL;
}

/* All there is now; and, if there must be something, at least that. */
static const char *take_all(struct frk_line *line, struct account *account,
			    uint64_t period_ns, bool some)
{
	struct frk_tick tick;
	const char *wrong = NULL;
	int taken = some ? drain_some(line, &tick, 1) : frk_line_drain(line, &tick, 1);

	must(!some || taken > 0, "no tick");
	for (; taken > 0 && !wrong; taken = frk_line_drain(line, &tick, 1))
		wrong = take(account, &tick, period_ns);
	return wrong;
}

static const char *body_idle(struct frk_line *line, const struct frk_driver_opts *opts)
{
	uint64_t period_ns = opts->period_ns;
	struct account account = { 0 };
	struct frk_metrics metrics;
	const char *wrong = take_all(line, &account, period_ns, true);
	uint64_t until_ns = account.end_ns + 50 * period_ns;
	struct frk_tick tick;

	int err = frk_line_idle(line, UINT64_MAX);

	must(!wrong, wrong);
	/* Who spins for ticks wants all of them. */
	if (err == -EOPNOTSUPP)
		return NULL;
	/* Nothing comes, and who asks is told of all of it. */
	must(!err, "it does not idle");
	wrong = take_all(line, &account, period_ns, false);
	must(!wrong, wrong);
	sleep_ms(30);
	must(!frk_line_drain(line, &tick, 1), "an idle line ticks");
	must(!frk_line_idle(line, until_ns), "it does not idle again");
	wrong = take_all(line, &account, period_ns, false);
	must(!wrong, wrong);
	must(account.flags & FRK_TICK_ASKED, "what was asked does not say so");
	/* It comes when it is needed, and then always. */
	while (account.end_ns < until_ns + 5 * period_ns) {
		wrong = take_all(line, &account, period_ns, true);
		must(!wrong, wrong);
	}
	must(account.idled, "nothing was passed over");
	frk_line_get_metrics(line, &metrics);
	must(metrics.periods_total - metrics.ticks_total ==
		     metrics.missed_total + account.idled,
	     "the account does not know what was idle");
	return NULL;
}

static const char *check_idles(const struct frk_driver_ops *ops,
			       const struct frk_driver_opts *opts)
{
	return ops->idle ? with_line(ops, opts, body_idle) : NULL;
}

/* --- description ------------------------------------------------------- */

static const char *body_info(struct frk_line *line, const struct frk_driver_opts *opts)
{
	struct frk_driver_info info;
	struct frk_tick ticks[BATCH];
	int taken = drain_some(line, ticks, BATCH);

	must(taken > 0, "no tick");
	frk_line_get_info(line, &info);
	must(*info.name && info.kind, "no name or no kind");
	must(*info.path && *info.version, "no path or no version");
	must(info.resolution_ns == opts->period_ns, "another resolution");
	must(info.start_ns, "no start instant");
	must(info.ticks_total == (uint64_t)taken, "ticks are miscounted");
	return NULL;
}

static const char *check_describes_itself(const struct frk_driver_ops *ops,
					  const struct frk_driver_opts *opts)
{
	return with_line(ops, opts, body_info);
}

const struct frki_conformance_check frki_conformance_driver[] = {
	{ "leaves_nothing", check_leaves_nothing },
	{ "starts_once", check_starts_once },
	{ "stops_for_good", check_stops_for_good },
	{ "stops_unstarted", check_stops_unstarted },
	{ "r2_3_says_why_it_stopped", check_stop_reason },
	{ "r1_3_bad_options_are_refused_in_words", check_bad_options },
	{ "r1_2_r2_2_order_grid_never_early", check_order_and_grid },
	{ "r2_2_drops_oldest_exactly", check_drops_oldest },
	{ "wake_ends_wait", check_wake_ends_wait },
	{ "stop_ends_wait", check_stop_ends_wait },
	{ "s2_idles_and_loses_nothing", check_idles },
	{ "r3_6_describes_itself", check_describes_itself },
	{ NULL, NULL },
};

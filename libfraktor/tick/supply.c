/* SPDX-License-Identifier: MIT */
/*
 * supply.c - one line after another.
 *
 * When a line ends it is closed before the next one is opened: the module knows a
 * line by its name, and a pulse has one reader.  Those who wake the reader may be
 * signal handlers and take no lock, so they are counted: the line is closed when
 * nobody looks at it any more.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/fraktor.h>

#include "base/error.h"
#include "tick/clock.h"
#include "tick/line.h"
#include "tick/supply.h"

/* A line whose ticks went so far was no failed attempt. */
#define SUPPLY_PROVEN_NS 1000000000ULL
#define SUPPLY_BACKOFF_MAX_NS 60000000000ULL
/* The watchdog looks so often at the least, and at the most. */
#define SUPPLY_LOOK_MIN_NS 1000000ULL
#define SUPPLY_LOOK_MAX_NS 100000000ULL
/* Between the second and the third there is a whole pause of the watchdog. */
#define SUPPLY_DOUBTS 3U

/* --- what is told -------------------------------------------------------------- */

static void supply_tell(struct frki_supply *supply, uint32_t key, struct frk_event *event)
{
	event->key = key;
	event->at_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	supply->ops->event(supply->data, event);
}

static void supply_tell_started(struct frki_supply *supply, uint32_t key,
				const char *before)
{
	struct frk_event event = { .driver = { .attempt = supply->attempt } };
	struct frk_driver_info info;

	frk_line_get_info(supply->line, &info);
	event.driver.kind = info.kind;
	snprintf(event.driver.name, sizeof(event.driver.name), "%s", info.name);
	snprintf(event.driver.next, sizeof(event.driver.next), "%s", before);
	frki_bootstrap_why(&supply->bootstrap, event.driver.text,
			   sizeof(event.driver.text));
	supply_tell(supply, key, &event);
}

/* Of the line that was the last one. */
static void supply_tell_stopped(struct frki_supply *supply, struct frk_event *event)
{
	event->driver.kind = supply->info.kind;
	event->driver.attempt = supply->attempt;
	snprintf(event->driver.name, sizeof(event->driver.name), "%s", supply->info.name);
	supply_tell(supply, FRK_EVENT_DRIVER_STOPPED, event);
}

/* --- the line ------------------------------------------------------------------- */

static void supply_set_line(struct frki_supply *supply, struct frk_line *line)
{
	pthread_mutex_lock(&supply->lock);
	supply->line = line;
	*supply->info.name = '\0';
	pthread_mutex_unlock(&supply->lock);
	/* Pairs with frki_supply_wake(): who counted before this may see the old one. */
	__atomic_store_n(&supply->wakeable, line, __ATOMIC_SEQ_CST);
}

static void supply_await_wakers(const struct frki_supply *supply)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 };

	while (__atomic_load_n(&supply->wakers, __ATOMIC_SEQ_CST))
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void supply_add_totals(struct frk_metrics *to, const struct frk_metrics *more)
{
	to->ticks_total += more->ticks_total;
	to->periods_total += more->periods_total;
	to->missed_total += more->missed_total;
	to->dropped_total += more->dropped_total;
}

/* Stop the line and keep what is known of it; it can still be asked. */
static void supply_stop_line(struct frki_supply *supply)
{
	struct frk_driver_info info;

	/* What stopped by itself says why before it is told to. */
	frk_line_get_info(supply->line, &info);
	/* The driver's thread or interrupt, if that fails, ends at close. */
	(void)frk_line_stop(supply->line);
	info.ticks_total += supply->past.ticks_total;
	pthread_mutex_lock(&supply->lock);
	supply->info = info;
	pthread_mutex_unlock(&supply->lock);
}

static void supply_close_line(struct frki_supply *supply)
{
	struct frk_line *line = supply->line;
	struct frk_metrics metrics;

	frk_line_get_metrics(line, &metrics);
	pthread_mutex_lock(&supply->lock);
	supply_add_totals(&supply->past, &metrics);
	supply->line = NULL;
	pthread_mutex_unlock(&supply->lock);
	__atomic_store_n(&supply->wakeable, NULL, __ATOMIC_SEQ_CST);
	supply_await_wakers(supply);
	frk_line_close(line);
}

/* The watchdog is to hear something again. */
static void supply_end_idle(struct frki_supply *supply)
{
	if (!supply->idles)
		return;
	supply->idles = false;
	frki_watchdog_expect(&supply->watchdog, 0);
}

static int supply_begin_line(struct frki_supply *supply,
			     const struct frk_driver_ops *driver,
			     const struct frk_driver_ops *except, struct frk_error *error)
{
	struct frki_bootstrap next = { .registry = supply->bootstrap.registry };
	struct frk_line *line;
	int err;

	err = frki_bootstrap_start(&next, driver, except, &supply->opts.line, error,
				   &line);
	pthread_mutex_lock(&supply->lock);
	supply->bootstrap = next;
	pthread_mutex_unlock(&supply->lock);
	if (err)
		return err;
	supply->driver = next.started;
	supply->first_ns = 0;
	supply->report_ns = 0;
	supply_end_idle(supply);
	frki_members_init(&supply->members, supply->opts.line.period_ns,
			  supply->opts.silent_ns);
	supply->doubts = 0;
	__atomic_store_n(&supply->why, FRK_STOP_NONE, __ATOMIC_RELAXED);
	frki_watchdog_hear(&supply->watchdog);
	supply_set_line(supply, line);
	return 0;
}

/* --- what becomes of it ----------------------------------------------------------- */

static void supply_plan_retry(struct frki_supply *supply, struct frk_event_driver *told)
{
	uint64_t delay_ns = supply->opts.backoff_ns;

	for (uint32_t i = 0; i < supply->attempt && delay_ns < SUPPLY_BACKOFF_MAX_NS; i++)
		delay_ns *= 2;
	if (delay_ns > SUPPLY_BACKOFF_MAX_NS)
		delay_ns = SUPPLY_BACKOFF_MAX_NS;
	supply->attempt++;
	supply->down = true;
	supply->again_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + delay_ns;
	told->then = FRK_THEN_RETRY;
	told->delay_ns = delay_ns;
}

static void supply_decide(struct frki_supply *supply, struct frk_event_driver *told)
{
	const struct frk_driver_ops *fallback = supply->opts.fallback;

	if (supply->opts.policy == FRK_STOP_RETRY &&
	    supply->attempt < supply->opts.attempts) {
		supply_plan_retry(supply, told);
	} else if (supply->opts.policy == FRK_STOP_FALLBACK && !supply->attempt) {
		supply->attempt++;
		supply->down = true;
		supply->again_ns = 0;
		told->then = FRK_THEN_FALLBACK;
		snprintf(told->next, sizeof(told->next), "%s",
			 fallback ? fallback->name : "auto");
	} else {
		supply->over = true;
		told->then = FRK_THEN_SHUTDOWN;
	}
}

/* For those drivers that cannot say why. */
static const char *supply_words(enum frk_stop_reason reason)
{
	return reason == FRK_STOP_SILENT ? "it said nothing for too long" :
	       reason == FRK_STOP_DRIFT	 ? "its drift went beyond the budget" :
	       reason == FRK_STOP_BROKEN ? "waiting for it failed" :
					   "";
}

static void supply_say_why(struct frki_supply *supply, const char *words)
{
	pthread_mutex_lock(&supply->lock);
	snprintf(supply->info.stopped, sizeof(supply->info.stopped), "%.63s", words);
	pthread_mutex_unlock(&supply->lock);
}

/* The line has ended, or is to: end it, decide, tell. */
static void supply_stopped(struct frki_supply *supply, enum frk_stop_reason reason,
			   int code)
{
	struct frk_event event = { .driver = { .reason = reason, .code = code } };

	supply_stop_line(supply);
	if (!*supply->info.stopped)
		supply_say_why(supply, supply_words(reason));
	snprintf(event.driver.text, sizeof(event.driver.text), "%s",
		 supply->info.stopped);
	supply->reason = reason;
	supply->result = code ? code : -ESHUTDOWN;
	supply_decide(supply, &event.driver);
	if (!supply->over)
		supply_close_line(supply);
	supply_tell_stopped(supply, &event);
}

/* A driver need not be registered to be used, and "auto" is none. */
static enum frk_driver_kind supply_kind(const struct frki_supply *supply,
					const char *name)
{
	const struct frk_driver_ops *driver = supply->driver;

	if (strcmp(driver->name, name))
		driver = frki_registry_find(&supply->bootstrap.registry, name);
	return driver ? driver->kind : 0;
}

/* Nothing of the one before is left: of one that did not start little is known. */
static void supply_describe_failed(struct frki_supply *supply,
				   const struct frk_error *error)
{
	pthread_mutex_lock(&supply->lock);
	supply->info = (struct frk_driver_info){
		.kind = supply_kind(supply, error->driver),
		.ticks_total = supply->past.ticks_total,
	};
	snprintf(supply->info.name, sizeof(supply->info.name), "%s", error->driver);
	pthread_mutex_unlock(&supply->lock);
	supply_say_why(supply, error->text);
}

/* It did not even start: one more attempt that failed. */
static void supply_failed(struct frki_supply *supply, const struct frk_error *error)
{
	struct frk_event event = {
		.driver = { .reason = FRK_STOP_FAILED, .code = error->code },
	};

	supply_describe_failed(supply, error);
	supply->reason = FRK_STOP_FAILED;
	supply->result = -ESHUTDOWN;
	snprintf(event.driver.text, sizeof(event.driver.text), "%.95s", error->text);
	supply_decide(supply, &event.driver);
	supply_tell_stopped(supply, &event);
}

static void supply_begin_again(struct frki_supply *supply)
{
	bool falls_back = supply->opts.policy == FRK_STOP_FALLBACK;
	const struct frk_driver_ops *driver =
		falls_back ? supply->opts.fallback : supply->driver;
	struct frk_error error = { 0 };
	char before[sizeof(supply->info.name)];

	memcpy(before, supply->info.name, sizeof(before));
	supply->down = false;
	if (supply_begin_line(supply, driver, supply->driver, &error))
		supply_failed(supply, &error);
	else
		supply_tell_started(supply,
				    falls_back ? FRK_EVENT_DRIVER_CHANGED :
						 FRK_EVENT_DRIVER_STARTED,
				    before);
}

/* --- how well it does --------------------------------------------------------------- */

static uint64_t supply_size(int64_t ppb)
{
	return ppb < 0 ? -(uint64_t)ppb : (uint64_t)ppb;
}

static void supply_check_drift(struct frki_supply *supply, const struct frk_event *told)
{
	const struct frk_metrics *metrics = &told->metrics.metrics;
	struct frk_event event = { .drift = {
					   .drift_ppb = metrics->drift_last_second_ppb,
					   .budget_ppb = supply->opts.budget_ppb,
					   .stops = supply->opts.drift_stops,
					   .member = told->metrics.member,
				   } };

	if (!supply->opts.budget_ppb ||
	    supply_size(metrics->drift_last_second_ppb) <= supply->opts.budget_ppb)
		return;
	memcpy(event.drift.name, told->metrics.name, sizeof(event.drift.name));
	supply_tell(supply, FRK_EVENT_DRIFT_EXCEEDED, &event);
	if (supply->opts.drift_stops)
		__atomic_store_n(&supply->why, FRK_STOP_DRIFT, __ATOMIC_RELAXED);
}

/* One of several has ended, or says nothing: the others go on. */
static void supply_tell_member(struct frki_supply *supply, unsigned int index,
			       enum frk_stop_reason reason,
			       const struct frk_driver_info *info, const char *words)
{
	struct frk_event event = {
		.driver = { .reason = reason, .kind = info->kind, .member = index + 1 },
	};

	memcpy(event.driver.name, info->name, sizeof(event.driver.name));
	snprintf(event.driver.text, sizeof(event.driver.text), "%s", words);
	supply_tell(supply, FRK_EVENT_DRIVER_STOPPED, &event);
}

static void supply_check_end(struct frki_supply *supply, unsigned int index,
			     const struct frk_driver_info *info)
{
	if (frki_members_end(&supply->members, index, info))
		supply_tell_member(supply, index, FRK_STOP_ENDED, info, info->stopped);
}

static void supply_check_silence(struct frki_supply *supply, unsigned int index,
				 const struct frk_driver_info *info)
{
	if (frki_members_silence(&supply->members, index, info))
		supply_tell_member(supply, index, FRK_STOP_SILENT, info,
				   supply_words(FRK_STOP_SILENT));
}

/* That one has ended is not left to a report. */
static void supply_hear_member(struct frki_supply *supply, const struct frk_tick *tick)
{
	struct frk_metrics metrics;
	struct frk_driver_info info;

	if (frki_members_hear(&supply->members, tick) &&
	    !frk_line_get_member(supply->line, tick->driver - 1U, &info, &metrics))
		supply_check_end(supply, tick->driver - 1U, &info);
}

static void supply_report_one(struct frki_supply *supply, struct frk_event *event,
			      const char *name)
{
	snprintf(event->metrics.name, sizeof(event->metrics.name), "%s", name);
	if (!supply->opts.quiet)
		supply_tell(supply, FRK_EVENT_TICK_METRICS, event);
}

/* A second of the line is over: metrics.c closes it with the same tick. */
static void supply_report(struct frki_supply *supply)
{
	struct frk_event event = { 0 };
	struct frk_driver_info info;
	unsigned int i;

	frk_line_get_metrics(supply->line, &event.metrics.metrics);
	supply_report_one(supply, &event, supply->driver->name);
	for (i = 0; !frk_line_get_member(supply->line, i, &info, &event.metrics.metrics);
	     i++) {
		event.metrics.member = i + 1;
		supply_report_one(supply, &event, info.name);
		supply_check_drift(supply, &event);
		supply_check_end(supply, i, &info);
		supply_check_silence(supply, i, &info);
	}
	if (!i)
		supply_check_drift(supply, &event);
}

/*
 * It is its ticks that prove a driver, by their deadlines: one that starts and says
 * nothing runs for as long as it takes to notice.
 */
static void supply_prove(struct frki_supply *supply, const struct frk_tick *tick)
{
	if (!supply->first_ns)
		supply->first_ns = tick->deadline_ns;
	if (supply->opts.policy == FRK_STOP_RETRY &&
	    tick->deadline_ns >= supply->first_ns + SUPPLY_PROVEN_NS)
		supply->attempt = 0;
}

static void supply_account(struct frki_supply *supply, const struct frk_tick *tick)
{
	uint64_t period_ns = supply->opts.line.period_ns;
	uint64_t reached_ns = tick->deadline_ns + (tick->periods - 1) * period_ns;

	/* One that was in the feed before is none that ends it. */
	if (tick->flags & FRK_TICK_IDLE)
		supply_end_idle(supply);
	frki_watchdog_hear(&supply->watchdog);
	supply->doubts = 0;
	supply_hear_member(supply, tick);
	if (!tick->periods)
		return;
	supply_prove(supply, tick);
	if (!supply->report_ns || tick->flags & (FRK_TICK_FIRST | FRK_TICK_CHANGED))
		supply->report_ns = tick->deadline_ns - period_ns + FRK_S(1);
	if (reached_ns < supply->report_ns)
		return;
	supply->report_ns += ((reached_ns - supply->report_ns) / FRK_S(1) + 1) * FRK_S(1);
	supply_report(supply);
}

/* --- the reader ------------------------------------------------------------------------ */

/*
 * There is nothing in the feed.  A silence that is over is none; and the reader may
 * have been busy until now, on the CPU that the driver's thread was waiting for: that
 * one gets the time to say something before it is taken for silent.
 */
static bool supply_is_silent(struct frki_supply *supply)
{
	if (!frki_watchdog_is_silent(&supply->watchdog)) {
		supply->doubts = 0;
		return false;
	}
	return ++supply->doubts >= SUPPLY_DOUBTS;
}

/* What somebody decided meanwhile. */
static void supply_condemn(struct frki_supply *supply)
{
	/* Pairs with supply_silent(). */
	uint32_t why = __atomic_exchange_n(&supply->why, FRK_STOP_NONE, __ATOMIC_ACQUIRE);

	if (why == FRK_STOP_SILENT && !supply_is_silent(supply))
		return;
	if (why)
		supply_stopped(supply, (enum frk_stop_reason)why, 0);
}

static enum frk_stop_reason supply_end_reason(const struct frki_supply *supply)
{
	return frki_line_lied(supply->line) ? FRK_STOP_LYING : FRK_STOP_ENDED;
}

/* What has passed in an idle time that something else has ended is told now. */
static int supply_take(struct frki_supply *supply, struct frk_tick *ret_tick)
{
	int ret = frk_line_drain(supply->line, ret_tick, 1);

	if (ret || !supply->idles)
		return ret;
	/* A line that refuses to end it has ended itself, and says so below. */
	(void)frk_line_idle(supply->line, 0);
	supply_end_idle(supply);
	return frk_line_drain(supply->line, ret_tick, 1);
}

int frki_supply_drain(struct frki_supply *supply, struct frk_tick *ret_tick)
{
	int ret;

	if (supply->over)
		return -ESHUTDOWN;
	if (supply->down) {
		if (frki_clock_now_ns(CLOCK_MONOTONIC) >= supply->again_ns)
			supply_begin_again(supply);
		return supply->over ? -ESHUTDOWN : 0;
	}
	ret = supply_take(supply, ret_tick);
	if (ret > 0)
		supply_account(supply, ret_tick);
	else if (ret < 0)
		supply_stopped(supply, supply_end_reason(supply), 0);
	else if (__atomic_load_n(&supply->why, __ATOMIC_RELAXED))
		supply_condemn(supply);
	return ret > 0 ? ret : supply->over ? -ESHUTDOWN : 0;
}

static int supply_wait_down(struct frki_supply *supply)
{
	uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC), rung;
	struct pollfd bell = { .fd = supply->bell, .events = POLLIN };
	struct timespec pause;

	if (now_ns >= supply->again_ns)
		return 0;
	pause = frki_clock_timespec(supply->again_ns - now_ns);
	if (ppoll(&bell, 1, &pause, NULL) == 1)
		(void)!read(supply->bell, &rung, sizeof(rung));
	return 0;
}

int frki_supply_wait(struct frki_supply *supply)
{
	int err;

	if (supply->over)
		return 0;
	/* First: what is said of a line that has ended is no reason to look again. */
	if (supply->down)
		return supply_wait_down(supply);
	if (__atomic_load_n(&supply->why, __ATOMIC_RELAXED))
		return 0;
	err = frk_line_wait(supply->line);
	if (!err || err == -EINTR)
		return err;
	supply_stopped(supply, FRK_STOP_BROKEN, err);
	return 0;
}

void frki_supply_idle(struct frki_supply *supply, uint64_t until_ns, uint64_t now_ns)
{
	uint64_t monotonic_ns = frki_clock_now_ns(CLOCK_MONOTONIC), ahead_ns;

	if (supply->over || supply->down || supply->idles ||
	    frk_line_idle(supply->line, until_ns))
		return;
	supply->idles = true;
	/* However long it may idle, it says something once an hour. */
	ahead_ns = until_ns - now_ns;
	if (ahead_ns > FRAKTOR_IDLE_MAX_NS)
		ahead_ns = FRAKTOR_IDLE_MAX_NS;
	frki_watchdog_expect(&supply->watchdog, monotonic_ns + ahead_ns);
}

void frki_supply_wake(struct frki_supply *supply)
{
	static const uint64_t one = 1;
	struct frk_line *line;
	int saved = errno;

	/* Pairs with supply_set_line() and supply_await_wakers(). */
	__atomic_add_fetch(&supply->wakers, 1, __ATOMIC_SEQ_CST);
	line = __atomic_load_n(&supply->wakeable, __ATOMIC_SEQ_CST);
	if (line)
		frk_line_wake(line);
	else
		(void)!write(supply->bell, &one, sizeof(one));
	__atomic_sub_fetch(&supply->wakers, 1, __ATOMIC_SEQ_CST);
	errno = saved;
}

/* The watchdog's thread: the reader looks once more and acts.  No line, no silence. */
static void supply_silent(void *data)
{
	struct frki_supply *supply = data;
	uint32_t none = FRK_STOP_NONE;

	if (!__atomic_load_n(&supply->wakeable, __ATOMIC_RELAXED))
		return;
	/* Pairs with supply_condemn(), which looks at the watchdog behind it. */
	__atomic_compare_exchange_n(&supply->why, &none, FRK_STOP_SILENT, false,
				    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
	frki_supply_wake(supply);
}

/* --- life ------------------------------------------------------------------------------ */

static int supply_start_watchdog(struct frki_supply *supply, struct frk_error *error)
{
	uint64_t period_ns = supply->opts.line.period_ns;

	supply->watchdog.limit_ns = supply->opts.silent_ns;
	supply->watchdog.look_ns = period_ns < SUPPLY_LOOK_MIN_NS ? SUPPLY_LOOK_MIN_NS :
				   period_ns > SUPPLY_LOOK_MAX_NS ? SUPPLY_LOOK_MAX_NS :
								    period_ns;
	supply->watchdog.silent = supply_silent;
	supply->watchdog.data = supply;
	return supply->opts.silent_ns ? frki_watchdog_start(&supply->watchdog, error) : 0;
}

static int supply_start(struct frki_supply *supply, struct frk_error *error)
{
	const struct frk_driver_ops *driver = supply->opts.driver;
	int err;

	supply->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (supply->bell < 0)
		return frki_error_set(error, -errno, driver ? driver->name : "auto",
				      "eventfd", "no file descriptor to be woken by");
	err = supply_begin_line(supply, driver, NULL, error);
	return err ? err : supply_start_watchdog(supply, error);
}

int frki_supply_start(struct frki_supply *supply, const struct frki_supply_opts *opts,
		      const struct frki_supply_ops *ops, void *data,
		      struct frk_error *error)
{
	int err;

	supply->opts = *opts;
	supply->ops = ops;
	supply->data = data;
	pthread_mutex_init(&supply->lock, NULL);
	err = supply_start(supply, error);
	if (err)
		frki_supply_close(supply);
	else
		supply_tell_started(supply, FRK_EVENT_DRIVER_STARTED, "");
	return err;
}

void frki_supply_stop(struct frki_supply *supply)
{
	struct frk_event event = {
		.driver = { .reason = FRK_STOP_ASKED, .then = FRK_THEN_SHUTDOWN },
	};

	frki_watchdog_stop(&supply->watchdog);
	if (supply->over)
		return;
	supply->over = true;
	if (!supply->line)
		return;
	supply_stop_line(supply);
	supply_tell_stopped(supply, &event);
}

void frki_supply_close(struct frki_supply *supply)
{
	if (!supply->ops)
		return;
	frki_watchdog_stop(&supply->watchdog);
	frk_line_close(supply->line);
	if (supply->bell >= 0)
		close(supply->bell);
	pthread_mutex_destroy(&supply->lock);
	supply->ops = NULL;
}

/* --- any thread --------------------------------------------------------------------------- */

void frki_supply_get_metrics(struct frki_supply *supply, struct frk_metrics *ret_metrics)
{
	struct frk_metrics metrics = { 0 };

	pthread_mutex_lock(&supply->lock);
	if (supply->line)
		frk_line_get_metrics(supply->line, &metrics);
	supply_add_totals(&metrics, &supply->past);
	pthread_mutex_unlock(&supply->lock);
	metrics.timestamp_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	*ret_metrics = metrics;
}

void frki_supply_get_info(struct frki_supply *supply, struct frk_driver_info *ret_info)
{
	struct frk_driver_info info;

	pthread_mutex_lock(&supply->lock);
	info = supply->info;
	if (!*info.name && supply->line) {
		frk_line_get_info(supply->line, &info);
		info.ticks_total += supply->past.ticks_total;
	}
	frki_bootstrap_why(&supply->bootstrap, info.why, sizeof(info.why));
	pthread_mutex_unlock(&supply->lock);
	*ret_info = info;
}

int frki_supply_get_member(struct frki_supply *supply, unsigned int index,
			   struct frk_driver_info *ret_info,
			   struct frk_metrics *ret_metrics)
{
	int ret = -ENOENT;

	pthread_mutex_lock(&supply->lock);
	if (supply->line)
		ret = frk_line_get_member(supply->line, index, ret_info, ret_metrics);
	pthread_mutex_unlock(&supply->lock);
	return ret;
}

size_t frki_supply_get_tried(struct frki_supply *supply, struct frk_error *ret_errors,
			     size_t n)
{
	size_t tried;

	pthread_mutex_lock(&supply->lock);
	tried = supply->bootstrap.tried_n;
	if (n)
		memcpy(ret_errors, supply->bootstrap.tried,
		       (n < tried ? n : tried) * sizeof(*ret_errors));
	pthread_mutex_unlock(&supply->lock);
	return tried;
}

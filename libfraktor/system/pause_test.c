// SPDX-License-Identifier: MIT
/*
 * pause_test.c - a process that is stopped for a while and goes on: one late tick,
 * all that was missed is counted, no burst, and time is right again.  A driver in
 * the process is stopped with it and misses periods; the module ticks on, and the
 * feed drops its oldest.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"

/* Ten seconds where the module is, too, and where there is time for it. */
static unsigned int pause_s = 2;

static bool has_module(void)
{
	const char *wanted = getenv("FRAKTOR_TEST_KERNEL");

	return wanted && !strcmp(wanted, "1");
}

static void setup(void)
{
	if (has_module())
		pause_s = 10;
}

TestSuite(pause, .init = setup, .timeout = 120);

/* Whoever was kept from running for less than this was not stopped. */
#define LONG_PERIODS (pause_s * 750)

/* What the process that is stopped saw. */
struct account {
	int result;
	unsigned int messages;
	unsigned int long_ticks;
	uint64_t woken_ns;	/* logical time after the long tick */
	uint64_t clock_ns;	/* the clock then */
	uint64_t last_ns, last_clock_ns;
	struct frk_metrics metrics;
	struct frk_driver_info info;
};

static struct account account;
static int ready_fd;
static uint32_t silent_periods;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * FRK_S(1) + (uint64_t)now.tv_nsec;
}

static int watch(struct frk_context *context, const struct frk_message *message)
{
	static uint64_t count;
	uint64_t step = message->count - count;

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, TICK, 0, NULL);
	if (message->kind != TICK)
		return 0;
	if (!count && write(ready_fd, "r", 1) != 1)
		return -EIO;
	count = message->count;
	account.messages++;
	account.last_ns = frk_context_now_ns(context);
	account.last_clock_ns = now_ns();
	if (step < LONG_PERIODS)
		return 0;
	account.long_ticks++;
	account.woken_ns = account.last_ns;
	account.clock_ns = account.last_clock_ns;
	return 0;
}

/* Pulses as from a thread that sleeps between them: it is stopped with the others. */
static void *pulse_on(void *data)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	struct frk_tick_feed *feed = data;

	while (frk_tick_feed_push(feed) != -EINVAL)
		nanosleep(&pause, NULL);
	return NULL;
}

static void begin_pulses(struct frk_system_opts *opts)
{
	pthread_t thread;

	if (frk_tick_feed_new(0, &opts->feed) ||
	    pthread_create(&thread, NULL, pulse_on, opts->feed))
		_exit(2);
}

/* The process: a system for as long as the pause and a second. */
static void run(const char *driver, int to_parent, int result_fd)
{
	static const struct frk_driver_member both[] = {
		{ .driver = &frk_driver_timerfd },
		{ .driver = &frk_driver_nanosleep },
	};
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = driver, .run_ns = FRK_S(pause_s + 1ULL),
		.silent_periods = silent_periods);
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = watch);
	struct frk_system *system;

	if (!strcmp(driver, "pulse"))
		begin_pulses(&opts);
	if (!strcmp(driver, "fused")) {
		opts.members = both;
		opts.members_n = 2;
	}
	ready_fd = to_parent;
	account.result = frk_system_build(&opts, &system);
	if (!account.result)
		account.result = frk_system_spawn(system, &actor, NULL);
	if (!account.result)
		account.result = frk_system_run(system);
	frk_system_get_metrics(system, &account.metrics);
	frk_system_get_driver(system, &account.info);
	frk_system_unref(system);
	_exit(write(result_fd, &account, sizeof(account)) != sizeof(account));
}

static uint64_t continued_ns;

static void assert_survives_pause(const char *driver)
{
	int ready[2], result[2], status;
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(pipe(result), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (!pid)
		run(driver, ready[1], result[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_assert_eq(kill(pid, SIGSTOP), 0);
	cr_assert_eq(waitpid(pid, &status, WUNTRACED), pid);
	cr_assert(WIFSTOPPED(status));
	sleep(pause_s);
	continued_ns = now_ns();
	cr_assert_eq(kill(pid, SIGCONT), 0);
	cr_assert_eq(read(result[0], &account, sizeof(account)), sizeof(account));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(account.result, 0, "the driver was given up: %s",
		     account.info.stopped);
	/* Of several the periods are those of one. */
	if (strcmp(driver, "fused"))
		cr_assert_eq(account.metrics.ticks_total + account.metrics.missed_total,
			     account.metrics.periods_total);
	/* No message for each period in which it was stopped. */
	cr_assert_leq(account.messages, 1000 + pause_s * 1000 / 10);
	/* Logical time is the clock's again, to the period, and never ahead of it. */
	cr_assert_geq(account.last_ns, continued_ns);
	cr_assert_leq(account.last_ns, account.last_clock_ns);
}

/*
 * One tick for all the time it was stopped, and with it time is right.  @behind: of
 * several drivers the periods are those of one, which may be so far behind the others.
 */
static void assert_one_late_tick(unsigned int behind)
{
	cr_assert_eq(account.long_ticks, 1);
	cr_assert_geq(account.metrics.missed_total, LONG_PERIODS);
	cr_assert_geq(account.metrics.periods_total + behind, (pause_s + 1) * 1000);
	cr_assert_geq(account.woken_ns + FRK_MS(1), continued_ns);
	cr_assert_leq(account.woken_ns, account.clock_ns);
}

Test(pause, r1_2_a_process_that_was_stopped_has_one_late_tick_of_a_timerfd)
{
	assert_survives_pause("timerfd");
	assert_one_late_tick(0);
}

Test(pause, r1_2_a_process_that_was_stopped_has_one_late_tick_of_a_sleep)
{
	assert_survives_pause("nanosleep");
	assert_one_late_tick(0);
}

Test(pause, r1_2_r2_2_a_process_that_was_stopped_has_one_late_tick_of_several_drivers)
{
	assert_survives_pause("fused");
	assert_one_late_tick(200);
}

/* A pulse may come half a period late and is none that is missing: no grid, no drift. */
Test(pause, r1_2_a_process_that_was_stopped_has_one_late_pulse)
{
	assert_survives_pause("pulse");
	cr_assert_eq(account.long_ticks, 1);
	cr_assert_geq(account.metrics.missed_total, LONG_PERIODS);
}

/* The watchdog was stopped, too: a little more than its limit is no silence. */
Test(pause, r2_3_a_stop_that_is_a_bit_longer_than_a_silence_is_none)
{
	silent_periods = pause_s * 1000 * 95 / 100;
	assert_survives_pause("timerfd");
	assert_one_late_tick(0);
}

Test(pause, r1_2_r2_2_a_process_that_was_stopped_loses_the_oldest_ticks_of_the_module)
{
	if (!has_module())
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1");
	assert_survives_pause("kernel");
	/* A record that went may have stood for several periods: a virtual machine
	 * misses some itself. */
	cr_assert_geq(account.metrics.dropped_total, (pause_s * 1000 - 1024) / 2,
		      "%llu ticks, %llu missed, %llu dropped",
		      (unsigned long long)account.metrics.ticks_total,
		      (unsigned long long)account.metrics.missed_total,
		      (unsigned long long)account.metrics.dropped_total);
}

/* SPDX-License-Identifier: MIT */
/*
 * posix.c - what POSIX has for ticks: a sleep until a time, and a timer that
 * sends a signal.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define TICK_SIGNAL SIGRTMIN

int bench_run_nanosleep(struct bench_run *run)
{
	uint64_t deadline = bench_first_ns(run);
	struct timespec when;
	int err;

	for (; bench_more(run); deadline += run->period_ns) {
		when = frki_clock_timespec(deadline);
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		if (err)
			return bench_fail(run, -err, "clock_nanosleep");
		bench_hold(run, deadline, bench_now_ns());
	}
	return 0;
}

static int signal_timer(uint64_t period_ns, timer_t *ret_timer, uint64_t *ret_deadline)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = TICK_SIGNAL };
	uint64_t first = bench_now_ns() + period_ns;
	struct itimerspec when = { .it_value = frki_clock_timespec(first),
				   .it_interval = frki_clock_timespec(period_ns) };

	if (timer_create(CLOCK_MONOTONIC, &event, ret_timer) ||
	    timer_settime(*ret_timer, TIMER_ABSTIME, &when, NULL))
		return -errno;
	*ret_deadline = first;
	return 0;
}

int bench_run_sigwait(struct bench_run *run)
{
	uint64_t deadline;
	timer_t timer;
	siginfo_t info;
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, TICK_SIGNAL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	err = signal_timer(run->period_ns, &timer, &deadline);
	if (err)
		return bench_fail(run, err, "timer_create");
	while (bench_more(run)) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		bench_hold(run, deadline, bench_now_ns());
		deadline += (1 + (uint64_t)info.si_overrun) * run->period_ns;
	}
	timer_delete(timer);
	/* One may be pending still, and would end the program later. */
	while (sigtimedwait(&set, &info, &(struct timespec){ 0 }) > 0)
		;
	return 0;
}

static struct {
	struct bench_run *run;
	uint64_t deadline;
} handled;

static void handle(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	bench_hold(handled.run, handled.deadline, bench_now_ns());
	handled.deadline += (1 + (uint64_t)info->si_overrun) * handled.run->period_ns;
}

int bench_run_handler(struct bench_run *run)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	struct sigaction before;
	sigset_t blocked, open;
	timer_t timer;
	int err;

	sigemptyset(&blocked);
	sigaddset(&blocked, TICK_SIGNAL);
	sigprocmask(SIG_BLOCK, &blocked, &open);
	sigdelset(&open, TICK_SIGNAL);
	handled.run = run;
	sigaction(TICK_SIGNAL, &action, &before);
	err = signal_timer(run->period_ns, &timer, &handled.deadline);
	if (err)
		return bench_fail(run, err, "timer_create");
	while (bench_more(run))
		sigsuspend(&open);
	timer_delete(timer);
	action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(TICK_SIGNAL, &action, NULL);
	sigaction(TICK_SIGNAL, &before, NULL);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	return 0;
}

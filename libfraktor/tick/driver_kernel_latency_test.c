/* SPDX-License-Identifier: MIT */
/*
 * driver_kernel_latency_test.c - the kernel's ticks by every latency and every
 * way to wait: never early, whatever the load; woken and stopped at once.  These
 * need the module and run in the VM.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "testing/conformance_driver.h"
#include "tick/clock.h"

static char name[32];
static struct frk_line *line;

static void need_module(void)
{
	const char *value = getenv("FRAKTOR_TEST_KERNEL");

	if (!value || strcmp(value, "1"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1: the module is tested in the VM");
	snprintf(name, sizeof(name), "latency-%d", (int)getpid());
}

static void open_line(struct frk_driver_opts opts)
{
	struct frk_error error = { 0 };

	opts.name = name;
	cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, &error, &line), 0, "%s",
		     error.text);
}

static int next_tick(struct frk_tick *ret_tick)
{
	int n, err;

	while (!(n = frk_line_drain(line, ret_tick, 1))) {
		err = frk_line_wait(line);
		if (err)
			return err;
	}
	return n;
}

/* --- never early ---------------------------------------------------------- */

static int loading = 1;

/* Now it takes a CPU, now it does not. */
static void *load_now_and_then(void *data)
{
	uint64_t until_ns;

	(void)data;
	while (__atomic_load_n(&loading, __ATOMIC_RELAXED)) {
		until_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + FRK_MS(15);
		while (frki_clock_now_ns(CLOCK_MONOTONIC) < until_ns)
			;
		usleep(15000);
	}
	return NULL;
}

static void never_early(struct frk_driver_opts opts, unsigned int ticks)
{
	struct frk_tick tick;
	uint64_t next_ns = 0;

	open_line(opts);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	while (ticks) {
		cr_assert_eq(next_tick(&tick), 1);
		cr_assert_leq(tick.deadline_ns, frki_clock_now_ns(CLOCK_MONOTONIC));
		if (!tick.periods)
			continue;
		cr_assert(!next_ns || tick.deadline_ns == next_ns, "a tick is lost");
		next_ns = tick.deadline_ns + tick.periods * opts.period_ns;
		ticks--;
	}
	frk_line_close(line);
}

Test(driver_kernel, r1_2_never_early_by_any_latency_under_changing_load, .timeout = 120)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(.period_ns = FRK_MS(1));
	pthread_t load;

	need_module();
	cr_assert_eq(pthread_create(&load, NULL, load_now_and_then, NULL), 0);
	for (int latency = FRK_LATENCY_DEFAULT; latency <= FRK_LATENCY_LOWEST; latency++) {
		opts.latency = latency;
		never_early(opts, 500);
	}
	__atomic_store_n(&loading, 0, __ATOMIC_RELAXED);
	pthread_join(load, NULL);
}

Test(driver_kernel, r1_2_never_early_by_any_wait_and_lead_under_changing_load,
     .timeout = 120)
{
	static const uint64_t leads[] = { FRK_LEAD_AUTO, FRK_US(400), 1 };
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(.period_ns = FRK_MS(1));
	pthread_t load;

	need_module();
	cr_assert_eq(pthread_create(&load, NULL, load_now_and_then, NULL), 0);
	for (int wait = FRK_WAIT_URING; wait <= FRK_WAIT_HYBRID; wait++) {
		for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++) {
			opts.wait = wait;
			opts.lead_ns = leads[i];
			never_early(opts, 150);
		}
	}
	__atomic_store_n(&loading, 0, __ATOMIC_RELAXED);
	pthread_join(load, NULL);
}

/* --- what is told ---------------------------------------------------------- */

Test(driver_kernel, r3_6_says_what_was_picked_and_how_that_goes, .timeout = 60)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(
		.period_ns = FRK_MS(2), .latency = FRK_LATENCY_LOW);
	struct frk_metrics metrics;
	struct frk_driver_info info;
	struct frk_tick tick;

	need_module();
	open_line(opts);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	for (int i = 0; i < 400; i++)
		cr_assert_eq(next_tick(&tick), 1);
	frk_line_get_info(line, &info);
	frk_line_get_metrics(line, &metrics);
	cr_expect_str_eq(info.path, "block");
	cr_expect_not_null(strstr(info.choice, "low"), "%s", info.choice);
	cr_expect_eq(info.lead_ns, metrics.lead_ns);
	cr_expect_eq(metrics.lead_ticks_total, metrics.ticks_total);
	cr_expect_leq(metrics.lead_hits_total, metrics.lead_ticks_total);
	cr_expect_leq(metrics.lead_ns, FRK_MS(1));
	frk_line_close(line);
	opts.latency = FRK_LATENCY_POWERSAVE;
	open_line(opts);
	frk_line_get_info(line, &info);
	cr_expect_eq(info.accuracy_ns, FRK_US(250));
	cr_expect_eq(info.lead_ns, 0);
	frk_line_close(line);
}

/* --- conformance, wake, stop ----------------------------------------------- */

static void conform(enum frk_wait wait, uint64_t lead_ns)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(
		.name = name, .period_ns = FRK_MS(1), .clockid = CLOCK_MONOTONIC,
		.slots = 64, .wait = wait, .lead_ns = lead_ns);
	const struct frki_conformance_check *check;

	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frk_driver_kernel, &opts);

		cr_expect_null(wrong, "wait %d, %s: %s", (int)wait, check->name, wrong);
	}
}

Test(driver_kernel, conforms_by_block, .timeout = 120)
{
	need_module();
	conform(FRK_WAIT_BLOCK, 0);
}

Test(driver_kernel, conforms_by_spin, .timeout = 120)
{
	need_module();
	conform(FRK_WAIT_SPIN, 0);
}

Test(driver_kernel, conforms_by_hybrid, .timeout = 120)
{
	need_module();
	conform(FRK_WAIT_HYBRID, 0);
}

Test(driver_kernel, conforms_with_a_lead, .timeout = 120)
{
	need_module();
	conform(FRK_WAIT_BLOCK, FRK_LEAD_AUTO);
}

static void *wake_later(void *data)
{
	(void)data;
	usleep(50000);
	frk_line_wake(line);
	return NULL;
}

static void *stop_later(void *data)
{
	(void)data;
	usleep(50000);
	frk_line_stop(line);
	return NULL;
}

Test(driver_kernel, r2_3_wake_and_stop_end_every_wait, .timeout = 120)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(.period_ns = FRK_S(100));
	struct frk_tick tick;
	pthread_t thread;
	uint64_t begin_ns;

	need_module();
	for (int wait = FRK_WAIT_URING; wait <= FRK_WAIT_HYBRID; wait++) {
		opts.wait = wait;
		open_line(opts);
		cr_assert_eq(frk_line_start(line, NULL), 0);
		begin_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
		pthread_create(&thread, NULL, wake_later, NULL);
		cr_assert_eq(frk_line_wait(line), 0);
		pthread_join(thread, NULL);
		pthread_create(&thread, NULL, stop_later, NULL);
		while (!frk_line_drain(line, &tick, 1))
			cr_assert_eq(frk_line_wait(line), 0);
		cr_assert_eq(frk_line_drain(line, &tick, 1), -ESHUTDOWN);
		pthread_join(thread, NULL);
		cr_expect_lt(frki_clock_now_ns(CLOCK_MONOTONIC) - begin_ns, FRK_S(10));
		frk_line_close(line);
	}
}

/* --- no system call --------------------------------------------------------- */

/* Where the kernel does not trust the counter, the vDSO asks it for the time. */
static bool clock_is_a_call(void)
{
	char source[16] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		      O_RDONLY);

	(void)!read(fd, source, sizeof(source) - 1);
	close(fd);
	return strcmp(source, "tsc\n") != 0;
}

/* From now on any system call but the end of the process is its end. */
static void forbid_calls(void)
{
	unsigned int clock = clock_is_a_call() ? __NR_clock_gettime : __NR_exit_group;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, clock, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(2);
}

static void spin_without_calls(void)
{
	struct frk_tick tick;

	forbid_calls();
	for (int i = 0; i < 200; i++)
		if (next_tick(&tick) != 1)
			_exit(3);
	_exit(0);
}

static int status_of_child(enum frk_wait wait)
{
	struct frk_driver_opts opts = FRK_DRIVER_OPTS(.period_ns = FRK_MS(1),
						      .wait = wait);
	int status;
	pid_t child = fork();

	if (!child) {
		opts.name = name;
		if (frk_line_open(&frk_driver_kernel, &opts, NULL, &line) ||
		    frk_line_start(line, NULL))
			_exit(4);
		spin_without_calls();
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

Test(driver_kernel, r1_4_spin_makes_no_system_call_after_the_start, .timeout = 60)
{
	int status;

	need_module();
	status = status_of_child(FRK_WAIT_SPIN);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %#x", status);
	/* That the filter is one: every other way to wait dies of it. */
	status = status_of_child(FRK_WAIT_BLOCK);
	cr_expect(WIFSIGNALED(status), "status %#x", status);
}

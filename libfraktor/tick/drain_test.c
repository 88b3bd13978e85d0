/* SPDX-License-Identifier: MIT */
/*
 * drain_test.c - the choice between io_uring and poll, and both ways to wait,
 * on an eventfd that stands for the device.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tick/drain.h"
#include "tick/drain_poll.h"

#define FEATURES FRAKTOR_FEATURE_URING_WAIT

static const struct frk_driver_opts plain = {
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
};
static _Alignas(64) unsigned char memory[2048];
static struct frki_feed feed;
static struct frki_feed_writer writer;

static void setup(void)
{
	cr_assert(frki_feed_bytes(4) <= sizeof(memory));
	frki_feed_init(memory, 4, &feed, &writer);
	frki_feed_set_state(&writer, FRAKTOR_STATE_RUNNING);
}

TestSuite(drain, .init = setup, .timeout = 20);

/* What container runtimes do: the call exists, and is not for you. */
static void forbid_io_uring(int err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = filter,
	};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void *wake_later(void *data)
{
	usleep(20000);
	frki_drain_wake(data);
	return NULL;
}

static void assert_wake_works(struct frki_drain *drain)
{
	pthread_t thread;

	frki_drain_wake(drain);
	cr_assert_eq(frki_drain_wait(drain, &feed), 0);
	cr_assert_eq(pthread_create(&thread, NULL, wake_later, drain), 0);
	cr_assert_eq(frki_drain_wait(drain, &feed), 0);
	pthread_join(thread, NULL);
}

static void assert_falls_back(int err, const char *name)
{
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	forbid_io_uring(err);
	cr_assert_eq(frki_drain_init(&drain, fd, FEATURES, &plain), 0);
	cr_assert_str_eq(frki_drain_path(&drain), "poll");
	cr_assert_not_null(strstr(drain.note, "io_uring_setup"), "%s", drain.note);
	cr_assert_not_null(strstr(drain.note, name), "%s", drain.note);
	cr_assert_not_null(strstr(drain.note, "poll"));
	assert_wake_works(&drain);
	frki_drain_fini(&drain);
	close(fd);
}

Test(drain, r3_6_seccomp_eperm_falls_back_to_poll_and_says_so)
{
	assert_falls_back(EPERM, "EPERM");
}

Test(drain, r3_6_no_io_uring_falls_back_to_poll_and_says_so)
{
	assert_falls_back(ENOSYS, "ENOSYS");
}

Test(drain, r3_6_no_descriptors_falls_back_to_poll_and_says_so)
{
	assert_falls_back(EMFILE, "EMFILE");
}

Test(drain, r3_6_a_module_without_the_feature_is_polled)
{
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	cr_assert_eq(frki_drain_init(&drain, fd, 0, &plain), 0);
	cr_assert_str_eq(frki_drain_path(&drain), "poll");
	cr_assert(*drain.note);
	frki_drain_fini(&drain);
}

Test(drain, the_environment_can_forbid_io_uring)
{
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	setenv("FRAKTOR_NO_URING", "1", 1);
	cr_assert_eq(frki_drain_init(&drain, fd, FEATURES, &plain), 0);
	cr_assert_str_eq(frki_drain_path(&drain), "poll");
	frki_drain_fini(&drain);
}

Test(drain, what_is_ready_needs_no_wait)
{
	struct fraktor_tick tick = { .periods = 1 };
	struct frk_tick got;
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	cr_assert_eq(frki_drain_init(&drain, fd, 0, &plain), 0);
	frki_feed_push(&writer, &tick);
	cr_assert_eq(frki_drain_wait(&drain, &feed), 0);
	cr_assert_eq(frki_feed_drain(&feed, &got, 1), 1);
	frki_feed_set_state(&writer, FRAKTOR_STATE_STOPPED);
	cr_assert_eq(frki_drain_wait(&drain, &feed), 0);
	frki_drain_fini(&drain);
}

Test(drain, poll_ends_when_the_device_is_readable)
{
	int fd = eventfd(1, 0), wake_fd = eventfd(0, EFD_NONBLOCK);

	cr_assert_eq(frki_drain_poll_wait(fd, wake_fd), 0);
}

Test(drain, poll_on_a_closed_device_is_an_error)
{
	int fd = eventfd(0, 0), wake_fd = eventfd(0, EFD_NONBLOCK);

	close(fd);
	cr_assert_eq(frki_drain_poll_wait(fd, wake_fd), -EIO);
}

/* An eventfd takes no commands: the answer must come back as an error. */
Test(drain, io_uring_hands_on_what_the_device_answers)
{
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	cr_assert_eq(frki_drain_init(&drain, fd, FEATURES, &plain), 0);
	if (drain.wait != FRK_WAIT_URING) {
		frki_drain_fini(&drain);
		cr_skip_test("this machine: %s", drain.note);
	}
	cr_assert_str_eq(drain.note, "");
	cr_assert_eq(frki_drain_wait(&drain, &feed), -EOPNOTSUPP);
	cr_assert_eq(frki_drain_wait(&drain, &feed), -EOPNOTSUPP);
	frki_drain_fini(&drain);
}

/* An eventfd cannot cancel either: the end must not wait for it. */
Test(drain, r2_3_a_device_that_cannot_cancel_holds_nobody)
{
	struct frki_drain drain;
	int fd = eventfd(0, 0);

	cr_assert_eq(frki_drain_init(&drain, fd, FEATURES, &plain), 0);
	if (drain.wait != FRK_WAIT_URING) {
		frki_drain_fini(&drain);
		cr_skip_test("this machine: %s", drain.note);
	}
	drain.uring.waiting = true;
	frki_drain_fini(&drain);
	cr_assert_eq(close(fd), 0);
}

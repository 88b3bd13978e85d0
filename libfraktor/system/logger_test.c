// SPDX-License-Identifier: MIT
/*
 * logger_test.c - a subscriber that writes lines: which, in what order, and that
 * nobody waits for its stream.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

static struct frk_system *system_;
static struct frk_logger *logger;
static char *text;
static size_t size;
static FILE *stream;

static void setup(void)
{
	system_ = build_scripted(0);
	stream = open_memstream(&text, &size);
	cr_assert_not_null(stream);
}

static void teardown(void)
{
	frk_logger_close(logger);
	frk_system_unref(system_);
	fclose(stream);
	free(text);
}

TestSuite(logger, .init = setup, .fini = teardown, .timeout = 60);

static void open_logger(uint32_t keys, uint32_t replay)
{
	struct frk_logger_opts opts =
		FRK_LOGGER_OPTS(.stream = stream, .keys = keys, .replay = replay);

	cr_assert_eq(frk_logger_open(system_, &opts, &logger), 0);
}

static void close_logger(void)
{
	frk_logger_close(logger);
	logger = NULL;
}

static unsigned int lines(const char *with)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, with)); at++)
		n++;
	return n;
}

Test(logger, s9_writes_what_was_told_before_it_is_closed)
{
	open_logger(0, 100);
	for (int i = 0; i < 100; i++)
		frk_event_log(system_, FRK_LOG_INFO, "line %d.", i);
	close_logger();
	cr_assert_eq(lines("\n"), 101, "%s", text);
	cr_assert_eq(lines(" driver-started driver=scripted "), 1, "%s", text);
	cr_assert_not_null(strstr(text, " log level=info text=line 0.\n"));
	cr_assert_lt(strstr(text, "line 7."), strstr(text, "line 8."));
}

Test(logger, s9_writes_only_what_is_wanted)
{
	open_logger(FRK_EVENT_DEAD_LETTER, 0);
	frk_event_log(system_, FRK_LOG_INFO, "no");
	frk_system_send(system_, (struct frk_pid){ 1, 9 }, PING, NULL, 0);
	close_logger();
	cr_assert_eq(lines("\n"), 1, "%s", text);
	cr_assert_eq(lines(" dead-letter count=1 to=1.9 "), 1, "%s", text);
}

Test(logger, s9_ends_with_the_system)
{
	open_logger(0, 0);
	frk_event_log(system_, FRK_LOG_INFO, "last");
	frk_system_stop(system_);
	frk_system_run(system_);
	close_logger();
	cr_assert_eq(lines(" text=last\n"), 1, "%s", text);
}

Test(logger, opened_and_closed_at_once_never_hangs)
{
	for (int i = 0; i < 500; i++) {
		open_logger(0, 0);
		close_logger();
	}
}

Test(logger, s9_nobody_waits_for_its_stream)
{
	int ends[2];
	FILE *pipe_ = NULL;
	struct frk_logger_opts opts = FRK_LOGGER_OPTS(.keys = FRK_EVENT_LOG);
	char buf[4096], *all = NULL;
	size_t all_size = 0;
	FILE *copy = open_memstream(&all, &all_size);
	ssize_t n;

	cr_assert_eq(pipe(ends), 0);
	pipe_ = fdopen(ends[1], "w");
	opts.stream = pipe_;
	cr_assert_eq(frk_logger_open(system_, &opts, &logger), 0);
	/* More than a pipe holds, and than the ring keeps: this returns all the same. */
	for (int i = 0; i < 5000; i++)
		frk_event_log(system_, FRK_LOG_INFO, "%0200d", i);
	frk_system_stop(system_);
	frk_system_run(system_);
	/* What it can still write it writes; how much is lost it says. */
	while ((n = read(ends[0], buf, sizeof(buf))) > 0) {
		fwrite(buf, 1, (size_t)n, copy);
		fflush(copy);
		if (strstr(all, "4999\n"))
			break;
	}
	close_logger();
	cr_assert_not_null(strstr(all, " lost count="));
	fclose(copy);
	free(all);
	fclose(pipe_);
	close(ends[0]);
}

Test(logger, misuse_is_refused)
{
	struct frk_logger_opts opts = FRK_LOGGER_OPTS(.keys = FRK_EVENT_LOG);

	cr_assert_eq(frk_logger_open(system_, &opts, &logger), -EINVAL);
	opts.stream = stream;
	opts.size = 3;
	cr_assert_eq(frk_logger_open(system_, &opts, &logger), -EINVAL);
	cr_assert_eq(frk_logger_open(system_, NULL, &logger), -EINVAL);
	cr_assert_eq(frk_logger_open(NULL, &opts, &logger), -EINVAL);
	frk_logger_close(NULL);
}

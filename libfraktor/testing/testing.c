// SPDX-License-Identifier: MIT
/*
 * testing.c - a system whose time passes when the test says so: that of
 * <fraktor/testing.h>, over the scripted driver.
 *
 * While the system is settled its worker waits in the driver, whose lock the test had
 * last: then the stage may be looked at, and is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/filter.h"
#include "base/opts.h"
#include "testing/scripted_driver.h"
#include "testing/testing.h"

/* There is one script in a process. */
static atomic_flag taken = ATOMIC_FLAG_INIT;

void frki_testing_hush(struct frk_testing *testing)
{
	testing->said = 0;
	testing->text[0] = '\0';
}

void frki_testing_say(struct frk_testing *testing, const char *format, ...)
{
	size_t room = sizeof(testing->text) - testing->said;
	va_list args;
	int n;

	if (testing->said && room > 1) {
		testing->text[testing->said++] = '\n';
		room--;
	}
	va_start(args, format);
	n = vsnprintf(testing->text + testing->said, room, format, args);
	va_end(args);
	if (n > 0)
		testing->said += (size_t)n < room ? (size_t)n : room - 1;
}

static int see_received(void *data, struct frk_context *context,
			const struct frk_message *message)
{
	struct frk_testing *testing = data;
	const struct frk_filters *theirs = &testing->theirs;
	int ret = 0;

	if (message->kind == FRKI_PROBE_DO)
		return 0;
	/* Timers send no letters. */
	if (!message->deadline_ns)
		atomic_fetch_add(&testing->handled, 1);
	for (size_t i = 0; i < theirs->receive_n && !ret; i++)
		ret = theirs->receive[i](theirs->data, context, message);
	return ret;
}

static int see_sent(void *data, struct frk_pid from, struct frk_pid to, uint32_t kind,
		    const void *payload, size_t size)
{
	struct frk_testing *testing = data;
	const struct frk_filters *theirs = &testing->theirs;
	int ret = 0;

	if (kind == FRKI_PROBE_DO)
		return 0;
	if (!frki_faults_is_again()) {
		for (size_t i = 0; i < theirs->send_n && ret >= 0; i++)
			ret = theirs->send[i](theirs->data, from, to, kind, payload, size);
		if (ret >= 0)
			ret = frki_faults_refuse(testing, from, to, kind);
	}
	if (ret >= 0)
		atomic_fetch_add(&testing->sent, 1);
	return ret;
}

static void see_failure(void *data, struct frk_pid actor, const char *name, int error,
			enum frk_directive directive)
{
	const struct frk_testing *testing = data;

	if (testing->theirs.failed)
		testing->theirs.failed(testing->theirs.data, actor, name, error, directive);
}

static const frk_receive_filter_fn receive_filters[] = { see_received };
static const frk_send_filter_fn send_filters[] = { see_sent };

/* The application's options, but for what is a machine's or a driver's. */
static int take_opts(struct frk_testing *testing, struct frk_system_opts *ret_opts,
		     const struct frk_system_opts *opts)
{
	size_t min = offsetof(struct frk_system_opts, error) + sizeof(opts->error);
	int ret = frki_opts_copy(ret_opts, sizeof(*ret_opts), opts, min);

	if (!ret)
		ret = frki_filter_check(ret_opts->filters);
	if (ret)
		return ret;
	if (ret_opts->filters)
		testing->theirs = *ret_opts->filters;
	testing->filters = (struct frk_filters)FRK_FILTERS(
		.receive = receive_filters, .receive_n = 1, .send = send_filters, .send_n = 1,
		.failed = see_failure, .data = testing);
	ret_opts->filters = &testing->filters;
	ret_opts->driver = &frki_scripted_driver;
	ret_opts->driver_name = NULL;
	ret_opts->drivers = NULL;
	ret_opts->drivers_n = 0;
	ret_opts->members = NULL;
	ret_opts->members_n = 0;
	ret_opts->feed = NULL;
	ret_opts->fallback_name = NULL;
	ret_opts->stop_policy = FRK_STOP_FAIL_FAST;
	ret_opts->cpu = 0;
	/* Time by hand is of one worker, and so is the order of what happens. */
	ret_opts->workers = 0;
	ret_opts->worker_opts = NULL;
	ret_opts->worker_lines = 0;
	ret_opts->rt_priority = 0;
	ret_opts->env = 0;
	/* It is the test that leaves ticks out. */
	ret_opts->never_idle = 1;
	return 0;
}

static int build(struct frk_testing *testing, const struct frk_system_opts *opts)
{
	struct frk_system_opts ours;
	int ret = take_opts(testing, &ours, opts);

	if (!ret)
		ret = frk_system_build(&ours, &testing->system);
	if (ret)
		return ret;
	frki_scripted_settle();
	/* The worker waits, and nobody else knows the system. */
	frki_testing_stage(testing)->divert = &testing->faults.divert;
	ret = frki_marks_init(testing);
	if (!ret)
		frk_testing_mark(testing);
	return ret;
}

int frk_testing_build(const struct frk_system_opts *opts, struct frk_testing **ret_testing)
{
	struct frk_testing *testing;
	int ret;

	if (!opts || !ret_testing)
		return -EINVAL;
	if (atomic_flag_test_and_set(&taken))
		return -EBUSY;
	testing = calloc(1, sizeof(*testing));
	if (!testing) {
		atomic_flag_clear(&taken);
		return -ENOMEM;
	}
	frki_faults_init(&testing->faults);
	frki_list_init(&testing->probes);
	ret = build(testing, opts);
	if (ret)
		frk_testing_unref(testing);
	else
		*ret_testing = testing;
	return ret;
}

struct frk_testing *frk_testing_unref(struct frk_testing *testing)
{
	if (!testing)
		return NULL;
	frk_system_unref(testing->system);
	frki_probe_free_all(testing);
	frki_marks_fini(testing);
	frki_faults_fini(&testing->faults);
	free(testing);
	atomic_flag_clear(&taken);
	return NULL;
}

struct frk_system *frk_testing_system(struct frk_testing *testing)
{
	return testing ? testing->system : NULL;
}

const char *frk_testing_text(const struct frk_testing *testing)
{
	return testing ? testing->text : "";
}

uint64_t frki_testing_now_ns(const struct frk_testing *testing)
{
	return FRKI_SCRIPTED_START_NS + frk_testing_passed_ns(testing);
}

uint64_t frk_testing_passed_ns(const struct frk_testing *testing)
{
	return testing ? testing->ticks * frki_testing_stage(testing)->scheduler.period_ns : 0;
}

uint64_t frki_testing_periods(const struct frk_testing *testing, uint64_t ns)
{
	uint64_t period_ns = frki_testing_stage(testing)->scheduler.period_ns;

	return ns / period_ns + (ns % period_ns != 0);
}

void frk_testing_settle(struct frk_testing *testing)
{
	if (!testing)
		return;
	do
		frki_scripted_settle();
	while (frki_faults_release(testing));
}

static uint64_t until_due(struct frk_testing *testing, uint64_t most)
{
	uint64_t due_ns = frki_scheduler_next_ns(&frki_testing_stage(testing)->scheduler);
	uint64_t held_ns = frki_faults_next_ns(&testing->faults);
	uint64_t now_ns = frki_testing_now_ns(testing), periods;

	/* The first tick says when time begins, and one stands for 2^32 periods at most. */
	if (!testing->ticks)
		return 1;
	if (most > INT32_MAX)
		most = INT32_MAX;
	if (held_ns < due_ns)
		due_ns = held_ns;
	if (due_ns == FRKI_SCHEDULER_NEVER)
		return most;
	if (due_ns <= now_ns)
		return 1;
	periods = frki_testing_periods(testing, due_ns - now_ns);
	return periods < most ? periods : most;
}

uint64_t frki_testing_step(struct frk_testing *testing, uint64_t most)
{
	uint64_t periods;

	if (testing->over || frki_stage_closed(frki_testing_stage(testing)))
		return 0;
	periods = until_due(testing, most);
	testing->ticks += periods;
	if (periods == 1)
		frki_scripted_tick(1);
	else
		frki_scripted_put_idle(frki_testing_now_ns(testing));
	frk_testing_settle(testing);
	return periods;
}

int frk_testing_ticks(struct frk_testing *testing, uint64_t n)
{
	if (!testing)
		return -EINVAL;
	frki_testing_hush(testing);
	frk_testing_settle(testing);
	for (; n; n--)
		if (!frki_testing_step(testing, 1))
			return -ESHUTDOWN;
	return 0;
}

int frk_testing_pass(struct frk_testing *testing, uint64_t ns)
{
	uint64_t left;

	if (!testing)
		return -EINVAL;
	frki_testing_hush(testing);
	frk_testing_settle(testing);
	for (left = frki_testing_periods(testing, ns); left;) {
		uint64_t passed = frki_testing_step(testing, left);

		if (!passed)
			return -ESHUTDOWN;
		left -= passed;
	}
	return 0;
}

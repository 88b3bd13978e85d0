// SPDX-License-Identifier: MIT
/*
 * build_test.c - R1.3: each step of a build fails in turn, says so, and leaves
 * nothing running, open or allocated.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/build.h"
#include "system/system_test.h"
#include "testing/manual_driver.h"
#include "testing/scripted_driver.h"

TestSuite(build, .timeout = 30);

static unsigned int entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

unsigned int threads(void)
{
	return entries("/proc/self/task");
}

bool threads_become(unsigned int n)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	/* A thread that was joined is in /proc a little longer. */
	for (int i = 0; i < 2000 && threads() != n; i++)
		nanosleep(&pause, NULL);
	return threads() == n;
}

unsigned int files(void)
{
	return entries("/proc/self/fd");
}

static int nth_malloc;
static int create_code;
static unsigned int allocated;

static void *counting_malloc(size_t size)
{
	if (nth_malloc && !--nth_malloc)
		return NULL;
	allocated++;
	return malloc(size);
}

static void counting_free(void *memory)
{
	allocated -= memory != NULL;
	free(memory);
}

static int failing_create(pthread_t *ret_thread, const pthread_attr_t *attr,
			  void *(*main)(void *data), void *data)
{
	return create_code ? create_code :
			     pthread_create(ret_thread, attr, main, data);
}

static const struct frki_platform faulty = {
	.malloc = counting_malloc,
	.free = counting_free,
	.pthread_create = failing_create,
};

static void assert_build_fails(const struct frk_driver_ops *driver, int code,
			       const char *call)
{
	struct frk_system *system = (void *)0x1;
	struct frk_error error = { 0 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver = driver, .error = &error);
	unsigned int had_threads = threads(), had_files = files();

	cr_assert_eq(frki_build_system(&opts, &faulty, &system), code);
	cr_assert_eq(system, (void *)0x1);
	cr_assert_eq(error.code, code);
	cr_assert_str_eq(error.driver, driver->name);
	cr_assert_not_null(strstr(error.call, call), "%s", error.call);
	cr_assert_neq(error.text[0], '\0');
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
	cr_assert_eq(allocated, 0);
}

Test(build, r1_3_a_build_without_memory_leaves_nothing)
{
	nth_malloc = 1;
	assert_build_fails(&frki_scripted_driver, -ENOMEM, "malloc");
	cr_assert_eq(frki_scripted_calls().open, 0);
}

Test(build, r1_3_a_driver_that_does_not_open_fails_the_build)
{
	frki_scripted_faults.open = -ENOENT;
	assert_build_fails(&frki_scripted_driver, -ENOENT, "scripted_open");
	cr_assert_eq(frki_scripted_calls().start, 0);
	cr_assert_eq(frki_scripted_calls().close, 0);
}

Test(build, r1_3_a_driver_that_does_not_start_fails_the_build)
{
	frki_scripted_faults.start = -EBUSY;
	assert_build_fails(&frki_scripted_driver, -EBUSY, "scripted_start");
	cr_assert_eq(frki_scripted_calls().close, 1);
}

Test(build, r1_3_a_build_without_a_thread_stops_the_driver)
{
	create_code = EAGAIN;
	assert_build_fails(&frki_scripted_driver, -EAGAIN, "pthread_create");
	cr_assert_geq(frki_scripted_calls().stop, 1);
	cr_assert_eq(frki_scripted_calls().close, 1);
	/* With a driver that has threads and files to leave behind. */
	create_code = EPERM;
	assert_build_fails(&frk_driver_timerfd, -EPERM, "pthread_create");
}

Test(build, r1_3_names_driver_call_and_errno_on_one_line)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "kernel", .error = &error);
	struct frk_system *system;
	char *line = NULL;
	size_t size;
	FILE *stream = open_memstream(&line, &size);
	int ret = frk_system_build(&opts, &system);

	if (!ret) { /* where the module is loaded */
		frk_system_unref(system);
	} else {
		cr_assert_eq(frk_error_print(&error, stream), 1);
		fflush(stream);
		cr_assert_not_null(strstr(line, "driver kernel: "));
		cr_assert_not_null(strstr(line, "/dev/fraktor"));
	}
	fclose(stream);
	free(line);
}

Test(build, r3_4_r3_6_a_system_says_which_driver_it_has_and_why)
{
	const struct frk_driver_entry mine[] = {
		{ &frki_scripted_driver, 1000 },
		{ &frki_driver_manual, 900 },
	};
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "auto", .drivers = mine, .drivers_n = 2);
	struct frk_driver_info info;
	struct frk_error tried[4];
	struct frk_system *system;

	frki_scripted_faults.open = -ENODEV;
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_get_tried(system, NULL, 0), 1);
	cr_assert_eq(frk_system_get_tried(system, tried, 4), 1);
	cr_assert_str_eq(tried[0].driver, "scripted");
	cr_assert_eq(tried[0].code, -ENODEV);
	frk_system_get_driver(system, &info);
	cr_assert_str_eq(info.name, "manual");
	cr_assert_eq(info.resolution_ns, FRK_MS(1));
	cr_assert_neq(info.start_ns, 0);
	cr_assert_str_eq(info.version, frk_version());
	cr_assert_str_eq(info.why, "scripted failed: scripted_open: ENODEV");
	cr_assert_eq(frk_system_get_tried(system, NULL, 1), -EINVAL);
	cr_assert_eq(frk_system_get_tried(NULL, tried, 4), -EINVAL);
	frk_system_unref(system);
}

Test(build, r1_3_a_build_without_any_driver_leaves_nothing)
{
	const struct frk_driver_entry mine[] = { { &frki_scripted_driver, 1000 } };
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "auto",
						      .drivers = mine, .drivers_n = 1,
						      .clockid = CLOCK_TAI,
						      .cpu = FRK_CPU(1000),
						      .error = &error);
	unsigned int had_threads = threads(), had_files = files();
	struct frk_system *system;

	frki_scripted_faults.open = -ENODEV;
	cr_assert_lt(frk_system_build(&opts, &system), 0);
	cr_assert_str_eq(error.driver, "auto");
	cr_assert_not_null(strstr(error.text, "scripted"));
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
}

Test(build, works_on_the_faulty_platform_without_faults)
{
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver);
	struct frk_system *system;

	cr_assert_eq(frki_build_system(&opts, &faulty, &system), 0);
	cr_assert_eq(allocated, 1);
	frk_system_unref(system);
	cr_assert_eq(allocated, 0);
}

/* --- actors that are there before the first tick */

static uint64_t seen_ns[2];

static int note_start(struct frk_context *context, const struct frk_message *message)
{
	uint64_t *at_ns = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		*at_ns = frk_context_now_ns(context) + 1;
	return 0;
}

Test(build, s4_actors_of_the_options_start_before_the_first_tick)
{
	const struct frk_actor_opts actors[] = {
		FRK_ACTOR_OPTS(.receive = note_start, .state = &seen_ns[0]),
		FRK_ACTOR_OPTS(.receive = note_start, .state = &seen_ns[1]),
	};
	struct frk_pid pids[2] = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors = actors, .actors_n = 2,
		.actors_pids = pids);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frki_scripted_settle();
	cr_assert_eq(seen_ns[0], 1);
	cr_assert_eq(seen_ns[1], 1);
	cr_assert_neq(pids[0].index, pids[1].index);
	cr_assert_eq(frk_system_send(system, pids[1], PING, NULL, 0), 0);
	frk_system_unref(system);
}

static void assert_no_actors(const struct frk_actor_opts *actors, size_t n, int err,
			     const char *word)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors = actors, .actors_n = n,
		.actors_max = 2, .error = &error);
	struct frk_system *system = NULL;
	unsigned int running = threads(), open = files();

	cr_assert_eq(frk_system_build(&opts, &system), err, "%s", error.text);
	cr_assert_not_null(strstr(error.text, word), "%s", error.text);
	cr_assert_eq(system, NULL);
	cr_assert_eq(threads(), running);
	cr_assert_eq(files(), open);
}

Test(build, s4_actors_that_cannot_be_are_told_and_nothing_runs)
{
	struct frk_actor_opts actors[3] = {
		FRK_ACTOR_OPTS(.receive = note_start, .state = seen_ns),
		FRK_ACTOR_OPTS(.receive = note_start, .state = seen_ns),
		FRK_ACTOR_OPTS(.receive = note_start, .state = seen_ns),
	};

	assert_no_actors(NULL, 1, -EINVAL, "actors is NULL");
	assert_no_actors(actors, 3, -ENOBUFS, "actors_max");
	actors[1].receive = NULL;
	assert_no_actors(actors, 2, -EINVAL, "actors[1]");
	actors[1].size -= 8;
	assert_no_actors(actors, 2, -EINVAL, "actors[1].size");
	cr_assert_eq(seen_ns[0], 0);
}

/* --- filters */

static int drop_pings(void *data, struct frk_context *context,
		      const struct frk_message *message)
{
	atomic_uint *dropped = data;

	(void)context;
	*dropped += message->kind == PING;
	return message->kind == PING;
}

Test(build, s8_filters_of_the_options_are_used_and_checked)
{
	static const frk_receive_filter_fn receive[] = { drop_pings };
	static atomic_uint dropped;
	struct frk_filters filters =
		FRK_FILTERS(.receive = receive, .receive_n = 1, .data = &dropped);
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .filters = &filters, .error = &error);
	struct counter counter = { 0 };
	struct frk_system *system;
	struct frk_pid pid;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	pid = spawn_counter(system, &counter);
	cr_assert_eq(frk_system_send(system, pid, PING, NULL, 0), 0);
	frki_scripted_ticks(2);
	frki_scripted_settle();
	frk_system_unref(system);
	cr_assert_eq(dropped, 1);
	cr_assert_eq(counter.pings, 0);
	cr_assert_gt(counter.ticks, 0);
	filters.receive = NULL;
	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL);
	cr_assert_not_null(strstr(error.text, "filters"), "%s", error.text);
}

/* A worker that is late: there are ticks before it runs. */
static int late_create(pthread_t *ret_thread, const pthread_attr_t *attr,
		       void *(*main)(void *data), void *data)
{
	frki_scripted_batch(3);
	return pthread_create(ret_thread, attr, main, data);
}

static int note_begin(struct frk_context *context, const struct frk_message *message)
{
	_Atomic uint64_t *began_ns = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		*began_ns = frk_context_now_ns(context);
	return 0;
}

Test(build, r1_1_actors_of_the_options_begin_before_the_first_tick_however_late_the_worker)
{
	static const struct frki_platform late = {
		.malloc = malloc, .free = free, .pthread_create = late_create
	};
	_Atomic uint64_t began_ns = UINT64_MAX;
	const struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = note_begin,
							   .state = &began_ns);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .actors = &actor, .actors_n = 1);
	struct frk_system *system;

	cr_assert_eq(frki_build_system(&opts, &late, &system), 0);
	frki_scripted_settle();
	frk_system_unref(system);
	cr_assert_eq(began_ns, 0);
}

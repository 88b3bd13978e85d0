// SPDX-License-Identifier: MIT
/*
 * crew_lines_kernel_test.c - workers with tick lines of the kernel module: each a source
 * of its own, on the worker's CPU.  Needs the module, two CPUs, and to be root in there.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <fraktor/netlink.h>

#include "system/system_test.h"

#define WORKERS 2U

static char names[WORKERS][32];
static struct frk_error error;
static struct frk_system *system_;
static struct frk_netlink *netlink;

static const struct frk_worker_opts workers[WORKERS] = {
	{ .cpu = FRK_CPU(0) },
	{ .cpu = FRK_CPU(1) },
};

static void setup(void)
{
	const char *wanted = getenv("FRAKTOR_TEST_KERNEL");

	if (!wanted || strcmp(wanted, "1"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1");
	snprintf(names[0], sizeof(names[0]), "lines-%d", (int)getpid());
	snprintf(names[1], sizeof(names[1]), "lines-%d.1", (int)getpid());
	cr_assert_eq(frk_netlink_open(&netlink, &error), 0, "%s", error.text);
}

static void fini(void)
{
	frk_netlink_close(netlink);
}

TestSuite(crew_lines_kernel, .init = setup, .fini = fini, .timeout = 60);

static int build(void)
{
	const struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = names[0], .driver_name = "kernel", .workers = WORKERS,
		.worker_opts = workers, .worker_lines = 1, .error = &error);

	return frk_system_build(&opts, &system_);
}

static struct frk_source get(const char *name)
{
	struct frk_source source = { .size = sizeof(source) };

	cr_assert_eq(frk_netlink_get(netlink, name, &source), 0, "%s", name);
	return source;
}

struct place {
	unsigned int cpu;
	atomic_uint beats, elsewhere;
};

static int beat(struct frk_context *context, const struct frk_message *message)
{
	struct place *place = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, TICK, 0, NULL);
	if (message->kind != TICK)
		return 0;
	place->elsewhere += sched_getcpu() != (int)place->cpu;
	place->beats++;
	return 0;
}

static void spawn(struct place *place)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = beat, .state = place, .worker = FRK_WORKER(place->cpu));

	cr_assert_eq(frk_system_spawn(system_, &opts, NULL), 0);
}

Test(crew_lines_kernel, s1_each_worker_has_a_source_on_its_cpu)
{
	struct place places[WORKERS] = { { .cpu = 0 }, { .cpu = 1 } };
	struct frk_source source = { .size = sizeof(source) };
	struct frk_driver_info info;
	struct frk_metrics metrics;

	cr_assert_eq(build(), 0, "%s", error.text);
	for (unsigned int i = 0; i < WORKERS; i++)
		spawn(&places[i]);
	for (unsigned int i = 0; i < WORKERS; i++) {
		while (places[i].beats < 100)
			usleep(1000);
		source = get(names[i]);
		printf("# source %s: cpu=%u ticks=%llu beats=%u\n", source.name, source.cpu,
		       (unsigned long long)source.ticks, places[i].beats);
		cr_assert_eq(source.cpu, i);
		cr_assert_eq(source.home_cpu, i);
		cr_assert_str_eq(frk_source_state_name(source.state), "running");
		cr_assert_geq(source.ticks, 100);
		/* They tick together. */
		cr_assert(source.flags & FRK_SOURCE_ALIGN);
		cr_assert_eq(source.phase_ns, 0);
		cr_assert_eq(places[i].elsewhere, 0);
		cr_assert_eq(frk_system_get_worker(system_, i, &info, &metrics), 0);
		cr_assert_str_eq(info.name, "kernel");
		cr_assert_geq(metrics.ticks_total, 100);
	}
	frk_system_unref(system_);
	for (unsigned int i = 0; i < WORKERS; i++)
		cr_assert_eq(frk_netlink_get(netlink, names[i], &source), -ENOENT);
}

Test(crew_lines_kernel, s1_one_that_is_stopped_ends_the_system_and_is_named)
{
	struct place place = { .cpu = 1 };

	cr_assert_eq(build(), 0, "%s", error.text);
	spawn(&place);
	while (place.beats < 10)
		usleep(1000);
	cr_assert_eq(frk_netlink_stop(netlink, names[1], &error), 0);
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	cr_assert_not_null(strstr(error.text, "of worker 1 stopped"), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "administrator"), "%s", error.text);
	frk_system_unref(system_);
}

Test(crew_lines_kernel, s1_one_that_cannot_be_had_is_told_with_worker_and_cpu)
{
	const struct frk_driver_opts opts = FRK_DRIVER_OPTS(
		.name = names[1], .period_ns = FRK_MS(1));
	struct frk_source source = { .size = sizeof(source) };
	struct frk_line *line;

	cr_assert_eq(frk_line_open(&frk_driver_kernel, &opts, &error, &line), 0);
	cr_assert_eq(build(), -EEXIST);
	cr_assert_not_null(strstr(error.text, "worker 1 on CPU 1: "), "%s", error.text);
	cr_assert_eq(frk_netlink_get(netlink, names[0], &source), -ENOENT);
	frk_line_close(line);
}

/* SPDX-License-Identifier: MIT */
/*
 * template_replay.c - a program to copy: what a system did, done again.  It runs for
 * a quarter of a second and writes a log; then the same actors live through the same
 * ticks once more, as fast as they can, and both logs are compared.  Links
 * libfraktor-testing.a, which no program has; the program that writes the log needs
 * nothing but &frk_system_opts.log_path.
 */
#include <unistd.h>

#include <fraktor/fraktor.h>

#include "testing/replay.h"

enum { SAMPLE = FRK_MESSAGE_USER, REST };

/* Samples often, and now and then not for a while. */
static int receive(struct frk_context *context, const struct frk_message *message)
{
	struct frk_timer *sampling = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED || message->kind == REST)
		return frk_context_every(context, SAMPLE, FRK_US(2500), sampling);
	if (message->kind == SAMPLE && message->count == 10) {
		frk_context_cancel(context, *sampling);
		return frk_context_after(context, REST, FRK_MS(7), NULL);
	}
	return 0;
}

static int run(const char *driver_name, const struct frk_driver_ops *driver,
	       const char *log_path, struct frk_error *error)
{
	struct frk_timer sampling;
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.name = "sampler", .receive = receive, .state = &sampling);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = driver_name, .driver = driver, .run_ns = FRK_MS(250),
		.actors = &actor, .actors_n = 1, /* there before the first tick */
		.log_path = log_path, .error = error);
	struct frk_system *system = NULL;
	int ret = frk_system_build(&opts, &system);

	if (!ret)
		ret = frk_system_run(system);
	frk_system_unref(system);
	return ret;
}

static int compare(const struct frki_replay *first, const char *path, struct frk_error *error)
{
	struct frki_replay again;
	uint64_t parts;

	if (frki_replay_open(&again, path, error))
		return frk_error_print(error, stderr);
	parts = frki_replay_parts(&first->log, &again.log);
	if (parts < first->log.total) {
		fprintf(stderr, "template_replay: other from record %llu on: was, is\n",
			(unsigned long long)parts);
		frki_replay_print(frki_log_at(&first->log, parts), stderr);
		frki_replay_print(frki_log_at(&again.log, parts), stderr);
	} else {
		printf("template_replay: %llu records, the same again\n",
		       (unsigned long long)parts);
	}
	frki_replay_close(&again);
	return parts < first->log.total;
}

int main(void)
{
	struct frk_error error = { 0 };
	struct frki_replay first;
	char was[64], is[64];
	int failed;

	snprintf(was, sizeof(was), "/dev/shm/template_replay-%d.was", (int)getpid());
	snprintf(is, sizeof(is), "/dev/shm/template_replay-%d.is", (int)getpid());
	if (run("auto", NULL, was, &error) || frki_replay_open(&first, was, &error))
		return frk_error_print(&error, stderr);
	frki_replay_set(&first);
	failed = run(NULL, &frki_driver_replay, is, &error) ?
			 frk_error_print(&error, stderr) :
			 compare(&first, is, &error);
	frki_replay_close(&first);
	unlink(was);
	unlink(is);
	return failed;
}

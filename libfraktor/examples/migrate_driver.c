/* SPDX-License-Identifier: MIT */
/*
 * migrate_driver.c - migrate_loop.c with fraktor: the loop and its counting are
 * gone, the jobs are what they were.
 */
#include <fraktor/fraktor.h>
#include <stdio.h>

enum { SAMPLE = FRK_MESSAGE_USER, REPORT };

static unsigned int sampled, reported;

static void sample(void)
{
	sampled++;
}

static void report(void)
{
	reported++;
}

/* Each job has a period of its own; @message->count tells of those it missed. */
static int receive(struct frk_context *context, const struct frk_message *message)
{
	int err = 0;

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		err = frk_context_every(context, SAMPLE, FRK_MS(10), NULL);
		if (!err)
			err = frk_context_every(context, REPORT, FRK_MS(250), NULL);
		return err;
	case SAMPLE:
		sample();
		return 0;
	case REPORT:
		report();
		return 0;
	default:
		return 0;
	}
}

int main(void)
{
	struct frk_error error = { 0 };
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = receive);
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "auto", .period_ns = FRK_MS(10),
				.run_ns = FRK_S(1), .env = 1, .error = &error);
	struct frk_system *system = NULL;

	if (frk_system_build(&opts, &system) || frk_system_spawn(system, &actor, NULL) ||
	    frk_system_run(system)) {
		frk_system_unref(system);
		return frk_error_print(&error, stderr);
	}
	frk_system_unref(system);
	printf("sampled %u times, reported %u times\n", sampled, reported);
	return 0;
}

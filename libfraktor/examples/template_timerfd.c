/* SPDX-License-Identifier: MIT */
/*
 * template_timerfd.c - a program to copy: an actor that works at every tick of a
 * timerfd.  Any Linux, no module; the other templates differ in the driver.
 */
#include <fraktor/fraktor.h>

enum { TICK = FRK_MESSAGE_USER };

/* What the actor knows; its own, and touched by nobody else. */
struct work {
	uint64_t periods;
};

/* Once a period; after a late tick @message->count says how many have passed. */
static int receive(struct frk_context *context, const struct frk_message *message)
{
	struct work *work = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, TICK, 0, NULL);
	if (message->kind == TICK)
		work->periods = message->count; /* the work comes here */
	return 0;
}

int main(void)
{
	struct frk_error error = { 0 };
	struct work work = { 0 };
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = receive, .state = &work);
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "timerfd", .period_ns = FRK_MS(1),
				.run_ns = FRK_S(1), .env = 1, .error = &error);
	struct frk_system *system = NULL;

	if (frk_system_build(&opts, &system) || frk_system_spawn(system, &actor, NULL) ||
	    frk_system_run(system)) {
		frk_system_unref(system);
		return frk_error_print(&error, stderr);
	}
	frk_report_summary(system, stdout);
	frk_system_unref(system);
	return !work.periods;
}

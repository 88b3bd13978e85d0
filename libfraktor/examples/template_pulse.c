/* SPDX-License-Identifier: MIT */
/*
 * template_pulse.c - a program to copy: an actor that works at every tick of your
 * own hardware.  Here the hardware is a timer that raises SIGALRM; whatever it is,
 * its handler, or the thread that waits for it, calls frk_tick_feed_push().
 */
#include <fraktor/fraktor.h>
#include <signal.h>
#include <sys/time.h>

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

static struct frk_tick_feed *feed;

/* The interrupt: nothing but the push. */
static void on_interrupt(int number)
{
	(void)number;
	frk_tick_feed_push(feed);
}

static int start_hardware(void)
{
	const struct sigaction action = { .sa_handler = on_interrupt };
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };

	if (sigaction(SIGALRM, &action, NULL))
		return -1;
	return setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_hardware(void)
{
	const struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
}

int main(void)
{
	struct frk_error error = { 0 };
	struct work work = { 0 };
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = receive, .state = &work);
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "pulse", .period_ns = FRK_MS(1),
				.run_ns = FRK_S(1), .error = &error);
	struct frk_system *system = NULL;

	if (frk_tick_feed_new(0, &feed))
		return 1;
	opts.feed = feed;
	if (frk_system_build(&opts, &system) || frk_system_spawn(system, &actor, NULL) ||
	    start_hardware() || frk_system_run(system)) {
		stop_hardware();
		frk_system_unref(system);
		return frk_error_print(&error, stderr);
	}
	stop_hardware();
	frk_report_summary(system, stdout);
	frk_system_unref(system);
	frk_tick_feed_unref(feed);
	return !work.periods;
}

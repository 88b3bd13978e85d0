/* SPDX-License-Identifier: MIT */
/*
 * orders.c - mailboxes that do not hand out what came first.
 *
 * "display" shows readings more slowly than they come, and gets the latest of each kind
 * only: frk_mailbox_latest.  "doer" gets the job that is due first: an order of this
 * program's own.  Prints what became of all readings, and fails if one is missing, or the
 * last ones were not shown.
 */
#include <stdio.h>
#include <time.h>

#include <fraktor/fraktor.h>

enum { TEMPERATURE = FRK_MESSAGE_USER, PRESSURE, JOB };

#define READINGS 500U
#define JOBS 4

struct display {
	unsigned int shown;
	unsigned int last[2]; /* of each kind */
};

/* --- the job that is due first */

static uint64_t due(const struct frk_mail *mail)
{
	const struct frk_message *message = frk_mail_message(mail);

	/* What is no job is first. */
	return message->kind == JOB ? *(const uint64_t *)message->payload : 0;
}

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct frk_mail **link = state;

	(void)message;
	while (*link && due(*link) <= due(mail))
		link = &(*link)->next;
	mail->next = *link;
	*link = mail;
	return NULL; /* nothing is dropped for it */
}

static struct frk_mail *pop(void *state)
{
	struct frk_mail **first = state, *mail = *first;

	if (mail)
		*first = mail->next;
	return mail;
}

static const struct frk_mailbox_ops by_due = {
	.size = sizeof(by_due),
	.name = "by-due",
	.state_size = sizeof(struct frk_mail *),
	.push = push,
	.pop = pop,
};

/* --- actors */

static int doer(struct frk_context *context, const struct frk_message *message)
{
	unsigned int *jobs = frk_context_state(context);

	if (message->kind != JOB)
		return 0;
	printf("orders: job=%u due=%llu\n", ++*jobs,
	       (unsigned long long)*(const uint64_t *)message->payload);
	return 0;
}

static int planner(struct frk_context *context, const struct frk_message *message)
{
	static const uint64_t dues[JOBS] = { 30, 10, 40, 20 };
	const struct frk_pid *to = frk_context_state(context);
	int ret = 0;

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	for (int i = 0; i < JOBS && !ret; i++)
		ret = frk_context_send(context, *to, JOB, &dues[i], sizeof(dues[i]));
	return ret;
}

static void sleep_ms(unsigned int ms)
{
	const struct timespec time = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&time, NULL);
}

static int show(struct frk_context *context, const struct frk_message *message)
{
	struct display *display = frk_context_state(context);
	unsigned int reading;

	if (message->kind != TEMPERATURE && message->kind != PRESSURE)
		return 0;
	reading = *(const unsigned int *)message->payload;
	sleep_ms(10); /* so long it takes */
	display->shown++;
	display->last[message->kind - TEMPERATURE] = reading;
	/* What waits is handled all the same. */
	if (reading == READINGS)
		frk_system_stop(frk_context_system(context));
	return 0;
}

/* --- the program */

static int feed(struct frk_system *system, struct frk_pid to)
{
	int ret = 0;

	for (unsigned int i = 1; i <= READINGS && !ret; i++) {
		ret = frk_system_send(system, to, i % 2 ? TEMPERATURE : PRESSURE, &i, sizeof(i));
		if (i % 10 == 0)
			sleep_ms(1);
	}
	return ret;
}

static int report(struct frk_system *system, const struct display *display, unsigned int jobs)
{
	struct frk_dead_letters letters;
	uint64_t dropped;

	frk_system_get_dead_letters(system, &letters);
	dropped = letters.by_reason[FRK_DEAD_DISPLACED];
	printf("orders: readings=%u shown=%u dropped=%llu last=%u,%u\n", READINGS,
	       display->shown, (unsigned long long)dropped, display->last[0], display->last[1]);
	return display->shown + dropped != READINGS || display->last[0] != READINGS - 1 ||
	       display->last[1] != READINGS || jobs != JOBS;
}

int main(void)
{
	struct display display = { 0 };
	unsigned int jobs = 0;
	struct frk_pid pids[3];
	const struct frk_actor_opts actors[3] = {
		FRK_ACTOR_OPTS(.name = "doer", .receive = doer, .state = &jobs,
			       .mailbox_order = &by_due),
		FRK_ACTOR_OPTS(.name = "planner", .receive = planner, .state = &pids[0]),
		FRK_ACTOR_OPTS(.name = "display", .receive = show, .state = &display,
			       .mailbox_max = READINGS, .mailbox_order = &frk_mailbox_latest),
	};
	struct frk_error error;
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "auto", .error = &error, .actors = actors, .actors_n = 3,
		.actors_pids = pids);
	struct frk_system *system;
	int failed;

	if (frk_system_build(&opts, &system))
		return frk_error_print(&error, stderr);
	failed = feed(system, pids[2]);
	if (failed)
		frk_system_stop(system);
	failed |= frk_system_run(system);
	failed |= report(system, &display, jobs);
	frk_system_unref(system);
	return failed ? 1 : 0;
}

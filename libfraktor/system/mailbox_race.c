// SPDX-License-Identifier: MIT
/*
 * mailbox_race.c - mailboxes of every kind and order under several threads that send, for
 * ThreadSanitizer; and the books balance: what was sent was handled, or is a dead letter
 * with a reason that its mailbox may have.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <fraktor/fraktor.h>

#define THREADS 3
#define PING FRK_MESSAGE_USER
#define MAX 8
#define MESSAGES 20000

#define must(condition)                                                       \
	do {                                                                  \
		if (!(condition)) {                                           \
			fprintf(stderr, "mailbox_race.c:%d: %s\n", __LINE__, \
				#condition);                                  \
			exit(1);                                              \
		}                                                             \
	} while (0)

static struct frk_system *race;
static struct frk_pid pid;
static atomic_ulong accepted, refused;
/* Plain on purpose: TSan sees two threads in one actor. */
static unsigned long handled, wrong;
static unsigned int last[THREADS];

struct ping {
	unsigned int thread, n;
};

/* One thread's are all in one level, two threads' are not. */
static uint32_t level(const struct frk_message *message)
{
	const struct ping *ping = message->payload;

	return message->kind == PING ? ping->thread : 0;
}

/* One that keeps a few, and drops the oldest beyond these. */
struct few {
	struct frk_mail *first, *last;
	unsigned int n;
};

static struct frk_mail *pop_few(void *state)
{
	struct few *few = state;
	struct frk_mail *mail = few->first;

	if (!mail)
		return NULL;
	few->first = mail->next;
	few->n--;
	return mail;
}

static struct frk_mail *push_few(void *state, struct frk_mail *mail,
				 const struct frk_message *message)
{
	struct few *few = state;

	if (!few->n)
		few->first = mail;
	else
		few->last->next = mail;
	few->last = mail;
	few->n++;
	return message->kind == PING && few->n > 3 ? pop_few(few) : NULL;
}

static const struct frk_mailbox_ops few = {
	.size = sizeof(few),
	.name = "few",
	.state_size = sizeof(struct few),
	.push = push_few,
	.pop = pop_few,
};

/* What one thread sends comes in its order, with whatever is left out. */
static int receive(struct frk_context *context, const struct frk_message *message)
{
	const struct ping *ping = message->payload;

	(void)context;
	if (message->kind != PING)
		return 0;
	handled++;
	wrong += ping->n <= last[ping->thread];
	last[ping->thread] = ping->n;
	return 0;
}

static void *storm(void *data)
{
	struct ping ping = { .thread = (unsigned int)(unsigned long)data };

	for (ping.n = 1; ping.n <= MESSAGES; ping.n++) {
		int ret = frk_system_send(race, pid, PING, &ping, sizeof(ping));

		must(!ret || ret == -ENOBUFS || ret == -ESTALE || ret == -ESHUTDOWN);
		accepted += !ret;
		refused += ret != 0;
	}
	return NULL;
}

static void check(uint32_t policy, const struct frk_mailbox_ops *order)
{
	static const char *const names[] = { "reject", "drop-newest", "drop-oldest", "block",
					     "unbounded" };
	const uint64_t *dead;
	struct frk_dead_letters letters;
	uint64_t in_all = 0;

	must(!frk_system_get_dead_letters(race, &letters));
	dead = letters.by_reason;
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		in_all += dead[i];
	printf("%s, %s: accepted %lu refused %lu handled %lu dead letters %llu\n", names[policy],
	       order ? order->name : "-", accepted, refused, handled,
	       (unsigned long long)in_all);
	must(!wrong);
	must(accepted + refused == THREADS * MESSAGES);
	must(handled + in_all == THREADS * MESSAGES);
	/* Who was refused knows it; what was dropped nobody was told of. */
	must(refused == dead[FRK_DEAD_FULL] + dead[FRK_DEAD_EXHAUSTED] +
				dead[FRK_DEAD_STALE] + dead[FRK_DEAD_CLOSED]);
	must(accepted == handled + dead[FRK_DEAD_DROPPED] + dead[FRK_DEAD_DISPLACED] +
				 dead[FRK_DEAD_ENDED]);
	must(policy == FRK_MAILBOX_DROP_NEWEST || !dead[FRK_DEAD_DROPPED]);
	must(policy == FRK_MAILBOX_DROP_OLDEST || order || !dead[FRK_DEAD_DISPLACED]);
	must(policy == FRK_MAILBOX_REJECT || policy == FRK_MAILBOX_BLOCK ||
	     !dead[FRK_DEAD_FULL]);
}

static void run(uint32_t policy, bool stop, frk_level_fn level_of,
		const struct frk_mailbox_ops *order, uint32_t workers)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = FRK_US(500), .messages_max = 64,
		.workers = workers);
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(
		.receive = receive, .mailbox_policy = policy,
		.mailbox_max = policy == FRK_MAILBOX_UNBOUNDED ? 0 : MAX,
		.mailbox_level = level_of,
		.mailbox_wait_ns = policy == FRK_MAILBOX_BLOCK ? FRK_S(60) : 0,
		.mailbox_order = order);
	struct frk_actor_info info;
	pthread_t threads[THREADS];

	accepted = refused = handled = 0;
	for (int i = 0; i < THREADS; i++)
		last[i] = 0;
	must(!frk_system_build(&opts, &race));
	must(!frk_system_spawn(race, &actor, &pid));
	for (unsigned long i = 0; i < THREADS; i++)
		must(!pthread_create(&threads[i], NULL, storm, (void *)i));
	if (frk_system_list_actors(race, &info, 1) == 1 &&
	    policy != FRK_MAILBOX_DROP_OLDEST && policy != FRK_MAILBOX_UNBOUNDED)
		must(info.mailbox_high <= MAX && info.mailbox_waiting <= info.mailbox_high);
	if (stop)
		frk_system_stop(race);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	frk_system_stop(race);
	must(!frk_system_run(race));
	check(policy, order);
	frk_system_unref(race);
}

static void run_all(uint32_t policy, bool stop, uint32_t workers)
{
	run(policy, stop, NULL, NULL, workers);
	if (policy == FRK_MAILBOX_DROP_OLDEST)
		return;
	run(policy, stop, level, NULL, workers);
	run(policy, stop, NULL, &frk_mailbox_latest, workers);
	run(policy, stop, NULL, &few, workers);
}

int main(void)
{
	for (uint32_t policy = 0; policy <= FRK_MAILBOX_UNBOUNDED; policy++) {
		for (uint32_t workers = 1; workers <= 2; workers++) {
			run_all(policy, false, workers);
			run_all(policy, true, workers);
		}
	}
	return 0;
}

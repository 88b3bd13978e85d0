/* SPDX-License-Identifier: MIT */
/*
 * aggregator.c - many producers, one that adds up, and nothing lost: the aggregator grants
 * credits, a producer spends one for each value and stops when it has none.
 *
 * Credits are messages like others.  There are more of them than the mailbox has room, so
 * that a producer is refused now and then (-ENOBUFS): it keeps the value and tries again a
 * tick later.  Prints how often producers stopped, and why; fails if the sum is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fraktor/fraktor.h>

enum { GRANT = FRK_MESSAGE_USER, VALUE, END, AGAIN, ROUND };

#define PRODUCERS_MAX 32
/* Credits that a producer has at most, and messages that wait for the aggregator. */
#define CREDITS 64
#define ROOM 100

struct producer {
	struct frk_pid aggregator;
	uint32_t number;
	uint64_t next, last;
	uint64_t credits;
	uint64_t out_of_credit, out_of_room;
	int waits, ended;
};

struct aggregator {
	struct frk_pid producers[PRODUCERS_MAX];
	uint64_t owed[PRODUCERS_MAX]; /* credits that are to be granted */
	uint64_t sum, values, rounds;
	uint32_t n, ends;
};

/**
 * struct value - what a producer sends
 * @number: the producer's.
 * @value: from 1 up.
 */
struct value {
	uint64_t value;
	uint32_t number;
};

/* --- a producer */

/* Without room, a tick's pause: whoever gave the credit has not come to that yet. */
static int hold_on(struct frk_context *context, struct producer *producer)
{
	producer->out_of_room++;
	producer->waits = 1;
	return frk_context_after(context, AGAIN, 0, NULL);
}

static int produce(struct frk_context *context, struct producer *producer)
{
	int ret;

	while (producer->next <= producer->last && producer->credits && !producer->waits) {
		struct value value = { producer->next, producer->number };

		ret = frk_context_send(context, producer->aggregator, VALUE, &value,
				       sizeof(value));
		if (ret == -ENOBUFS)
			return hold_on(context, producer);
		if (ret)
			return ret;
		producer->credits--;
		producer->next++;
	}
	if (producer->next <= producer->last) {
		producer->out_of_credit += !producer->credits;
		return 0;
	}
	if (producer->ended || producer->waits)
		return 0;
	ret = frk_context_send(context, producer->aggregator, END, NULL, 0);
	if (ret == -ENOBUFS)
		return hold_on(context, producer);
	producer->ended = !ret;
	return ret;
}

static int run_producer(struct frk_context *context, const struct frk_message *message)
{
	struct producer *producer = frk_context_state(context);
	uint64_t credits;

	switch (message->kind) {
	case GRANT:
		producer->aggregator = message->sender;
		memcpy(&credits, message->payload, sizeof(credits));
		producer->credits += credits;
		return produce(context, producer);
	case AGAIN:
		producer->waits = 0;
		return produce(context, producer);
	default:
		return 0;
	}
}

/* --- the aggregator */

/* Once a tick: who spends credits gets them back.  What cannot be sent stays owed. */
static void grant(struct frk_context *context, struct aggregator *aggregator)
{
	for (uint32_t i = 0; i < aggregator->n; i++) {
		if (aggregator->owed[i] &&
		    !frk_context_send(context, aggregator->producers[i], GRANT,
				      &aggregator->owed[i], sizeof(aggregator->owed[i])))
			aggregator->owed[i] = 0;
	}
	aggregator->rounds++;
}

static int aggregate(struct frk_context *context, const struct frk_message *message)
{
	struct aggregator *aggregator = frk_context_state(context);
	struct value value;

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, ROUND, 0, NULL);
	case ROUND:
		grant(context, aggregator);
		return 0;
	case VALUE:
		memcpy(&value, message->payload, sizeof(value));
		aggregator->sum += value.value;
		aggregator->values++;
		aggregator->owed[value.number]++;
		return 0;
	case END:
		if (++aggregator->ends == aggregator->n)
			frk_system_stop(frk_context_system(context));
		return 0;
	default:
		return 0;
	}
}

/* --- all of it */

static int spawn(struct frk_system *system, struct aggregator *aggregator,
		 struct producer *producers)
{
	struct frk_actor_opts adder =
		FRK_ACTOR_OPTS(.name = "aggregator", .receive = aggregate, .state = aggregator,
			       .mailbox_max = ROOM);
	int ret = 0;

	/* Producers do nothing without a credit, so the aggregator may come last. */
	for (uint32_t i = 0; i < aggregator->n && !ret; i++) {
		struct frk_actor_opts actor = FRK_ACTOR_OPTS(
			.name = "producer", .receive = run_producer, .state = &producers[i]);

		ret = frk_system_spawn(system, &actor, &aggregator->producers[i]);
	}
	if (!ret)
		ret = frk_system_spawn(system, &adder, NULL);
	return ret;
}

static int check(struct aggregator *aggregator, const struct producer *producers,
		 const struct frk_dead_letters *letters)
{
	uint64_t sum = 0, values = 0, credit = 0, room = 0, dead = 0;
	int good;

	for (uint32_t i = 0; i < aggregator->n; i++) {
		sum += producers[i].last * (producers[i].last + 1) / 2;
		values += producers[i].last;
		credit += producers[i].out_of_credit;
		room += producers[i].out_of_room;
	}
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		dead += letters->by_reason[i];
	/* Each message that found no room was told to who sent it, and sent again. */
	good = aggregator->sum == sum && aggregator->values == values && dead == room;
	printf("aggregator: producers=%u values=%llu sum=%llu rounds=%llu out_of_credit=%llu out_of_room=%llu\n",
	       aggregator->n, (unsigned long long)aggregator->values,
	       (unsigned long long)aggregator->sum, (unsigned long long)aggregator->rounds,
	       (unsigned long long)credit, (unsigned long long)room);
	if (!good)
		fprintf(stderr, "aggregator: wrong: sum %llu of %llu, %llu dead letters\n",
			(unsigned long long)sum, (unsigned long long)values,
			(unsigned long long)dead);
	return !good;
}

static int run(uint32_t n, uint64_t values)
{
	static struct producer producers[PRODUCERS_MAX];
	static struct aggregator aggregator;
	struct frk_error error = { 0 };
	struct frk_dead_letters letters = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = "aggregator", .driver_name = "auto", .env = 1, .stop_on_signals = 1,
		.messages_max = 4096, .error = &error);
	struct frk_system *system = NULL;
	int ret;

	aggregator.n = n;
	for (uint32_t i = 0; i < n; i++) {
		producers[i].number = i;
		producers[i].next = 1;
		producers[i].last = values;
		aggregator.owed[i] = CREDITS;
	}
	ret = frk_system_build(&opts, &system);
	if (!ret)
		ret = spawn(system, &aggregator, producers);
	if (!ret)
		ret = frk_system_run(system);
	if (!ret)
		frk_system_get_dead_letters(system, &letters);
	frk_system_unref(system);
	if (ret)
		return frk_error_print(&error, stderr);
	if (aggregator.ends < n) {
		fputs("aggregator: stopped before the end\n", stderr);
		return 1;
	}
	return check(&aggregator, producers, &letters);
}

static int usage(FILE *stream, int status)
{
	fputs("usage: aggregator [--producers N] [--values N]\n\n"
	      "Add up what producers send, as fast as credits allow, and lose nothing.\n\n"
	      "  --producers N  how many, at most 32 (default: 4)\n"
	      "  --values N     what each sends: 1, 2, 3, ..., N (default: 20000)\n"
	      "  --help         this text\n\n"
	      "Exit status: 0 if the sum is right, 1 if not, 2 for bad usage.\n",
	      stream);
	return status;
}

static int read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	char *end;
	unsigned long number;

	if (!text || *text < '0' || *text > '9')
		return -1;
	number = strtoul(text, &end, 10);
	if (*end || !number || number > max)
		return -1;
	*ret_number = number;
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t producers = 4, values = 20000;

	for (int i = 1; i < argc; i += 2) {
		int ret;

		if (!strcmp(argv[i], "--help"))
			return usage(stdout, 0);
		if (!strcmp(argv[i], "--producers"))
			ret = read_number(argv[i + 1], PRODUCERS_MAX, &producers);
		else if (!strcmp(argv[i], "--values"))
			ret = read_number(argv[i + 1], 1000000, &values);
		else
			ret = -1;
		if (ret)
			return usage(stderr, 2);
	}
	return run((uint32_t)producers, values);
}

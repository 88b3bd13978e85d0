/* SPDX-License-Identifier: MIT */
/*
 * rate_limiter.c - a token bucket in front of a worker: so many requests a second pass, a
 * burst more after a pause, and the rest is refused at once.
 *
 * Three actors: "client" offers requests, more than pass; "limiter" has the bucket, which
 * ticks fill; "worker" does what passed and answers the client, who need not know that
 * somebody stands between them.  Prints what became of the requests, and fails if that is
 * not what rate and burst allow, or if one is missing.
 */
#include <stdlib.h>
#include <string.h>

#include <fraktor/fraktor.h>

enum { OFFER = FRK_MESSAGE_USER, FILL, REQUEST, REFUSED, DONE };

struct limits {
	uint64_t rate;	  /* a second */
	uint64_t burst;	  /* tokens the bucket holds */
	uint64_t offered; /* a second */
	uint64_t run_ns;
};

struct client {
	const struct limits *limits;
	struct frk_pid limiter;
	struct frk_timer timer;
	uint64_t began_ns, due;
	uint64_t sent, unsent, done, refused;
	int over;
};

struct limiter {
	const struct limits *limits;
	struct frk_pid worker;
	uint64_t filled_ns, part; /* of a token, in billionths */
	uint64_t tokens;
	uint64_t filled, spilled, passed, refused;
};

struct worker {
	uint64_t done;
};

/* --- the limiter */

/* By the time between two ticks, whether there were others between them or not. */
static void fill(struct limiter *limiter, uint64_t now_ns)
{
	const struct limits *limits = limiter->limits;
	uint64_t tokens;

	if (!limiter->filled_ns)
		limiter->filled_ns = now_ns;
	limiter->part += (now_ns - limiter->filled_ns) * limits->rate;
	limiter->filled_ns = now_ns;
	tokens = limiter->part / FRK_S(1);
	limiter->part %= FRK_S(1);
	limiter->filled += tokens;
	limiter->tokens += tokens;
	if (limiter->tokens > limits->burst) {
		limiter->spilled += limiter->tokens - limits->burst;
		limiter->tokens = limits->burst;
	}
}

static int limit(struct frk_context *context, const struct frk_message *message)
{
	struct limiter *limiter = frk_context_state(context);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, FILL, 0, NULL);
	case FILL:
		fill(limiter, message->deadline_ns);
		return 0;
	case REQUEST:
		/* A worker that has no room is as good a reason as an empty bucket. */
		if (limiter->tokens && !frk_context_forward(context, message, limiter->worker)) {
			limiter->tokens--;
			limiter->passed++;
			return 0;
		}
		limiter->refused++;
		return frk_context_send(context, message->sender, REFUSED, NULL, 0);
	default:
		return 0;
	}
}

static int work(struct frk_context *context, const struct frk_message *message)
{
	struct worker *worker = frk_context_state(context);

	if (message->kind != REQUEST)
		return 0;
	worker->done++; /* the work comes here */
	return frk_context_send(context, message->sender, DONE, NULL, 0);
}

/* --- the client */

static void offer(struct frk_context *context, struct client *client, uint64_t now_ns)
{
	const struct limits *limits = client->limits;

	if (!client->began_ns)
		client->began_ns = now_ns;
	for (uint64_t due = (now_ns - client->began_ns) / 1000 * limits->offered / 1000000;
	     client->due < due; client->due++) {
		if (frk_context_send(context, client->limiter, REQUEST, NULL, 0))
			client->unsent++;
		else
			client->sent++;
	}
	if (now_ns - client->began_ns < limits->run_ns)
		return;
	client->over = 1;
	frk_context_cancel(context, client->timer);
}

static int demand(struct frk_context *context, const struct frk_message *message)
{
	struct client *client = frk_context_state(context);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, OFFER, 0, &client->timer);
	case OFFER:
		if (!client->over)
			offer(context, client, message->deadline_ns);
		break;
	case DONE:
		client->done++;
		break;
	case REFUSED:
		client->refused++;
		break;
	default:
		return 0;
	}
	if (client->over && client->done + client->refused == client->sent)
		frk_system_stop(frk_context_system(context));
	return 0;
}

/* --- all of it */

static int wrong(const char *what)
{
	fprintf(stderr, "rate_limiter: wrong: %s\n", what);
	return 1;
}

static int check(const struct client *client, const struct limiter *limiter,
		 const struct worker *worker)
{
	const struct limits *limits = limiter->limits;
	uint64_t allowed = limits->burst + limiter->filled;
	int bad = 0;

	if (client->sent != limiter->passed + limiter->refused)
		bad |= wrong("a request is missing");
	if (client->done != limiter->passed || worker->done != limiter->passed)
		bad |= wrong("what passed was not done");
	if (client->refused != limiter->refused)
		bad |= wrong("a refusal is missing");
	if (limiter->passed + limiter->tokens + limiter->spilled != allowed)
		bad |= wrong("tokens are missing");
	if (client->sent > allowed && !limiter->refused)
		bad |= wrong("nothing was refused");
	return bad;
}

static void report(const struct client *client, const struct limiter *limiter)
{
	printf("rate_limiter: rate=%llu burst=%llu offered=%llu accepted=%llu refused=%llu allowed=%llu unsent=%llu\n",
	       (unsigned long long)limiter->limits->rate,
	       (unsigned long long)limiter->limits->burst, (unsigned long long)client->sent,
	       (unsigned long long)limiter->passed, (unsigned long long)limiter->refused,
	       (unsigned long long)(limiter->limits->burst + limiter->filled),
	       (unsigned long long)client->unsent);
}

static int run(const struct limits *limits)
{
	struct worker worker = { 0 };
	struct limiter limiter = { .limits = limits, .tokens = limits->burst };
	struct client client = { .limits = limits };
	struct frk_error error = { 0 };
	struct frk_actor_opts actors[] = {
		FRK_ACTOR_OPTS(.name = "worker", .receive = work, .state = &worker,
			       .mailbox_max = 1024),
		FRK_ACTOR_OPTS(.name = "limiter", .receive = limit, .state = &limiter,
			       .mailbox_max = 4096),
		FRK_ACTOR_OPTS(.name = "client", .receive = demand, .state = &client,
			       .mailbox_max = 8192),
	};
	struct frk_pid pids[3];
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = "rate-limiter", .driver_name = "auto", .actors_max = 3,
		.messages_max = 16384, .env = 1, .stop_on_signals = 1, .error = &error);
	struct frk_system *system = NULL;
	int ret;

	ret = frk_system_build(&opts, &system);
	for (int i = 0; i < 3 && !ret; i++) {
		/* Who is sent to is there before who sends. */
		ret = frk_system_spawn(system, &actors[i], &pids[i]);
		limiter.worker = pids[0];
		client.limiter = i ? pids[1] : pids[0];
	}
	if (!ret)
		ret = frk_system_run(system);
	frk_system_unref(system);
	if (ret)
		return frk_error_print(&error, stderr);
	report(&client, &limiter);
	if (!client.over) /* a signal */
		return 0;
	return check(&client, &limiter, &worker);
}

static int usage(FILE *stream, int status)
{
	fputs("usage: rate_limiter [--rate N] [--burst N] [--offered N] [--seconds N]\n\n"
	      "Offer requests to a worker behind a token bucket, and count what passes.\n\n"
	      "  --rate N     requests that pass in a second (default: 500)\n"
	      "  --burst N    tokens that the bucket holds (default: 50)\n"
	      "  --offered N  requests that come in a second (default: 2000)\n"
	      "  --seconds N  for how long (default: 2)\n"
	      "  --help       this text\n\n"
	      "Exit status: 0 if what passed is what was allowed, 1 if not, 2 for bad usage.\n",
	      stream);
	return status;
}

/* A number from 1 to a million. */
static int read_number(const char *text, uint64_t *ret_number)
{
	char *end;
	unsigned long number;

	if (!text || *text < '0' || *text > '9')
		return -1;
	number = strtoul(text, &end, 10);
	if (*end || !number || number > 1000000)
		return -1;
	*ret_number = number;
	return 0;
}

int main(int argc, char **argv)
{
	struct limits limits = { .rate = 500, .burst = 50, .offered = 2000,
				 .run_ns = FRK_S(2) };
	const struct {
		const char *name;
		uint64_t *number;
	} options[] = { { "--rate", &limits.rate },
			{ "--burst", &limits.burst },
			{ "--offered", &limits.offered },
			{ "--seconds", &limits.run_ns } };

	for (int i = 1; i < argc; i += 2) {
		size_t o = 0;

		if (!strcmp(argv[i], "--help"))
			return usage(stdout, 0);
		while (o < 4 && strcmp(argv[i], options[o].name))
			o++;
		if (o == 4 || read_number(argv[i + 1], options[o].number))
			return usage(stderr, 2);
		if (options[o].number == &limits.run_ns)
			limits.run_ns = FRK_S(limits.run_ns);
	}
	return run(&limits);
}

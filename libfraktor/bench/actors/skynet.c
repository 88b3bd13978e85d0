// SPDX-License-Identifier: MIT
/* skynet.c - a tree of actors, ten children each, with N leaves; each leaf sends its
 * number up, each parent the sum of what it got. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { SUM = FRK_MESSAGE_USER, AGAIN };

/* Kept by the parent for ten children at once: an actor's state is its application's. */
struct node {
	uint64_t first, leaves, sum;
	uint32_t missing, spawned;
	struct node *children;
};

static struct node top;

static int skynet(struct frk_context *context, const struct frk_message *message);

/* A system has room for 2^20 actors, the tree is 1,111,111: who finds no room tries again
 * when the leaves that are there have had their turn. */
static void spawn_children(struct frk_context *context, struct node *node)
{
	for (; node->spawned < 10; node->spawned++) {
		struct node *child = &node->children[node->spawned];
		const struct frk_actor_opts opts =
			FRK_ACTOR_OPTS(.receive = skynet, .state = child);
		int ret;

		child->leaves = node->leaves / 10;
		child->first = node->first + node->spawned * child->leaves;
		ret = frk_context_spawn(context, &opts, NULL);
		if (ret == -ENOBUFS) {
			bench_send(context, frk_context_self(context), AGAIN, NULL, 0);
			return;
		}
		bench_must(ret);
	}
}

static void branch(struct frk_context *context, struct node *node)
{
	node->children = calloc(10, sizeof(*node->children));
	bench_must(node->children ? 0 : -ENOMEM);
	node->missing = 10;
	spawn_children(context, node);
}

static void report(struct frk_context *context, const struct node *node)
{
	struct frk_pid parent = frk_context_parent(context);

	if (node == &top) {
		bench_end(context, bench_n, node->sum == bench_n * (bench_n - 1) / 2);
		return;
	}
	bench_send(context, parent, SUM, &node->sum, sizeof(node->sum));
	frk_context_stop(context);
}

static int skynet(struct frk_context *context, const struct frk_message *message)
{
	struct node *node = frk_context_state(context);
	uint64_t sum;

	if (!node) { /* the first has no state of its own */
		node = &top;
		node->leaves = bench_n;
	}
	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		if (node == &top)
			bench_begin();
		if (node->leaves > 1) {
			branch(context, node);
			break;
		}
		node->sum = node->first;
		report(context, node);
		break;
	case AGAIN:
		spawn_children(context, node);
		break;
	case SUM:
		memcpy(&sum, message->payload, sizeof(sum));
		node->sum += sum;
		if (!--node->missing)
			report(context, node);
		break;
	case FRK_MESSAGE_STOPPED:
		free(node->children);
		break;
	default:
		break;
	}
	return 0;
}

const struct bench_program bench_skynet = {
	.name = "skynet", .n = 1000000, .receive = skynet, .actors = 16,
	.actors_percent = 100, .messages_percent = 100,
};

// SPDX-License-Identifier: MIT
/* ask.c - an actor asks another one N times, with a timeout; the time of each round trip. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { QUESTION = FRK_MESSAGE_USER, ANSWER };

static struct frk_pid answerer;
static uint64_t *took_ns, asked_ns, answers;

static int answer(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == QUESTION)
		bench_must(frk_context_answer(context, message, ANSWER, NULL, 0));
	return 0;
}

static int ask(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		took_ns = calloc(bench_n, sizeof(*took_ns));
		bench_must(took_ns ? 0 : -ENOMEM);
		answerer = bench_spawn_actor(context, answer, NULL);
		bench_begin();
	} else if (message->kind == ANSWER) {
		took_ns[answers++] = bench_now_ns() - asked_ns;
	} else {
		return 0;
	}
	if (answers == bench_n) {
		bench_end(context, bench_n, true);
		return 0;
	}
	asked_ns = bench_now_ns();
	bench_must(frk_context_ask(context, answerer, QUESTION, NULL, 0, FRK_S(10), NULL));
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void detail(struct frk_system *system)
{
	(void)system;
	qsort(took_ns, bench_n, sizeof(*took_ns), compare);
	printf(",\"p50_ns\":%llu,\"p99_ns\":%llu", (unsigned long long)took_ns[bench_n / 2],
	       (unsigned long long)took_ns[bench_n * 99 / 100]);
	free(took_ns);
}

const struct bench_program bench_ask = {
	.name = "ask", .n = 200000, .receive = ask, .actors = 2, .detail = detail,
};

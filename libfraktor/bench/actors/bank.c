// SPDX-License-Identifier: MIT
/* bank.c - Savina's bank transaction: N transfers among 1000 accounts, a window of them
 * at once; what all accounts have together does not change. */
#include <string.h>

#include "bench.h"

#define ACCOUNTS 1000U
#define BALANCE 1000000

enum { DEBIT = FRK_MESSAGE_USER, CREDIT, CREDITED, DONE };

struct transfer {
	struct frk_pid to, teller;
	int64_t amount;
};

static int64_t balances[ACCOUNTS];
static struct frk_pid pids[ACCOUNTS];
static uint32_t seed = 1;
static uint64_t begun, done;

/* teller -> debit -> credit -> back -> teller: four messages a transfer. */
static int keep(struct frk_context *context, const struct frk_message *message)
{
	int64_t *balance = frk_context_state(context);
	struct transfer transfer;

	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	memcpy(&transfer, message->payload, sizeof(transfer));
	if (message->kind == DEBIT) {
		*balance -= transfer.amount;
		bench_send(context, transfer.to, CREDIT, &transfer, sizeof(transfer));
	} else if (message->kind == CREDIT) {
		*balance += transfer.amount;
		bench_send(context, message->sender, CREDITED, &transfer, sizeof(transfer));
	} else {
		bench_send(context, transfer.teller, DONE, NULL, 0);
	}
	return 0;
}

static void begin_transfer(struct frk_context *context)
{
	uint32_t from = bench_random(&seed) % ACCOUNTS;
	struct transfer transfer = {
		.to = pids[bench_random(&seed) % ACCOUNTS],
		.teller = frk_context_self(context),
		.amount = 1 + bench_random(&seed) % 100,
	};

	begun++;
	bench_send(context, pids[from], DEBIT, &transfer, sizeof(transfer));
}

static void finish(struct frk_context *context)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < ACCOUNTS; i++)
		sum += balances[i];
	bench_end(context, bench_n, sum == (int64_t)ACCOUNTS * BALANCE);
}

static int tell(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		for (uint32_t i = 0; i < ACCOUNTS; i++) {
			balances[i] = BALANCE;
			pids[i] = bench_spawn_actor(context, keep, &balances[i]);
		}
		bench_begin();
		while (begun < BENCH_BURST && begun < bench_n)
			begin_transfer(context);
	} else if (message->kind == DONE) {
		if (++done == bench_n)
			finish(context);
		else if (begun < bench_n)
			begin_transfer(context);
	}
	return 0;
}

const struct bench_program bench_bank = {
	.name = "bank", .n = 500000, .receive = tell, .actors = ACCOUNTS + 1,
};

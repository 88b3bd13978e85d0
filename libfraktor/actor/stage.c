// SPDX-License-Identifier: MIT
/*
 * stage.c - the stage of stage.h: finding actors by pid, and who has a turn.
 * Knows no thread, no clock; its memory is given.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "base/opts.h"

#define GATE_CLOSED (1U << 31)

static void init_pools(struct frki_stage *stage,
		       const struct frki_stage_memory *memory)
{
	for (uint32_t i = 0; i < memory->cells_n; i++)
		frki_cell_init(&memory->cells[i]);
	for (uint32_t i = 0; i < memory->alarms_n; i++)
		frki_alarm_init(&memory->alarms[i]);
	frki_pool_init(&stage->cells, memory->cells, sizeof(*memory->cells),
		       memory->cell_links, memory->cells_n);
	frki_pool_init(&stage->letters, memory->letters,
		       sizeof(*memory->letters), memory->letter_links,
		       memory->letters_n);
	frki_pool_init(&stage->alarms, memory->alarms, sizeof(*memory->alarms),
		       memory->alarm_links, memory->alarms_n);
}

void frki_stage_init(struct frki_stage *stage,
		     const struct frki_stage_memory *memory,
		     uint64_t period_ns, const struct frki_stage_ops *ops,
		     void *data)
{
	init_pools(stage, memory);
	frki_mpsc_init(&stage->ready);
	atomic_init(&stage->gate, 0);
	atomic_init(&stage->undelivered, 0);
	atomic_init(&stage->failures, 0);
	stage->ops = ops;
	stage->data = data;
	frki_scheduler_init(&stage->scheduler, period_ns);
	frki_list_init(&stage->live);
}

static int check_actor(struct frk_actor_opts *ret_opts,
		       const struct frk_actor_opts *opts)
{
	size_t min = offsetof(struct frk_actor_opts, mailbox_max) +
		     sizeof(opts->mailbox_max);
	int ret = frki_opts_copy(ret_opts, sizeof(*ret_opts), opts, min);

	if (ret)
		return ret;
	if (!ret_opts->receive || ret_opts->mailbox_max > FRKI_MAILBOX_MAX)
		return -EINVAL;
	if (!ret_opts->mailbox_max)
		ret_opts->mailbox_max = 256;
	return 0;
}

/* Counted in before the look at the flag, so that after the flag is set and the
 * count was seen at 0 nobody is on the way in.  Pairs with frki_stage_close()
 * and frki_stage_quiet(). */
static bool enter(struct frki_stage *stage)
{
	uint32_t old = atomic_fetch_add_explicit(&stage->gate, 1,
						 memory_order_acq_rel);

	if (!(old & GATE_CLOSED))
		return true;
	atomic_fetch_sub_explicit(&stage->gate, 1, memory_order_acq_rel);
	return false;
}

/* Release: pairs with the acquire in frki_stage_quiet(). */
static void leave(struct frki_stage *stage)
{
	atomic_fetch_sub_explicit(&stage->gate, 1, memory_order_release);
}

static int spawn(struct frki_stage *stage, const struct frk_actor_opts *opts,
		 struct frk_pid *ret_pid)
{
	struct frki_cell *cell = frki_pool_get(&stage->cells);
	uint32_t life;

	if (!cell)
		return -ENOBUFS;
	life = frki_cell_start(cell, opts);
	if (ret_pid) {
		ret_pid->index = frki_pool_index(&stage->cells, cell);
		ret_pid->life = life;
	}
	frki_cell_schedule(cell, stage);
	return 0;
}

int frki_stage_spawn(struct frki_stage *stage,
		     const struct frk_actor_opts *opts,
		     struct frk_pid *ret_pid)
{
	struct frk_actor_opts checked;
	int ret = check_actor(&checked, opts);

	if (ret)
		return ret;
	if (!enter(stage))
		return -ESHUTDOWN;
	ret = spawn(stage, &checked, ret_pid);
	leave(stage);
	return ret;
}

static int check_message(uint32_t kind, const void *payload, size_t size)
{
	if (kind < FRK_MESSAGE_USER || (size && !payload))
		return -EINVAL;
	return size > FRK_MESSAGE_PAYLOAD_MAX ? -EMSGSIZE : 0;
}

static int deliver(struct frki_stage *stage, struct frki_cell *cell,
		   uint32_t life, struct frki_envelope *envelope)
{
	int ret = frki_mailbox_send(&cell->mailbox, life, envelope);

	if (ret)
		frki_envelope_unref(envelope, &stage->letters);
	else
		frki_cell_schedule(cell, stage);
	return ret;
}

int frki_stage_send(struct frki_stage *stage, struct frk_pid sender,
		    struct frk_pid to, uint32_t kind, const void *payload,
		    size_t size)
{
	struct frki_cell *cell = frki_pool_at(&stage->cells, to.index);
	struct frki_envelope *envelope;
	int ret = check_message(kind, payload, size);

	if (ret)
		return ret;
	if (frki_stage_closed(stage))
		return -ESHUTDOWN;
	/* A dead receiver is worth more to know than an empty pool. */
	if (!cell || !frki_mailbox_accepts(&cell->mailbox, to.life))
		return -ESTALE;
	envelope = frki_envelope_new(&stage->letters, kind, payload, size,
				     sender);
	if (!envelope)
		return -ENOBUFS;
	return deliver(stage, cell, to.life, envelope);
}

int frki_stage_stop(struct frki_stage *stage, struct frk_pid pid)
{
	struct frki_cell *cell = frki_pool_at(&stage->cells, pid.index);
	int ret;

	if (!cell)
		return -ESTALE;
	ret = frki_mailbox_stop(&cell->mailbox, pid.life);
	if (!ret)
		frki_cell_schedule(cell, stage);
	return ret;
}

void frki_stage_close(struct frki_stage *stage)
{
	/* Pairs with enter() and frki_stage_closed(). */
	atomic_fetch_or_explicit(&stage->gate, GATE_CLOSED,
				 memory_order_acq_rel);
}

bool frki_stage_closed(const struct frki_stage *stage)
{
	/* Acquire: pairs with frki_stage_close(). */
	return atomic_load_explicit(&stage->gate, memory_order_acquire) &
	       GATE_CLOSED;
}

bool frki_stage_quiet(const struct frki_stage *stage)
{
	/* Acquire: pairs with leave(): who was inside has queued its actor. */
	return atomic_load_explicit(&stage->gate, memory_order_acquire) ==
	       GATE_CLOSED;
}

bool frki_stage_ready(const struct frki_stage *stage)
{
	return frki_mpsc_ready(&stage->ready);
}

unsigned int frki_stage_run(struct frki_stage *stage, unsigned int turns)
{
	unsigned int n;

	for (n = 0; n < turns; n++) {
		struct frki_mpsc_node *node = frki_mpsc_pop(&stage->ready);

		if (!node)
			break;
		frki_cell_run(frki_container_of(node, struct frki_cell, ready),
			      stage);
	}
	return n;
}

bool frki_stage_stop_youngest(struct frki_stage *stage)
{
	struct frki_cell *cell;

	if (frki_list_empty(&stage->live))
		return false;
	cell = frki_container_of(stage->live.prev, struct frki_cell, live);
	frki_mailbox_stop(&cell->mailbox, frki_mailbox_life(&cell->mailbox));
	frki_cell_schedule(cell, stage);
	return true;
}

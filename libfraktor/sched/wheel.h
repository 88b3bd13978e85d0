/* SPDX-License-Identifier: MIT */
/*
 * wheel.h - a hierarchical timer wheel: which node is due at which tick.
 *
 * It has no clock and no threads: its owner passes the time in, as a number of
 * ticks, and calls from one thread at a time.  It allocates nothing: the nodes
 * live inside what they time.
 *
 * Promises.  A node is never popped before its tick.  Nodes come in the order
 * of their ticks, and those of one tick in the order they were added.  Adding
 * and cancelling cost the same whatever is on the wheel.  A pop costs at most
 * as many moves of nodes as its budget says; what is left over is done by the
 * next pop, in order, and can be cancelled until it is popped.  A node is moved
 * at most once per level, ten times in its life, and typically once.
 *
 * How.  Ticks are written in base 64: eleven digits, the highest of them 0 to
 * 15, together the whole range of 64 bits, so that no timer is too far away.  A
 * node lies on the level of the highest digit in which its tick differs from
 * the wheel's, in the slot of that digit: no slot but the current one of level 0
 * is ever due, and all that precedes the first used slot of the lowest used
 * level is known to be empty.  When the wheel's tick reaches a slot of a higher
 * level, exactly that slot is spread over the levels below it, which are empty
 * then.
 */
#ifndef FRKI_SCHED_WHEEL_H
#define FRKI_SCHED_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define FRKI_WHEEL_BITS 6
#define FRKI_WHEEL_SLOTS (1U << FRKI_WHEEL_BITS)
#define FRKI_WHEEL_LEVELS 11
/* The top level has what 64 bits leave it: four. */
#define FRKI_WHEEL_LISTS ((FRKI_WHEEL_LEVELS - 1) * FRKI_WHEEL_SLOTS + 16)

/* Answer of frki_wheel_next() when nothing is on the wheel. */
#define FRKI_WHEEL_NEVER UINT64_MAX

/**
 * struct frki_wheel_node - part of what is timed
 * @link: on its slot's list; points at itself while on no wheel.
 * @expires_ticks: when it is due.
 * @slot: the list it is on.
 */
struct frki_wheel_node {
	struct frki_list link;
	uint64_t expires_ticks;
	uint16_t slot;
};

/**
 * struct frki_wheel - the wheel; must not move once it is in use
 * @now_ticks: what was due before this has been popped.
 * @count: nodes on the wheel.
 * @used: per level a bit for every slot that has nodes.
 * @spreading: the slot of a higher level that is being spread, or 0; slot 0
 *	is on level 0 and never spread.
 * @slots: the lists, level by level.
 */
struct frki_wheel {
	uint64_t now_ticks;
	uint64_t count;
	uint64_t used[FRKI_WHEEL_LEVELS];
	uint16_t spreading;
	struct frki_list slots[FRKI_WHEEL_LISTS];
};

/**
 * frki_wheel_init() - make an empty wheel
 * @wheel: the wheel.
 * @now_ticks: the time it starts at.
 */
void frki_wheel_init(struct frki_wheel *wheel, uint64_t now_ticks);

/**
 * frki_wheel_node_init() - make a node that is on no wheel
 * @node: the node.
 */
void frki_wheel_node_init(struct frki_wheel_node *node);

/**
 * frki_wheel_pending() - is the node on a wheel?
 * @node: the node.
 */
static inline bool frki_wheel_pending(const struct frki_wheel_node *node)
{
	return !frki_list_empty(&node->link);
}

/**
 * frki_wheel_add() - put a node on the wheel
 * @wheel: the wheel.
 * @node: on no wheel; the wheel's until it is popped or cancelled.
 * @expires_ticks: when it is due; what has passed is due at once.
 */
void frki_wheel_add(struct frki_wheel *wheel, struct frki_wheel_node *node,
		    uint64_t expires_ticks);

/**
 * frki_wheel_cancel() - take a node off the wheel
 * @wheel: the wheel.
 * @node: the node.
 *
 * Return: true if it was on the wheel, and then it will not be popped.
 */
bool frki_wheel_cancel(struct frki_wheel *wheel, struct frki_wheel_node *node);

/**
 * frki_wheel_pop() - take the next node that is due
 * @wheel: the wheel.
 * @now_ticks: the time; an earlier one than before counts as the same.
 * @budget: nodes that may be moved or popped; counted down.
 *
 * To be called until it returns NULL.  Between two calls nodes may be added
 * and cancelled.
 *
 * Return: the node, the caller's again; NULL if nothing is due, or if @budget
 * has reached 0: then there may be more.
 */
struct frki_wheel_node *frki_wheel_pop(struct frki_wheel *wheel,
				       uint64_t now_ticks,
				       unsigned int *budget);

/**
 * frki_wheel_next() - how long nothing can be due
 * @wheel: the wheel.
 *
 * Return: ticks from &frki_wheel.now_ticks until the wheel has something to do:
 * not later than the first expiry, and at most one level's slot earlier; 0 if
 * something is left over; FRKI_WHEEL_NEVER if nothing is on the wheel.
 */
uint64_t frki_wheel_next(const struct frki_wheel *wheel);

/**
 * frki_wheel_check() - are all invariants true?  For tests; looks at every node
 * @wheel: the wheel.
 *
 * Return: 0, or the number of the broken invariant, see wheel.c.
 */
int frki_wheel_check(const struct frki_wheel *wheel);

#endif /* FRKI_SCHED_WHEEL_H */

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
 * at most once per level, twelve times in its life, and typically twice.
 *
 * How.  Ticks are written in base 32: thirteen digits, together the whole range
 * of 64 bits, so that no timer is too far away.  A slot of level L stands for
 * the 32^L ticks that agree in all digits from L on.  Each level has a last tick
 * that it covers, at least to the end of the slot above that the wheel is in, at
 * most to the end of the one after that: two turns, hence twice 32 slots.  A
 * node lies on the lowest level that covers its tick.  A slot is opened when it
 * is empty and the level below begins to cover it; to open one that has nodes
 * is to move them down, the oldest first, and while that goes on, new ones queue
 * up behind them.
 *
 * No cascade.  The slot that comes next is opened while the wheel goes through
 * the one before it, little by little: none while a few nodes a tick will still
 * do it in time, else the share of the tick.  So no tick has much to do because
 * its number is round, and most nodes are cancelled before they are moved.  The
 * levels finish one after the other, the highest first, one slot of the level
 * below ahead of time.
 */
#ifndef FRKI_SCHED_WHEEL_H
#define FRKI_SCHED_WHEEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define FRKI_WHEEL_BITS 5
#define FRKI_WHEEL_SLOTS (2U << FRKI_WHEEL_BITS)
#define FRKI_WHEEL_LEVELS 13
/* The top level has what 64 bits leave it: four of them. */
#define FRKI_WHEEL_LISTS ((FRKI_WHEEL_LEVELS - 1) * FRKI_WHEEL_SLOTS + 16)

/* Nodes a tick that a level may put off until they must be moved. */
#define FRKI_WHEEL_RATE 16

/* Answer of frki_wheel_next() when nothing is on the wheel. */
#define FRKI_WHEEL_NEVER UINT64_MAX

/**
 * struct frki_wheel_node - part of what is timed
 * @link: on its slot's list; points at itself while on no wheel.
 * @expires_ticks: when it is due.
 * @slot: the list it is on.
 * @mode: not the wheel's, as what follows: there is room, and whoever embeds the
 *	node fits into a cache line with it.
 * @accuracy: see timer.h.
 * @state: see job.h.
 */
struct frki_wheel_node {
	struct frki_list link;
	uint64_t expires_ticks;
	uint16_t slot;
	uint8_t mode;
	uint8_t accuracy;
	_Atomic uint32_t state;
};

/**
 * struct frki_wheel - the wheel; must not move once it is in use
 * @now_ticks: what was due before this has been popped.
 * @paced_ticks: when slots to come were worked on last.
 * @most: nodes that may be on the wheel at once; whoever knows may set it, for a
 *	better guess at how much is to be moved.
 * @levels: a bit for every level that has nodes.
 * @last: per level the last tick it covers.
 * @used: per level a bit for every slot that has nodes.
 * @added: nodes that came into a slot since it was empty; how many left it is
 *	not counted.
 * @slots: the lists, level by level.
 */
struct frki_wheel {
	uint64_t now_ticks;
	uint64_t paced_ticks;
	uint32_t most;
	uint32_t levels;
	uint64_t last[FRKI_WHEEL_LEVELS];
	uint64_t used[FRKI_WHEEL_LEVELS];
	uint32_t added[FRKI_WHEEL_LISTS];
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
 * frki_wheel_empty() - is nothing on the wheel?
 * @wheel: the wheel.
 */
static inline bool frki_wheel_empty(const struct frki_wheel *wheel)
{
	return !wheel->levels;
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
 * frki_wheel_behind() - has a budget left something undone?
 * @wheel: the wheel.
 * @now_ticks: as for frki_wheel_pop().
 *
 * Return: true if a node is due, or a slot that may have one must be opened.
 */
bool frki_wheel_behind(const struct frki_wheel *wheel, uint64_t now_ticks);

/**
 * frki_wheel_next() - how long the wheel needs nobody
 * @wheel: the wheel.
 *
 * Return: ticks from &frki_wheel.now_ticks until the first expiry; earlier if
 * so many nodes are to be moved before it that it takes several ticks; 0 if
 * something is left over; FRKI_WHEEL_NEVER if nothing is on the wheel.
 */
uint64_t frki_wheel_next(const struct frki_wheel *wheel);

/**
 * frki_wheel_each() - look at every node
 * @wheel: the wheel.
 * @each: called for each of them, slot by slot; may not add or cancel.
 * @data: for @each.
 */
void frki_wheel_each(const struct frki_wheel *wheel,
		     void (*each)(const struct frki_wheel_node *node, void *data),
		     void *data);

/**
 * frki_wheel_check() - are all invariants true?  For tests; looks at every node
 * @wheel: the wheel.
 *
 * Return: 0, or the number of the broken invariant, see wheel_check.c.
 */
int frki_wheel_check(const struct frki_wheel *wheel);

#endif /* FRKI_SCHED_WHEEL_H */

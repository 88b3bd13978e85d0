// SPDX-License-Identifier: MIT
/*
 * wheel.c - the timer wheel of wheel.h; contract and idea are there.  Knows no
 * clock, no thread, no memory but what it is given.
 */
#include "sched/wheel.h"

#define BITS FRKI_WHEEL_BITS
#define SLOTS FRKI_WHEEL_SLOTS
#define LEVELS FRKI_WHEEL_LEVELS

static unsigned int digit(uint64_t ticks, unsigned int level)
{
	return (ticks >> (level * BITS)) & (SLOTS - 1);
}

/* @ticks with the digits of @level and of all below it set to 0. */
static uint64_t round_down(uint64_t ticks, unsigned int level)
{
	if (level == LEVELS - 1)
		return 0;
	return ticks >> ((level + 1) * BITS) << ((level + 1) * BITS);
}

static bool slot_used(const struct frki_wheel *wheel, unsigned int slot)
{
	return wheel->used[slot / SLOTS] >> (slot % SLOTS) & 1;
}

/* What is overdue lies in the current slot of level 0. */
static uint64_t due_of(const struct frki_wheel *wheel,
		       const struct frki_wheel_node *node)
{
	return node->expires_ticks > wheel->now_ticks ? node->expires_ticks :
							wheel->now_ticks;
}

/* The slot that the definition in wheel.h gives a node. */
static unsigned int slot_of(const struct frki_wheel *wheel,
			    const struct frki_wheel_node *node)
{
	uint64_t due = due_of(wheel, node);
	uint64_t differs = due ^ wheel->now_ticks;
	unsigned int level = 0;

	if (differs)
		level = (63 - (unsigned int)__builtin_clzll(differs)) / BITS;
	return level * SLOTS + digit(due, level);
}

static void link_node(struct frki_wheel *wheel, struct frki_wheel_node *node,
		      unsigned int slot)
{
	node->slot = (uint16_t)slot;
	frki_list_push(&wheel->slots[slot], &node->link);
	wheel->used[slot / SLOTS] |= 1ULL << (slot % SLOTS);
}

static void unlink_node(struct frki_wheel *wheel, struct frki_wheel_node *node)
{
	unsigned int slot = node->slot;

	frki_list_remove(&node->link);
	if (frki_list_empty(&wheel->slots[slot]))
		wheel->used[slot / SLOTS] &= ~(1ULL << (slot % SLOTS));
}

static struct frki_wheel_node *first_of(const struct frki_wheel *wheel,
					unsigned int slot)
{
	return frki_container_of(wheel->slots[slot].next,
				 struct frki_wheel_node, link);
}

void frki_wheel_init(struct frki_wheel *wheel, uint64_t now_ticks)
{
	wheel->now_ticks = now_ticks;
	wheel->count = 0;
	wheel->spreading = 0;
	for (unsigned int level = 0; level < LEVELS; level++)
		wheel->used[level] = 0;
	for (unsigned int slot = 0; slot < FRKI_WHEEL_LISTS; slot++)
		frki_list_init(&wheel->slots[slot]);
}

void frki_wheel_node_init(struct frki_wheel_node *node)
{
	frki_list_init(&node->link);
	node->expires_ticks = 0;
	node->slot = 0;
}

void frki_wheel_add(struct frki_wheel *wheel, struct frki_wheel_node *node,
		    uint64_t expires_ticks)
{
	unsigned int slot;

	node->expires_ticks = expires_ticks;
	slot = slot_of(wheel, node);
	/*
	 * While a slot is being spread, what belongs below it queues up behind
	 * what is still in it: else it would overtake older nodes of its tick.
	 */
	if (slot / SLOTS < wheel->spreading / SLOTS)
		slot = wheel->spreading;
	link_node(wheel, node, slot);
	wheel->count++;
}

bool frki_wheel_cancel(struct frki_wheel *wheel, struct frki_wheel_node *node)
{
	if (!frki_wheel_pending(node))
		return false;
	unlink_node(wheel, node);
	wheel->count--;
	return true;
}

/* Start of the first slot in use; false if there is none.  Slots in use lie
 * ahead of the wheel's own digit, and lower levels before higher ones. */
static bool next_slot(const struct frki_wheel *wheel, unsigned int *ret_slot,
		      uint64_t *ret_ticks)
{
	for (unsigned int level = 0; level < LEVELS; level++) {
		unsigned int first;

		if (!wheel->used[level])
			continue;
		first = (unsigned int)__builtin_ctzll(wheel->used[level]);
		*ret_slot = level * SLOTS + first;
		*ret_ticks = round_down(wheel->now_ticks, level) |
			     (uint64_t)first << (level * BITS);
		return true;
	}
	return false;
}

/* Go to the next slot in use, or to @now_ticks if that comes first. */
static bool turn(struct frki_wheel *wheel, uint64_t now_ticks)
{
	unsigned int slot;
	uint64_t start;

	if (!next_slot(wheel, &slot, &start) || start > now_ticks) {
		if (now_ticks > wheel->now_ticks)
			wheel->now_ticks = now_ticks;
		return false;
	}
	wheel->now_ticks = start;
	wheel->spreading = slot < SLOTS ? 0 : (uint16_t)slot;
	return true;
}

/* Move one node of the slot being spread to where it belongs now. */
static void spread(struct frki_wheel *wheel, unsigned int *budget)
{
	struct frki_wheel_node *node;

	if (!slot_used(wheel, wheel->spreading)) {
		wheel->spreading = 0;
		return;
	}
	node = first_of(wheel, wheel->spreading);
	unlink_node(wheel, node);
	link_node(wheel, node, slot_of(wheel, node));
	(*budget)--;
}

struct frki_wheel_node *frki_wheel_pop(struct frki_wheel *wheel,
				       uint64_t now_ticks,
				       unsigned int *budget)
{
	while (*budget) {
		unsigned int slot = digit(wheel->now_ticks, 0);

		if (wheel->spreading) {
			spread(wheel, budget);
		} else if (slot_used(wheel, slot)) {
			struct frki_wheel_node *node = first_of(wheel, slot);

			frki_wheel_cancel(wheel, node);
			(*budget)--;
			return node;
		} else if (!turn(wheel, now_ticks)) {
			return NULL;
		}
	}
	return NULL;
}

uint64_t frki_wheel_next(const struct frki_wheel *wheel)
{
	unsigned int slot;
	uint64_t start;

	if (!wheel->count)
		return FRKI_WHEEL_NEVER;
	if (wheel->spreading || !next_slot(wheel, &slot, &start))
		return 0;
	return start - wheel->now_ticks;
}

/* The invariants of one node in @slot. */
static int check_node(const struct frki_wheel *wheel,
		      const struct frki_wheel_node *node, unsigned int slot)
{
	if (node->slot != slot)
		return 1; /* a node knows its slot */
	if (node->link.next->prev != &node->link)
		return 2; /* the list is linked both ways */
	if (slot == wheel->spreading && slot)
		return slot_of(wheel, node) / SLOTS < slot / SLOTS ? 0 : 3;
	return slot_of(wheel, node) == slot ? 0 : 4; /* where wheel.h says */
}

static int check_slot(const struct frki_wheel *wheel, unsigned int slot,
		      uint64_t *count)
{
	const struct frki_list *list = &wheel->slots[slot];
	int ret = 0;

	if (slot_used(wheel, slot) == frki_list_empty(list))
		return 5; /* a bit is set exactly for a list that has nodes */
	for (const struct frki_list *link = list->next; link != list && !ret;
	     link = link->next, (*count)++)
		ret = check_node(wheel,
				 frki_container_of(link, struct frki_wheel_node,
						   link),
				 slot);
	return ret;
}

int frki_wheel_check(const struct frki_wheel *wheel)
{
	uint64_t count = 0;

	for (unsigned int slot = 0; slot < FRKI_WHEEL_LISTS; slot++) {
		int ret = check_slot(wheel, slot, &count);

		if (ret)
			return ret;
	}
	if (wheel->used[LEVELS - 1] >> 16)
		return 6; /* the top level has 16 slots */
	return count == wheel->count ? 0 : 7; /* every node is counted */
}

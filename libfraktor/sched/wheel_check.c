// SPDX-License-Identifier: MIT
/*
 * wheel_check.c - the invariants of the timer wheel, looked at one by one.  For
 * tests and whoever doubts; knows what wheel.h says and not how it is done.
 */
#include "sched/wheel.h"

#define BITS FRKI_WHEEL_BITS
#define SLOTS FRKI_WHEEL_SLOTS
#define TOP (FRKI_WHEEL_LEVELS - 1)

static bool used(const struct frki_wheel *wheel, unsigned int slot)
{
	return wheel->used[slot / SLOTS] >> (slot % SLOTS) & 1;
}

static unsigned int slot_at(uint64_t ticks, unsigned int level)
{
	return level * SLOTS + (ticks >> (level * BITS)) % SLOTS;
}

/* Covered by @level and no lower one; or on the way from the slot above: what was
 * still in that may have been cancelled since. */
static bool belongs(const struct frki_wheel *wheel, uint64_t due,
		    unsigned int level)
{
	uint64_t next = wheel->last[level] + 1;
	unsigned int above = level + 1;

	if (level && due <= wheel->last[level - 1])
		return false;
	if (due <= wheel->last[level])
		return true;
	return due >> (above * BITS) == next >> (above * BITS);
}

static int check_node(const struct frki_wheel *wheel,
		      const struct frki_wheel_node *node, unsigned int slot)
{
	uint64_t due = node->expires_ticks;

	if (due < wheel->now_ticks)
		due = wheel->now_ticks;
	if (node->slot != slot)
		return 1; /* a node knows its slot */
	if (node->link.next->prev != &node->link)
		return 2; /* the list is linked both ways */
	if (slot_at(due, slot / SLOTS) != slot)
		return 3; /* the slot is that of the node's tick */
	return belongs(wheel, due, slot / SLOTS) ? 0 : 4; /* so is the level */
}

static int check_slot(const struct frki_wheel *wheel, unsigned int slot)
{
	const struct frki_list *list = &wheel->slots[slot];
	uint32_t count = 0;
	int ret = 0;

	if (used(wheel, slot) == frki_list_empty(list))
		return 5; /* a bit is set exactly for a list that has nodes */
	for (const struct frki_list *link = list->next; link != list && !ret;
	     link = link->next, count++)
		ret = check_node(wheel,
				 frki_container_of(link, struct frki_wheel_node,
						   link),
				 slot);
	if (!ret && count > wheel->added[slot])
		return 6; /* what is in a slot has been counted */
	return ret;
}

static int check_level(const struct frki_wheel *wheel, unsigned int level)
{
	unsigned int shift = (level + 1) * BITS;
	uint64_t ahead;

	if ((wheel->levels >> level & 1) != (wheel->used[level] != 0))
		return 7; /* a level's bit is set exactly if it has nodes */
	if (level == TOP)
		return wheel->used[level] >> 16 ||
			       wheel->last[level] != UINT64_MAX ?
			       8 : /* the top level has 16 slots for all */
			       0;
	ahead = (wheel->last[level] >> shift) - (wheel->now_ticks >> shift);
	if ((wheel->last[level] + 1) & ((1ULL << shift) - 1) || ahead > 1)
		return 9; /* covered are whole slots, this one and the next */
	return wheel->last[level] <= wheel->last[level + 1] ? 0 : 10;
}

int frki_wheel_check(const struct frki_wheel *wheel)
{
	int ret = 0;

	for (unsigned int level = 0; level <= TOP && !ret; level++)
		ret = check_level(wheel, level);
	for (unsigned int slot = 0; slot < FRKI_WHEEL_LISTS && !ret; slot++)
		ret = check_slot(wheel, slot);
	return ret;
}

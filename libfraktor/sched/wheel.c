// SPDX-License-Identifier: MIT
/*
 * wheel.c - the timer wheel of wheel.h; contract and idea are there.  Knows no
 * clock, no thread, no memory but what it is given.
 */
#include "sched/wheel.h"

#define BITS FRKI_WHEEL_BITS
#define SLOTS FRKI_WHEEL_SLOTS
#define TOP (FRKI_WHEEL_LEVELS - 1)
#define RATE FRKI_WHEEL_RATE

/* Ticks that a slot of @level stands for. */
static uint64_t span(unsigned int level)
{
	return 1ULL << (level * BITS);
}

/* Which slot of @level @ticks is in, counted from tick 0. */
static uint64_t turn_of(uint64_t ticks, unsigned int level)
{
	return ticks >> (level * BITS);
}

static unsigned int slot_at(uint64_t ticks, unsigned int level)
{
	return level * SLOTS + (turn_of(ticks, level) & (SLOTS - 1));
}

static bool slot_used(const struct frki_wheel *wheel, unsigned int slot)
{
	return wheel->used[slot / SLOTS] >> (slot % SLOTS) & 1;
}

static struct frki_wheel_node *first_of(const struct frki_wheel *wheel,
					unsigned int slot)
{
	return frki_container_of(wheel->slots[slot].next,
				 struct frki_wheel_node, link);
}

/*
 * The lowest level that covers @due.  No level covers more than 64 of its slots,
 * so that half the distance names the lowest that may; typically it is that one
 * or the next, which is added up since nobody can predict it.
 */
static inline unsigned int level_of(const struct frki_wheel *wheel, uint64_t due)
{
	uint64_t half = (due - wheel->now_ticks) >> 1 | 1;
	unsigned int level = (63 - (unsigned int)__builtin_clzll(half)) / BITS;

	level += due > wheel->last[level];
	while (due > wheel->last[level])
		level++;
	return level;
}

/*
 * Linking counts, unlinking does not: a cancel would write where only the node
 * says, and the next add had to wait for the node to come from memory.
 */
static inline void link_node(struct frki_wheel *wheel,
			     struct frki_wheel_node *node, uint64_t due,
			     unsigned int level)
{
	unsigned int slot = slot_at(due, level);
	bool is_first = frki_list_empty(&wheel->slots[slot]);

	node->slot = (uint16_t)slot;
	frki_list_push(&wheel->slots[slot], &node->link);
	wheel->added[slot] += wheel->added[slot] < UINT32_MAX;
	if (!is_first)
		return;
	wheel->used[level] |= 1ULL << (slot % SLOTS);
	wheel->levels |= 1U << level;
}

static void unlink_node(struct frki_wheel *wheel, struct frki_wheel_node *node)
{
	/* Both are the list's head. */
	bool was_last = node->link.next == node->link.prev;
	unsigned int slot, level;

	/* The caller says what the node points at now. */
	node->link.prev->next = node->link.next;
	node->link.next->prev = node->link.prev;
	if (!was_last)
		return;
	slot = node->slot;
	level = slot / SLOTS;
	wheel->added[slot] = 0;
	wheel->used[level] &= ~(1ULL << (slot % SLOTS));
	if (!wheel->used[level])
		wheel->levels &= ~(1U << level);
}

/* How many nodes are in a slot, at most. */
static uint64_t crowd_in(const struct frki_wheel *wheel, unsigned int slot)
{
	return wheel->added[slot] < wheel->most ? wheel->added[slot] :
						  wheel->most;
}

/*
 * Open the slot above @level that comes next, if there is nothing in it, nor in
 * the one above that it would be filled from.
 */
static void open_next(struct frki_wheel *wheel, unsigned int level)
{
	uint64_t next = wheel->last[level] + 1;
	unsigned int above = level + 1;

	if (!next || next > wheel->last[above] ||
	    turn_of(next, above) > turn_of(wheel->now_ticks, above) + 1 ||
	    slot_used(wheel, slot_at(next, above)))
		return;
	wheel->last[level] = next | (span(above) - 1);
}

/* Let time go on to @ticks; all slots in between are known to be empty. */
static void enter(struct frki_wheel *wheel, uint64_t ticks)
{
	uint64_t crossed = wheel->now_ticks ^ ticks;
	unsigned int level = 0;

	wheel->now_ticks = ticks;
	for (; level < TOP && turn_of(crossed, level + 1); level++)
		if (wheel->last[level] < ticks)
			wheel->last[level] = ticks | (span(level + 1) - 1);
	while (level--)
		open_next(wheel, level);
}

void frki_wheel_init(struct frki_wheel *wheel, uint64_t now_ticks)
{
	wheel->now_ticks = now_ticks;
	wheel->paced_ticks = now_ticks;
	wheel->most = UINT32_MAX;
	wheel->levels = 0;
	for (unsigned int slot = 0; slot < FRKI_WHEEL_LISTS; slot++) {
		frki_list_init(&wheel->slots[slot]);
		wheel->added[slot] = 0;
	}
	wheel->used[TOP] = 0;
	wheel->last[TOP] = UINT64_MAX;
	for (unsigned int level = TOP; level--;) {
		wheel->used[level] = 0;
		wheel->last[level] = now_ticks | (span(level + 1) - 1);
		open_next(wheel, level);
	}
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
	uint64_t due = expires_ticks;

	/* What is overdue lies in the current slot of level 0. */
	if (due < wheel->now_ticks)
		due = wheel->now_ticks;
	node->expires_ticks = expires_ticks;
	link_node(wheel, node, due, level_of(wheel, due));
}

bool frki_wheel_cancel(struct frki_wheel *wheel, struct frki_wheel_node *node)
{
	if (!frki_wheel_pending(node))
		return false;
	unlink_node(wheel, node);
	/* That alone tells pending nodes from others. */
	node->link.next = &node->link;
	return true;
}

/* Start of the first slot of @level in use. */
static uint64_t first_used(const struct frki_wheel *wheel, unsigned int level)
{
	uint64_t turn = turn_of(wheel->now_ticks, level);
	unsigned int shift = turn % SLOTS;
	uint64_t used = wheel->used[level];

	if (shift)
		used = used >> shift | used << (SLOTS - shift);
	return (turn + (unsigned int)__builtin_ctzll(used)) << (level * BITS);
}

/*
 * The first slot that has something, on the lowest level that has something.
 * What lies beyond the level's last tick came from the slot above that is being
 * opened: that one comes first, since what is still in it may.
 */
static bool next_stop(const struct frki_wheel *wheel, unsigned int *ret_level,
		      uint64_t *ret_ticks)
{
	unsigned int level;
	uint64_t start;

	if (!wheel->levels)
		return false;
	level = (unsigned int)__builtin_ctz(wheel->levels);
	start = first_used(wheel, level);
	if (start > wheel->last[level]) {
		start = wheel->last[level] + 1;
		level++;
	}
	*ret_level = level;
	*ret_ticks = start;
	return true;
}

/* Move @count nodes, or all, of the slot of @level that comes next one level
 * down; open it when none is left. */
static void spread(struct frki_wheel *wheel, unsigned int level, uint64_t count,
		   unsigned int *budget)
{
	unsigned int slot = slot_at(wheel->last[level - 1] + 1, level);

	while (count-- && slot_used(wheel, slot) && *budget) {
		struct frki_wheel_node *node = first_of(wheel, slot);

		wheel->added[slot]--;
		unlink_node(wheel, node);
		link_node(wheel, node, node->expires_ticks, level - 1);
		(*budget)--;
	}
	open_next(wheel, level - 1);
}

/*
 * How many nodes must be moved now from the slot of @level that starts at
 * @start: none as long as RATE a tick will do, else, when there are too many for
 * that, the share of the ticks that have passed.
 */
static uint64_t share_of(const struct frki_wheel *wheel, unsigned int level,
			 uint64_t start)
{
	uint64_t count = crowd_in(wheel, slot_at(start, level));
	uint64_t deadline = start - span(level - 1);
	uint64_t since = start - span(level);
	uint64_t left, stay;

	if (deadline <= wheel->now_ticks)
		return UINT64_MAX;
	left = deadline - wheel->now_ticks;
	if (left >= (count + RATE - 1) / RATE)
		return 0;
	if (since < wheel->paced_ticks)
		since = wheel->paced_ticks;
	stay = count * left / (deadline - since);
	return count - (stay > left * RATE ? stay : left * RATE);
}

/* Work on the slots that come next, the highest first: they fill the others. */
static void pace(struct frki_wheel *wheel, unsigned int *budget)
{
	for (unsigned int level = TOP; level > 0; level--) {
		uint64_t next = wheel->last[level - 1] + 1;
		unsigned int slot = slot_at(next, level);

		if (!(wheel->levels >> level & 1) || !next ||
		    next > wheel->last[level] || !slot_used(wheel, slot) ||
		    turn_of(next, level) > turn_of(wheel->now_ticks, level) + 1)
			continue;
		spread(wheel, level, share_of(wheel, level, next), budget);
	}
	if (*budget)
		wheel->paced_ticks = wheel->now_ticks;
}

/* Go to the next slot in use, or to @now_ticks if that comes first. */
static bool turn(struct frki_wheel *wheel, uint64_t now_ticks,
		 unsigned int *budget)
{
	unsigned int level;
	uint64_t start;

	if (!next_stop(wheel, &level, &start) || start > now_ticks) {
		if (now_ticks > wheel->now_ticks)
			enter(wheel, now_ticks);
		if (wheel->levels > 1)
			pace(wheel, budget);
		return false;
	}
	if (!level) {
		enter(wheel, start);
		return true;
	}
	/* Nobody has worked on it in time: all of it, just before it starts. */
	if (start - 1 > wheel->now_ticks)
		enter(wheel, start - 1);
	spread(wheel, level, UINT64_MAX, budget);
	return true;
}

struct frki_wheel_node *frki_wheel_pop(struct frki_wheel *wheel,
				       uint64_t now_ticks,
				       unsigned int *budget)
{
	while (*budget) {
		unsigned int slot = slot_at(wheel->now_ticks, 0);

		if (slot_used(wheel, slot)) {
			struct frki_wheel_node *node = first_of(wheel, slot);

			frki_wheel_cancel(wheel, node);
			(*budget)--;
			return node;
		}
		if (!turn(wheel, now_ticks, budget))
			return NULL;
	}
	return NULL;
}

bool frki_wheel_behind(const struct frki_wheel *wheel, uint64_t now_ticks)
{
	unsigned int level = 0;
	uint64_t start = 0;

	return next_stop(wheel, &level, &start) && start <= now_ticks;
}

/* First expiry in a slot, if it has so few nodes that they can be looked at. */
static bool first_expiry(const struct frki_wheel *wheel, unsigned int slot,
			 uint64_t *ret_ticks)
{
	const struct frki_list *list = &wheel->slots[slot];
	unsigned int count = 0;

	*ret_ticks = FRKI_WHEEL_NEVER;
	for (const struct frki_list *link = list->next; link != list;
	     link = link->next) {
		const struct frki_wheel_node *node = frki_container_of(
			link, struct frki_wheel_node, link);

		if (++count > RATE)
			return false;
		if (node->expires_ticks < *ret_ticks)
			*ret_ticks = node->expires_ticks;
	}
	return true;
}

/* When somebody must begin to open the slot of @level that starts at @start, as
 * share_of() has it; before the slot that precedes it nothing can be done. */
static uint64_t opening_at(const struct frki_wheel *wheel, unsigned int level,
			   uint64_t start)
{
	uint64_t count = crowd_in(wheel, slot_at(start, level));
	uint64_t ticks = (count + RATE - 1) / RATE;
	uint64_t begin = start - span(level - 1);

	ticks = ticks < span(level) ? ticks : span(level);
	begin = begin > ticks ? begin - ticks : 0;
	return begin > wheel->now_ticks ? begin : wheel->now_ticks + 1;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When @level needs somebody first.  A few nodes can be moved when the first of
 * them is due; a slot that directly follows must be opened in the course of it. */
static uint64_t wanted_at(const struct frki_wheel *wheel, unsigned int level)
{
	uint64_t start = first_used(wheel, level);
	uint64_t after = start + span(level);
	uint64_t wanted, few;

	if (!level)
		return start;
	if (!first_expiry(wheel, slot_at(start, level), &wanted))
		wanted = opening_at(wheel, level, start);
	if (!after || first_expiry(wheel, slot_at(after, level), &few))
		return wanted;
	return earlier(wanted, opening_at(wheel, level, after));
}

uint64_t frki_wheel_next(const struct frki_wheel *wheel)
{
	uint64_t first = FRKI_WHEEL_NEVER;

	if (frki_wheel_empty(wheel))
		return FRKI_WHEEL_NEVER;
	for (uint32_t levels = wheel->levels; levels; levels &= levels - 1) {
		unsigned int level = (unsigned int)__builtin_ctz(levels);

		first = earlier(first, wanted_at(wheel, level));
	}
	return first > wheel->now_ticks ? first - wheel->now_ticks : 0;
}

void frki_wheel_each(const struct frki_wheel *wheel,
		     void (*each)(const struct frki_wheel_node *node, void *data),
		     void *data)
{
	for (unsigned int slot = 0; slot < FRKI_WHEEL_LISTS; slot++) {
		const struct frki_list *list = &wheel->slots[slot];

		for (const struct frki_list *link = list->next; link != list;
		     link = link->next)
			each(frki_container_of(link, struct frki_wheel_node, link),
			     data);
	}
}

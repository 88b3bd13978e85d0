/* SPDX-License-Identifier: MIT */
/*
 * list.h - a doubly linked ring of nodes that live inside what they link.
 *
 * Knows no memory, no threads: whoever owns the list owns all of it.  A node
 * that is on no list points at itself, so that removing it twice is harmless.
 */
#ifndef FRKI_BASE_LIST_H
#define FRKI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct frki_list {
	struct frki_list *next;
	struct frki_list *prev;
};

/* The object of @type that has @ptr as its @member. */
#define frki_container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline void frki_list_init(struct frki_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool frki_list_empty(const struct frki_list *list)
{
	return list->next == list;
}

/* Insert @node before @place: at the tail, when @place is the list's head. */
static inline void frki_list_push(struct frki_list *place,
				  struct frki_list *node)
{
	node->prev = place->prev;
	node->next = place;
	place->prev->next = node;
	place->prev = node;
}

static inline void frki_list_remove(struct frki_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	frki_list_init(node);
}

/*
 * A ring without a head: who has it knows its first node, or NULL, and saves a pointer.
 */
static inline void frki_ring_push(struct frki_list **first, struct frki_list *node)
{
	if (*first) {
		frki_list_push(*first, node);
		return;
	}
	frki_list_init(node);
	*first = node;
}

static inline void frki_ring_remove(struct frki_list **first, struct frki_list *node)
{
	if (*first == node)
		*first = node->next == node ? NULL : node->next;
	frki_list_remove(node);
}

/* The one behind @node; NULL behind the last. */
static inline struct frki_list *frki_ring_next(const struct frki_list *first,
					       const struct frki_list *node)
{
	return node->next == first ? NULL : node->next;
}

#endif /* FRKI_BASE_LIST_H */

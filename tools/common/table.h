/* SPDX-License-Identifier: MIT */
/*
 * A table of text whose columns are as wide as what they hold.  Knows no
 * sources.
 */
#ifndef TOOL_TABLE_H
#define TOOL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX	12
#define TABLE_CELL_SIZE		48

struct table_row {
	char cell[TABLE_COLUMNS_MAX][TABLE_CELL_SIZE];
};

struct table {
	size_t columns;
	size_t left;		/* so many columns from the left are flush left */
	size_t rows, room;
	struct table_row *row;	/* [0] is the head */
};

/* @head: @columns words. */
int table_init(struct table *table, size_t columns, size_t left,
	       const char *const *head);
void table_fini(struct table *table);

/* Return: a row of empty cells, or NULL without memory. */
struct table_row *table_add(struct table *table);

/* @width: columns of the terminal, 0 for no limit: the gaps shrink first. */
void table_print(const struct table *table, FILE *out, size_t width);

#endif /* TOOL_TABLE_H */

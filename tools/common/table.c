// SPDX-License-Identifier: MIT
/*
 * A table of text.  Rows are kept until all are there, because only then is
 * it known how wide a column is.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/table.h"
#include "common/text.h"

struct table_row *table_add(struct table *table)
{
	size_t room = table->room ? 2 * table->room : 16;
	struct table_row *row = table->row;

	if (table->rows == table->room) {
		row = reallocarray(row, room, sizeof(*row));
		if (!row)
			return NULL;
		table->row = row;
		table->room = room;
	}
	row = &table->row[table->rows++];
	memset(row, 0, sizeof(*row));
	return row;
}

int table_init(struct table *table, size_t columns, size_t left,
	       const char *const *head)
{
	struct table_row *row;

	*table = (struct table){ .columns = columns, .left = left };
	row = table_add(table);
	if (!row)
		return -ENOMEM;
	for (size_t i = 0; i < columns; i++)
		snprintf(row->cell[i], sizeof(row->cell[i]), "%s", head[i]);
	return 0;
}

void table_fini(struct table *table)
{
	free(table->row);
}

static size_t table_measure(const struct table *table, size_t *ret_widths)
{
	size_t sum = 0, width;

	for (size_t c = 0; c < table->columns; c++) {
		ret_widths[c] = 0;
		for (size_t r = 0; r < table->rows; r++) {
			width = text_width(table->row[r].cell[c]);
			if (width > ret_widths[c])
				ret_widths[c] = width;
		}
		sum += ret_widths[c];
	}
	return sum;
}

static void table_print_cell(const char *cell, size_t width, bool left,
			     FILE *out)
{
	size_t used = text_width(cell);
	int pad = (int)(width > used ? width - used : 0);

	if (left)
		fprintf(out, "%s%*s", cell, pad, "");
	else
		fprintf(out, "%*s%s", pad, "", cell);
}

void table_print(const struct table *table, FILE *out, size_t width)
{
	size_t widths[TABLE_COLUMNS_MAX];
	size_t sum = table_measure(table, widths);
	int gap = width && sum + 2 * (table->columns - 1) > width ? 1 : 2;

	for (size_t r = 0; r < table->rows; r++) {
		for (size_t c = 0; c < table->columns; c++) {
			fprintf(out, "%*s", c ? gap : 0, "");
			table_print_cell(table->row[r].cell[c], widths[c],
					 c < table->left, out);
		}
		putc('\n', out);
	}
}

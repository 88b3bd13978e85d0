// SPDX-License-Identifier: MIT
/*
 * What top makes of two looks: the past of each source, the order, the filter
 * and what is chosen; and the columns on terminals of every width.
 */
#include <locale.h>
#include <string.h>

#include <criterion/criterion.h>

#include "common/text.h"
#include "top/column.h"
#include "top/model.h"

static struct model model;
static struct frk_source sources[4];

static void four_sources(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	memset(&model, 0, sizeof(model));
	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < 4; i++) {
		sources[i].id = 2 * i + 1;
		sources[i].state = 1;
		sources[i].period_ns = 1000000;
		snprintf(sources[i].name, sizeof(sources[i].name), "line-%u", 11 - i);
		strcpy(sources[i].driver, "hrtimer");
	}
}

static void free_model(void)
{
	model_fini(&model);
}

TestSuite(top, .init = four_sources, .fini = free_model, .timeout = 10);

static void look(size_t n)
{
	cr_assert_eq(model_update(&model, sources, n, NULL, 0), 0);
}

static const struct model_row *shown(size_t i)
{
	cr_assert_lt(i, model.nr_shown);
	return &model.row[model.shown[i]];
}

Test(top, levels_are_four_times_apart)
{
	cr_expect_eq(model_level(0), 1);
	cr_expect_eq(model_level(10), 1, "up to 1.02 us");
	cr_expect_eq(model_level(11), 2);
	cr_expect_eq(model_level(12), 2, "up to 4.1 us");
	cr_expect_eq(model_level(13), 3);
	cr_expect_eq(model_level(22), 7, "up to 4.2 ms");
	cr_expect_eq(model_level(23), 8);
	cr_expect_eq(model_level(31), 8);
}

Test(top, r3_6_the_past_is_the_latest_tick_of_each_interval)
{
	sources[0].ticks = 5;
	sources[0].histogram[9] = 5;
	look(1);
	sources[0].ticks = 8;
	sources[0].histogram[9] = 6;
	sources[0].histogram[20] = 2;
	look(1);
	look(1);
	sources[0].ticks = 9;
	sources[0].histogram[13] = 1;
	look(1);
	cr_expect_eq(model.row[0].past[3], 1);
	cr_expect_eq(model.row[0].past[2], model_level(20));
	cr_expect_eq(model.row[0].past[1], 0, "no tick");
	cr_expect_eq(model.row[0].past[0], 3, "not the older, later one");
}

Test(top, a_new_start_counts_anew)
{
	sources[0].ticks = 100;
	sources[0].running_ns = 100;
	sources[0].histogram[20] = 100;
	look(1);
	sources[0].running_ns = 50;
	sources[0].histogram[20] = 0;
	sources[0].histogram[9] = 100;
	look(1);
	cr_expect_eq(model.row[0].past[0], 1);
	cr_expect_eq(model.row[0].past[1], model_level(20));
}

Test(top, a_source_keeps_its_past_when_others_come_and_go)
{
	look(3);
	sources[1].dropped = 7;
	sources[2].dropped = 5;
	cr_assert_eq(model_update(&model, sources + 1, 3, NULL, 0), 0);
	cr_expect_eq(model.count, 3);
	cr_expect_eq(model_find(&model, 3)->dropped, 7);
	cr_expect_eq(model_find(&model, 5)->dropped, 5);
	cr_expect_eq(model_find(&model, 7)->dropped, 0, "it is new");
	cr_expect_null(model_find(&model, 1));
}

Test(top, r2_3_counts_the_stalled_readers_of_each_source)
{
	struct frk_reader readers[3] = {
		{ .id = 1, .stalled = true, .nr_sources = 2, .sources = { 1, 5 } },
		{ .id = 2, .stalled = false, .nr_sources = 1, .sources = { 3 } },
		{ .id = 3, .stalled = true, .nr_sources = 2, .sources = { 5, 99 } },
	};

	cr_assert_eq(model_update(&model, sources, 3, readers, 3), 0);
	cr_expect_eq(model_find(&model, 1)->stalled, 1);
	cr_expect_eq(model_find(&model, 3)->stalled, 0);
	cr_expect_eq(model_find(&model, 5)->stalled, 2);
}

Test(top, order)
{
	sources[1].drift_ppb = -9000;
	sources[2].drift_ppb = 4000;
	sources[0].state = 0;
	look(4);
	cr_expect_str_eq(shown(0)->source.name, "line-8");
	cr_expect_str_eq(shown(3)->source.name, "line-11", "as people count");
	model.order = MODEL_DRIFT;
	model_arrange(&model);
	cr_expect_str_eq(shown(0)->source.name, "line-10", "whatever its sign");
	model.backwards = true;
	model_arrange(&model);
	cr_expect_str_eq(shown(3)->source.name, "line-10");
	model.backwards = false;
	model.order = MODEL_STATE;
	model_arrange(&model);
	cr_expect_str_eq(shown(0)->source.name, "line-11", "what does not run comes first");
}

Test(top, orders_have_words)
{
	enum model_order order;

	for (int i = 0; i < MODEL_ORDERS; i++) {
		cr_assert(model_parse_order(model_order_name((enum model_order)i), &order));
		cr_expect_eq(order, i);
	}
	cr_expect(!model_parse_order("", &order));
	cr_expect(!model_parse_order("names", &order));
}

Test(top, filter)
{
	sources[2].state = 0;
	sources[2].reason = 6;
	look(3);
	strcpy(model.filter, "LINE-1");
	model_arrange(&model);
	cr_expect_eq(model.nr_shown, 2);
	strcpy(model.filter, "drift");
	model_arrange(&model);
	cr_expect_eq(model.nr_shown, 1);
	strcpy(model.filter, "nothing");
	model_arrange(&model);
	cr_expect_eq(model.nr_shown, 0);
	cr_expect_null(model_chosen(&model));
	model_move(&model, 1);
	look(3);
	model.filter[0] = '\0';
	model_arrange(&model);
	cr_expect_not_null(model_chosen(&model));
}

Test(top, what_is_chosen_stays_chosen)
{
	look(4);
	model_move(&model, 2);
	cr_expect_str_eq(model_chosen(&model)->source.name, "line-10");
	model.backwards = true;
	model_arrange(&model);
	cr_expect_str_eq(model_chosen(&model)->source.name, "line-10");
	cr_expect_eq(model.cursor, 1);
	model_move(&model, 100);
	cr_expect_str_eq(model_chosen(&model)->source.name, "line-8");
	model_move(&model, -100);
	cr_expect_str_eq(model_chosen(&model)->source.name, "line-11");
	cr_assert_eq(model_update(&model, sources + 1, 3, NULL, 0), 0);
	cr_expect_str_eq(model_chosen(&model)->source.name, "line-10", "what came into its place");
	look(0);
	cr_expect_null(model_chosen(&model));
}

static size_t sum(const size_t widths[COLUMNS])
{
	size_t sum = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		sum += widths[i] ? widths[i] + (i + 1 < COLUMNS) : 0;
	return sum;
}

Test(top, columns_fit_from_80_on)
{
	size_t widths[COLUMNS];

	for (size_t width = 80; width <= 400; width++) {
		for (size_t longest = 0; longest <= 31; longest++) {
			column_layout(width, longest, widths);
			cr_assert_leq(sum(widths), width, "%zu of %zu", sum(widths), width);
			cr_assert_geq(widths[COLUMN_PAST], 8);
			cr_assert_geq(widths[COLUMN_NAME], longest < 12 ? longest : 8);
		}
	}
}

Test(top, what_stands_in_a_column_fits)
{
	struct model_row row = { .source = {
		.name = "a-name-of-thirty-one-characters", .driver = "hrtimer", .state = 1,
		.ticks = UINT64_MAX, .ticks_last_second = 100000, .drift_ppb = -99999999,
		.lateness_mean_ns = 999499, .lateness_max_ns = 99949000000, .missed = 123456789012,
		.dropped = 1234567, .readers = 100, .period_ns = 3600000000000, .cpu = 255,
		.owner_pid = 4194304,
	}, .stalled = 100 };
	struct column_text text;

	for (size_t i = 0; i < COLUMNS; i++) {
		cr_expect_leq(strlen(columns[i].head), columns[i].width ? columns[i].width : 8);
		if (!columns[i].text)
			continue;
		columns[i].text(&row, &text);
		cr_expect(!columns[i].width || text_width(text.s) <= columns[i].width,
			  "%s: %s", columns[i].head, text.s);
	}
}

Test(top, control_characters_are_no_part_of_a_column)
{
	struct model_row row = { .source = { .name = "\033[2J", .driver = "\a\n" } };
	struct column_text text;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (!columns[i].text)
			continue;
		columns[i].text(&row, &text);
		for (const char *at = text.s; *at; at++)
			cr_expect_geq(*at, ' ', "%s", columns[i].head);
	}
}

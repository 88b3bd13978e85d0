/* SPDX-License-Identifier: MIT */
/*
 * What top shows: sources with their recent past, sorted and filtered, and the
 * one that is chosen.  Knows no terminal and asks nobody.
 */
#ifndef TOOL_TOP_MODEL_H
#define TOOL_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fraktor/netlink.h>

/* Intervals that are remembered; no terminal is so wide. */
#define MODEL_PAST 160

/* Levels of lateness: 0 no tick, 1 below 1 µs, each next one four times it. */
#define MODEL_LEVELS 8

enum model_order {
	MODEL_NAME,
	MODEL_STATE,
	MODEL_PERIOD,
	MODEL_RATE,
	MODEL_DRIFT,
	MODEL_LATE,
	MODEL_MAX,
	MODEL_MISSED,
	MODEL_DROPPED,
	MODEL_STALLED,
	MODEL_CPU,
	MODEL_OWNER,
	MODEL_WORST,
	MODEL_ORDERS,
};

/**
 * struct model_row - a source and its recent past
 * @source: as it is.
 * @stalled: its readers that take nothing.
 * @dropped: records dropped in the last interval.
 * @past: level of the latest tick of each interval, the newest first.
 */
struct model_row {
	struct frk_source source;
	uint32_t stalled;
	uint64_t dropped;
	uint8_t past[MODEL_PAST];
};

/**
 * struct model - all of it
 * @row: in the order of ids.
 * @count: how many.
 * @spare: rows of the last time, for the next.
 * @room: length of @row.
 * @spare_room: length of @spare, and @shown is no shorter.
 * @shown: indices of the rows that the filter lets through, in order.
 * @nr_shown: how many.
 * @order: what they are sorted by.
 * @backwards: the other way round.
 * @filter: text that must be in the name, the state, the reason or the driver.
 * @chosen: id of the source that is chosen.
 * @cursor: its index in @shown.
 */
struct model {
	struct model_row *row, *spare;
	size_t count, room, spare_room;
	size_t *shown;
	size_t nr_shown;
	enum model_order order;
	bool backwards;
	char filter[32];
	uint32_t chosen;
	size_t cursor;
};

void model_fini(struct model *model);

/**
 * model_update() - an interval has passed
 * @model: the model.
 * @sources: in the order of ids.
 * @nr_sources: how many.
 * @readers: all of them.
 * @nr_readers: how many.
 *
 * Return: 0 or -ENOMEM, and nothing has changed.
 */
int model_update(struct model *model, const struct frk_source *sources,
		 size_t nr_sources, const struct frk_reader *readers,
		 size_t nr_readers);

/* After a change of order or filter; keeps what is chosen if it is shown. */
void model_arrange(struct model *model);

/* Chooses @by rows further down, and no further than there are. */
void model_move(struct model *model, long by);

/* The chosen source, or NULL if none is shown. */
const struct model_row *model_chosen(const struct model *model);

/* A source by its id, or NULL. */
const struct model_row *model_find(const struct model *model, uint32_t id);

/* An order by its word: "name", "rate".  Return: false if it is none. */
bool model_parse_order(const char *word, enum model_order *ret_order);
const char *model_order_name(enum model_order order);

bool model_runs(const struct frk_source *source);

/* Level of a bucket of the histogram. */
uint8_t model_level(unsigned int bucket);

#endif /* TOOL_TOP_MODEL_H */

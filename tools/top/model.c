// SPDX-License-Identifier: MIT
/*
 * Sources from one look to the next.  Both looks are in the order of ids, so a
 * source finds its past in one walk over both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top/model.h"

/* Bucket whose ticks are below 1.024 µs; two buckets are four times as late. */
#define MODEL_FIRST_BUCKET 10

static const char *const model_orders[MODEL_ORDERS] = {
	[MODEL_NAME] = "name",	     [MODEL_STATE] = "state",
	[MODEL_PERIOD] = "period",   [MODEL_RATE] = "rate",
	[MODEL_DRIFT] = "drift",     [MODEL_LATE] = "late",
	[MODEL_MAX] = "max",	     [MODEL_MISSED] = "missed",
	[MODEL_DROPPED] = "dropped", [MODEL_STALLED] = "stalled",
	[MODEL_CPU] = "cpu",	     [MODEL_OWNER] = "owner",
	[MODEL_WORST] = "worst",
};

const char *model_order_name(enum model_order order)
{
	return model_orders[order];
}

bool model_parse_order(const char *word, enum model_order *ret_order)
{
	for (int i = 0; i < MODEL_ORDERS; i++) {
		if (strcmp(model_orders[i], word))
			continue;
		*ret_order = (enum model_order)i;
		return true;
	}
	return false;
}

bool model_runs(const struct frk_source *source)
{
	return !strcmp(frk_source_state_name(source->state), "running");
}

void model_fini(struct model *model)
{
	free(model->row);
	free(model->spare);
	free(model->shown);
}

/* --- the past ----------------------------------------------------------- */

uint8_t model_level(unsigned int bucket)
{
	unsigned int level = 1;

	if (bucket > MODEL_FIRST_BUCKET)
		level += (bucket - MODEL_FIRST_BUCKET + 1) / 2;
	return (uint8_t)(level > MODEL_LEVELS ? MODEL_LEVELS : level);
}

/* Of the latest tick that came between two looks. */
static uint8_t model_worst(const struct frk_source *was,
			   const struct frk_source *is)
{
	static const struct frk_source never;

	/* A new start counts anew. */
	if (!was || is->ticks < was->ticks || is->running_ns < was->running_ns)
		was = &never;
	for (unsigned int i = FRK_NETLINK_HISTOGRAM_BUCKETS; i-- > 0;)
		if (is->histogram[i] > was->histogram[i])
			return model_level(i);
	return 0;
}

static void model_fill(struct model_row *row, const struct frk_source *is,
		       const struct model_row *was)
{
	memset(row, 0, sizeof(*row));
	row->source = *is;
	row->past[0] = model_worst(was ? &was->source : NULL, is);
	if (!was)
		return;
	memcpy(row->past + 1, was->past, sizeof(row->past) - 1);
	if (is->dropped > was->source.dropped)
		row->dropped = is->dropped - was->source.dropped;
}

/* Return: 0 or -ENOMEM; room for @count in @spare and @shown. */
static int model_grow(struct model *model, size_t count)
{
	struct model_row *rows;
	size_t *shown;

	if (count <= model->spare_room)
		return 0;
	/* Half as much again: sources come one by one. */
	count += count / 2;
	rows = reallocarray(model->spare, count, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	model->spare = rows;
	/* Else it is long enough for the other buffer. */
	if (count > model->room) {
		shown = reallocarray(model->shown, count, sizeof(*shown));
		if (!shown)
			return -ENOMEM;
		model->shown = shown;
	}
	model->spare_room = count;
	return 0;
}

static void model_swap(struct model *model)
{
	struct model_row *row = model->row;
	size_t room = model->room;

	model->row = model->spare;
	model->room = model->spare_room;
	model->spare = row;
	model->spare_room = room;
}

static int model_by_id(const void *a, const void *b)
{
	uint32_t id = *(const uint32_t *)a, other = ((const struct model_row *)b)->source.id;

	return id < other ? -1 : id > other;
}

const struct model_row *model_find(const struct model *model, uint32_t id)
{
	if (!model->count)
		return NULL;
	return bsearch(&id, model->row, model->count, sizeof(*model->row),
		       model_by_id);
}

static void model_count_stalled(struct model *model,
				const struct frk_reader *reader)
{
	struct model_row *row;

	for (uint32_t i = 0; reader->stalled && i < reader->nr_sources; i++) {
		row = (struct model_row *)model_find(model, reader->sources[i]);
		if (row)
			row->stalled++;
	}
}

int model_update(struct model *model, const struct frk_source *sources,
		 size_t nr_sources, const struct frk_reader *readers,
		 size_t nr_readers)
{
	const struct model_row *was = model->row, *end = model->row + model->count;
	int rc = model_grow(model, nr_sources);

	if (rc)
		return rc;
	for (size_t i = 0; i < nr_sources; i++) {
		while (was < end && was->source.id < sources[i].id)
			was++;
		model_fill(&model->spare[i], &sources[i],
			   was < end && was->source.id == sources[i].id ? was : NULL);
	}
	model_swap(model);
	model->count = nr_sources;
	for (size_t i = 0; i < nr_readers; i++)
		model_count_stalled(model, &readers[i]);
	model_arrange(model);
	return 0;
}

/* --- order --------------------------------------------------------------- */

static uint64_t model_value(const struct model_row *row, enum model_order order)
{
	const struct frk_source *source = &row->source;

	switch (order) {
	case MODEL_STATE:
		return model_runs(source) ? 0 : source->state + 1;
	case MODEL_PERIOD:
		return source->period_ns;
	case MODEL_RATE:
		return model_runs(source) ? source->ticks_last_second : 0;
	case MODEL_DRIFT:
		return (uint64_t)llabs(source->drift_ppb);
	case MODEL_LATE:
		return source->lateness_mean_ns;
	case MODEL_MAX:
		return source->lateness_max_ns;
	case MODEL_MISSED:
		return source->missed;
	case MODEL_DROPPED:
		return source->dropped;
	case MODEL_STALLED:
		return row->stalled;
	case MODEL_CPU:
		return source->cpu;
	case MODEL_OWNER:
		return source->owner_pid;
	case MODEL_WORST:
		return row->past[0];
	default:
		return 0;
	}
}

/* Names go up, figures go down: the large ones are what one looks for. */
static int model_compare(const void *a, const void *b, void *arg)
{
	const struct model *model = arg;
	const struct model_row *one = &model->row[*(const size_t *)a];
	const struct model_row *two = &model->row[*(const size_t *)b];
	uint64_t left = model_value(one, model->order);
	uint64_t right = model_value(two, model->order);
	int way = left > right ? -1 : left < right;

	/* As people count: line-9 before line-10. */
	if (!way)
		way = strverscmp(one->source.name, two->source.name);
	return model->backwards ? -way : way;
}

static bool model_passes(const struct model *model, const struct model_row *row)
{
	const struct frk_source *source = &row->source;

	return !*model->filter || strcasestr(source->name, model->filter) ||
	       strcasestr(frk_source_state_name(source->state), model->filter) ||
	       strcasestr(source->driver, model->filter) ||
	       (source->reason &&
		strcasestr(frk_source_reason_name(source->reason), model->filter));
}

/* What is chosen stays so; if it is gone, what came into its place is. */
static void model_follow(struct model *model)
{
	for (size_t i = 0; i < model->nr_shown; i++) {
		if (model->row[model->shown[i]].source.id != model->chosen)
			continue;
		model->cursor = i;
		return;
	}
	model_move(model, 0);
}

void model_arrange(struct model *model)
{
	model->nr_shown = 0;
	for (size_t i = 0; i < model->count; i++)
		if (model_passes(model, &model->row[i]))
			model->shown[model->nr_shown++] = i;
	if (!model->nr_shown)
		return;
	qsort_r(model->shown, model->nr_shown, sizeof(*model->shown),
		model_compare, model);
	model_follow(model);
}

const struct model_row *model_chosen(const struct model *model)
{
	return model->nr_shown ? &model->row[model->shown[model->cursor]] : NULL;
}

void model_move(struct model *model, long by)
{
	long at = (long)model->cursor + by;

	if (!model->nr_shown)
		return;
	if (at < 0)
		at = 0;
	if (at >= (long)model->nr_shown)
		at = (long)model->nr_shown - 1;
	model->cursor = (size_t)at;
	model->chosen = model_chosen(model)->source.id;
}

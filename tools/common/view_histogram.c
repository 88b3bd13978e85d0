// SPDX-License-Identifier: MIT
/*
 * Lateness as a bar chart.  The buckets are powers of two: bucket n ends
 * before 2^n ns, the last one has no end.
 */
#include "common/text.h"
#include "common/view.h"

#define HISTOGRAM_LAST	(FRK_NETLINK_HISTOGRAM_BUCKETS - 1)
/* Columns before the bar: indent, bound, count and gaps. */
#define HISTOGRAM_MARGIN 27

static struct units_text histogram_bound(unsigned int bucket)
{
	struct units_text bound = units_time(1ULL << bucket);
	struct units_text text;

	if (bucket < HISTOGRAM_LAST)
		snprintf(text.s, sizeof(text.s), "< %.30s", bound.s);
	else
		snprintf(text.s, sizeof(text.s), ">= %.30s",
			 units_time(1ULL << (bucket - 1)).s);
	return text;
}

static uint64_t histogram_total(const struct frk_source *source)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i <= HISTOGRAM_LAST; i++)
		total += source->histogram[i];
	return total;
}

struct units_text view_quantile(const struct frk_source *source,
				unsigned int per_mille)
{
	uint64_t total = histogram_total(source), sum = 0;
	uint64_t want = total - total / 1000 * (1000 - per_mille) -
			total % 1000 * (1000 - per_mille) / 1000;
	unsigned int bucket = 0;

	for (; bucket < HISTOGRAM_LAST; bucket++) {
		sum += source->histogram[bucket];
		if (sum >= want)
			break;
	}
	return histogram_bound(bucket);
}

/* In eighths of a column; what has happened at all can be seen. */
static void histogram_bar(uint64_t count, uint64_t most, size_t columns,
			  FILE *out)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint64_t eighths = (uint64_t)((double)count / (double)most * (double)columns * 8);

	if (count && !eighths)
		eighths = 1;
	if (!text_is_utf8())
		eighths = (eighths + 7) / 8 * 8;
	for (; eighths >= 8; eighths -= 8)
		fputs(text_is_utf8() ? "█" : "#", out);
	fputs(part[eighths], out);
}

struct histogram_range {
	unsigned int first, last;
	uint64_t below, most;	/* counts: under @first, and of the fullest row */
};

/* The high end matters, so a range too long for the rows loses its low end. */
static struct histogram_range histogram_range(const struct frk_source *source,
					      unsigned int rows)
{
	struct histogram_range range = { .first = HISTOGRAM_LAST };

	for (unsigned int i = 0; i <= HISTOGRAM_LAST; i++) {
		if (!source->histogram[i])
			continue;
		if (i < range.first)
			range.first = i;
		range.last = i;
	}
	if (range.last >= range.first + rows) {
		for (; range.first + rows <= range.last; range.first++)
			range.below += source->histogram[range.first];
	}
	for (unsigned int i = range.first; i <= range.last; i++) {
		uint64_t count = source->histogram[i] +
				 (i == range.first ? range.below : 0);

		if (count > range.most)
			range.most = count;
	}
	return range;
}

void view_histogram(const struct frk_source *source, size_t columns,
		    unsigned int rows, FILE *out)
{
	struct histogram_range range = histogram_range(source, rows);
	size_t room = columns > HISTOGRAM_MARGIN + 10 ?
		      columns - HISTOGRAM_MARGIN : 10;

	if (!range.most)
		return;
	for (unsigned int i = range.first; i <= range.last; i++) {
		struct units_text bound = histogram_bound(i);
		uint64_t count = source->histogram[i] +
				 (i == range.first ? range.below : 0);
		int pad = 11 - (int)text_width(bound.s);

		fprintf(out, "  %*s%s %11s  ", pad, "", bound.s,
			units_count(count).s);
		histogram_bar(count, range.most, room, out);
		putc('\n', out);
	}
}

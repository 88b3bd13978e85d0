/* SPDX-License-Identifier: MIT */
/*
 * lead.c - calibration of a lead; see lead.h.
 */
#include <string.h>

#include "tick/lead.h"

/* As the kernel has it: FRAKTOR_LEAD_MAX_NS, and half a period. */
#define LEAD_MAX_NS 1000000U

/* The guess to begin with: long, so that the first ticks are on time too. */
#define LEAD_FIRST_NS 50000U

/* Few samples at first, to leave the guess soon. */
#define WINDOW_FIRST 16U
#define WINDOW_MAX 256U
#define WINDOW_GROWTH 4U

/* So many wake-ups of a thousand may take longer than the lead. */
#define MISSES_PER_MILLE 5U

/* A lead is shortened after so many windows that would have allowed it. */
#define CALM_WINDOWS 4U

/* The tick in flight when a lead changes, and the one that is armed then. */
#define UNSETTLED 2U

#define SUB_BITS 3U
#define FIRST_BIT 6U

/* Bucket 0 is up to 64 ns; then 2^SUB_BITS of them for each doubling. */
static unsigned int lead_bucket(uint64_t need_ns)
{
	unsigned int top, bucket;

	if (need_ns < 1U << FIRST_BIT)
		return 0;
	top = 63U - (unsigned int)__builtin_clzll(need_ns);
	bucket = 1 + ((top - FIRST_BIT) << SUB_BITS) +
		 ((need_ns >> (top - SUB_BITS)) & ((1U << SUB_BITS) - 1));
	return bucket < FRKI_LEAD_BUCKETS ? bucket : FRKI_LEAD_BUCKETS - 1;
}

/* The shortest need that belongs into the next bucket. */
static uint64_t lead_bucket_end(unsigned int bucket)
{
	unsigned int octave, sub;

	if (!bucket)
		return 1U << FIRST_BIT;
	octave = (bucket - 1) >> SUB_BITS;
	sub = (bucket - 1) & ((1U << SUB_BITS) - 1);
	return ((1ULL << SUB_BITS) + sub + 1) << (octave + FIRST_BIT - SUB_BITS);
}

static uint64_t lead_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void lead_begin_window(struct frki_lead *lead)
{
	lead->samples = 0;
	lead->misses = 0;
	memset(lead->counts, 0, sizeof(lead->counts));
}

void frki_lead_init(struct frki_lead *lead, uint64_t period_ns, uint32_t spin_max_ppm)
{
	uint64_t max_ns = lead_min(period_ns / 2, LEAD_MAX_NS);

	*lead = (struct frki_lead){
		.lead_ns = lead_min(lead_min(LEAD_FIRST_NS, period_ns / 8), max_ns),
		.max_ns = max_ns,
		.budget_ns = period_ns / 1000 * spin_max_ppm / 1000,
		.window = WINDOW_FIRST,
	};
}

/* What is enough for this bucket, and a little more. */
static uint64_t lead_enough_ns(const struct frki_lead *lead, unsigned int bucket)
{
	uint64_t end_ns = lead_bucket_end(bucket);

	return lead_min(end_ns + end_ns / 16 + 100, lead->max_ns);
}

/*
 * The lead for the window's samples: the shortest that is enough for all but the
 * few, or for as many as there are means for.
 */
static uint64_t lead_wanted_ns(struct frki_lead *lead)
{
	uint32_t wanted = lead->samples - lead->samples * MISSES_PER_MILLE / 1000;
	uint64_t sum_ns = 0, best_ns = 0;
	uint32_t covered = 0;
	unsigned int i;

	lead->bound = false;
	for (i = 0; i < FRKI_LEAD_BUCKETS && covered < wanted; i++) {
		uint64_t enough_ns = lead_enough_ns(lead, i);

		if (!lead->counts[i])
			continue;
		covered += lead->counts[i];
		/* As if all took the least of their bucket: rather less spun. */
		sum_ns += i ? lead->counts[i] *
				      lead_min(lead_bucket_end(i - 1), enough_ns) : 0;
		lead->bound = covered * enough_ns - sum_ns >
			      lead->budget_ns * lead->samples;
		if (lead->bound)
			break;
		best_ns = enough_ns;
	}
	return best_ns;
}

static bool lead_change(struct frki_lead *lead, uint64_t lead_ns)
{
	lead->lead_ns = lead_ns;
	lead->calm = 0;
	lead->calm_ns = 0;
	lead->unsettled = UNSETTLED;
	return true;
}

/*
 * Longer at once, for ticks are late now; shorter when a while has shown that it
 * will do; and neither for little, for a change costs a system call.
 */
static bool lead_decide(struct frki_lead *lead, uint64_t wanted_ns, bool first)
{
	if (wanted_ns > lead->lead_ns + lead->lead_ns / 16)
		return lead_change(lead, wanted_ns);
	if (wanted_ns >= lead->lead_ns - lead->lead_ns / 4) {
		lead->calm = 0;
		lead->calm_ns = 0;
		return false;
	}
	if (wanted_ns > lead->calm_ns)
		lead->calm_ns = wanted_ns;
	if (!first && ++lead->calm < CALM_WINDOWS)
		return false;
	return lead_change(lead, lead->calm_ns);
}

/*
 * More misses than a window may have: do not wait for its end.  Where they are
 * there for want of means, few samples would only say it less well.
 */
static bool lead_is_short(const struct frki_lead *lead)
{
	return !lead->bound && lead->misses > 2 + lead->window / 32;
}

bool frki_lead_sample(struct frki_lead *lead, int64_t slack_ns)
{
	int64_t need_ns = (int64_t)lead->lead_ns - slack_ns;
	bool first = lead->window < WINDOW_MAX, changed;

	if (lead->unsettled) {
		lead->unsettled--;
		return false;
	}
	lead->counts[lead_bucket(need_ns > 0 ? (uint64_t)need_ns : 0)]++;
	lead->samples++;
	lead->misses += slack_ns < 0;
	if (lead->samples < lead->window && !lead_is_short(lead))
		return false;
	changed = lead_decide(lead, lead_wanted_ns(lead), first);
	if (first)
		lead->window *= WINDOW_GROWTH;
	lead_begin_window(lead);
	return changed;
}

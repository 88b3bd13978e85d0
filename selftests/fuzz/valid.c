// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests by the letter of uapi/linux/fraktor.h.
 */
#include "valid.h"

#include <string.h>
#include <time.h>

#include "../lib.h"

uint64_t valid_period(struct worker *w)
{
	switch (rnd_below(&w->rnd, 8)) {
	case 0:
		return 100 * T_US + rnd_below(&w->rnd, 900 * T_US);
	case 1:
		return 20 * T_MS + rnd_below(&w->rnd, 1000) * T_MS;
	default:
		return T_MS * (1 + rnd_below(&w->rnd, 20));
	}
}

unsigned int valid_slots(struct worker *w)
{
	unsigned int slots = w->board->info.slots_min << rnd_below(&w->rnd, 7);

	return slots < w->board->info.slots_max ? slots :
						  w->board->info.slots_max;
}

int valid_cpu(struct worker *w)
{
	return (int)rnd_below(&w->rnd, w->board->cpus + 1) - 1;
}

/* Often none; else one of a few, so that names collide and are found. */
void valid_name(struct worker *w, char name[FRAKTOR_NAME_LEN])
{
	memset(name, 0, FRAKTOR_NAME_LEN);
	if (rnd_one_in(&w->rnd, 3))
		snprintf(name, FRAKTOR_NAME_LEN, "fuzz-%u.%u",
			 rnd_below(&w->rnd, 4), rnd_below(&w->rnd, 4));
}

static uint32_t valid_clock(struct worker *w)
{
	static const clockid_t clocks[] = {
		CLOCK_MONOTONIC, CLOCK_MONOTONIC, CLOCK_MONOTONIC,
		CLOCK_BOOTTIME, CLOCK_TAI,
	};

	return rnd_of(&w->rnd, clocks);
}

static uint32_t valid_flags(struct worker *w)
{
	return rnd_one_in(&w->rnd, 2) ? 0 : rnd_below(&w->rnd, 32);
}

static uint64_t valid_lead(struct worker *w, uint64_t period_ns)
{
	uint64_t max_ns = period_ns / 2;

	if (max_ns > FRAKTOR_LEAD_MAX_NS)
		max_ns = FRAKTOR_LEAD_MAX_NS;
	return rnd_u64(&w->rnd) % (max_ns + 1);
}

void valid_create(struct worker *w, struct fraktor_create *ret_create)
{
	struct fraktor_create *c = ret_create;

	memset(c, 0, sizeof(*c));
	c->period_ns = valid_period(w);
	valid_name(w, c->name);
	c->clockid = valid_clock(w);
	c->cpu = valid_cpu(w);
	c->missed = rnd_below(&w->rnd, 3);
	c->slots = valid_slots(w);
	c->flags = valid_flags(w);
	if (c->flags & FRAKTOR_SOURCE_F_ALIGN)
		c->phase_ns = rnd_u64(&w->rnd) % c->period_ns;
	if (rnd_one_in(&w->rnd, 4)) {
		c->stall_periods = 1 + rnd_below(&w->rnd, 20);
		c->late_ns = rnd_u64(&w->rnd) % (2 * c->period_ns) + 1;
		c->drift_ppb = 1 + rnd_below(&w->rnd, 100000000);
	}
	if (rnd_one_in(&w->rnd, 4))
		c->lead_ns = valid_lead(w, c->period_ns);
	else if (rnd_one_in(&w->rnd, 4))
		c->accuracy_ns = rnd_u64(&w->rnd) % (c->period_ns / 2 + 1);
}

void valid_attach(struct worker *w, int fd, struct fraktor_attach *ret_attach)
{
	unsigned int slots = valid_slots(w);
	struct fraktor_info info;

	memset(ret_attach, 0, sizeof(*ret_attach));
	if (rnd_one_in(&w->rnd, 4))
		valid_name(w, ret_attach->name);
	if (!ret_attach->name[0])
		ret_attach->source = worker_id(w);
	if (rnd_below(&w->rnd, 4))
		ret_attach->flags = FRAKTOR_ATTACH_F_LEAD;
	ret_attach->slots = !t_info(fd, &info) && info.slots ? 0 : slots;
}

void valid_set(struct worker *w, struct fraktor_set *ret_set)
{
	struct fraktor_set *s = ret_set;

	memset(s, 0, sizeof(*s));
	s->what = 1ULL << rnd_below(&w->rnd, 9);
	if (rnd_one_in(&w->rnd, 3))
		s->what |= rnd_below(&w->rnd, 512);
	if (s->what & FRAKTOR_SET_PERIOD)
		s->period_ns = valid_period(w);
	if (s->what & FRAKTOR_SET_PHASE) {
		s->phase_ns = rnd_below(&w->rnd, 100 * T_US);
		s->what |= FRAKTOR_SET_FLAGS;
	}
	if (s->what & FRAKTOR_SET_LATE)
		s->late_ns = rnd_below(&w->rnd, 10 * T_MS);
	if (s->what & FRAKTOR_SET_DRIFT)
		s->drift_ppb = rnd_below(&w->rnd, 100000000);
	if (s->what & FRAKTOR_SET_MISSED)
		s->missed = rnd_below(&w->rnd, 3);
	if (s->what & FRAKTOR_SET_STALL)
		s->stall_periods = rnd_below(&w->rnd, 50);
	if (s->what & FRAKTOR_SET_LEAD)
		s->lead_ns = rnd_below(&w->rnd, 100 * T_US);
	if (s->what & FRAKTOR_SET_ACCURACY && !s->lead_ns)
		s->accuracy_ns = rnd_below(&w->rnd, 100 * T_US);
	if (s->what & FRAKTOR_SET_FLAGS) {
		s->flags = valid_flags(w);
		if (s->what & FRAKTOR_SET_PHASE)
			s->flags |= FRAKTOR_SOURCE_F_ALIGN;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting of interrupt time, called from the tick interrupt: additions and
 * comparisons.
 */
#include <linux/minmax.h>

#include "load.h"

static u64 load_budget_ns(u32 max_percent)
{
	return FRAKTOR_LOAD_WINDOW_NS / 100 * max_percent;
}

static void load_open_window(struct fraktor_load *load, u64 now_ns)
{
	load->last_busy_ns = load->busy_ns;
	load->busy_ns = 0;
	load->window_ns = now_ns;
}

bool fraktor_load_add(struct fraktor_load *load, u64 begin_ns, u64 end_ns,
		      u64 others_ns, u32 max_percent)
{
	/* What one window takes over from the one before is not judged twice. */
	if (end_ns - load->window_ns >= 2 * FRAKTOR_LOAD_WINDOW_NS)
		load->busy_ns = 0;
	if (end_ns - load->window_ns >= FRAKTOR_LOAD_WINDOW_NS)
		load_open_window(load, begin_ns);
	load->busy_ns += others_ns + min_t(u64, end_ns - begin_ns,
					   FRAKTOR_LOAD_INTERRUPT_MAX_NS);
	if (load->busy_ns <= load_budget_ns(max_percent))
		return false;
	load_open_window(load, end_ns);
	return true;
}

bool fraktor_load_is_calm(const struct fraktor_load *load, u32 max_percent)
{
	return load->last_busy_ns <= load_budget_ns(max_percent) / 2;
}

// SPDX-License-Identifier: MIT
/*
 * Ticks of a source that there is.  Must not know what becomes of them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/client.h"
#include "common/units.h"
#include "common/waiting.h"
#include "plot/plot.h"
#include "record/attach.h"

/* As fraktor record: soon enough for the ring and for the module. */
#define LIVE_LOOK_NS	UINT64_C(40000000)
#define LIVE_TELL_NS	UINT64_C(500000000)
#define LIVE_BATCH	1024

static void live_take(struct plot *plot, struct attach *attach)
{
	struct record_tick ticks[LIVE_BATCH];
	size_t n;

	do {
		n = attach_take(attach, ticks, LIVE_BATCH);
		for (size_t i = 0; i < n; i++) {
			if (ticks[i].flags & (RECORD_FLAG_FIRST | RECORD_FLAG_CHANGED))
				report_period(&plot->report, attach_period_ns(attach));
			plot_tick(plot, &ticks[i]);
		}
	} while (n == LIVE_BATCH);
}

static void live_tell(const struct plot *plot, uint64_t begin_ns)
{
	fprintf(stderr, "\r\033[Kfraktor: %s ticks in %s", units_count(plot->report.ticks).s,
		units_duration(waiting_now_ns() - begin_ns).s);
}

static int live_loop(struct plot *plot, struct attach *attach, uint64_t duration_ns)
{
	uint64_t begin_ns = waiting_now_ns(), told_ns = begin_ns, now_ns = begin_ns;
	int signals = waiting_open();
	bool progress = isatty(STDERR_FILENO);
	enum waiting_end end = WAITING_TIME;

	if (signals < 0)
		return signals;
	while (end == WAITING_TIME && now_ns - begin_ns < duration_ns && !attach_is_dead(attach)) {
		end = waiting_until(signals, -1, now_ns + LIVE_LOOK_NS);
		live_take(plot, attach);
		now_ns = waiting_now_ns();
		if (progress && now_ns - told_ns >= LIVE_TELL_NS) {
			live_tell(plot, begin_ns);
			told_ns = now_ns;
		}
	}
	if (progress)
		fputs("\r\033[K", stderr);
	close(signals);
	return end == WAITING_FAILED ? -EIO : 0;
}

int plot_live(struct plot *plot, const char *name, uint64_t duration_ns)
{
	struct frk_netlink *netlink = client_open();
	struct frk_source source = { 0 };
	struct attach *attach = NULL;
	int rc = netlink ? client_choose(netlink, name, &source) : -ENODEV;

	if (!rc) {
		attach = attach_open(&source, &plot->report.header);
		rc = attach ? 0 : -ENODEV;
	}
	if (!rc) {
		report_period(&plot->report, plot->report.header.period_ns);
		rc = live_loop(plot, attach, duration_ns);
	}
	attach_close(attach);
	frk_netlink_close(netlink);
	return rc;
}

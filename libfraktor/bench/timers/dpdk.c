// SPDX-License-Identifier: MIT
/*
 * dpdk.c - rte_timer of DPDK: a skip list per core.  Its clock is the counter of
 * the CPU, which nobody can simulate: it is cancelled and inserted, and never
 * expires here.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"

#ifdef BENCH_DPDK
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_timer.h>

static struct rte_timer *timers;
static uint64_t per_ms;

static void expired(struct rte_timer *timer, void *data)
{
	(void)data;
	bench_fired((uint32_t)(timer - timers));
}

static int open_dpdk(uint32_t n)
{
	char *args[] = { "timers",	"--no-huge", "--no-pci", "--no-telemetry",
			 "--no-shconf", "-m",	     "64",	 "--log-level",
			 "1",		NULL };

	timers = calloc(n, sizeof(*timers));
	if (!timers)
		return -ENOMEM;
	if (rte_eal_init(sizeof(args) / sizeof(args[0]) - 1, args) < 0 ||
	    rte_timer_subsystem_init())
		return -ENODEV;
	per_ms = rte_get_timer_hz() / 1000;
	for (uint32_t i = 0; i < n; i++)
		rte_timer_init(&timers[i]);
	return 0;
}

static void set(uint32_t i, uint64_t delay_ms)
{
	rte_timer_reset(&timers[i], delay_ms * per_ms, SINGLE, rte_lcore_id(), expired,
			NULL);
}

static void clear(uint32_t i)
{
	rte_timer_stop(&timers[i]);
}

static void close_dpdk(void)
{
	rte_timer_subsystem_finalize();
	rte_eal_cleanup();
	free(timers);
}

const struct bench_engine bench_dpdk = {
	.name = "dpdk",
	.timer_bytes = sizeof(struct rte_timer),
	.open = open_dpdk,
	.set = set,
	.clear = clear,
	.close = close_dpdk,
};

#else

static int not_there(uint32_t n)
{
	(void)n;
	return -ENOSYS;
}

const struct bench_engine bench_dpdk = { .name = "dpdk", .open = not_there };

#endif

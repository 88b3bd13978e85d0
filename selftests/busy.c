// SPDX-License-Identifier: GPL-2.0-only
/*
 * No test: makes all that can be traced happen, again and again, until it is
 * killed, for those who look at it with other programs.  A line named "busy"
 * starts, ticks on CPU 1, drops records, drifts and stops; after SIGUSR1 it
 * moves, too: tracers that begin while a CPU is away do not begin at all.
 */
#include "lib.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t moves;

static void begin_to_move(int signal)
{
	(void)signal;
	moves = 1;
}

static void move(void)
{
	t_cpu_set_online(1, false);
	t_sleep_ms(20);
	t_cpu_set_online(1, true);
}

static int once(void)
{
	struct fraktor_create create;
	struct t_ring ring;
	int ret;

	t_create_init(&create, 5 * T_MS, 16);
	strcpy(create.name, "busy");
	create.drift_ppb = 1;
	create.cpu = 1;
	ret = t_ring_make(&ring, &create);
	if (ret)
		return ret;
	ret = t_start(ring.fd);
	if (!ret) {
		t_sleep_ms(1200);	/* drift is told once a second */
		if (moves)
			move();
		ret = t_stop(ring.fd);
	}
	t_ring_close(&ring);
	return ret;
}

int main(void)
{
	int ret;

	signal(SIGUSR1, begin_to_move);
	do {
		ret = once();
	} while (!ret);
	fprintf(stderr, "busy: error: %s\n", strerror(-ret));
	return 1;
}

// SPDX-License-Identifier: MIT
/*
 * throttle.c - the throttle of throttle.h.  Counts only: none of its atomics says
 * anything about other memory, so none pairs with anything.
 */
#include "event/throttle.h"

void frki_throttle_init(struct frki_throttle *throttle, uint32_t burst)
{
	throttle->burst = burst;
	atomic_init(&throttle->room, burst);
	atomic_init(&throttle->held, 0);
}

bool frki_throttle_pass(struct frki_throttle *throttle)
{
	uint32_t room = atomic_load_explicit(&throttle->room, memory_order_relaxed);

	while (room)
		if (atomic_compare_exchange_weak_explicit(&throttle->room, &room, room - 1,
							  memory_order_relaxed,
							  memory_order_relaxed))
			return true;
	atomic_fetch_add_explicit(&throttle->held, 1, memory_order_relaxed);
	return false;
}

uint64_t frki_throttle_reset(struct frki_throttle *throttle)
{
	atomic_store_explicit(&throttle->room, throttle->burst, memory_order_relaxed);
	return atomic_exchange_explicit(&throttle->held, 0, memory_order_relaxed);
}

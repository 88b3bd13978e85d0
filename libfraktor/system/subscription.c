// SPDX-License-Identifier: MIT
/*
 * subscription.c - events of a system for whoever subscribes.  A subscriber reads
 * the stream by himself; all that he shares with others is a word that changes
 * with every event, to sleep on.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "system/system.h"

/**
 * struct frk_subscription - a subscriber
 * @system: the system.
 * @reader: his place in its stream.
 * @ended: he is to wait no more.
 */
struct frk_subscription {
	struct frk_system *system;
	struct frki_event_reader reader;
	bool ended;
};

static long futex(uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

/* Pairs with the exchange of looks in frk_subscription_wait(). */
void frki_subscription_published(void *data)
{
	struct frk_system *system = data;

	__atomic_add_fetch(&system->event_bell, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&system->event_waiters, __ATOMIC_SEQ_CST))
		futex(&system->event_bell, FUTEX_WAKE, INT32_MAX, NULL);
}

int frk_subscription_open(struct frk_system *system, uint32_t keys, uint32_t replay,
			  struct frk_subscription **ret_subscription)
{
	struct frk_subscription *subscription;

	if (!system || !keys || !ret_subscription)
		return -EINVAL;
	subscription = system->platform->malloc(sizeof(*subscription));
	if (!subscription)
		return -ENOMEM;
	subscription->system = system;
	subscription->ended = false;
	frki_event_reader_init(&subscription->reader, &system->events, keys, replay);
	*ret_subscription = subscription;
	return 0;
}

static bool is_over(struct frk_system *system)
{
	bool done;

	pthread_mutex_lock(&system->lock);
	done = system->done;
	pthread_mutex_unlock(&system->lock);
	return done;
}

int frk_subscription_next(struct frk_subscription *subscription,
			  struct frk_event *ret_event)
{
	struct frki_event_reader *reader;
	struct frk_system *system;
	bool over;

	if (!subscription || !ret_event)
		return -EINVAL;
	system = subscription->system;
	reader = &subscription->reader;
	/* Before the look: the last event comes before the end. */
	over = is_over(system);
	if (frki_event_reader_next(reader, &system->events, ret_event))
		return 1;
	return over ? -ESHUTDOWN : 0;
}

void frki_subscription_end(struct frk_subscription *subscription)
{
	/* Before the word changes: pairs with frk_subscription_wait(). */
	__atomic_store_n(&subscription->ended, true, __ATOMIC_SEQ_CST);
	frki_subscription_published(subscription->system);
}

bool frki_subscription_ended(const struct frk_subscription *subscription)
{
	return __atomic_load_n(&subscription->ended, __ATOMIC_SEQ_CST);
}

/* Looks without taking: an event in the making rings when it is made. */
static bool has_more(const struct frk_subscription *subscription)
{
	struct frki_event_reader look = subscription->reader;
	struct frk_event event;

	look.keys = FRK_EVENT_ALL;
	return frki_event_reader_next(&look, &subscription->system->events, &event) ||
	       is_over(subscription->system);
}

int frk_subscription_wait(struct frk_subscription *subscription, uint64_t timeout_ns)
{
	struct frk_system *system = subscription ? subscription->system : NULL;
	const struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / FRK_S(1)),
		.tv_nsec = (long)(timeout_ns % FRK_S(1)),
	};
	uint32_t bell;
	long ret = 0;
	int err = 0;

	if (!subscription)
		return -EINVAL;
	/* Pairs with frki_subscription_published(): first the word, then the look. */
	__atomic_add_fetch(&system->event_waiters, 1, __ATOMIC_SEQ_CST);
	bell = __atomic_load_n(&system->event_bell, __ATOMIC_SEQ_CST);
	if (!frki_subscription_ended(subscription) && !has_more(subscription)) {
		ret = futex(&system->event_bell, FUTEX_WAIT, bell,
			    timeout_ns == UINT64_MAX ? NULL : &timeout);
		err = errno;
	}
	__atomic_sub_fetch(&system->event_waiters, 1, __ATOMIC_SEQ_CST);
	return ret && err == ETIMEDOUT ? -ETIMEDOUT : 0;
}

uint64_t frk_subscription_lost(const struct frk_subscription *subscription)
{
	return subscription ? subscription->reader.lost : 0;
}

void frk_subscription_close(struct frk_subscription *subscription)
{
	if (subscription)
		subscription->system->platform->free(subscription);
}

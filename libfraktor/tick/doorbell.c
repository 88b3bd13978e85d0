/* SPDX-License-Identifier: MIT */
/*
 * doorbell.c - wake a reader that sleeps, and leave one alone that does not.
 *
 * Producer: fill the ring, then exchange asleep for 0 and ring if it was 1.
 * Reader: exchange asleep for 1, then look at the ring, and sleep if it is
 * empty.  Exchanges of one word have one order.  If the producer's comes
 * second, it sees the 1 and rings; if it comes first, the reader's reads what
 * it wrote and (acquire, release) sees the ring filled.
 *
 * Every write to asleep is an exchange: a plain store of the reader between
 * the two would hide the producer's from the reader's next one, and with it
 * the record.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tick/doorbell.h"

int frki_doorbell_init(struct frki_doorbell *bell)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*bell = (struct frki_doorbell){ .fd = fd };
	return 0;
}

void frki_doorbell_fini(struct frki_doorbell *bell)
{
	close(bell->fd);
}

void frki_doorbell_wake(struct frki_doorbell *bell)
{
	static const uint64_t one = 1;
	int saved = errno;

	/* Blocks only when the counter is full: after 2^64 - 2 of these. */
	(void)!write(bell->fd, &one, sizeof(one));
	errno = saved;
}

void frki_doorbell_push(struct frki_doorbell *bell)
{
	/* Pairs with the exchanges in frki_doorbell_wait(). */
	if (__atomic_exchange_n(&bell->asleep, 0, __ATOMIC_ACQ_REL))
		frki_doorbell_wake(bell);
}

static int doorbell_read(const struct frki_doorbell *bell)
{
	uint64_t count;

	if (read(bell->fd, &count, sizeof(count)) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int frki_doorbell_wait(struct frki_doorbell *bell, bool (*ready)(const void *data),
		       const void *data)
{
	int err = 0;

	/* Both pair with the exchange in frki_doorbell_push(). */
	__atomic_exchange_n(&bell->asleep, 1, __ATOMIC_ACQ_REL);
	if (!ready(data))
		err = doorbell_read(bell);
	__atomic_exchange_n(&bell->asleep, 0, __ATOMIC_ACQ_REL);
	return err;
}

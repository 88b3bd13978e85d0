// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader that keeps to the contract, on sources of its own and on those that
 * the others torment, and holds the kernel to it: nothing early, nothing
 * twice, nothing uncounted, no way of waiting that oversleeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../lib.h"
#include "judge.h"
#include "ops.h"
#include "valid.h"

/* What must happen soon has happened by then, on the slowest machine. */
#define SOON_MS	30000

struct honest {
	struct t_ring ring;
	bool owner;
	uint64_t head;		/* the largest seen */
	struct judge_line lines[4 * FRAKTOR_MEMBERS_MAX];
	struct uring uring;
};

static struct honest *honest_of(struct worker *w)
{
	static struct honest honest = { .ring.fd = -1, .uring.fd = -1 };

	w->honest = &honest;
	return w->honest;
}

static bool honest_open(const struct honest *h)
{
	return h->ring.fd >= 0 && h->ring.meta;
}

static void honest_close(struct honest *h)
{
	if (h->uring.fd >= 0)
		uring_close(&h->uring);
	if (h->ring.fd >= 0)
		t_ring_close(&h->ring);
	memset(h, 0, sizeof(*h));
	h->ring.fd = -1;
	h->uring.fd = -1;
}

static void honest_check(struct worker *w, struct honest *h)
{
	const char *wrong = judge_meta(h->ring.meta);

	if (!wrong)
		wrong = judge_head(h->ring.meta, &h->head);
	if (wrong)
		fault(w, "%s", wrong);
	if (t_poisoned(&h->ring))
		fault(w, "poisoned, though nobody else has this ring");
}

static int honest_make(struct worker *w, struct honest *h)
{
	struct fraktor_create create;
	struct fraktor_attach attach;
	int ret;

	if (h->owner) {
		valid_create(w, &create);
		if (create.clockid == CLOCK_TAI)
			create.clockid = CLOCK_MONOTONIC;
		say(w, "period %llu flags %#x missed %u",
		    (unsigned long long)create.period_ns, create.flags,
		    create.missed);
		ret = t_ioctl(h->ring.fd, FRAKTOR_IOC_CREATE, &create);
		if (!ret)
			worker_publish(w, create.source);
		return ret;
	}
	valid_attach(w, h->ring.fd, &attach);
	say(w, "source %u slots %u", attach.source, attach.slots);
	ret = t_ioctl(h->ring.fd, FRAKTOR_IOC_ATTACH, &attach);
	if (ret == -ENOENT && !attach.name[0])
		worker_forget(w, attach.source);
	return ret;
}

int honest_begin(struct worker *w)
{
	struct honest *h = honest_of(w);
	bool nonblock = rnd_one_in(&w->rnd, 2);
	int ret;

	honest_close(h);
	h->owner = rnd_below(&w->rnd, 3);
	h->ring.fd = t_open(O_RDWR | (nonblock ? O_NONBLOCK : 0));
	if (h->ring.fd < 0)
		return h->ring.fd;
	ret = honest_make(w, h);
	if (!ret)
		ret = t_ring_map(&h->ring);
	if (ret)
		honest_close(h);
	else
		honest_check(w, h);
	return ret;
}

/* There is a ring; one is made if there was none. */
static bool honest_ready(struct worker *w, struct honest *h)
{
	return honest_open(h) || honest_begin(w) >= 0;
}

int honest_attach(struct worker *w)
{
	struct honest *h = honest_of(w);
	struct fraktor_attach attach = {
		.source = worker_id(w),
		.flags = FRAKTOR_ATTACH_F_LEAD,
	};
	int ret;

	if (!honest_ready(w, h))
		return IDLE;
	say(w, "source %u", attach.source);
	ret = t_ioctl(h->ring.fd, FRAKTOR_IOC_ATTACH, &attach);
	if (ret == -ENOENT)
		worker_forget(w, attach.source);
	honest_check(w, h);
	return ret;
}

int honest_detach(struct worker *w)
{
	struct honest *h = honest_of(w);
	struct fraktor_detach detach = { 0 };
	unsigned int i = rnd_below(&w->rnd, FRAKTOR_MEMBERS_MAX);

	if (!honest_ready(w, h))
		return IDLE;
	detach.source = h->ring.meta->members[i].source;
	if (!detach.source)
		return IDLE;
	say(w, "source %u", detach.source);
	return t_ioctl(h->ring.fd, FRAKTOR_IOC_DETACH, &detach);
}

int honest_start(struct worker *w)
{
	struct honest *h = honest_of(w);

	if (!honest_ready(w, h))
		return IDLE;
	return t_start(h->ring.fd);
}

/* "When it returns no tick is in progress." */
int honest_stop(struct worker *w)
{
	struct honest *h = honest_of(w);
	uint64_t head;
	int ret;

	if (!honest_ready(w, h))
		return IDLE;
	ret = t_stop(h->ring.fd);
	if (ret || h->ring.meta->nr_members > 1)
		return ret;
	head = t_head(&h->ring);
	if (t_state(&h->ring) == FRAKTOR_STATE_RUNNING)
		fault(w, "running after a stop");
	usleep(rnd_below(&w->rnd, 5000));
	if (t_head(&h->ring) != head)
		fault(w, "a tick after the stop returned");
	return 0;
}

int honest_set(struct worker *w)
{
	struct honest *h = honest_of(w);
	struct fraktor_set set;

	if (!honest_ready(w, h))
		return IDLE;
	valid_set(w, &set);
	say(w, "what %#llx period %llu", (unsigned long long)set.what,
	    (unsigned long long)set.period_ns);
	return t_ioctl(h->ring.fd, FRAKTOR_IOC_SET, &set);
}

/* --- taking records */

static void honest_record(struct worker *w, struct honest *h,
			  const struct fraktor_tick *tick)
{
	const char *wrong = judge_record(tick);

	if (!wrong)
		wrong = judge_order(h->lines, sizeof(h->lines) /
				    sizeof(h->lines[0]), tick);
	if (!wrong && tick->fired_ns > t_now_on(h->ring.meta->clockid))
		wrong = "record: from the future";
	if (wrong)
		fault(w, "%s: seq %llu source %u deadline %llu fired %llu periods %u flags %#x",
		      wrong, (unsigned long long)tick->seq, tick->source,
		      (unsigned long long)tick->deadline_ns,
		      (unsigned long long)tick->fired_ns, tick->periods,
		      tick->flags);
	__atomic_fetch_add(&w->board->records, 1, __ATOMIC_RELAXED);
}

int honest_drain(struct worker *w)
{
	struct honest *h = honest_of(w);
	unsigned int most = 1 + rnd_below(&w->rnd, 300);
	struct fraktor_tick tick;
	int n = 0, ret = 0;

	if (!honest_ready(w, h))
		return IDLE;
	/* Some days late, so that records are dropped. */
	if (rnd_one_in(&w->rnd, 6))
		t_sleep_ms(rnd_below(&w->rnd, 200));
	while (most-- && (ret = t_take(&h->ring, &tick)) > 0) {
		honest_record(w, h, &tick);
		n++;
	}
	if (ret == -EILSEQ)
		fault(w, "a record was torn or had the wrong number: seq %llu after %llu",
		      (unsigned long long)tick.seq,
		      (unsigned long long)h->ring.last_seq);
	honest_check(w, h);
	return n;
}

/* Records that read(2) took: in order, numbers jump only over dropped ones. */
static void honest_took(struct worker *w, struct honest *h,
			const struct fraktor_tick *ticks, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (ticks[i].seq <= h->ring.last_seq)
			fault(w, "read: seq %llu after %llu",
			      (unsigned long long)ticks[i].seq,
			      (unsigned long long)h->ring.last_seq);
		h->ring.gaps += ticks[i].seq - h->ring.last_seq - 1;
		h->ring.last_seq = ticks[i].seq;
		h->ring.consumed++;
		if (ticks[i].deadline_ns > t_now_on(h->ring.meta->clockid))
			fault(w, "read: seq %llu handed out before its deadline",
			      (unsigned long long)ticks[i].seq);
		honest_record(w, h, &ticks[i]);
	}
}

int honest_read(struct worker *w)
{
	struct honest *h = honest_of(w);
	struct fraktor_tick ticks[16];
	size_t len = sizeof(ticks[0]) * (1 + rnd_below(&w->rnd, 16));
	bool there;
	ssize_t got;

	if (!honest_ready(w, h))
		return IDLE;
	there = t_head(&h->ring) != t_tail(&h->ring);
	got = read(h->ring.fd, ticks, len);
	if (got < 0) {
		if (there && errno != EINTR)
			fault(w, "read: %s, though records are there",
			      strerror(errno));
		return -errno;
	}
	if (!got || got % sizeof(ticks[0]))
		fault(w, "read: %zd bytes", got);
	honest_took(w, h, ticks, got / sizeof(ticks[0]));
	return got / sizeof(ticks[0]);
}

/* --- waiting */

static bool honest_available(const struct honest *h)
{
	return t_head(&h->ring) != t_tail(&h->ring);
}

int honest_poll(struct worker *w)
{
	struct honest *h = honest_of(w);
	struct pollfd p = { .events = POLLIN };
	bool there;
	int ret;

	if (!honest_ready(w, h))
		return IDLE;
	p.fd = h->ring.fd;
	there = honest_available(h);
	ret = poll(&p, 1, rnd_below(&w->rnd, 50));
	if (ret < 0)
		return -errno;
	if (there && !(p.revents & POLLIN))
		fault(w, "poll: no POLLIN, though records are there");
	if ((p.revents & POLLIN) && !honest_available(h))
		fault(w, "poll: POLLIN, and nothing there");
	return ret;
}

/* The next completion, within the bound; pokes interrupt. */
static bool honest_complete(struct honest *h, unsigned int ms,
			    struct io_uring_cqe *ret_cqe)
{
	uint64_t start = t_now();

	do {
		if (uring_reap(&h->uring, ret_cqe))
			return true;
		uring_enter(&h->uring, 1, 20);
	} while (t_ms_since(start) < ms);
	return uring_reap(&h->uring, ret_cqe);
}

static int honest_cancel(struct worker *w, struct honest *h, int *ret_res)
{
	struct io_uring_sqe *sqe = uring_next(&h->uring);
	struct io_uring_cqe cqe;
	unsigned int i;

	uring_prep_cmd(sqe, h->ring.fd, FRAKTOR_URING_CMD_CANCEL, 0, 0);
	sqe->user_data = FRAKTOR_URING_CMD_CANCEL;
	for (i = 0; i < 2; i++) {
		if (!honest_complete(h, SOON_MS, &cqe)) {
			fault(w, "a cancelled wait did not end in %u s",
			      SOON_MS / 1000);
			return -ETIME;
		}
		if (cqe.user_data == FRAKTOR_URING_CMD_WAIT)
			*ret_res = cqe.res;
		else if (cqe.res && cqe.res != -ENOENT)
			fault(w, "cancel: %d", cqe.res);
	}
	return 0;
}

int honest_wait(struct worker *w)
{
	static const unsigned int setups[] = {
		0, IORING_SETUP_COOP_TASKRUN,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		IORING_SETUP_SQPOLL,
	};
	struct honest *h = honest_of(w);
	unsigned int setup = rnd_of(&w->rnd, setups);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	int ret;

	if (!honest_ready(w, h))
		return IDLE;
	if (h->uring.fd < 0) {
		ret = uring_open(&h->uring, setup);
		if (ret)
			return ret;
	}
	sqe = uring_next(&h->uring);
	if (!sqe)
		return -EBUSY;
	uring_prep_cmd(sqe, h->ring.fd, FRAKTOR_URING_CMD_WAIT,
		       t_head(&h->ring), 0);
	sqe->user_data = FRAKTOR_URING_CMD_WAIT;
	say(w, "ring flags %#x", h->uring.flags);
	ret = 0;
	if (honest_complete(h, 1 + rnd_below(&w->rnd, 100), &cqe))
		ret = cqe.res;
	else if (honest_cancel(w, h, &ret))
		return -ETIME;
	if (ret > 0 && !honest_available(h))
		fault(w, "wait: %d records, and nothing there", ret);
	return ret == -ECANCELED ? 0 : ret;
}

/* --- accounting */

/*
 * made = consumed + dropped + left, that is, the tail stands behind what was
 * consumed and dropped.  The kernel moves the tail first and counts then, so
 * one look may fall between; all looks cannot.
 */
static bool honest_settle(struct honest *h)
{
	uint64_t start = t_now();

	do {
		if (t_tail(&h->ring) == h->ring.consumed + t_dropped(&h->ring))
			return true;
		usleep(200);
	} while (t_ms_since(start) < SOON_MS);
	return false;
}

int honest_account(struct worker *w)
{
	struct honest *h = honest_of(w);

	if (!honest_open(h))
		return IDLE;
	honest_check(w, h);
	if (!honest_settle(h))
		fault(w, "made %llu, consumed %llu, dropped %llu, tail %llu",
		      (unsigned long long)t_head(&h->ring),
		      (unsigned long long)h->ring.consumed,
		      (unsigned long long)t_dropped(&h->ring),
		      (unsigned long long)t_tail(&h->ring));
	__atomic_fetch_add(&w->board->accounts, 1, __ATOMIC_RELAXED);
	return 0;
}

int honest_end(struct worker *w)
{
	struct honest *h = honest_of(w);
	int ret;

	if (!honest_open(h))
		return IDLE;
	if (h->owner)
		t_stop(h->ring.fd);
	ret = honest_account(w);
	honest_close(h);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thousand lines on two CPUs, one of which comes and goes, and several
 * threads that start, stop, attach, detach, read and close at random: at the
 * end every ring's account must be exact.  Records made = consumed + dropped +
 * left, and what a line ticked is what its own ring was given.
 *
 * $T_SEED repeats a choice of operations, $T_SOURCES and $T_CYCLES make it
 * larger or smaller.
 */
#include "lib.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "nl.h"

#define THREADS	4
#define READERS	48		/* of each thread */
#define SLOTS	16		/* few, so that much is dropped */

/* A line, with the ring of the file that made it. */
struct line {
	struct t_ring ring;
	pthread_mutex_t mutex;
	uint64_t ticks;		/* of all runs that are over */
	unsigned int runs;
	bool counted;		/* the last run is in @ticks */
};

struct commuter;

struct worker {
	const struct commuter *commuter;
	struct line *lines;
	unsigned int nr_lines, cycles;
	uint64_t random;
	struct t_ring rings[READERS];
	unsigned int attached[READERS];	/* lines, at most */
	unsigned int attaches, detaches, starts, stops, closes;
	const char *wrong;
	pthread_t thread;
};

static unsigned int from_env(const char *name, unsigned int fallback)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

/* xorshift64*: all choices follow from the seed. */
static unsigned int choose(struct worker *w, unsigned int n)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (w->random * 2685821657736338717ULL >> 33) % n;
}

/* --- accounts */

/* Of a ring that nothing fills any more, drained. */
static const char *check_account(struct t_ring *ring)
{
	uint64_t left;

	if (t_drain(ring) < 0)
		return "a record that was not whole";
	left = t_head(ring) - t_tail(ring);
	if (left)
		return "records are left after the drain";
	if (t_head(ring) != ring->consumed + t_dropped(ring))
		return "made != consumed + dropped";
	if (ring->gaps != t_dropped(ring))
		return "numbers jumped over != dropped";
	if (t_poisoned(ring))
		return "the consumer page was found to be nonsense";
	return NULL;
}

/* --- operations */

/* It may have stopped by itself, when a CPU had too much of it. */
static void line_count(struct line *line)
{
	struct fraktor_info info;

	if (line->counted || t_state(&line->ring) == FRAKTOR_STATE_RUNNING ||
	    t_info(line->ring.fd, &info))
		return;
	line->ticks += info.ticks;
	line->counted = true;
}

static void line_start(struct worker *w, struct line *line)
{
	int ret;

	pthread_mutex_lock(&line->mutex);
	line_count(line);
	ret = t_start(line->ring.fd);
	if (!ret) {
		line->runs++;
		line->counted = false;
	}
	/* -ENODEV: its CPU is away. */
	if (ret && ret != -EALREADY && ret != -ENODEV)
		w->wrong = "start";
	w->starts++;
	pthread_mutex_unlock(&line->mutex);
}

static void line_stop(struct worker *w, struct line *line)
{
	int ret;

	pthread_mutex_lock(&line->mutex);
	ret = t_stop(line->ring.fd);
	if (ret && ret != -EALREADY)
		w->wrong = "stop";
	line_count(line);
	w->stops++;
	pthread_mutex_unlock(&line->mutex);
}

static int pick_line(struct worker *w, struct line **ret_line)
{
	*ret_line = &w->lines[choose(w, w->nr_lines)];
	return (*ret_line)->ring.source;
}

static void reader_close(struct worker *w, unsigned int i)
{
	struct t_ring *ring = &w->rings[i];

	/* Take it off its lines, or more would come during the account. */
	if (ring->meta) {
		struct fraktor_member members[FRAKTOR_MEMBERS_MAX];
		unsigned int k;

		memcpy(members, ring->meta->members, sizeof(members));
		for (k = 0; k < FRAKTOR_MEMBERS_MAX; k++)
			if (members[k].source &&
			    t_detach(ring->fd, members[k].source))
				w->wrong = "detach before close";
		if (!w->wrong)
			w->wrong = check_account(ring);
	}
	t_ring_close(ring);
	w->attached[i] = 0;
	w->closes++;
}

static void reader_attach(struct worker *w, unsigned int i)
{
	struct t_ring *ring = &w->rings[i];
	struct line *line;
	unsigned int source = pick_line(w, &line);
	int ret;

	if (ring->fd < 0)
		ret = t_ring_attach(ring, source, SLOTS);
	else
		ret = t_attach(ring->fd, source, 0);
	if (!ret)
		w->attached[i]++;
	else if (ret != -EALREADY && ret != -EMFILE && ret != -EUSERS)
		w->wrong = "attach";
	w->attaches++;
}

static void reader_detach(struct worker *w, unsigned int i)
{
	struct t_ring *ring = &w->rings[i];
	unsigned int source;
	int ret;

	if (ring->fd < 0)
		return;
	source = ring->meta->members[choose(w, FRAKTOR_MEMBERS_MAX)].source;
	if (!source)
		source = ring->source;
	ret = t_detach(ring->fd, source);
	if (!ret)
		w->attached[i]--;
	else if (ret != -ENOTCONN)
		w->wrong = "detach";
	w->detaches++;
}

static void cycle(struct worker *w)
{
	unsigned int reader = choose(w, READERS);
	struct line *line;

	pick_line(w, &line);
	switch (choose(w, 16)) {
	case 0 ... 3:
		line_start(w, line);
		break;
	case 4 ... 6:
		line_stop(w, line);
		break;
	case 7 ... 10:
		reader_attach(w, reader);
		break;
	case 11 ... 12:
		reader_detach(w, reader);
		break;
	case 13 ... 14:
		if (w->rings[reader].fd >= 0 && t_drain(&w->rings[reader]) < 0)
			w->wrong = "a record that was not whole";
		break;
	case 15:
		reader_close(w, reader);
		break;
	}
}

/* --- the CPU that comes and goes */

#define TRIPS_MIN	10

struct commuter {
	bool end;		/* it shall, or it had to */
	unsigned int trips;
	pthread_t thread;
};

static bool commuted(const struct commuter *c)
{
	return __atomic_load_n(&c->trips, __ATOMIC_RELAXED) >= TRIPS_MIN ||
	       __atomic_load_n(&c->end, __ATOMIC_RELAXED);
}

static void *commute(void *arg)
{
	struct commuter *c = arg;

	while (!__atomic_load_n(&c->end, __ATOMIC_RELAXED)) {
		if (t_cpu_set_online(1, c->trips & 1)) {
			__atomic_store_n(&c->end, true, __ATOMIC_RELAXED);
			break;
		}
		__atomic_fetch_add(&c->trips, 1, __ATOMIC_RELAXED);
		t_sleep_ms(20);
	}
	t_cpu_set_online(1, true);
	return NULL;
}

/* --- all together */

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	for (i = 0; (i < w->cycles || !commuted(w->commuter)) && !w->wrong; i++)
		cycle(w);
	return NULL;
}

FIXTURE(torture) {
	struct line *lines;
	unsigned int nr_lines, cycles;
	unsigned int max_sources, max_rate;
	int refcnt;
	struct worker workers[THREADS];
};

FIXTURE_SETUP(torture)
{
	uint64_t seed = from_env("T_SEED", t_now());
	unsigned int i, k;

	self->lines = NULL;
	self->nr_lines = from_env("T_SOURCES", 1000);
	self->cycles = from_env("T_CYCLES", 10000);
	ASSERT_EQ(1, t_cpu_online(1)) TH_LOG("needs a second CPU (--smp 2)");
	ASSERT_EQ(0, t_nofile_max(self->nr_lines + THREADS * READERS + 64));
	ASSERT_EQ(0, t_param_get("max_sources", &self->max_sources));
	ASSERT_EQ(0, t_param_get("max_rate", &self->max_rate));
	ASSERT_EQ(0, t_param_set("max_sources", self->nr_lines));
	ASSERT_EQ(0, t_param_set("max_rate", 100000000));
	self->refcnt = t_refcnt_settle();
	self->lines = calloc(self->nr_lines, sizeof(*self->lines));
	ASSERT_NE(NULL, self->lines);
	for (i = 0; i < THREADS; i++) {
		self->workers[i] = (struct worker) {
			.lines = self->lines,
			.nr_lines = self->nr_lines,
			.cycles = self->cycles / THREADS,
			.random = (seed + i + 1) * 0x9e3779b97f4a7c15ULL | 1,
		};
		for (k = 0; k < READERS; k++)
			self->workers[i].rings[k].fd = -1;
	}
	TH_LOG("T_SEED=%llu", (unsigned long long)seed);
}

FIXTURE_TEARDOWN(torture)
{
	if (!self->lines)
		return;
	t_param_set("max_sources", self->max_sources);
	t_param_set("max_rate", self->max_rate);
	free(self->lines);
}

/* Periods from 20 ms to half a second, half of them on each CPU. */
static int make_lines(struct line *lines, unsigned int n)
{
	struct fraktor_create create;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < n && !ret; i++) {
		pthread_mutex_init(&lines[i].mutex, NULL);
		lines[i].counted = true;
		t_create_init(&create, 20 * T_MS + i % 481 * T_MS, SLOTS);
		create.cpu = i & 1;
		ret = t_ring_make(&lines[i].ring, &create);
	}
	return ret;
}

static int sources_left(void)
{
	struct source source = { 0 };
	struct request req;
	struct nl nl;
	int ret = nl_listen(&nl, NULL);

	if (ret)
		return ret;
	get_init(&nl, &req, NLM_F_DUMP);
	ret = ask(&nl, &req, on_source, &source);
	close(nl.fd);
	return ret < 0 ? ret : (int)source.n;
}

TEST_F_TIMEOUT(torture, r2_2_every_account_is_exact, 900)
{
	uint64_t made = 0, dropped = 0, start = t_now();
	unsigned int i, k, runs = 0, wrong = 0;
	struct commuter commuter = { 0 };

	ASSERT_EQ(0, make_lines(self->lines, self->nr_lines));
	TH_LOG("%u lines after %u ms", self->nr_lines, t_ms_since(start));
	ASSERT_EQ(0, pthread_create(&commuter.thread, NULL, commute,
				    &commuter));
	for (i = 0; i < THREADS; i++) {
		self->workers[i].commuter = &commuter;
		ASSERT_EQ(0, pthread_create(&self->workers[i].thread, NULL,
					    work, &self->workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		struct worker *w = &self->workers[i];

		pthread_join(w->thread, NULL);
		EXPECT_EQ(NULL, w->wrong) TH_LOG("thread %u: %s, errno %d",
						 i, w->wrong, errno);
		TH_LOG("thread %u: %u starts, %u stops, %u attaches, %u detaches, %u closes",
		       i, w->starts, w->stops, w->attaches, w->detaches,
		       w->closes);
	}
	__atomic_store_n(&commuter.end, true, __ATOMIC_RELAXED);
	pthread_join(commuter.thread, NULL);
	TH_LOG("%u cycles and %u trips of a CPU after %u ms", self->cycles,
	       commuter.trips, t_ms_since(start));

	/* However soon that was over: nobody reads the first line's ring. */
	line_start(&self->workers[0], &self->lines[0]);
	EXPECT_EQ(0, t_until_head(&self->lines[0].ring, SLOTS + 1, 10000));

	/* The books: lines first, then rings, which nothing fills then. */
	for (i = 0; i < self->nr_lines; i++)
		line_stop(&self->workers[0], &self->lines[i]);
	for (i = 0; i < self->nr_lines; i++) {
		struct line *line = &self->lines[i];
		const char *why;

		made += t_head(&line->ring);
		dropped += t_dropped(&line->ring);
		runs += line->runs;
		why = check_account(&line->ring);
		if (!why && t_head(&line->ring) != line->ticks)
			why = "its ring was given other than what it ticked";
		if (why && wrong++ < 10)
			TH_LOG("line %u: %s (head %llu, ticks %llu)", i, why,
			       (unsigned long long)t_head(&line->ring),
			       (unsigned long long)line->ticks);
	}
	EXPECT_EQ(0, wrong);
	for (i = 0; i < THREADS; i++) {
		for (k = 0; k < READERS; k++) {
			made += self->workers[i].rings[k].meta ?
				t_head(&self->workers[i].rings[k]) : 0;
			reader_close(&self->workers[i], k);
		}
		EXPECT_EQ(NULL, self->workers[i].wrong)
			TH_LOG("%s", self->workers[i].wrong);
	}
	EXPECT_LT(0, made);
	EXPECT_LT(0, dropped);
	EXPECT_LE(TRIPS_MIN, commuter.trips);
	TH_LOG("%u runs, at least %llu records, %llu dropped by owners", runs,
	       (unsigned long long)made, (unsigned long long)dropped);

	/* And nothing stays. */
	for (i = 0; i < self->nr_lines; i++)
		t_ring_close(&self->lines[i].ring);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, 10000));
	EXPECT_EQ(0, sources_left());
	TH_LOG("all in %u ms", t_ms_since(start));
}

TEST_HARNESS_MAIN

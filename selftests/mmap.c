// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapped pages: they describe themselves, only the consumer page can be
 * written, nothing can be opened up or grown afterwards, they outlive every
 * descriptor and the source, and whatever a reader writes into its page the
 * kernel goes on ticking.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS
#define SLOTS	256

FIXTURE(mmap) {
	struct t_ring ring;
	size_t page;
};

FIXTURE_VARIANT(mmap) {
	unsigned int slots;
};

FIXTURE_VARIANT_ADD(mmap, slots_256) { .slots = SLOTS };
FIXTURE_VARIANT_ADD(mmap, slots_1024) { .slots = 1024 };

FIXTURE_SETUP(mmap)
{
	int ret = t_ring_create(&self->ring, PERIOD, variant->slots);

	ASSERT_EQ(0, ret) TH_LOG("%s: is the module loaded?", strerror(-ret));
	self->page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(mmap)
{
	t_ring_close(&self->ring);
}

TEST_F(mmap, meta_page_describes_itself)
{
	const struct fraktor_meta *meta = self->ring.meta;
	struct fraktor_info info;
	const unsigned char *rest = (const unsigned char *)meta;
	size_t i;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(FRAKTOR_META_MAGIC, meta->magic);
	EXPECT_EQ(0, memcmp(meta, "FRAK", 4));
	EXPECT_EQ(FRAKTOR_ABI_VERSION, meta->abi_version);
	EXPECT_EQ(sizeof(*meta), meta->struct_len);
	EXPECT_EQ(self->page, meta->meta_len);
	EXPECT_EQ(0, meta->consumer_len % self->page);
	EXPECT_LE(sizeof(struct fraktor_consumer), meta->consumer_len);
	EXPECT_EQ(0, meta->data_len % self->page);
	EXPECT_LE(sizeof(struct fraktor_tick), meta->record_size);
	EXPECT_EQ(0, meta->record_size % 8);
	EXPECT_EQ(variant->slots, meta->slots);
	EXPECT_LE((uint64_t)meta->slots * meta->record_size, meta->data_len);
	EXPECT_EQ(info.features, meta->features);
	EXPECT_EQ(PERIOD, meta->period_ns);
	EXPECT_EQ(CLOCK_MONOTONIC, meta->clockid);
	EXPECT_EQ(info.source, meta->source);
	EXPECT_EQ(0, meta->reserved);
	EXPECT_EQ(0, meta->head);
	EXPECT_EQ(0, meta->dropped_total);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, meta->state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, meta->reason);
	EXPECT_EQ(0, meta->poisoned_total);
	EXPECT_EQ(0, meta->missed_total);
	/* Nothing of the kernel's leaks behind the structures. */
	for (i = offsetof(struct fraktor_meta, reserved2);
	     i < offsetof(struct fraktor_meta, clock); i++) {
		ASSERT_EQ(0, rest[i]) TH_LOG("meta byte %zu", i);
	}
	for (i = offsetof(struct fraktor_meta, members[1]); i < self->page;
	     i++) {
		ASSERT_EQ(0, rest[i]) TH_LOG("meta byte %zu", i);
	}
	for (i = 0, rest = (void *)self->ring.consumer;
	     i < self->ring.consumer_len; i++) {
		ASSERT_EQ(0, rest[i]) TH_LOG("consumer byte %zu", i);
	}
	for (i = 0, rest = self->ring.data; i < self->ring.data_len; i++) {
		ASSERT_EQ(0, rest[i]) TH_LOG("data byte %zu", i);
	}
}

/* --- what is refused */

static int try_map(int fd, size_t len, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, len, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, len);
	return 0;
}

#define map_(len, prot, flags, offset) \
	try_map(self->ring.fd, len, prot, flags, offset)

TEST_F(mmap, right_length_maps_again_and_again)
{
	EXPECT_EQ(0, map_(self->ring.meta_len, PROT_READ, MAP_SHARED,
			  FRAKTOR_MMAP_META));
	EXPECT_EQ(0, map_(self->ring.consumer_len, PROT_READ | PROT_WRITE,
			  MAP_SHARED, FRAKTOR_MMAP_CONSUMER));
	EXPECT_EQ(0, map_(self->ring.data_len, PROT_READ, MAP_SHARED,
			  FRAKTOR_MMAP_DATA));
	EXPECT_EQ(0, map_(self->ring.consumer_len, PROT_READ, MAP_SHARED,
			  FRAKTOR_MMAP_CONSUMER));
}

TEST_F(mmap, wrong_length_is_einval)
{
	const struct {
		off_t offset;
		size_t len;
	} areas[] = {
		{ FRAKTOR_MMAP_META, self->ring.meta_len },
		{ FRAKTOR_MMAP_CONSUMER, self->ring.consumer_len },
		{ FRAKTOR_MMAP_DATA, self->ring.data_len },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		EXPECT_EQ(-EINVAL, map_(areas[i].len + self->page, PROT_READ,
					MAP_SHARED, areas[i].offset))
			TH_LOG("area %u, a page too long", i);
		EXPECT_EQ(-EINVAL, map_(areas[i].len * 16, PROT_READ,
					MAP_SHARED, areas[i].offset))
			TH_LOG("area %u, 16 times too long", i);
		EXPECT_EQ(-EINVAL, map_(0, PROT_READ, MAP_SHARED,
					areas[i].offset));
		if (areas[i].len > self->page) {
			EXPECT_EQ(-EINVAL, map_(areas[i].len - self->page,
						PROT_READ, MAP_SHARED,
						areas[i].offset))
				TH_LOG("area %u, a page too short", i);
		}
	}
}

TEST_F(mmap, wrong_offset_is_einval)
{
	const off_t offsets[] = {
		self->page, FRAKTOR_MMAP_CONSUMER - self->page,
		FRAKTOR_MMAP_CONSUMER + self->page,
		FRAKTOR_MMAP_DATA - self->page, FRAKTOR_MMAP_DATA + self->page,
		0x30000000, 0x100000000, 0x7ffffffff000, 1LL << 62,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		int ret = map_(self->page, PROT_READ, MAP_SHARED, offsets[i]);

		/* The VFS itself refuses the last ones with -EOVERFLOW. */
		EXPECT_TRUE(ret == -EINVAL || (ret == -EOVERFLOW && i > 6))
			TH_LOG("offset %llx: %d",
			       (unsigned long long)offsets[i], ret);
	}
	EXPECT_EQ(-EINVAL, map_(self->ring.data_len, PROT_READ, MAP_SHARED,
				FRAKTOR_MMAP_DATA + 1));
}

TEST_F(mmap, read_only_areas_refuse_prot_write)
{
	EXPECT_EQ(-EACCES, map_(self->ring.meta_len, PROT_READ | PROT_WRITE,
				MAP_SHARED, FRAKTOR_MMAP_META));
	EXPECT_EQ(-EACCES, map_(self->ring.data_len, PROT_READ | PROT_WRITE,
				MAP_SHARED, FRAKTOR_MMAP_DATA));
	EXPECT_EQ(-EACCES, map_(self->ring.data_len, PROT_WRITE, MAP_SHARED,
				FRAKTOR_MMAP_DATA));
}

TEST_F(mmap, nothing_is_executable)
{
	EXPECT_EQ(-EACCES, map_(self->ring.meta_len, PROT_READ | PROT_EXEC,
				MAP_SHARED, FRAKTOR_MMAP_META));
	EXPECT_EQ(-EACCES, map_(self->ring.data_len, PROT_READ | PROT_EXEC,
				MAP_SHARED, FRAKTOR_MMAP_DATA));
	EXPECT_EQ(-EACCES, map_(self->ring.consumer_len,
				PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED,
				FRAKTOR_MMAP_CONSUMER));
}

TEST_F(mmap, private_mappings_are_einval)
{
	EXPECT_EQ(-EINVAL, map_(self->ring.meta_len, PROT_READ, MAP_PRIVATE,
				FRAKTOR_MMAP_META));
	EXPECT_EQ(-EINVAL, map_(self->ring.consumer_len,
				PROT_READ | PROT_WRITE, MAP_PRIVATE,
				FRAKTOR_MMAP_CONSUMER));
	EXPECT_EQ(-EINVAL, map_(self->ring.data_len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE, FRAKTOR_MMAP_DATA));
}

TEST_F(mmap, mprotect_does_not_open_them_up)
{
	struct t_ring *ring = &self->ring;

	EXPECT_EQ(-1, mprotect(ring->meta, ring->meta_len,
			       PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(ring->data, self->page, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(ring->data, self->page, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(ring->consumer, ring->consumer_len,
			       PROT_READ | PROT_WRITE | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, mprotect(ring->data, self->page, PROT_NONE));
	EXPECT_EQ(0, mprotect(ring->data, self->page, PROT_READ));
}

TEST_F(mmap, mremap_does_not_grow_them)
{
	struct t_ring *ring = &self->ring;

	EXPECT_EQ(MAP_FAILED, mremap(ring->meta, ring->meta_len,
				     2 * ring->meta_len, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(ring->consumer, ring->consumer_len,
				     2 * ring->consumer_len, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(ring->data, ring->data_len,
				     ring->data_len + self->page,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(ring->data, ring->data_len,
				     ring->data_len + self->page, 0));
	/* Old length 0 would make a second mapping of a shared one. */
	EXPECT_EQ(MAP_FAILED, mremap(ring->data, 0, 2 * ring->data_len,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(FRAKTOR_META_MAGIC, ring->meta->magic);
}

TEST_F(mmap, a_moved_mapping_still_shows_the_ring)
{
	struct t_ring *ring = &self->ring;
	void *room = mmap(NULL, ring->data_len, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fraktor_tick tick;

	ASSERT_NE(MAP_FAILED, room);
	ASSERT_EQ(room, mremap(ring->data, ring->data_len, ring->data_len,
			       MREMAP_MAYMOVE | MREMAP_FIXED, room));
	ring->data = room;
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 5, T_SOON_MS));
	EXPECT_EQ(1, t_take(ring, &tick));
	EXPECT_EQ(1, tick.seq);
}

TEST_F(mmap, without_a_ring_is_enotconn)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTCONN, try_map(fd, self->page, PROT_READ, MAP_SHARED,
				     FRAKTOR_MMAP_META));
	EXPECT_EQ(-ENOTCONN, try_map(fd, self->page, PROT_READ | PROT_WRITE,
				     MAP_SHARED, FRAKTOR_MMAP_CONSUMER));
	EXPECT_EQ(-ENOTCONN, try_map(fd, self->page, PROT_READ, MAP_SHARED,
				     FRAKTOR_MMAP_DATA));
	close(fd);
}

/* --- lifetime */

TEST_F(mmap, mapping_of_the_owner_outlives_its_descriptor)
{
	struct t_ring *ring = &self->ring;
	uint64_t head;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 10, T_SOON_MS));
	/*
	 * A mapping holds the file as every mapping does, so the last close
	 * comes with munmap(); what was mapped stays valid in any case.
	 */
	t_close(&ring->fd);
	head = t_head(ring);
	EXPECT_LE(10, head);
	EXPECT_LE(10, t_drain(ring));
	EXPECT_EQ(FRAKTOR_META_MAGIC, ring->meta->magic);
}

TEST_F(mmap, mapping_outlives_the_source)
{
	struct t_ring reader;

	ASSERT_EQ(0, t_ring_attach(&reader, self->ring.source, SLOTS));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&reader, 10, T_SOON_MS));
	t_ring_close(&self->ring);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&reader));
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, t_reason(&reader));
	t_close(&reader.fd);
	t_sleep_ms(5);
	EXPECT_EQ(t_head(&reader), t_drain(&reader));
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&reader));
	t_ring_unmap(&reader);
}

TEST_F(mmap, munmap_in_any_order)
{
	static const unsigned char orders[][4] = {
		{ 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 3, 0, 2 }, { 2, 0, 3, 1 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct t_ring r;

		ASSERT_EQ(0, t_ring_create(&r, PERIOD, variant->slots));
		ASSERT_EQ(0, t_start(r.fd));
		ASSERT_EQ(0, t_until_head(&r, 2, T_SOON_MS));
		for (j = 0; j < 4; j++) {
			switch (orders[i][j]) {
			case 0:
				munmap(r.meta, r.meta_len);
				break;
			case 1:
				munmap(r.consumer, r.consumer_len);
				break;
			case 2:
				munmap(r.data, r.data_len);
				break;
			case 3:
				close(r.fd);
				break;
			}
			t_sleep_ms(2);
		}
	}
}

TEST_F(mmap, a_hole_in_the_data_harms_the_reader_only)
{
	struct t_ring *ring = &self->ring;

	if (ring->data_len < 2 * self->page)
		SKIP(return, "the ring has one page of data");
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, munmap(ring->data + self->page, self->page));
	ASSERT_EQ(0, t_until_head(ring, 2 * ring->slots, 10000));
	EXPECT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(t_head(ring) - ring->slots, t_dropped(ring));
}

static sigjmp_buf fault_env;

static void fault(int sig)
{
	siglongjmp(fault_env, sig);
}

/* The word at @p, or the signal that reading it gave, negative. */
static int64_t read_or_fault(const uint32_t *p)
{
	struct sigaction sa = { .sa_handler = fault };
	int sig;

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sig = sigsetjmp(fault_env, 1);
	return sig ? -sig : (int64_t)*(const volatile uint32_t *)p;
}

TEST_F(mmap, madvise_cannot_replace_the_pages)
{
	struct t_ring *ring = &self->ring;
	int64_t word;

	madvise(ring->meta, ring->meta_len, MADV_DONTNEED);
	madvise(ring->meta, ring->meta_len, MADV_REMOVE);
	madvise(ring->meta, ring->meta_len, MADV_FREE);
	word = read_or_fault(&ring->meta->magic);
	/* The page or a signal, never a page of somebody else's. */
	EXPECT_TRUE(word == FRAKTOR_META_MAGIC || word == -SIGBUS ||
		    word == -SIGSEGV) TH_LOG("read %llx", (long long)word);
	ASSERT_EQ(0, t_start(ring->fd));
	t_sleep_ms(5);
	EXPECT_EQ(0, t_stop(ring->fd));
	if (word < 0) {
		munmap(ring->meta, ring->meta_len);
		ring->meta = NULL;
	}
}

static int child_looks(struct t_child *child, void *arg)
{
	struct t_ring *ring = arg;
	int64_t word = read_or_fault(&ring->meta->magic);
	uint64_t head;

	(void)child;
	if (word == -SIGSEGV)
		return 11;	/* not inherited: fine too */
	if (word != FRAKTOR_META_MAGIC)
		return 1;
	head = t_head(ring);
	if (t_until_head(ring, head + 3, T_SOON_MS))
		return 2;
	t_ring_close(ring);	/* the parent's stays */
	return 0;
}

TEST_F(mmap, fork_childs_view)
{
	struct t_ring *ring = &self->ring;
	struct t_child child;
	uint64_t head;
	int status;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_child(&child, child_looks, ring));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 11)
		TH_LOG("child says %d", WEXITSTATUS(status));
	head = t_head(ring);
	EXPECT_EQ(0, t_until_head(ring, head + 3, T_SOON_MS));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(ring));
}

/* --- row 20 of the fault matrix: garbage in the consumer page */

FIXTURE(poison) {
	struct t_ring ring;
};

FIXTURE_VARIANT(poison) {
	uint64_t tail;		/* what the hostile reader writes */
	bool relative;		/* to the head */
};

FIXTURE_VARIANT_ADD(poison, one_beyond_head) { .tail = 1, .relative = true };
FIXTURE_VARIANT_ADD(poison, far_beyond_head) {
	.tail = 1ULL << 40, .relative = true };
FIXTURE_VARIANT_ADD(poison, backward) { .tail = 1 };
FIXTURE_VARIANT_ADD(poison, all_ones) { .tail = UINT64_MAX };
FIXTURE_VARIANT_ADD(poison, sign_bit) { .tail = 1ULL << 63 };

FIXTURE_SETUP(poison)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	/* Let the kernel know a tail that "backward" is behind of. */
	ASSERT_EQ(0, t_until_head(&self->ring, 20, T_SOON_MS));
	ASSERT_LE(20, t_drain(&self->ring));
	ASSERT_EQ(0, t_until_head(&self->ring, 100, T_SOON_MS));
	ASSERT_LE(0, t_drain(&self->ring));
}

FIXTURE_TEARDOWN(poison)
{
	t_ring_close(&self->ring);
}

static void set_tail(struct t_ring *ring, uint64_t tail)
{
	__atomic_store_n(&ring->consumer->tail, tail, __ATOMIC_RELEASE);
}

TEST_F(poison, r2_2_is_counted_and_ticks_go_on)
{
	struct t_ring *ring = &self->ring;
	uint64_t head = t_head(ring), before = t_poisoned(ring), dropped;
	struct fraktor_tick last, older;
	unsigned int i;

	set_tail(ring, variant->relative ? head + 1000 + variant->tail :
		 variant->tail);
	/* The kernel looks at the page when the ring is full, at the latest. */
	ASSERT_EQ(0, t_until_head(ring, head + 200, 5000));
	EXPECT_LT(before, t_poisoned(ring));
	EXPECT_EQ(0, t_stop(ring->fd));
	head = t_head(ring);
	dropped = t_dropped(ring);
	EXPECT_LE(dropped, head);
	/* The newest records are all there. */
	t_peek(ring, head, &last);
	EXPECT_EQ(head, last.seq);
	for (i = 1; i < ring->slots; i++) {
		t_peek(ring, head - i, &older);
		EXPECT_EQ(head - i, older.seq);
	}
}

TEST_F(poison, poll_and_read_after_garbage)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_tick ticks[128];
	uint64_t head = t_head(ring), last = 0;
	ssize_t n;
	int i;

	set_tail(ring, variant->relative ? head + variant->tail : variant->tail);
	t_sleep_ms(5);
	EXPECT_EQ(0, t_stop(ring->fd));
	/* Ends, gives records of this ring only, in order. */
	while ((n = read(ring->fd, ticks, sizeof(ticks))) > 0) {
		EXPECT_EQ(0, n % sizeof(ticks[0]));
		for (i = 0; i < n / (int)sizeof(ticks[0]); i++) {
			EXPECT_LT(last, ticks[i].seq);
			EXPECT_LE(ticks[i].seq, t_head(ring));
			EXPECT_EQ(ring->source, ticks[i].source);
			last = ticks[i].seq;
		}
	}
	EXPECT_EQ(-1, n);
	EXPECT_EQ(ESHUTDOWN, errno);
	/* It can be started again and read by the rules. */
	ASSERT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(sizeof(ticks[0]), read(ring->fd, ticks, sizeof(ticks[0])));
}

struct vandal {
	struct t_ring *ring;
	bool stop;
};

static void *vandal_thread(void *arg)
{
	struct vandal *vandal = arg;
	uint64_t *words = (uint64_t *)vandal->ring->consumer;
	size_t n = vandal->ring->consumer_len / sizeof(*words), i;
	unsigned int seed = 1;

	for (i = 0; !__atomic_load_n(&vandal->stop, __ATOMIC_RELAXED); i++) {
		uint64_t junk = ((uint64_t)rand_r(&seed) << 33) ^ rand_r(&seed);

		switch (i % 5) {
		case 0:
			junk = t_head(vandal->ring) + junk % 3;
			break;
		case 1:
			junk = t_head(vandal->ring) - junk % 128;
			break;
		case 2:
			junk %= 4;
			break;
		}
		words[i % 8 ? 0 : i % n] = junk;
		if (!(i % 64))
			usleep(200);
	}
	return NULL;
}

FIXTURE(vandal) {
	struct t_ring ring;
};

FIXTURE_SETUP(vandal)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD / 2, 64));
}

FIXTURE_TEARDOWN(vandal)
{
	t_ring_close(&self->ring);
}

TEST_F(vandal, r2_2_random_writes_while_ticking_and_reading)
{
	struct t_ring *ring = &self->ring;
	struct vandal vandal = { .ring = ring };
	struct fraktor_tick ticks[16];
	pthread_t thread;
	uint64_t start;
	ssize_t n;
	int i;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, vandal_thread, &vandal));
	start = t_now();
	while (t_ms_since(start) < 700 || t_head(ring) < 200) {
		n = read(ring->fd, ticks, sizeof(ticks));
		ASSERT_LT(0, n);
		for (i = 0; i < n / (int)sizeof(ticks[0]); i++) {
			EXPECT_EQ(ring->source, ticks[i].source);
			EXPECT_LE(ticks[i].seq, t_head(ring));
			EXPECT_LE(ticks[i].deadline_ns, ticks[i].fired_ns);
		}
	}
	EXPECT_EQ(0, t_stop(ring->fd));
	vandal.stop = true;
	pthread_join(thread, NULL);
	EXPECT_LT(0, t_poisoned(ring));
	EXPECT_LE(t_dropped(ring), t_head(ring));
	/* A well-behaved reader next to it would not have noticed. */
}

TEST_F(vandal, r2_2_a_neighbour_does_not_notice)
{
	struct t_ring *ring = &self->ring, neighbour;
	struct vandal vandal = { .ring = ring };
	struct t_grid grid = { .period_ns = PERIOD / 2 };
	struct fraktor_tick tick;
	pthread_t thread;
	const char *wrong;

	ASSERT_EQ(0, t_ring_attach(&neighbour, ring->source, 4096));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, vandal_thread, &vandal));
	ASSERT_EQ(0, t_until_head(&neighbour, 300, 5000));
	EXPECT_EQ(0, t_stop(ring->fd));
	vandal.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, t_dropped(&neighbour));
	EXPECT_EQ(0, t_poisoned(&neighbour));
	while (t_take(&neighbour, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	EXPECT_LE(300, grid.records);
	t_ring_close(&neighbour);
}

TEST_HARNESS_MAIN

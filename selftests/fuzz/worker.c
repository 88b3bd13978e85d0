// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop of a thread, and what it survives: operations touch memory that
 * other operations took away, are interrupted by signals, and are killed.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"
#include "uring.h"
#include "valid.h"

/* SIGSEGV in the arena ends an operation; anywhere else it is a bug of ours. */
static __thread struct worker *worker_current;

static bool worker_owns(const struct worker *w, const void *p)
{
	const unsigned char *at = p;

	return (at >= w->arena && at < w->arena + WORKER_PLACES * PLACE_LEN) ||
	       (at >= w->pad && at < w->pad + PAD_LEN + PAGE);
}

static void worker_on_fault(int signal, siginfo_t *info, void *context)
{
	struct worker *w = worker_current;
	const ucontext_t *at = context;

	if (w && worker_owns(w, info->si_addr))
		siglongjmp(w->fault, 1);
	if (w)
		fault(w, "signal %d at %p, code at %#llx", signal, info->si_addr,
		      (unsigned long long)at->uc_mcontext.gregs[REG_RIP]);
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

static void worker_on_poke(int signal)
{
}

static void worker_signals(void)
{
	struct sigaction fault = {
		.sa_sigaction = worker_on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	struct sigaction poke = { .sa_handler = worker_on_poke };

	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	/* Not SA_RESTART: a poke ends a call that blocks. */
	sigaction(SIGUSR1, &poke, NULL);
	sigaction(SIGIO, &poke, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* --- what operations reach for */

void worker_put(int *slot, int fd)
{
	int old = __atomic_exchange_n(slot, fd, __ATOMIC_ACQ_REL);

	if (old >= 0)
		close(old);
}

int *worker_slot(struct worker *w)
{
	unsigned int i = rnd_below(&w->rnd, WORKER_FILES + WORKER_SHARED);

	w->own = i < WORKER_FILES;
	return w->own ? &w->files[i] : &w->shared[i - WORKER_FILES];
}

/* A file that has been opened becomes something, if that is granted. */
static void worker_furnish(struct worker *w, int fd)
{
	struct fraktor_create create;
	struct fraktor_attach attach;

	switch (rnd_below(&w->rnd, 4)) {
	case 0:
		break;
	case 1:
		valid_attach(w, fd, &attach);
		t_ioctl(fd, FRAKTOR_IOC_ATTACH, &attach);
		break;
	default:
		valid_create(w, &create);
		if (!t_ioctl(fd, FRAKTOR_IOC_CREATE, &create)) {
			worker_publish(w, create.source);
			t_start(fd);
		}
		break;
	}
}

int worker_file(struct worker *w)
{
	bool nonblock = rnd_one_in(&w->rnd, 2);
	int *slot = worker_slot(w);
	int fd = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

	if (fd >= 0)
		return fd;
	fd = t_open(O_RDWR | (nonblock ? O_NONBLOCK : 0));
	if (fd < 0)
		return fd;
	worker_furnish(w, fd);
	worker_put(slot, fd);
	return fd;
}

struct place *worker_mapped(struct worker *w, unsigned long part)
{
	unsigned int i, at = rnd_below(&w->rnd, WORKER_PLACES);

	for (i = 0; i < WORKER_PLACES; i++) {
		struct place *place = &w->places[(at + i) % WORKER_PLACES];

		if (place->len && (part == ANY_PART || place->part == part))
			return place;
	}
	return NULL;
}

struct place *worker_place(struct worker *w)
{
	return &w->places[rnd_below(&w->rnd, WORKER_PLACES)];
}

unsigned char *worker_place_at(const struct worker *w, const struct place *p)
{
	return w->arena + (p - w->places) * PLACE_LEN;
}

uint32_t worker_id(struct worker *w)
{
	uint32_t i = rnd_below(&w->rnd, BOARD_IDS);
	bool odd = rnd_one_in(&w->rnd, 16);
	uint64_t value = rnd_odd(&w->rnd);
	unsigned int n;

	if (odd)
		return value;
	for (n = 0; n < BOARD_IDS; n++) {
		uint32_t id = __atomic_load_n(&w->board->ids[(i + n) % BOARD_IDS],
					      __ATOMIC_RELAXED);

		if (id)
			return id;
	}
	return 1;
}

void worker_publish(struct worker *w, uint32_t id)
{
	uint32_t i = rnd_below(&w->rnd, BOARD_IDS);

	__atomic_store_n(&w->board->ids[i], id, __ATOMIC_RELAXED);
}

void worker_forget(struct worker *w, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < BOARD_IDS; i++) {
		uint32_t found = id;

		__atomic_compare_exchange_n(&w->board->ids[i], &found, 0, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

void *worker_good_memory(struct worker *w, size_t len)
{
	return w->pad + (len < PAD_LEN ? PAD_LEN - len : 0);
}

void *worker_memory(struct worker *w, size_t len)
{
	unsigned char *good = worker_good_memory(w, len);

	switch (rnd_below(&w->rnd, 24)) {
	case 0:
		return NULL;
	case 1:
		return good + 1 + rnd_below(&w->rnd, len + 1);
	case 2:
		return good - (good > w->pad + 8 ? rnd_below(&w->rnd, 8) : 0);
	case 3:
		return worker_place_at(w, worker_place(w));
	case 4:
		return (void *)(uintptr_t)rnd_odd(&w->rnd);
	default:
		return good;
	}
}

/* --- the loop */

static void worker_count(struct worker *w, unsigned int kind, int ret)
{
	const struct op *op = &ops[kind];

	if (ret == IDLE) {
		__atomic_fetch_add(&w->board->kinds[kind].idle, 1,
				   __ATOMIC_RELAXED);
		return;
	}
	board_count(w->board, kind, ret);
	if (ret < 0 && w->own && !ops_allows(op, ret))
		fault(w, "%s: %s is not an error of the contract", op->name,
		      strerrorname_np(-ret) ?: "an errno without a name");
}

/*
 * One operation.  A jump out of a fault leaves no lock and no allocation
 * behind: operations have neither.
 */
static void worker_step(struct worker *w, uint64_t number)
{
	unsigned int kind;
	int ret;

	rnd_seed(&w->rnd, w->board->seed, w->number + ((uint64_t)w->child << 32),
		 number);
	kind = ops_choose(&w->rnd, w->role);
	if (!ops_wanted(w->options, kind))
		return;
	if (trace_on())
		trace_say("T%u%s #%llu %s", w->number, w->child ? "c" : "",
			  (unsigned long long)number, ops[kind].name);
	if (!w->child) {
		__atomic_store_n(&w->seat->kind, kind, __ATOMIC_RELAXED);
		__atomic_store_n(&w->seat->since_ns, t_now(), __ATOMIC_RELEASE);
	}
	w->own = true;
	if (!sigsetjmp(w->fault, 1))
		ret = ops[kind].fn(w);
	else
		ret = -EFAULT;
	if (!w->child)
		__atomic_store_n(&w->seat->since_ns, 0, __ATOMIC_RELEASE);
	if (trace_on() && ret != IDLE)
		trace_say("T%u%s #%llu = %d", w->number, w->child ? "c" : "",
			  (unsigned long long)number, ret);
	worker_count(w, kind, ret);
}

static bool worker_init(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < WORKER_FILES; i++)
		w->files[i] = -1;
	for (i = 0; i < WORKER_RINGS; i++)
		w->rings[i].fd = -1;
	for (i = 0; i < WORKER_SOCKETS; i++)
		w->sockets[i] = -1;
	w->epoll = -1;
	w->arena = mmap(NULL, WORKER_PLACES * PLACE_LEN, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w->pad = mmap(NULL, PAD_LEN + PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->arena == MAP_FAILED || w->pad == MAP_FAILED)
		return false;
	return !mprotect(w->pad + PAD_LEN, PAGE, PROT_NONE);
}

/* With CPUs held; later it may be by entering a ring of another thread. */
static void worker_meet_uring(void)
{
	struct uring ring;

	if (!uring_open(&ring, 0))
		uring_close(&ring);
}

static void worker_run(struct worker *w)
{
	uint64_t mark = w->options->mark;

	worker_current = w;
	worker_meet_uring();
	__atomic_store_n(&w->seat->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (!board_stopped(w->board) && w->seat->op < w->options->ops) {
		uint64_t op = __atomic_add_fetch(&w->seat->op, 1, __ATOMIC_RELAXED);

		if (mark && op % mark == 0)
			trace_mark(w->number, op, w->board->seed);
		worker_step(w, op);
	}
	__atomic_store_n(&w->seat->tid, 0, __ATOMIC_RELEASE);
}

void worker_run_child(struct worker *w, unsigned int ops)
{
	uint64_t base = w->seat->op << 16;
	unsigned int i;

	w->child = true;
	/* The parent's rings are of another task; they stay as they are. */
	for (i = 0; i < ops && !board_stopped(w->board); i++)
		worker_step(w, base + i);
}

static void *worker_thread(void *arg)
{
	worker_run(arg);
	return NULL;
}

/* Processes with an odd number do without what only root may. */
static void worker_drop(unsigned int number)
{
	if (!(number & 2))
		return;
	t_cap_drop(14);		/* CAP_IPC_LOCK */
	t_cap_drop(24);		/* CAP_SYS_RESOURCE */
	t_cap_drop(12);		/* CAP_NET_ADMIN */
	t_cap_drop(19);		/* CAP_SYS_PTRACE */
}

void worker_process(struct board *board, const struct options *options,
		    enum role role, const unsigned int *numbers, unsigned int n)
{
	static struct worker workers[2];
	static int shared[WORKER_SHARED];
	pthread_t threads[2];
	unsigned int i, begun = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	worker_signals();
	if (role == ROLE_CHAOS)
		worker_drop(numbers[0]);
	for (i = 0; i < WORKER_SHARED; i++)
		shared[i] = -1;
	for (i = 0; i < n; i++) {
		struct worker *w = &workers[i];

		w->board = board;
		w->options = options;
		w->number = numbers[i];
		w->seat = &board->seats[numbers[i]];
		w->role = role;
		w->shared = shared;
		if (!worker_init(w) ||
		    (i && pthread_create(&threads[i], NULL, worker_thread, w)))
			break;
		begun++;
	}
	if (begun < n)
		board_fault(board, "a process cannot begin: %s", strerror(errno));
	if (begun)
		worker_run(&workers[0]);
	for (i = 1; i < begun; i++)
		pthread_join(threads[i], NULL);
}

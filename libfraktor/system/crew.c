// SPDX-License-Identifier: MIT
/*
 * crew.c - the workers of crew.h: queues, theft and sleep.
 *
 * Each queue has many producers and, one at a time by its lock, several
 * consumers.  A worker sleeps as worker.c says, with a flag of its own.
 */
#include "actor/cell.h"
#include "base/relax.h"
#include "system/crew.h"
#include "system/system.h"
#include "system/worker_line.h"
#include "tick/clock.h"

/* A worker that is in one turn for so long may be robbed of its last actor: much
 * longer than a turn of actors that talk to each other, short enough to live with. */
#define LONG_TURN_NS FRK_MS(5)

/* How often to look whether a lock is free, and whether there is work, before sleeping:
 * some microseconds each, less than what it costs to be woken up. */
#define LOCK_LOOKS 100
#define WORK_LOOKS 200

/* Turns between two looks at what else a worker has to do. */
#define TURNS 32

/* Which worker the thread is. */
static FRKI_THREAD_LOCAL struct frki_worker *current;
/* And whose that is: here, since others write what is beside it there. */
static FRKI_THREAD_LOCAL const struct frk_system *current_system;
static FRKI_THREAD_LOCAL volatile bool locked;

void frki_crew_join(struct frki_worker *worker)
{
	current = worker;
	current_system = worker->system;
}

bool frki_crew_is_me(const struct frk_system *system)
{
	return current_system == system;
}

/*
 * A lock of ours is held for less than a microsecond.  A thread that sleeps on it takes
 * several to wake up, and makes the one that holds it wake it; so it looks for that long
 * first, and only then has the holder inherit its priority.
 */
static void lock_soon(pthread_mutex_t *lock)
{
	for (int i = 0; i < LOCK_LOOKS; i++) {
		if (!pthread_mutex_trylock(lock))
			return;
		frki_relax();
	}
	pthread_mutex_lock(lock);
}

void frki_crew_lock(void *data)
{
	struct frk_system *system = data;

	lock_soon(&system->crew.lock);
	locked = true;
}

void frki_crew_unlock(void *data)
{
	struct frk_system *system = data;

	locked = false;
	pthread_mutex_unlock(&system->crew.lock);
}

struct frki_hand *frki_crew_hand(void *data)
{
	return frki_crew_is_me(data) ? &current->hand : NULL;
}

unsigned int frki_crew_line(void *data)
{
	return frki_crew_is_me(data) ? current->index : 0;
}

bool frki_crew_is_locked(void)
{
	return locked;
}

/* --- wake */

static bool is_asleep(const struct frki_worker *worker)
{
	const atomic_bool *asleep = worker->index ? &worker->asleep :
						    &worker->system->asleep;

	/* A hint: the exchange decides. */
	return atomic_load_explicit(asleep, memory_order_relaxed);
}

static void wake(struct frki_worker *worker)
{
	if (!worker->index)
		frki_worker_wake(worker->system);
	/* Pairs with the exchange in rest(), here or in worker_line.c. */
	else if (atomic_exchange_explicit(&worker->asleep, false, memory_order_acq_rel))
		frki_worker_line_wake(worker);
}

/*
 * While one is in a turn, another one that sleeps looks now and then what waits behind
 * that turn.  But one that fell asleep when all others were asleep does not; and so whoever
 * has something behind its turn rings for it.
 *
 * Who goes into that sleep counts itself in and then looks whether anybody is awake; who
 * has woken up is seen to be awake before it looks at the count (Dekker).  Both do something
 * to the count: whichever comes second sees what the other one did before.
 */
static void woken_up(struct frki_crew *crew)
{
	atomic_fetch_add_explicit(&crew->deep_n, 0, memory_order_acq_rel);
}

static bool is_anybody_deep(const struct frki_crew *crew)
{
	/* See woken_up(): it is not less than it was then. */
	return atomic_load_explicit(&crew->deep_n, memory_order_relaxed);
}

static void wake_deep(struct frki_crew *crew)
{
	for (unsigned int i = 1; i < crew->n; i++) {
		struct frki_worker *worker = &crew->workers[i];

		if (atomic_load_explicit(&worker->deep, memory_order_relaxed)) {
			wake(worker);
			return;
		}
	}
}

static struct frki_worker *find_asleep(const struct frki_crew *crew)
{
	/* The first one is dear to wake up, and then late for its next tick. */
	for (unsigned int i = crew->n; i > 0; i--)
		if (is_asleep(&crew->workers[i - 1]))
			return &crew->workers[i - 1];
	return NULL;
}

/* --- push */

/* Who has nothing to do, else each in turn. */
static struct frki_worker *choose(struct frki_crew *crew)
{
	struct frki_worker *worker = find_asleep(crew);

	if (worker)
		return worker;
	return &crew->workers[atomic_fetch_add_explicit(&crew->next, 1,
							memory_order_relaxed) %
			      crew->n];
}

static unsigned int pin_of(const struct frki_cell *cell)
{
	return atomic_load_explicit(&cell->worker, memory_order_relaxed);
}

static void push_pinned(struct frki_crew *crew, struct frki_cell *cell, unsigned int pin)
{
	struct frki_worker *worker = &crew->workers[pin - 1];

	frki_mpsc_push(&worker->pinned, &cell->ready);
	if (worker != current || is_asleep(worker))
		wake(worker);
}

static void push(struct frki_stage *stage, struct frki_cell *cell)
{
	struct frk_system *system = stage->data;
	struct frki_crew *crew = &system->crew;
	struct frki_worker *worker, *other;
	bool mine = frki_crew_is_me(system);
	unsigned int pin = pin_of(cell);
	uint32_t waiting;

	if (pin) {
		push_pinned(crew, cell, pin);
		return;
	}
	worker = mine ? current : choose(crew);
	/* Before the push, so that it does not go below what is there. */
	waiting = atomic_fetch_add_explicit(&worker->waiting, 1, memory_order_relaxed);
	frki_mpsc_push(&worker->queue, &cell->ready);
	/* Asleep, and yet its own thread: a signal handler, after its last look. */
	if (!mine || is_asleep(worker))
		wake(worker);
	/* More than it will run next: somebody else may. */
	else if (waiting && (other = find_asleep(crew)))
		wake(other);
	else if (worker->busy && is_anybody_deep(crew))
		wake_deep(crew);
}

/* --- pop */

static struct frki_cell *cell_of(struct frki_mpsc_node *node)
{
	return node ? frki_container_of(node, struct frki_cell, ready) : NULL;
}

/* Out of a queue, its lock held. */
static struct frki_cell *take(struct frki_worker *worker)
{
	struct frki_cell *cell = cell_of(frki_mpsc_pop(&worker->queue));

	if (cell)
		atomic_fetch_sub_explicit(&worker->waiting, 1, memory_order_relaxed);
	return cell;
}

static uint32_t waiting_for(const struct frki_worker *worker)
{
	return atomic_load_explicit(&worker->waiting, memory_order_relaxed);
}

static struct frki_cell *take_own(struct frki_worker *worker)
{
	struct frki_cell *cell;

	/* A hint, as for thieves: who pushes counts first, and wakes. */
	if (!waiting_for(worker))
		return NULL;
	lock_soon(&worker->lock);
	cell = take(worker);
	pthread_mutex_unlock(&worker->lock);
	return cell;
}

/* Somebody else who takes from it will do as well. */
static struct frki_cell *try_take(struct frki_worker *worker)
{
	struct frki_cell *cell;

	if (pthread_mutex_trylock(&worker->lock))
		return NULL;
	cell = take(worker);
	pthread_mutex_unlock(&worker->lock);
	return cell;
}

static struct frki_worker *victim(struct frki_worker *thief, unsigned int i)
{
	const struct frki_crew *crew = &thief->system->crew;

	return &crew->workers[(thief->index + i) % crew->n];
}

/* From one that has more than it will run next. */
static struct frki_cell *steal(struct frki_worker *thief)
{
	struct frki_cell *cell = NULL;

	for (unsigned int i = 1; i < thief->system->crew.n && !cell; i++)
		if (waiting_for(victim(thief, i)) > 1)
			cell = try_take(victim(thief, i));
	return cell;
}

/* From one that has begun no turn for a long time. */
static struct frki_cell *rescue(struct frki_worker *thief)
{
	uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	struct frki_cell *cell = NULL;

	if (now_ns - thief->looked_ns < LONG_TURN_NS)
		return NULL;
	thief->looked_ns = now_ns;
	for (unsigned int i = 1; i < thief->system->crew.n; i++) {
		struct frki_worker *worker = victim(thief, i);
		uint64_t turns = atomic_load_explicit(&worker->turns, memory_order_relaxed);

		if (!cell && turns == thief->seen[worker->index] && waiting_for(worker))
			cell = try_take(worker);
		thief->seen[worker->index] = turns;
	}
	return cell;
}

static struct frki_cell *take_mine(struct frki_worker *worker)
{
	struct frki_cell *cell = NULL;

	/* Neither of the two keeps the other waiting. */
	worker->even = !worker->even;
	if (worker->even)
		cell = cell_of(frki_mpsc_pop(&worker->pinned));
	if (!cell)
		cell = take_own(worker);
	if (!cell && !worker->even)
		cell = cell_of(frki_mpsc_pop(&worker->pinned));
	return cell;
}

/* The others have gone: what is theirs is the first one's. */
static struct frki_cell *take_any(struct frki_crew *crew)
{
	struct frki_cell *cell = NULL;

	for (unsigned int i = 0; i < crew->n && !cell; i++)
		cell = take_mine(&crew->workers[i]);
	return cell;
}

static bool does_anything_wait(const struct frki_crew *crew)
{
	for (unsigned int i = 0; i < crew->n; i++)
		if (waiting_for(&crew->workers[i]))
			return true;
	return false;
}

/* Nobody else writes it. */
static void count_turn(struct frki_worker *worker)
{
	uint64_t turns = atomic_load_explicit(&worker->turns, memory_order_relaxed);

	atomic_store_explicit(&worker->turns, turns + 1, memory_order_relaxed);
}

static struct frki_cell *pop(struct frki_stage *stage)
{
	struct frk_system *system = stage->data;
	struct frki_worker *worker = current;
	struct frki_cell *cell;

	if (system->crew.alone)
		return take_any(&system->crew);
	cell = take_mine(worker);
	if (!cell)
		cell = steal(worker);
	if (!cell)
		cell = rescue(worker);
	worker->busy = cell;
	if (!cell)
		return NULL;
	count_turn(worker);
	/* It will not look for a while. */
	if (is_anybody_deep(&system->crew) && does_anything_wait(&system->crew))
		wake_deep(&system->crew);
	return cell;
}

static bool may_run(const struct frki_cell *cell)
{
	unsigned int pin = pin_of(cell);

	return !pin || pin - 1 == current->index || current_system->crew.alone;
}

/* Nothing that a producer is still about to link: who pushes wakes. */
static bool has_ready(struct frki_worker *worker)
{
	bool ready;

	if (!waiting_for(worker))
		return false;
	lock_soon(&worker->lock);
	ready = frki_mpsc_ready(&worker->queue);
	pthread_mutex_unlock(&worker->lock);
	return ready;
}

static bool can_steal(struct frki_worker *thief)
{
	for (unsigned int i = 1; i < thief->system->crew.n; i++)
		if (waiting_for(victim(thief, i)) > 1 && has_ready(victim(thief, i)))
			return true;
	return false;
}

static bool is_ready(struct frki_worker *worker)
{
	return frki_mpsc_ready(&worker->pinned) || has_ready(worker);
}

static bool ready(const struct frki_stage *stage)
{
	struct frk_system *system = stage->data;
	struct frki_crew *crew = &system->crew;

	if (!crew->alone)
		return is_ready(current) || can_steal(current);
	for (unsigned int i = 0; i < crew->n; i++)
		if (is_ready(&crew->workers[i]))
			return true;
	return false;
}

const struct frki_dispatcher_ops frki_crew_dispatcher = {
	.push = push,
	.pop = pop,
	.may_run = may_run,
	.ready = ready,
};

/* --- threads */

/* While somebody is in a turn, a look now and then whether it is a long one. */
static bool is_anybody_awake(const struct frki_worker *me)
{
	const struct frki_crew *crew = &me->system->crew;

	for (unsigned int i = 0; i < crew->n; i++)
		if (i != me->index && !is_asleep(&crew->workers[i]))
			return true;
	return false;
}

/* Return: false if somebody is awake, who has to be looked after. */
static bool sleep_deeply(struct frki_worker *worker)
{
	struct frki_crew *crew = &worker->system->crew;
	bool alone;

	atomic_store_explicit(&worker->deep, true, memory_order_relaxed);
	/* Pairs with woken_up(). */
	atomic_fetch_add_explicit(&crew->deep_n, 1, memory_order_acq_rel);
	alone = !is_anybody_awake(worker);
	if (alone)
		(void)sem_wait(&worker->bell);
	atomic_store_explicit(&worker->deep, false, memory_order_relaxed);
	atomic_fetch_sub_explicit(&crew->deep_n, 1, memory_order_acq_rel);
	return alone;
}

/* A ring that is left over makes one wait too many return. */
static void wait_for_bell(struct frki_worker *worker)
{
	uint64_t until_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + LONG_TURN_NS;
	const struct timespec until = frki_clock_timespec(until_ns);

	if (!sleep_deeply(worker))
		(void)sem_clockwait(&worker->bell, CLOCK_MONOTONIC, &until);
}

/* May there be something to do?  Changes nothing, and locks nothing. */
static bool is_there_work(struct frki_worker *worker)
{
	if (frki_mpsc_ready(&worker->pinned) || waiting_for(worker))
		return true;
	for (unsigned int i = 1; i < worker->system->crew.n; i++)
		if (waiting_for(victim(worker, i)) > 1)
			return true;
	return false;
}

/* Where actors talk to each other there is something again at once. */
static bool look_around(struct frki_worker *worker)
{
	for (int i = 0; i < WORK_LOOKS; i++) {
		if (is_there_work(worker))
			return true;
		frki_relax();
	}
	return false;
}

static void rest(struct frki_worker *worker)
{
	struct frki_crew *crew = &worker->system->crew;

	/* Pairs with the exchange in wake(). */
	atomic_exchange_explicit(&worker->asleep, true, memory_order_acq_rel);
	if (!frki_crew_is_to_end(crew) && !ready(&worker->system->stage))
		wait_for_bell(worker);
	atomic_store_explicit(&worker->asleep, false, memory_order_relaxed);
	woken_up(crew);
}

void frki_crew_woken(struct frki_crew *crew)
{
	if (crew->n)
		woken_up(crew);
}

static unsigned int run(struct frki_worker *worker)
{
	return frki_stage_run(&worker->system->stage, TURNS);
}

void *frki_crew_main(void *data)
{
	struct frki_worker *worker = data;
	struct frki_crew *crew = &worker->system->crew;

	frki_crew_join(worker);
	frki_worker_join(worker->system, worker->index);
	if (worker->line)
		frki_worker_line_run(worker);
	while (!frki_crew_is_to_end(crew))
		if (!run(worker) && !(look_around(worker) && run(worker)))
			rest(worker);
	return NULL;
}

/* Its line may just have ended, and what it waits for now be the bell. */
static void ring(struct frki_worker *worker)
{
	frki_worker_line_wake(worker);
	if (worker->line)
		sem_post(&worker->bell);
}

void frki_crew_stop(struct frki_crew *crew)
{
	/* Release: pairs with the loads in the workers. */
	atomic_store_explicit(&crew->quit, true, memory_order_release);
	for (unsigned int i = 1; i <= crew->started; i++)
		ring(&crew->workers[i]);
	for (unsigned int i = 1; i <= crew->started; i++)
		pthread_join(crew->workers[i].thread, NULL);
	crew->started = 0;
	crew->alone = true;
}

/* --- memory */

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (ret)
		return -ret;
	/* Workers may have different priorities. */
	ret = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (!ret)
		ret = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -ret;
}

static int init_worker(struct frki_worker *worker, struct frk_system *system,
		       unsigned int index, uint64_t *seen, uint32_t letters_max)
{
	int ret = init_lock(&worker->lock);

	if (ret)
		return ret;
	worker->system = system;
	worker->index = index;
	frki_mpsc_init(&worker->queue);
	frki_mpsc_init(&worker->pinned);
	atomic_init(&worker->waiting, 0);
	atomic_init(&worker->turns, 0);
	atomic_init(&worker->asleep, false);
	atomic_init(&worker->deep, false);
	sem_init(&worker->bell, 0, 0);
	worker->line = NULL;
	worker->seen = seen;
	frki_hand_init(&worker->hand, letters_max, true);
	return 0;
}

int frki_crew_init(struct frki_crew *crew, struct frk_system *system,
		   struct frki_worker *workers, uint64_t *seen, unsigned int n,
		   uint32_t letters)
{
	uint32_t each = letters / FRKI_HAND_LETTERS_PART / n;
	int ret = init_lock(&crew->lock);

	if (ret)
		return ret;
	crew->workers = workers;
	atomic_init(&crew->quit, false);
	atomic_init(&crew->next, 0);
	atomic_init(&crew->deep_n, 0);
	for (crew->n = 0; crew->n < n && !ret; crew->n += !ret)
		ret = init_worker(&workers[crew->n], system, crew->n, seen + crew->n * n,
				  each);
	return ret;
}

void frki_crew_free(struct frki_crew *crew)
{
	if (!crew->workers)
		return;
	for (unsigned int i = 0; i < crew->n; i++) {
		pthread_mutex_destroy(&crew->workers[i].lock);
		sem_destroy(&crew->workers[i].bell);
	}
	pthread_mutex_destroy(&crew->lock);
}

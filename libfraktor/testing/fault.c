// SPDX-License-Identifier: MIT
/*
 * fault.c - messages between actors that go wrong, as a test wants it.  They are seen
 * where they are sent; delayed ones are kept here, and sent again by the test's thread,
 * which lets time pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/opts.h"
#include "base/random.h"
#include "testing/scripted_driver.h"
#include "testing/testing.h"

/**
 * struct frki_held - a message that is delayed
 * @next: the one after it.
 * @due_ns: when it is sent, on the driver's clock.
 * @post: the message.
 * @payload: its payload, if that is in no buffer.
 */
struct frki_held {
	struct frki_held *next;
	uint64_t due_ns;
	struct frki_post post;
	alignas(max_align_t) unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX];
};

/* What this thread sends has been seen. */
static _Thread_local bool again;

bool frki_faults_is_again(void)
{
	return again;
}

static int send_again(struct frki_stage *stage, const struct frki_post *post)
{
	int ret;

	again = true;
	ret = frki_stage_post(stage, post);
	again = false;
	return ret;
}

static bool is_meant(struct frk_pid wanted, struct frk_pid pid)
{
	return !wanted.life || (wanted.index == pid.index && wanted.life == pid.life);
}

/* Does it go wrong by this one?  Counts. */
static bool strikes(struct frki_faults *faults, int i)
{
	const struct frk_fault *fault = &faults->fault[i];

	if (++faults->seen[i] <= fault->skip)
		return false;
	if (fault->times && faults->hits[i] >= fault->times)
		return false;
	if (fault->ppm && frki_random_any(&faults->random[i]) % 1000000 >= fault->ppm)
		return false;
	faults->hits[i]++;
	return true;
}

/* The fault that decides: refusals are looked for before the others. */
static const struct frk_fault *find(struct frki_faults *faults, struct frk_pid from,
				    struct frk_pid to, uint32_t kind, bool refusals)
{
	for (int i = 0; i < faults->n; i++) {
		const struct frk_fault *fault = &faults->fault[i];

		if ((fault->effect == FRK_FAULT_REFUSE) == refusals &&
		    (!fault->kind || fault->kind == kind) && is_meant(fault->from, from) &&
		    is_meant(fault->to, to) && strikes(faults, i))
			return fault;
	}
	return NULL;
}

int frki_faults_refuse(struct frk_testing *testing, struct frk_pid from, struct frk_pid to,
		       uint32_t kind)
{
	struct frki_faults *faults = &testing->faults;
	const struct frk_fault *fault;
	int ret;

	pthread_mutex_lock(&faults->lock);
	fault = find(faults, from, to, kind, true);
	ret = fault ? fault->error : 0;
	pthread_mutex_unlock(&faults->lock);
	return ret;
}

/* Behind those that are due at the same time. */
static bool hold(struct frki_faults *faults, const struct frki_post *post, uint64_t due_ns)
{
	struct frki_held *held = malloc(sizeof(*held)), **at = &faults->held;

	if (!held)
		return false;
	held->due_ns = due_ns;
	held->post = *post;
	if (!frk_buffer_ref(post->buffer)) {
		if (post->size)
			memcpy(held->payload, post->payload, post->size);
		held->post.payload = post->size ? held->payload : NULL;
	}
	while (*at && (*at)->due_ns <= due_ns)
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	faults->held_n++;
	return true;
}

static uint64_t due_after(const struct frki_stage *stage, uint64_t delay_ns)
{
	uint64_t due_ns, now_ns = frki_scheduler_now_ns(&stage->scheduler);

	if (!now_ns) /* before the first tick */
		now_ns = FRKI_SCRIPTED_START_NS;
	return __builtin_add_overflow(now_ns, delay_ns, &due_ns) ? UINT64_MAX - 1 : due_ns;
}

/* Return: true if it is not to be sent now.  *ret_twice: it is, and once more. */
static bool decide(struct frki_faults *faults, const struct frki_stage *stage,
		   const struct frki_post *post, bool *ret_twice)
{
	const struct frk_fault *fault =
		find(faults, post->sender, post->to, post->kind, false);

	if (!fault)
		return false;
	switch (fault->effect) {
	case FRK_FAULT_DROP:
		faults->dropped++;
		return true;
	case FRK_FAULT_DELAY:
		return hold(faults, post, due_after(stage, fault->delay_ns));
	default:
		*ret_twice = true;
		return false;
	}
}

static bool divert(struct frki_divert *self, struct frki_stage *stage,
		   const struct frki_post *post)
{
	struct frki_faults *faults = frki_container_of(self, struct frki_faults, divert);
	bool gone, twice = false;

	if (again || post->kind == FRKI_PROBE_DO)
		return false;
	pthread_mutex_lock(&faults->lock);
	gone = decide(faults, stage, post, &twice);
	pthread_mutex_unlock(&faults->lock);
	/* The first of the two; if there is no room it is a dead letter like others. */
	if (twice)
		(void)send_again(stage, post);
	return gone;
}

void frki_faults_init(struct frki_faults *faults)
{
	faults->divert.divert = divert;
	pthread_mutex_init(&faults->lock, NULL);
}

void frki_faults_fini(struct frki_faults *faults)
{
	frki_faults_drop_held(faults);
	pthread_mutex_destroy(&faults->lock);
}

static struct frki_held *pop(struct frki_faults *faults, uint64_t now_ns)
{
	struct frki_held *held;

	pthread_mutex_lock(&faults->lock);
	held = faults->held;
	if (held && held->due_ns <= now_ns) {
		faults->held = held->next;
		faults->held_n--;
	} else {
		held = NULL;
	}
	pthread_mutex_unlock(&faults->lock);
	return held;
}

static void free_held(struct frki_held *held)
{
	frk_buffer_unref(held->post.buffer);
	free(held);
}

void frki_faults_drop_held(struct frki_faults *faults)
{
	struct frki_held *held;

	while ((held = pop(faults, UINT64_MAX))) {
		faults->dropped++;
		free_held(held);
	}
}

uint64_t frki_faults_next_ns(struct frki_faults *faults)
{
	uint64_t due_ns;

	pthread_mutex_lock(&faults->lock);
	due_ns = faults->held ? faults->held->due_ns : UINT64_MAX;
	pthread_mutex_unlock(&faults->lock);
	return due_ns;
}

unsigned int frki_faults_release(struct frk_testing *testing)
{
	struct frki_stage *stage = frki_testing_stage(testing);
	uint64_t now_ns = frki_testing_now_ns(testing);
	struct frki_held *held;
	unsigned int n = 0;

	for (; (held = pop(&testing->faults, now_ns)); n++) {
		if (send_again(stage, &held->post) == -ESHUTDOWN)
			testing->faults.dropped++;
		else /* it was counted when it was delayed */
			atomic_fetch_sub(&testing->sent, 1);
		free_held(held);
	}
	return n;
}

static bool is_right(const struct frk_fault *fault)
{
	switch (fault->effect) {
	case FRK_FAULT_DROP:
	case FRK_FAULT_DUPLICATE:
		return !fault->error && !fault->delay_ns;
	case FRK_FAULT_DELAY:
		return !fault->error && fault->delay_ns;
	case FRK_FAULT_REFUSE:
		return fault->error < 0 && !fault->delay_ns;
	default:
		return false;
	}
}

int frk_testing_inject(struct frk_testing *testing, const struct frk_fault *fault)
{
	size_t min = offsetof(struct frk_fault, delay_ns) + sizeof(fault->delay_ns);
	struct frki_faults *faults;
	struct frk_fault checked;
	int i;

	if (!testing || frki_opts_copy(&checked, sizeof(checked), fault, min) ||
	    checked.ppm > 1000000 || !is_right(&checked))
		return -EINVAL;
	faults = &testing->faults;
	pthread_mutex_lock(&faults->lock);
	i = faults->n < FRK_FAULTS_MAX ? faults->n++ : -ENOBUFS;
	if (i >= 0) {
		faults->fault[i] = checked;
		faults->random[i] = checked.seed ? checked.seed : 1;
		faults->seen[i] = 0;
		faults->hits[i] = 0;
	}
	pthread_mutex_unlock(&faults->lock);
	return i;
}

uint64_t frk_testing_hits(struct frk_testing *testing, int fault)
{
	uint64_t hits;

	if (!testing || fault < 0 || fault >= FRK_FAULTS_MAX)
		return 0;
	pthread_mutex_lock(&testing->faults.lock);
	hits = testing->faults.hits[fault];
	pthread_mutex_unlock(&testing->faults.lock);
	return hits;
}

void frk_testing_heal(struct frk_testing *testing)
{
	if (!testing)
		return;
	pthread_mutex_lock(&testing->faults.lock);
	testing->faults.n = 0;
	pthread_mutex_unlock(&testing->faults.lock);
}

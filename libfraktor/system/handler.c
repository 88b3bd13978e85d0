// SPDX-License-Identifier: MIT
/*
 * handler.c - see handler.h.  What a worker is in is told by a sequence lock: the number
 * is odd while the rest holds.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "system/handler.h"
#include "system/system.h"

static FRKI_THREAD_LOCAL struct frki_handler *mine;
/* Where a crash of the handler that runs goes on; NULL: in no handler, or it ends the
 * process. */
static FRKI_THREAD_LOCAL sigjmp_buf *volatile catcher;

/* --- what it is in */

/* The same one most often has several messages in a row. */
static void put_path(const struct frki_cell *cell, uint64_t actor)
{
	uint64_t words[FRKI_HANDLER_PATH_WORDS];
	char path[sizeof(words)] = "";

	if (mine->path_of == actor)
		return;
	frki_cell_path(cell, path);
	memcpy(words, path, sizeof(words));
	for (size_t i = 0; i < FRKI_HANDLER_PATH_WORDS; i++)
		atomic_store_explicit(&mine->path[i], words[i], memory_order_release);
	mine->path_of = actor;
}

/*
 * Only this thread writes.  The stores after the first are release so that none of them
 * is seen before the even number is: who has copied something of them and then still finds
 * the odd number has copied what belongs to it.
 */
static void begin(const struct frk_context *context, const struct frk_message *message)
{
	uint64_t seq = atomic_load_explicit(&mine->seq, memory_order_relaxed);
	struct frk_pid pid = frki_cell_pid(context->cell, context->stage);
	uint64_t actor = (uint64_t)pid.life << 32 | pid.index;
	uint64_t words[FRKI_HANDLER_NAME_WORDS];

	memcpy(words, context->cell->name, sizeof(words));
	for (size_t i = 0; i < FRKI_HANDLER_NAME_WORDS; i++)
		atomic_store_explicit(&mine->name[i], words[i], memory_order_release);
	put_path(context->cell, actor);
	atomic_store_explicit(&mine->actor, actor, memory_order_release);
	atomic_store_explicit(&mine->kind, message->kind, memory_order_release);
	atomic_store_explicit(&mine->seq, seq + 1, memory_order_release);
}

static void end(void)
{
	uint64_t seq = atomic_load_explicit(&mine->seq, memory_order_relaxed);

	atomic_store_explicit(&mine->seq, seq + 1, memory_order_release);
}

static uint64_t seq_of(const struct frki_handler *handler)
{
	/* Acquire: pairs with begin(). */
	return atomic_load_explicit(&handler->seq, memory_order_acquire);
}

static void copy(const struct frki_handler *handler, struct frki_handler_view *ret_view)
{
	uint64_t actor = atomic_load_explicit(&handler->actor, memory_order_acquire);
	uint64_t name[FRKI_HANDLER_NAME_WORDS], path[FRKI_HANDLER_PATH_WORDS];

	for (size_t i = 0; i < FRKI_HANDLER_NAME_WORDS; i++)
		name[i] = atomic_load_explicit(&handler->name[i], memory_order_acquire);
	for (size_t i = 0; i < FRKI_HANDLER_PATH_WORDS; i++)
		path[i] = atomic_load_explicit(&handler->path[i], memory_order_acquire);
	memcpy(ret_view->name, name, sizeof(name));
	memcpy(ret_view->path, path, sizeof(path));
	ret_view->actor = (struct frk_pid){ .index = (uint32_t)actor,
					    .life = (uint32_t)(actor >> 32) };
}

void frki_handler_look(const struct frki_handler *handler,
		       struct frki_handler_view *ret_view)
{
	ret_view->seq = seq_of(handler);
	if (!(ret_view->seq & 1))
		return;
	copy(handler, ret_view);
	/* It has gone on meanwhile: then it does not take long. */
	if (seq_of(handler) != ret_view->seq)
		ret_view->seq = 0;
}

/* --- crashes */

static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

#define NUMBERS (sizeof(numbers) / sizeof(*numbers))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int users;
static struct sigaction before[NUMBERS];

static const char *name_of(int number)
{
	switch (number) {
	case SIGSEGV: return "SIGSEGV";
	case SIGBUS: return "SIGBUS";
	case SIGFPE: return "SIGFPE";
	default: return "SIGILL";
	}
}

/* Nothing but write() here: whatever was interrupted may hold any lock. */
static char *put_text(char *at, const char *end, const char *text)
{
	while (*text && at < end)
		*at++ = *text++;
	return at;
}

static char *put_number(char *at, const char *end, uint64_t value, unsigned int base)
{
	char digits[24];
	size_t n = sizeof(digits) - 1;

	digits[n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	return put_text(at, end, digits + n);
}

static void dump(int number, const siginfo_t *info)
{
	struct frki_handler_view view = { 0 };
	char line[300], *at = line, *end = line + sizeof(line) - 1;

	copy(mine, &view);
	at = put_text(at, end, "fraktor: handler crashed: signal=");
	at = put_text(at, end, name_of(number));
	at = put_text(at, end, " address=0x");
	at = put_number(at, end, (uintptr_t)info->si_addr, 16);
	at = put_text(at, end, " actor=");
	at = put_number(at, end, view.actor.index, 10);
	at = put_text(at, end, ".");
	at = put_number(at, end, view.actor.life, 10);
	at = put_text(at, end, " kind=");
	at = put_number(at, end, atomic_load_explicit(&mine->kind, memory_order_relaxed), 10);
	at = put_text(at, end, " name=");
	at = put_text(at, end, view.name);
	at = put_text(at, end, " path=");
	at = put_text(at, end, view.path);
	*at++ = '\n';
	if (write(STDERR_FILENO, line, (size_t)(at - line)) < 0)
		return;
}

static const struct sigaction *before_of(int number)
{
	size_t i = 0;

	while (numbers[i] != number)
		i++;
	return &before[i];
}

/* As if this handler was not there.  Where nobody else's was, the instruction is tried
 * again, or the signal sent, with nothing to stop it. */
static void leave_to_others(int number, siginfo_t *info, void *ucontext)
{
	const struct sigaction *others = before_of(number);

	if (others->sa_flags & SA_SIGINFO) {
		others->sa_sigaction(number, info, ucontext);
	} else if (others->sa_handler != SIG_DFL && others->sa_handler != SIG_IGN) {
		others->sa_handler(number);
	} else {
		sigaction(number, others, NULL);
		if (info->si_code <= 0)
			raise(number);
	}
}

static void on_crash(int number, siginfo_t *info, void *ucontext)
{
	sigjmp_buf *where = catcher;

	/* One that somebody sent is no crash; nor can the runtime itself go on. */
	if (info->si_code > 0 && mine && seq_of(mine) & 1) {
		if (where && !frki_crew_is_locked())
			siglongjmp(*where, 1);
		dump(number, info);
	}
	leave_to_others(number, info, ucontext);
}

void frki_handler_catch(void)
{
	struct sigaction action = { .sa_sigaction = on_crash,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigemptyset(&action.sa_mask);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < NUMBERS && !users; i++) {
		sigaction(numbers[i], NULL, &before[i]);
		sigaction(numbers[i], &action, NULL);
	}
	users++;
	pthread_mutex_unlock(&lock);
}

void frki_handler_release(void)
{
	struct sigaction now;

	pthread_mutex_lock(&lock);
	users--;
	/* Unless the application has put its own there since. */
	for (size_t i = 0; i < NUMBERS && !users; i++) {
		sigaction(numbers[i], NULL, &now);
		if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_crash)
			sigaction(numbers[i], &before[i], NULL);
	}
	pthread_mutex_unlock(&lock);
}

void frki_handler_join(struct frki_handler *handler, void *stack)
{
	const stack_t own = { .ss_sp = stack, .ss_size = FRKI_HANDLER_STACK };
	stack_t theirs;

	mine = handler;
	/* A sanitizer has given the thread one. */
	if (stack && !sigaltstack(NULL, &theirs) && theirs.ss_flags & SS_DISABLE)
		sigaltstack(&own, NULL);
}

/* A function of its own: what it has in registers does not survive the jump. */
static int call_caught(frk_receive_fn receive, struct frk_context *context,
		       const struct frk_message *message)
{
	sigjmp_buf here;
	int ret;

	/* No signal mask to put back: SA_NODEFER. */
	if (sigsetjmp(here, 0)) {
		catcher = NULL;
		return -EFAULT;
	}
	catcher = &here;
	ret = receive(context, message);
	catcher = NULL;
	return ret;
}

int frki_handler_call(void *data, frk_receive_fn receive, struct frk_context *context,
		      const struct frk_message *message)
{
	const struct frk_system *system = data;
	int ret;

	begin(context, message);
	if (system->config.opts.on_crash == FRK_CRASH_FAILS)
		ret = call_caught(receive, context, message);
	else
		ret = receive(context, message);
	end();
	return ret;
}

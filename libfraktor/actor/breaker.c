// SPDX-License-Identifier: MIT
/*
 * breaker.c - the circuit breaker of <fraktor/breaker.h>.  Knows of the actors what is
 * public and nothing else.
 */
#include <errno.h>
#include <stdbool.h>

#include <fraktor/breaker.h>

#include "base/opts.h"

static void set_default(uint64_t *ns, uint64_t otherwise_ns)
{
	if (!*ns)
		*ns = otherwise_ns;
}

int frk_breaker_init(struct frk_breaker *breaker, const struct frk_breaker_opts *opts)
{
	static const struct frk_breaker_opts usual = FRK_BREAKER_OPTS();
	size_t min = offsetof(struct frk_breaker_opts, reset_ns) + sizeof(opts->reset_ns);
	struct frk_breaker_opts checked;

	if (!breaker || frki_opts_copy(&checked, sizeof(checked), opts ? opts : &usual, min))
		return -EINVAL;
	if (!checked.failures_max)
		checked.failures_max = 5;
	set_default(&checked.window_ns, FRK_S(10));
	set_default(&checked.timeout_ns, FRK_S(1));
	set_default(&checked.reset_ns, FRK_S(30));
	*breaker = (struct frk_breaker){ .opts = checked };
	return 0;
}

static bool has_passed(const struct frk_breaker *breaker, uint64_t now_ns, uint64_t ns)
{
	return now_ns - breaker->since_ns >= ns;
}

static void open_it(struct frk_breaker *breaker, uint64_t now_ns)
{
	breaker->state = FRK_BREAKER_OPEN;
	breaker->since_ns = now_ns;
	breaker->failures = 0;
	breaker->opened_total++;
}

static void fail(struct frk_breaker *breaker, uint64_t now_ns)
{
	if (breaker->state == FRK_BREAKER_HALF_OPEN) {
		open_it(breaker, now_ns);
		return;
	}
	if (breaker->state == FRK_BREAKER_OPEN)
		return;
	if (!breaker->failures || has_passed(breaker, now_ns, breaker->opts.window_ns)) {
		breaker->failures = 0;
		breaker->since_ns = now_ns;
	}
	if (++breaker->failures >= breaker->opts.failures_max)
		open_it(breaker, now_ns);
}

/*
 * May one go through?  One whose end was never told, since its actor began again, is not
 * waited for for ever.
 */
static bool lets_through(const struct frk_breaker *breaker, uint64_t now_ns)
{
	const struct frk_breaker_opts *opts = &breaker->opts;
	uint64_t ns;

	switch (breaker->state) {
	case FRK_BREAKER_OPEN:
		return has_passed(breaker, now_ns, opts->reset_ns);
	case FRK_BREAKER_HALF_OPEN:
		return !__builtin_add_overflow(opts->timeout_ns, opts->reset_ns, &ns) &&
		       has_passed(breaker, now_ns, ns);
	default:
		return true;
	}
}

int frk_breaker_ask(struct frk_breaker *breaker, struct frk_context *context,
		    struct frk_pid to, uint32_t kind, const void *payload, size_t size,
		    struct frk_timer *ret_ask)
{
	struct frk_timer ask = { 0 };
	uint64_t now_ns;
	int ret;

	if (!breaker || !context)
		return -EINVAL;
	now_ns = frk_context_now_ns(context);
	if (!lets_through(breaker, now_ns)) {
		breaker->refused_total++;
		return -EHOSTDOWN;
	}
	ret = frk_context_ask(context, to, kind, payload, size, breaker->opts.timeout_ns, &ask);
	if (ret && ret != -ESTALE && ret != -ENOBUFS)
		return ret;
	if (breaker->state != FRK_BREAKER_CLOSED) {
		breaker->state = FRK_BREAKER_HALF_OPEN;
		breaker->since_ns = now_ns;
		breaker->ask = ask;
	}
	if (ret)
		fail(breaker, now_ns);
	else if (ret_ask)
		*ret_ask = ask;
	return ret;
}

static int failure(const struct frk_message *message, int error)
{
	switch (message->kind) {
	case FRK_MESSAGE_ASK_TIMEOUT:
		return -ETIMEDOUT;
	case FRK_MESSAGE_ASK_FAILED:
		return -ESTALE;
	default:
		return error;
	}
}

int frk_breaker_settle(struct frk_breaker *breaker, struct frk_context *context,
		       const struct frk_message *message, int error)
{
	int ret;

	if (!breaker || !context || !message || error > 0)
		return -EINVAL;
	ret = failure(message, error);
	if (breaker->state == FRK_BREAKER_HALF_OPEN &&
	    (message->ask.index != breaker->ask.index || message->ask.life != breaker->ask.life))
		return ret;
	if (ret) {
		fail(breaker, frk_context_now_ns(context));
	} else if (breaker->state == FRK_BREAKER_HALF_OPEN) {
		breaker->state = FRK_BREAKER_CLOSED;
		breaker->failures = 0;
	}
	return ret;
}

enum frk_breaker_state frk_breaker_get_state(const struct frk_breaker *breaker,
						     const struct frk_context *context)
{
	if (!breaker || !context)
		return FRK_BREAKER_CLOSED;
	if (breaker->state == FRK_BREAKER_OPEN &&
	    has_passed(breaker, frk_context_now_ns(context), breaker->opts.reset_ns))
		return FRK_BREAKER_HALF_OPEN;
	return (enum frk_breaker_state)breaker->state;
}

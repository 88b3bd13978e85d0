/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program needs: open, create, map and drain a ring by the
 * letter of uapi/linux/fraktor.h, run something a little later, start and
 * reap a child, change a parameter of the module, be another user.  It knows
 * the kernel's interface only, never libfraktor, and nothing of the test
 * harness: helpers return 0, a count or a negative errno, the tests judge.
 */
#ifndef SELFTESTS_LIB_H
#define SELFTESTS_LIB_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include <linux/fraktor.h>

#define T_DEVICE	"/dev/fraktor"
#define T_US		1000ULL
#define T_MS		1000000ULL
#define T_S		1000000000ULL

/* A killed process must be gone soon; one that hangs stays for ever. */
#define T_KILL_MS	t_patience_ms(1000)
/* What must happen, and at once; who waits longer waits for nothing. */
#define T_SOON_MS	t_patience_ms(2000)
/* The project's bound for every pending wait whose source goes away. */
#define T_END_MS	100

/* --- time */
uint64_t t_now_on(clockid_t clock);
uint64_t t_now(void);			/* CLOCK_MONOTONIC */
void t_sleep_ms(unsigned int ms);
/*
 * A bound of the contract times the slack: the guests run under TCG on shared
 * machines, which now and then stand still for some 100 ms (seen: a bound of
 * 50 ms that took 173).  A wait that nothing ends takes 10 s in these tests,
 * so the factor hides no hang.  $T_SLACK replaces the default of 5.
 */
unsigned int t_bound_ms(unsigned int ms);
/* The virtual machine in which nothing but the guest takes time ($T_ICOUNT)? */
bool t_is_exact(void);
/* How long to wait for what is no contract: longer where all takes longer. */
unsigned int t_patience_ms(unsigned int ms);
unsigned int t_ms_since(uint64_t start_ns);

/* --- the device */
int t_open(int flags);			/* O_CLOEXEC is added */
int t_ioctl(int fd, unsigned long cmd, void *arg);
int t_info(int fd, struct fraktor_info *ret_info);
void t_create_init(struct fraktor_create *create, uint64_t period_ns,
		   unsigned int slots);
int t_create(int fd, uint64_t period_ns, unsigned int slots);
int t_attach(int fd, unsigned int source, unsigned int slots);
int t_detach(int fd, unsigned int source);
int t_set(int fd, const struct fraktor_set *set);
int t_set_period(int fd, uint64_t period_ns);
int t_idle(int fd, uint64_t until_ns);
int t_start(int fd);
int t_stop(int fd);
int t_close(int *fd);

/* --- a ring, mapped */
struct t_ring {
	int fd;
	unsigned int source;
	uint64_t period_ns;
	struct fraktor_meta *meta;	/* PROT_READ */
	struct fraktor_consumer *consumer;
	unsigned char *data;		/* PROT_READ */
	size_t meta_len, consumer_len, data_len;
	unsigned int slots, record_size;
	uint64_t last_seq;		/* of the record taken last */
	uint64_t consumed, gaps;	/* records taken; numbers jumped over */
};

int t_ring_create(struct t_ring *ring, uint64_t period_ns, unsigned int slots);
/* The same for a struct fraktor_create of one's own, which is written back. */
int t_ring_make(struct t_ring *ring, struct fraktor_create *create);
int t_ring_attach(struct t_ring *ring, unsigned int source, unsigned int slots);
int t_ring_map(struct t_ring *ring);
void t_ring_unmap(struct t_ring *ring);
void t_ring_close(struct t_ring *ring);

uint64_t t_head(const struct t_ring *ring);
uint64_t t_tail(const struct t_ring *ring);
uint64_t t_dropped(const struct t_ring *ring);
uint64_t t_missed(const struct t_ring *ring);
uint64_t t_poisoned(const struct t_ring *ring);
unsigned int t_state(const struct t_ring *ring);
unsigned int t_reason(const struct t_ring *ring);
/* The entry of a source in the table of members: 0 or -ENOENT. */
int t_member(const struct t_ring *ring, unsigned int source,
	     struct fraktor_member *ret_member);
/* The clock block, whole: 0 or -ETIME if the kernel writes for ever. */
int t_clock(const struct t_ring *ring, struct fraktor_clock *ret_clock);
/* The record in the slot of @seq, copied without taking it. */
void t_peek(const struct t_ring *ring, uint64_t seq,
	    struct fraktor_tick *ret_tick);
/*
 * Take the oldest record: 1, or 0 if there is none.  -EILSEQ: the kernel let
 * the reader have a record that it was overwriting, which it must never do.
 */
int t_take(struct t_ring *ring, struct fraktor_tick *ret_tick);
int t_drain(struct t_ring *ring);	/* number taken, or -EILSEQ */
/* Sleep, without a call into the driver, until @head >= @seq: 0 or -ETIME. */
int t_until_head(const struct t_ring *ring, uint64_t seq, unsigned int ms);
/* Likewise, until the ring's state is @state. */
int t_until_state(const struct t_ring *ring, unsigned int state,
		  unsigned int ms);

/*
 * A reader's check of a series of records on one grid, made by the missed-tick
 * behaviour "delay": NULL, or what is wrong.  Start with a zeroed struct
 * t_grid and the period.
 */
struct t_grid {
	uint64_t period_ns;
	uint64_t late_ns;	/* threshold, 0: one period */
	bool fused;		/* other sources have records in between */
	uint64_t records, periods, missed;
	struct fraktor_tick last;
};
const char *t_grid_check(struct t_grid *grid, const struct fraktor_tick *tick);
/* Start of the last period that the record stands for. */
uint64_t t_tick_end(const struct fraktor_tick *tick, uint64_t period_ns);

/* --- something else, a little later, in a thread */
struct t_later {
	int fd;
	unsigned int after_ms;
	int (*fn)(int fd);		/* t_stop, t_start, close, ... */
	uint64_t at_ns;			/* out: when @fn was called */
	int ret;
	pthread_t thread;
};
int t_later(struct t_later *later, int fd, unsigned int after_ms,
	    int (*fn)(int fd));
void t_later_join(struct t_later *later);

/* --- children */
struct t_child {
	pid_t pid;
	int ready[2];
};
/*
 * Fork; the child runs fn(child, arg) and exits with its value.  It dies with
 * its parent.  t_child_ready() in the child, t_child_await() in the parent.
 */
int t_child(struct t_child *child, int (*fn)(struct t_child *child, void *arg),
	    void *arg);
void t_child_ready(struct t_child *child);
int t_child_await(struct t_child *child, unsigned int ms);
/* Milliseconds until it was reaped, or -ETIME: then it is still there. */
int t_child_reap(struct t_child *child, unsigned int ms, int *ret_status);
int t_child_kill(struct t_child *child);	/* SIGKILL and reap, likewise */

/* --- the machine */
int t_refcnt(void);			/* of the module; -errno */
/* Wait until the reference count is at most @base: 0 or what it stays at. */
int t_refcnt_back(int base, unsigned int ms);
int t_refcnt_settle(void);		/* the count when nothing is under way */
int t_cap_drop(unsigned int cap);	/* effective and permitted */
/*
 * Become a user without any capability who may still open the device, for the
 * rest of the process: @uid, and the group of the device node.  The node's
 * mode must let the group in: t_node_mode(0660).
 */
int t_become(unsigned int uid);
/* Change the node's mode; the former one, to be given back, or -errno. */
int t_node_mode(unsigned int mode);
/* A parameter of the module. */
int t_param_get(const char *name, unsigned int *ret_value);
int t_param_set(const char *name, unsigned int value);
/*
 * CLOCK_TAI in seconds ahead of UTC, which root sets without a change of any
 * other clock: the one way to make a tick late, by as much as one wants and at
 * once, on a machine that is idle.
 */
int t_tai_get(void);
int t_tai_set(int seconds);
int t_nofile_max(unsigned int wanted);	/* raise RLIMIT_NOFILE */
int t_cpu_online(unsigned int cpu);	/* 1, 0 or -errno */
int t_cpu_set_online(unsigned int cpu, bool online);
int t_pin(unsigned int cpu);
bool t_kernel_is_rt(void);

#endif /* SELFTESTS_LIB_H */

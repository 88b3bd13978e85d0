/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of all operations: who does them, how often, which errors the
 * contract allows, and whether a run in which none succeeds is worth anything.
 */
#ifndef FUZZ_OPS_H
#define FUZZ_OPS_H

#include "worker.h"

struct op {
	const char *name;
	int (*fn)(struct worker *w);
	unsigned int roles;
	unsigned int weight;
	/* Per cent of the attempts that must succeed, once there were many. */
	unsigned int wanted;
	/* Errors of the contract, ended by 0; NULL: any. */
	const short *errnos;
};

extern const struct op ops[];
extern const unsigned int ops_nr;

/* The operation that the random numbers choose for a role. */
unsigned int ops_choose(struct rnd *rnd, enum role role);
/* Whether --only and --without let it be done. */
bool ops_wanted(const struct options *options, unsigned int kind);
bool ops_allows(const struct op *op, int ret);
/* Print what was counted; returns the number of kinds that never worked. */
unsigned int ops_report(const struct board *board);

/* file.c */
int file_open(struct worker *w);
int file_close(struct worker *w);
int file_dup(struct worker *w);
int file_flags(struct worker *w);
int file_pass(struct worker *w);
int file_receive(struct worker *w);
int file_odd_call(struct worker *w);
/* ioctl.c */
int ioctl_create(struct worker *w);
int ioctl_line(struct worker *w);
int ioctl_attach(struct worker *w);
int ioctl_fuse(struct worker *w);
int ioctl_detach(struct worker *w);
int ioctl_start(struct worker *w);
int ioctl_stop(struct worker *w);
int ioctl_set(struct worker *w);
int ioctl_idle(struct worker *w);
int ioctl_sleep(struct worker *w);
int ioctl_wake(struct worker *w);
int ioctl_info(struct worker *w);
int ioctl_garbage(struct worker *w);
/* map.c */
int map_part(struct worker *w);
int map_ring(struct worker *w);
int map_wrong(struct worker *w);
int map_drop(struct worker *w);
int map_protect(struct worker *w);
int map_remap(struct worker *w);
int map_advise(struct worker *w);
int map_look(struct worker *w);
int map_look_slots(struct worker *w);
int map_scribble(struct worker *w);
/* wait.c */
int wait_read(struct worker *w);
int wait_readv(struct worker *w);
int wait_poll(struct worker *w);
int wait_epoll_ctl(struct worker *w);
int wait_epoll(struct worker *w);
/* command.c */
int command_setup(struct worker *w);
int command_close(struct worker *w);
int command_wait(struct worker *w);
int command_cancel(struct worker *w);
int command_garbage(struct worker *w);
int command_other(struct worker *w);
int command_enter(struct worker *w);
int command_register(struct worker *w);
int command_leave(struct worker *w);
/* netlink.c */
int netlink_open(struct worker *w);
int netlink_get(struct worker *w);
int netlink_reader(struct worker *w);
int netlink_set(struct worker *w);
int netlink_stop(struct worker *w);
int netlink_dump(struct worker *w);
int netlink_dump_abort(struct worker *w);
int netlink_group(struct worker *w);
int netlink_receive(struct worker *w);
int netlink_garbage(struct worker *w);
/* process.c */
int process_fork(struct worker *w);
int process_exec(struct worker *w);
int process_signal(struct worker *w);
int process_limits(struct worker *w);
/* machine.c */
int machine_cpu(struct worker *w);
int machine_parameter(struct worker *w);
int machine_kill(struct worker *w);
int machine_rest(struct worker *w);
/* honest.c */
int honest_begin(struct worker *w);
int honest_attach(struct worker *w);
int honest_detach(struct worker *w);
int honest_start(struct worker *w);
int honest_stop(struct worker *w);
int honest_set(struct worker *w);
int honest_drain(struct worker *w);
int honest_read(struct worker *w);
int honest_poll(struct worker *w);
int honest_wait(struct worker *w);
int honest_account(struct worker *w);
int honest_end(struct worker *w);

#endif /* FUZZ_OPS_H */

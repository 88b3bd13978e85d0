/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A raw generic netlink socket and just enough of a parser, so that malformed
 * messages can be sent and answers are read by what the header says alone.
 */
#ifndef T_NL_H
#define T_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#define ATTRS	32

struct nl {
	int fd;
	uint16_t family, group;
	uint32_t version, seq;
	unsigned int messages, skbs;	/* of the last request */
	bool acked_reason;		/* the error came with a text */
	char reason[128];
	char buf[32768] __attribute__((aligned(8)));
};

struct request {
	struct nlmsghdr n;
	struct genlmsghdr g;
	char attrs[512];
};

struct reply {
	const struct nlattr *a[ATTRS];
};

typedef void (*reply_fn)(const struct genlmsghdr *g, const struct reply *reply,
			 void *arg);

struct source {
	unsigned int n;
	uint32_t id, state, reason, clockid, cpu, readers;
	uint64_t period_ns;
	char name[FRAKTOR_NAME_LEN], driver[32];
	uint64_t ticks, missed, dropped, min, mean, max, last_second, running;
	int64_t drift_last, drift;
	uint64_t histogram[FRAKTOR_HISTOGRAM_BUCKETS];
	bool whole;
	uint8_t cmd, version;
};

void request_init(struct request *req, uint16_t type, uint8_t cmd,
			 uint8_t version, uint16_t flags);
struct nlattr *put(struct request *req, uint16_t type, const void *data,
			  uint16_t len);
void put_u32(struct request *req, uint16_t type, uint32_t value);
void parse(struct reply *reply, const void *data, size_t len);
const void *attr(const struct reply *reply, int type);
unsigned int attr_len(const struct reply *reply, int type);
uint32_t u32(const struct reply *reply, int type);
uint64_t u64(const struct reply *reply, int type);
const char *str(const struct reply *reply, int type);
int nl_datagram(struct nl *nl, reply_fn fn, void *arg);
int nl_send(struct nl *nl, struct request *req);
int ask(struct nl *nl, struct request *req, reply_fn fn, void *arg);
int nl_open(struct nl *nl);
int nl_resolve(struct nl *nl);
void get_init(struct nl *nl, struct request *req, uint16_t flags);
void on_source(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg);
int get_by_id(struct nl *nl, uint32_t id, struct source *ret_source);
int get_by_name(struct nl *nl, const char *name,
		       struct source *ret_source);

#endif

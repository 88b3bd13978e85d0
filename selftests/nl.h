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

#define ATTRS	64

struct nl {
	int fd;
	uint16_t family;
	uint32_t group, metrics, processes;
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

/* A number that is absent is all ones, of its size. */
struct source {
	unsigned int n;
	uint32_t id, state, reason, clockid, cpu, readers;
	uint32_t home_cpu, flags, behaviour, stall_periods, owner_pid;
	uint64_t period_ns, phase_ns, late_ns, drift_ppb, resolution_ns;
	char name[FRAKTOR_NAME_LEN], driver[32];
	uint64_t ticks, missed, dropped, min, mean, max, last_second, running;
	uint64_t late, moves, suspends, widened, callback_max;
	uint64_t lead_ns, accuracy_ns, early, lead_missed, expiries, shared, idled;
	int64_t drift_last, drift;
	uint64_t histogram[FRAKTOR_HISTOGRAM_BUCKETS];
	bool whole;		/* all that anyone may know is there */
	uint8_t cmd, version;
};

struct reader {
	unsigned int n;
	uint32_t id, pid, slots;
	uint32_t sources[FRAKTOR_MEMBERS_MAX];
	unsigned int nr_sources;
	uint64_t made, dropped, behind, poisoned, idle_ns, wakeups;
	bool stalled, owner;
	bool whole;
};

struct event {
	uint32_t type, id, reason, cpu, reader_id, pid;
	uint64_t time_ns, ticks, dropped, behind, period_ns, slept_ns;
	int64_t drift_ppb;
	char name[FRAKTOR_NAME_LEN];
	uint8_t cmd;
};

#define EVENT(name)	(1U << FRAKTOR_EVENT_##name)
#define EVENTS		64

/* What collect() keeps: only the source @wanted, only @types if not 0. */
struct events {
	uint32_t wanted;
	uint32_t types;		/* EVENT(...) | ... */
	unsigned int n;
	struct event e[EVENTS];
};

void request_init(struct request *req, uint16_t type, uint8_t cmd,
			 uint8_t version, uint16_t flags);
struct nlattr *put(struct request *req, uint16_t type, const void *data,
			  uint16_t len);
void put_u32(struct request *req, uint16_t type, uint32_t value);
void put_u64(struct request *req, uint16_t type, uint64_t value);
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
int nl_join(struct nl *nl, uint32_t group);
/* nl_open(), nl_resolve(), and nl_join() of the group named, or of none. */
int nl_listen(struct nl *nl, const char *group);
void get_init(struct nl *nl, struct request *req, uint16_t flags);
void on_source(const struct genlmsghdr *g, const struct reply *reply,
		      void *arg);
int get_by_id(struct nl *nl, uint32_t id, struct source *ret_source);
int get_by_name(struct nl *nl, const char *name,
		       struct source *ret_source);
/* FRAKTOR_CMD_SOURCE_SET of a source; the caller puts what to change. */
void set_init(struct nl *nl, struct request *req, uint32_t id);
/* Ask for FRAKTOR_CMD_SOURCE_START or _STOP of a source: the errno. */
int nl_control(struct nl *nl, uint8_t cmd, uint32_t id);
/* Readers: by id; of a source, the last one of those that a dump finds. */
int reader_by_id(struct nl *nl, uint32_t id, struct reader *ret_reader);
int reader_of(struct nl *nl, uint32_t source, struct reader *ret_reader);
void on_reader(const struct genlmsghdr *g, const struct reply *reply,
	       void *arg);
void on_event(const struct genlmsghdr *g, const struct reply *reply, void *arg);
/* Take events until there are @n in all that count, or for @ms. */
void collect(struct nl *nl, struct events *events, unsigned int n,
	     unsigned int ms);
/* Forget those so far, wait for one of this type: it, or NULL after @ms. */
const struct event *next_event(struct nl *nl, struct events *events,
			       uint32_t type, unsigned int ms);

#endif

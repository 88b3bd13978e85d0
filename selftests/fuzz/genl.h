/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink messages, built byte by byte so that they can be wrong
 * anywhere.
 */
#ifndef FUZZ_GENL_H
#define FUZZ_GENL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define GENL_MESSAGE	2048

struct genl {
	union {
		struct nlmsghdr n;
		unsigned char bytes[GENL_MESSAGE];
	};
};

int genl_open(void);
void genl_begin(struct genl *m, uint16_t family, uint8_t cmd, uint16_t flags);
/* False if there is no room. */
int genl_put(struct genl *m, uint16_t type, const void *data, size_t len);
int genl_put_u32(struct genl *m, uint16_t type, uint32_t value);
int genl_put_u64(struct genl *m, uint16_t type, uint64_t value);
int genl_put_string(struct genl *m, uint16_t type, const char *value);
/* 0 or -errno. */
int genl_send(int fd, const struct genl *m);
/*
 * Take what came, @datagrams at most, waiting @ms for each: messages, or the
 * error the kernel gave, or -EAGAIN when nothing came.
 */
int genl_take(int fd, unsigned int datagrams, unsigned int ms);
/* The same; the id of one of the things that the messages were about. */
int genl_take_id(int fd, unsigned int datagrams, unsigned int ms,
		 uint32_t *ret_id);
/* The family's number and its groups, or zeroes. */
void genl_resolve(uint16_t *ret_family, uint16_t ret_groups[3]);

#endif /* FUZZ_GENL_H */

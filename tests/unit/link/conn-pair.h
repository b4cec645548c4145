/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"

/* Two ends of a link on one loop, or one end against raw bytes. */

#define CONTAINER 3

struct end {
	struct loop *loop;
	struct link_conn *conn;
	struct buf message; /* the last one */
	struct link_header header;
	unsigned messages, writables;
	struct buf data[LINK_CHANNELS];
	bool is_broken, free_on_message;
	int code;
};

struct pair {
	struct loop *loop;
	struct end a, b;
	int raw; /* the other end of a, where there is no b */
};

/** message() - the header of one: SPAWN is about a container, the others that are sent are not */
struct link_header message(enum link_type type, uint32_t stream);

/** pair_new(), pair_free() - @with_b: a second end, else raw bytes */
struct pair *pair_new(bool with_b);
void pair_free(struct pair *p);

/** settle() - run the loop for as many rounds as any test can need: sockets have no delay of their
 * own */
void settle(struct pair *p);

/** raw_frame() - a frame of h.size bytes, sent to a */
void raw_frame(struct pair *p, struct link_header h, const void *payload);

/** raw_expect_broken() - a broke off with that code and sends no more; frees the pair */
void raw_expect_broken(struct pair *p, int code);

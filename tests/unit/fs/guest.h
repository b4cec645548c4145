/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "fs/server.h"
#include "link/shares.h"

/* As cmocka's assertions, in threads that it knows nothing of. */
#define GUEST_MUST(holds)                                                                          \
	((holds) ? (void)0 : errx(EXIT_FAILURE, "%s:%d: %s", __FILE__, __LINE__, #holds))

/* A server in this process, and a guest that asks it one request after the other. */
struct guest {
	struct server *server;
	int port, self_fd, ended_fd;
	uint64_t unique;
	unsigned n_all; /* times that it was to forget all */
	size_t len;	/* of @reply, the last reply's payload */
	_Alignas(8) unsigned char reply[SHARES_FRAME_MAX];
};

/* A request but for its head. */
struct ask {
	uint32_t opcode;
	uint64_t node;
	const void *body;
	size_t len;
	const char *name, *second; /* that follow; may be NULL */
};

#define GUEST_WAKER 77777u

/** guest_begin() - start the server, and begin in order; fails the test where it cannot.  @flags:
 * of the kernel's INIT */
void guest_begin(struct guest *g, const struct fs_share *shares, size_t n, uint64_t flags);

#define GUEST_OWN_KERNEL   UINT64_MAX
#define GUEST_OTHER_KERNEL (GUEST_OWN_KERNEL & ~SHARES_INIT_UNASKED)

/** guest_end() - the server is gone after */
void guest_end(struct guest *g);

/** guest_tell() - a request that gets no reply.  Return: its number. */
uint64_t guest_tell(struct guest *g, const struct ask *ask);

/** guest_ask() - @g: the reply is in it.  Return: 0 or -errno of the reply. */
int guest_ask(struct guest *g, const struct ask *ask);

/** guest_look_up() - Return: the node's number; 0 where there is none. */
uint64_t guest_look_up(struct guest *g, uint64_t dir, const char *name);

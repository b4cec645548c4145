/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "fs/request.h"
#include "fs/server.h"
#include "link/shares.h"

#define CALL_HELD_MAX 2

/* A request while it is worked on. */
struct call {
	struct server *s;
	struct request rq;
	unsigned char *out; /* room for a reply's payload: SHARES_WRITE_MAX and a little more */
	size_t out_len;
	uint64_t changes; /* the server's count when the request was begun */
	/** devalue() - let the guest cache nothing of the reply, which may be old by now.  NULL:
	 * there is nothing to cache */
	void (*devalue)(unsigned char *out, size_t len);
	bool leads; /* no other worker reads requests before this one is done */
	/* Held until the operation is over.  No operation is about more than two. */
	struct node *nodes[CALL_HELD_MAX], *reached[CALL_HELD_MAX];
	struct file *files[CALL_HELD_MAX];
	size_t n_nodes, n_reached, n_files;
};

/** CALL_SILENT - result of an operation: there is no reply, or it was sent, or will be */
#define CALL_SILENT 1

/** operation_fn - carries a request out.  Return: 0, with a reply in @out; CALL_SILENT; -errno. */
typedef int (*operation_fn)(struct call *c);

struct operation {
	operation_fn fn;
	bool slow;  /* the next request must not wait for it */
	bool early; /* may come before INIT was answered */
};

/** operation_of() - find the operation of an opcode; NULL where there is none */
const struct operation *operation_of(uint32_t opcode);

/** call_reply() - make room for a reply of @len bytes, cleared */
void *call_reply(struct call *c, size_t len);

/** call_node() - get a node that a request names, until the operation is over.  Return: 0; -ESTALE.
 */
int call_node(struct call *c, uint64_t id, struct node **ret);

/** call_own_node() - as call_node(), for the node that a request is about */
int call_own_node(struct call *c, struct node **ret);

/** call_folder() - get the folder in which a request makes or removes something, if it may, until
 * the operation is over.  Checks the request's names, too.  Return: 0; -EROFS; -ESTALE; -errno. */
int call_folder(struct call *c, struct node **ret);

/** call_reach() - reach() a node until the operation is over.  Return: 0; as reach(). */
int call_reach(struct call *c, struct node *n, int *ret_fd);

/** call_hold_file() - put a file when the operation is over */
void call_hold_file(struct call *c, struct file *f);

/** call_over() - the operation is over: give up what it held */
void call_over(struct call *c);

/** fd_name() - a descriptor's file as a path, in the working folder that each worker has; the file
 * itself, even if it is a link.  @ret: 16 bytes */
void fd_name(int fd, char *ret);

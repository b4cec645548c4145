/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/share/quick.h"
#include "link/shares.h"

/*
 * Passes requests between the kernel and a port, in a thread of its own.  It is beside moat-init's
 * main thread, which makes processes without libc's knowledge: so it allocates nothing.
 */

/* The kernel wants room for a page more than it sends. */
#define PASS_FRAME_BYTES (SHARES_FRAME_MAX + 4096)
/* At most so much waits for a request that it can go with. */
#define PASS_KEPT_BYTES 16384
#define PASS_PORT_BYTES 4096 /* that the port gives at a time */

/* A message about a change, for the waker (wake.h). */
struct pass_news {
	struct shares_changed m;
	char name[256]; /* with a NUL */
};

/* What the two threads have in common. */
struct pass {
	int fuse_fd, port_fd; /* owned */
	const char *dir;      /* where it is mounted; borrowed; NULL: nowhere yet */
	int poke_fd;	      /* an eventfd: @taken has grown, or @ending */
	pthread_t thread;
	bool has_thread;
	atomic_bool ending;
	atomic_uint taken; /* messages that the waker has dealt with, and the host was not told */
	uint32_t waker;	   /* its thread id */

	pthread_mutex_t lock; /* of the messages that wait for the waker */
	pthread_cond_t arrived;
	struct pass_news news[SHARES_WINDOW];
	unsigned first, n_news;

	struct quick quick;
	size_t out_at, out_len; /* of what is to go to the port, or waits for something that is */
	bool is_full;		/* the port takes no more at the moment */
	size_t in_at, in_len;	/* of what came from it and was not passed on */
	_Alignas(8) unsigned char out[PASS_KEPT_BYTES + PASS_FRAME_BYTES];
	_Alignas(8) unsigned char in[PASS_FRAME_BYTES];
};

/** pass_new() - @fuse_fd, @port_fd: non-blocking; taken over from success on.  @ret: pass_free().
 * Return: 0; -errno. */
int pass_new(int fuse_fd, int port_fd, struct pass **ret);

/** pass_start() - begin.  @p: its waker is set.  Return: 0; -errno. */
int pass_start(struct pass *p);

/** pass_end() - what is mounted is of no use from here on; waits for the thread */
void pass_end(struct pass *p);

/** pass_free() - after pass_end() and the waker's end; NULL is accepted */
void pass_free(struct pass *p);

/** pass_next_news() - wait for a message.  Return: false at the end. */
bool pass_next_news(struct pass *p, struct pass_news *ret);

/** pass_taken() - one was dealt with */
void pass_taken(struct pass *p);

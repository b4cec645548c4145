/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/share/bulk.h"
#include "guest/share/quick.h"
#include "link/shares.h"

/*
 * Passes requests between the kernel and a port, in a thread of its own.  moat-init's main thread
 * makes processes without libc's knowledge, so this thread allocates nothing.
 */

/* The kernel wants a buffer a page larger than the largest request. */
#define PASS_FRAME_BYTES (SHARES_FRAME_MAX + 4096)
/* How many bytes wait for a request to go with, at most. */
#define PASS_KEPT_BYTES 16384
#define PASS_PORT_BYTES 4096 /* the port gives a page at a time */

/* A message about a change, for the waker (wake.h). */
struct pass_news {
	struct shares_changed m;
	char name[256]; /* with a NUL */
};

/* Shared by the two threads. */
struct pass {
	int fuse_fd, port_fd; /* owned */
	const char *dir;      /* where the file system is mounted; borrowed; NULL: nowhere yet */
	int poke_fd;	      /* eventfd: @taken has grown, or @ending is set */
	pthread_t thread;
	bool has_thread;
	atomic_bool ending;
	atomic_uint taken; /* messages the waker is done with, and the host was not told */
	uint32_t waker;	   /* thread id of the waker */

	pthread_mutex_t lock; /* guards the messages for the waker */
	pthread_cond_t arrived;
	struct pass_news news[SHARES_WINDOW];
	unsigned first, n_news;

	struct quick quick;
	struct bulk bulk;
	size_t out_at, out_len; /* of bytes for the port, also of those that wait for others */
	bool is_full;		/* the port takes no more at the moment */
	size_t in_at, in_len;	/* of bytes from the port that are not passed on yet */
	_Alignas(8) unsigned char out[PASS_KEPT_BYTES + PASS_FRAME_BYTES];
	_Alignas(8) unsigned char in[PASS_FRAME_BYTES];
};

/**
 * pass_new() - make what passes requests.  @fuse_fd, @port_fd: non-blocking; taken over from
 * success on.  @ret: pass_free().
 * Return: 0; -errno.
 */
int pass_new(int fuse_fd, int port_fd, struct pass **ret);

/** pass_start() - begin to pass.  @p: its waker is set.  Return: 0; -errno. */
int pass_start(struct pass *p);

/** pass_end() - stop; the mount is of no use from here on; waits for the thread */
void pass_end(struct pass *p);

/** pass_free() - after pass_end() and the waker's end; NULL is accepted */
void pass_free(struct pass *p);

/** pass_next_news() - wait for a message to the waker.  Return: false at the end. */
bool pass_next_news(struct pass *p, struct pass_news *ret);

/** pass_taken() - the waker is done with one message */
void pass_taken(struct pass *p);

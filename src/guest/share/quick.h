/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/shares.h"

/*
 * Requests that are answered in the guest, without waiting for the host: every close; an open for
 * reading, where the host has given leave to keep the cache; and, before the first write, the
 * question for capabilities of a file that was made here.
 */

#define QUICK_NODES   8192u /* nodes that something is known of */
#define QUICK_WAITING 64u   /* opened files that the host is not told of yet */
#define QUICK_ASKED   64u

/* A message for each file that waits. */
#define QUICK_BYTES_MAX (QUICK_WAITING * sizeof(struct shares_open))

struct quick_nodes {
	struct {
		uint64_t node;
		uint32_t age;
	} places[QUICK_NODES];
};

struct quick {
	uint32_t waker;		 /* the thread whose files are opened for show */
	uint32_t age;		 /* of the knowledge: nothing older is valid */
	struct quick_nodes stay; /* nodes whose cache may be kept */
	struct quick_nodes bare; /* nodes without capabilities */
	struct {
		uint64_t unique, node;
	} asked[QUICK_ASKED]; /* OPENs, and CREATEs (node 0), that the host has yet to reply to */
	struct shares_open waiting[QUICK_WAITING];
	size_t n_waiting;
	uint64_t used[SHARES_FH_MAX / 64]; /* handles in use, a bit each */
};

enum quick_way {
	QUICK_PASS,   /* to the host, which replies */
	QUICK_KEEP,   /* to the host, but nobody waits for a reply */
	QUICK_TELL,   /* answered here, and the host is told */
	QUICK_ANSWER, /* answered here, and the host need not be told now */
};

struct quick_answer {
	struct fuse_out_header head; /* with the length of the answer */
	struct fuse_open_out open;
};

/**
 * quick_request() - decide what is done with a request
 * @head: a whole request of the kernel's; QUICK_TELL sets its `unique` to 0
 * @ret:  the answer, for QUICK_TELL and QUICK_ANSWER
 */
enum quick_way quick_request(struct quick *q, struct fuse_in_header *head,
			     struct quick_answer *ret);

/** quick_waiting() - take the messages that the host must get before the next request, or after a
 * while.  @ret: QUICK_BYTES_MAX.  Return: bytes. */
size_t quick_waiting(struct quick *q, void *ret);

/** quick_reply() - learn from a reply of the host's.  @message: a head and what follows, @len bytes
 * in all */
void quick_reply(struct quick *q, const void *message, size_t len);

/** quick_changed() - forget what a change makes invalid */
void quick_changed(struct quick *q, const struct shares_changed *m);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/shares.h"

/*
 * What is answered in the guest, without waiting for the host: that a file is closed, always; that
 * one is opened for reading, where the host has said of it before that what is cached of it stays
 * right; that a file which was made here has no capabilities, which is asked before it is first
 * written to.
 */

#define QUICK_NODES   8192u /* of which something is known */
#define QUICK_WAITING 64u   /* opened files that the host was not told of */
#define QUICK_ASKED   64u

/* A message for each that waits. */
#define QUICK_BYTES_MAX (QUICK_WAITING * sizeof(struct shares_open))

struct quick_nodes {
	struct {
		uint64_t node;
		uint32_t age;
	} places[QUICK_NODES];
};

struct quick {
	uint32_t waker;		 /* whose files are opened for show */
	uint32_t age;		 /* of what is known: when it grows, nothing is */
	struct quick_nodes stay; /* what is cached of them stays right */
	struct quick_nodes bare; /* they have no capabilities */
	struct {
		uint64_t unique, node;
	} asked[QUICK_ASKED]; /* OPENs that the host will reply to, and CREATEs, with a node of 0 */
	struct shares_open waiting[QUICK_WAITING];
	size_t n_waiting;
	uint64_t used[SHARES_FH_MAX / 64]; /* places of files, a bit each */
};

enum quick_way {
	QUICK_PASS,   /* to the host, who replies */
	QUICK_KEEP,   /* the same, but nobody waits for a reply */
	QUICK_TELL,   /* to the host, and answered here */
	QUICK_ANSWER, /* here, and the host need not know of it now */
};

struct quick_answer {
	struct fuse_out_header head; /* with its length: of itself, or with what follows */
	struct fuse_open_out open;
};

/**
 * quick_request() - what is to be done with a request
 * @head: a whole request of the kernel's; its `unique` is 0 after where it is QUICK_TELL
 * @ret:  the answer, of QUICK_TELL and QUICK_ANSWER
 */
enum quick_way quick_request(struct quick *q, struct fuse_in_header *head,
			     struct quick_answer *ret);

/** quick_waiting() - what the host has to be told before it gets a request, and in a while.  @ret:
 * QUICK_BYTES_MAX.  Return: bytes. */
size_t quick_waiting(struct quick *q, void *ret);

/** quick_reply() - the host replies.  @message: a head and what follows, @len bytes in all */
void quick_reply(struct quick *q, const void *message, size_t len);

/** quick_changed() - what is known may hold no more */
void quick_changed(struct quick *q, const struct shares_changed *m);

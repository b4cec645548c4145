/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/guard.h"
#include "image/registry/http.h"

/* Transfers of several blobs at once; everything is borrowed. */
struct transfers {
	size_t n;
	unsigned max_at_once;
	/* Transfers blob @i, with a client of the calling thread's own.  Return: 0; -EALREADY when
	 * no more are wanted, while those under way go on; -errno with a message, which ends all.
	 */
	int (*move)(void *arg, size_t i, struct http *h, struct err *err);
	void *arg;
	struct http *http; /* the calling thread's */
	struct progress_guard *guard;
};

/** transfers_run() - transfer all blobs in their order, several at a time.  Return: 0; the first
 * error, with its message. */
int transfers_run(const struct transfers *t, struct err *err);

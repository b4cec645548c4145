/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "image/store/store.h"

/* Sums of the images' files, to find changes later: sums/HEX has the SHA-256 of the file system in
 * rootfs/HEX.erofs. */

struct sums;

/** sums_want() - have a file synced and its sum noted, by a thread of low priority, when no work is
 * under way; if moatd ends earlier, there is no sum.  To be called without the store's lock.
 * Return: 0; -EAGAIN where there is no thread. */
int sums_want(struct store *st, const struct digest *manifest);

/** sums_forget() - remove a file's sum before the file is changed; its claim is held.  Return: 0;
 * -errno. */
int sums_forget(struct store *st, const struct digest *manifest);

/** sums_stop() - end the thread, after the files that wait are synced */
void sums_stop(struct store *st);

enum sum_state {
	SUM_RIGHT,
	SUM_WRONG,   /* or the file holds no file system */
	SUM_MISSING, /* the file is missing */
	SUM_NEW,     /* there was no sum, and now there is */
};

/** sums_check() - does a file still have its sum?  Its claim is held.  Return: 0; -errno with a
 * message. */
int sums_check(struct store *st, const struct digest *manifest, enum sum_state *ret,
	       struct err *err);

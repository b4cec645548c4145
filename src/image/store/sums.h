/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "image/store/store.h"

/* What the images' files hold, so that it can be told later whether they still do: sums/HEX has the
 * SHA-256 of the file system in rootfs/HEX.erofs. */

struct sums;

/** sums_want() - have the file synced and its sum taken, in a thread that gives way to all others,
 * when no work is under way; when moatd ends before, there is no sum.  The store's lock is not
 * held.  Return: 0; -EAGAIN where there is no thread. */
int sums_want(struct store *st, const struct digest *manifest);

/** sums_forget() - before the file becomes another one, whose claim is held.  Return: 0; -errno. */
int sums_forget(struct store *st, const struct digest *manifest);

/** sums_stop() - end the thread, when all that waits is synced */
void sums_stop(struct store *st);

enum sum_state {
	SUM_RIGHT,
	SUM_WRONG,   /* or the file is no file system */
	SUM_MISSING, /* the file is */
	SUM_NEW,     /* there was none, and there is now */
};

/** sums_check() - is the file what it was?  Its claim is held.  Return: 0; -errno with a message.
 */
int sums_check(struct store *st, const struct digest *manifest, enum sum_state *ret,
	       struct err *err);

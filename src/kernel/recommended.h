/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "kernel/store.h"

/* Who wants to hear how far a download is; each call from the thread that fetches. */
struct kernel_progress {
	/* @total_bytes: 0: not known */
	void (*report)(void *arg, uint64_t current_bytes, uint64_t total_bytes);
	void *arg;
};

/**
 * kernel_set_recommended() - moat's own kernel where it was built, else Debian's, becomes current
 * @progress: of the download, where there is one; NULL: nobody
 * @ret:      owned
 *
 * Debian's is fetched where it was not before.  Those who ask at the same time wait for one of
 * them.
 *
 * Return: 0; -EIO with a message that says what to do; -errno with a message.
 */
int kernel_set_recommended(struct kernel_store *ks, const struct kernel_progress *progress,
			   struct kernel_paths *ret, struct err *err);

/** kernel_ensure() - the current kernel; the recommended one, where none was ever set.  Return: as
 * kernel_current() and kernel_set_recommended(), but never -ENOENT. */
int kernel_ensure(struct kernel_store *ks, struct kernel_paths *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "kernel/store.h"

/* Told of a download's progress, by the thread that fetches. */
struct kernel_progress {
	/* @total_bytes: 0: not known */
	void (*report)(void *arg, uint64_t current_bytes, uint64_t total_bytes);
	void *arg;
};

/**
 * kernel_set_recommended() - make moat's own kernel the current one, or Debian's where moat's was
 * not built
 * @progress: told of the download, where there is one; may be NULL
 * @ret:      owned
 *
 * Debian's kernel is fetched unless it is there.  Of threads that ask at the same time, one fetches
 * and the others wait.
 *
 * Return: 0; -EIO with a message that says what to do; -errno with a message.
 */
int kernel_set_recommended(struct kernel_store *ks, const struct kernel_progress *progress,
			   struct kernel_paths *ret, struct err *err);

/** kernel_ensure() - get the current kernel, setting the recommended one where none was ever set.
 * Return: as kernel_current() and kernel_set_recommended(), but never -ENOENT. */
int kernel_ensure(struct kernel_store *ks, struct kernel_paths *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/share/pass.h"

/* The waker: has the kernel forget what others have changed, and wakes the container's watchers. */
struct waker;

/** waker_new() - start the waker's thread.  @dir: absolute, where the shares are mounted; borrowed,
 * and opened when needed.  @ret: waker_free().  Return: 0; -errno. */
int waker_new(struct pass *p, const char *dir, struct waker **ret);

/** waker_free() - after pass_end(); waits for its thread.  NULL is accepted. */
void waker_free(struct waker *w);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * One watch connection per running container, all on the main loop: what a shim reports becomes
 * a transition of its container.
 */

/** watcher_new() - @ret: owned, watcher_free().  Return: 0; -errno. */
int watcher_new(struct containers *t, struct watcher **ret);

/** watcher_free() - after the loop ended; stops watching */
void watcher_free(struct watcher *w);

/**
 * watcher_add() - watch the shim of a container
 * @c:   borrowed; referenced until the connection ends
 * @fd:  connection on which the shim was asked to watch; taken over, also on failure
 * @pid: the shim, if it is a child of ours, to be reaped; else 0
 *
 * May be called from any thread.
 *
 * Return: 0; -ENOMEM.
 */
int watcher_add(struct watcher *w, struct container *c, int fd, pid_t pid);

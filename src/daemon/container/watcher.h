/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * One watch connection per running container, all on the main loop: what a shim reports becomes
 * a transition of its container.
 */

/** watcher_new() - make what watches all shims.  @ret: owned, watcher_free().  Return: 0; -errno.
 */
int watcher_new(struct containers *t, struct watcher **ret);

/** watcher_free() - stop watching, after the loop has ended */
void watcher_free(struct watcher *w);

/* Child processes of moatd that are to be reaped; 0: there is none. */
struct watch_children {
	pid_t shim;
	pid_t server; /* the container's file server */
};

struct watch_start {
	int fd; /* connection on which the shim was asked to watch; taken over, also on failure */
	struct watch_children children;
	const char *tap; /* of its machine, given back when that has ended; "": none */
};

/**
 * watcher_add() - watch the shim of a container
 * @c: borrowed; referenced until the connection ends
 *
 * May be called from any thread.
 *
 * Return: 0; -ENOMEM.
 */
int watcher_add(struct watcher *w, struct container *c, const struct watch_start *start);

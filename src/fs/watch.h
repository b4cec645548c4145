/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct node;
struct server;
struct watcher;

#define WATCHES_MAX (1u << 17)

/** watcher_new() - Return: 0; -errno: the guest is told of no changes, and may keep nothing. */
int watcher_new(struct server *s, struct watcher **ret);

/** watcher_stop() - tell of nothing more.  watcher_free() - after it; NULL is accepted by both */
void watcher_stop(struct watcher *w);
void watcher_free(struct watcher *w);

/**
 * watch_begin() - from here on the guest is told of what others do to a node, and of a folder to
 * all names in it
 *
 * Return: has that begun just now?  What was read before may be old.
 */
bool watch_begin(struct server *s, struct node *n);

/** watch_covers() - is the guest told of what others do to a file that has one name? */
bool watch_covers(struct server *s, const struct node *n);

/** watch_crowded() - ask the guest to forget the files that it has no use for */
void watch_crowded(struct server *s);

/** watch_freed() - nodes.freed */
void watch_freed(void *arg, struct node *n);

/** watch_taken() - the guest has dealt with @count messages */
void watch_taken(struct server *s, uint32_t count);

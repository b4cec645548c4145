/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct node;
struct server;
struct watcher;

#define WATCHES_MAX (1u << 17)

/** watcher_new() - begin to watch for changes.  Return: 0; -errno: the guest is told of no changes,
 * and may cache nothing. */
int watcher_new(struct server *s, struct watcher **ret);

/** watcher_stop() - tell no more changes.  watcher_free() - free, after that; NULL is accepted by
 * both */
void watcher_stop(struct watcher *w);
void watcher_free(struct watcher *w);

/**
 * watch_begin() - tell the guest from here on what others do to a node, and for a folder to all
 * names in it
 *
 * Return: has that begun just now?  What was read before may be old.
 */
bool watch_begin(struct server *s, struct node *n);

/** watch_covers() - is the guest told what others do to a file that has one name? */
bool watch_covers(struct server *s, const struct node *n);

/** watch_freed() - freed() of struct nodes */
void watch_freed(void *arg, struct node *n);

/** watch_taken() - the guest has dealt with @count messages */
void watch_taken(struct server *s, uint32_t count);

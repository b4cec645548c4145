/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/watch-event.h"
#include "fs/watch.h"

#define WATCH_BUCKETS	   4096u
#define WATCH_EVENTS_BYTES 65536u

/* A node that is watched. */
struct watch {
	struct watch *next; /* of the same hash */
	struct node *node;
	uint64_t fsid;
	int type;
	uint32_t len;
	unsigned char handle[]; /* the kernel's name for the file in events */
};

struct watcher {
	struct server *server;
	int fd;	    /* of fanotify */
	int end_fd; /* an eventfd: stop */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* guards all that follow */
	struct watch *buckets[WATCH_BUCKETS];
	unsigned n_watches;
	pthread_cond_t room;
	uint32_t on_the_way; /* messages that the guest has not dealt with yet */
	bool ending;
	_Alignas(8) unsigned char events[WATCH_EVENTS_BYTES]; /* read by @thread */
};

/** watcher_find() - find the nodes of a file: at most two, as one may be read-only.  @ret:
 * node_put() each.  Return: how many. */
unsigned watcher_find(struct watcher *w, const struct file_id *id, struct node *ret[2]);

/** watcher_thread() - read events until the end */
void *watcher_thread(void *arg);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/store/claim.h"
#include "image/store/table.h"

/* The image store's inside, for its own rooms; others use image.h. */

#define UPLOAD_KEPT_SEC (24 * 3600)

struct store {
	char *path;
	char *unpack_path;
	uint64_t rootfs_bytes; /* least length of an image's file */
	int dir_fd;	       /* the store's folder, locked with flock(2) */
	int blobs_fd, rootfs_fd, tmp_fd, partial_fd;
	int sums_fd;
	int uploads_fd;	 /* addresses of uploads under way */
	int blobs512_fd; /* -1 until there are such blobs */
	uint64_t tmp_counter;
	pthread_mutex_t lock;	 /* guards the members below, and index.json */
	pthread_cond_t released; /* a claim's release, the end of work, or tasks for threads */
	struct table table;
	struct claim *claims;
	struct incoming *incoming;
	struct work *works;
	struct image_limits limits; /* for images that come in */
	struct sums *sums;	    /* NULL until the first sum is wanted */
};

static inline void store_unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

static inline pthread_mutex_t *store_lock(struct store *st)
{
	pthread_mutex_lock(&st->lock);
	return &st->lock;
}

/* Holds the store's lock until the scope ends. */
#define LOCK_STORE(st)                                                                             \
	cleanup(store_unlock) __attribute__((unused)) pthread_mutex_t *store_locked_ =             \
		store_lock(st)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct node;
struct nodes;

#define DIR_BUFFER 32768u

/* A folder that is being read, up to some place. */
struct dir_stream {
	struct node *node; /* with a reference */
	int fd;
	uint64_t at;	 /* what READDIR asks for next */
	size_t pos, end; /* of entries that were read and not told */
	uint64_t used;	 /* of dirs, when it was put back */
	_Alignas(8) unsigned char buffer[DIR_BUFFER];
};

struct dirs;

/** dirs_new() - @nodes: borrowed.  Return: NULL when out of memory. */
struct dirs *dirs_new(struct nodes *nodes);
void dirs_free(struct dirs *t);

/**
 * dirs_take() - a folder to be read from a place
 *
 * The guest opens no folders: it asks for what follows a place.  Whoever comes back to the place
 * where he was gets the stream he left there, which is as good as if he had kept it open.
 *
 * Return: 0, @ret to be given to dirs_put() or dirs_end(); -errno.
 */
int dirs_take(struct dirs *t, struct node *n, uint64_t at, struct dir_stream **ret);

/** dirs_put() - more may be asked for.  dirs_end() - nothing more comes. */
void dirs_put(struct dirs *t, struct dir_stream *d);
void dirs_end(struct dirs *t, struct dir_stream *d);

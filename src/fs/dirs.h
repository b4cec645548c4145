/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct node;
struct nodes;

#define DIR_BUFFER 32768u

/* A folder that was read up to some place. */
struct dir_stream {
	struct node *node; /* a reference */
	int fd;
	uint64_t at;	 /* the place that READDIR asks for next */
	size_t pos, end; /* entries that were read, and not told yet */
	uint64_t used;	 /* the table's count when it was put back */
	_Alignas(8) unsigned char buffer[DIR_BUFFER];
};

struct dirs;

/** dirs_new() - make an empty table.  @nodes: borrowed.  Return: NULL when out of memory. */
struct dirs *dirs_new(struct nodes *nodes);
void dirs_free(struct dirs *t);

/**
 * dirs_take() - get a folder that is to be read from a place
 *
 * The guest opens no folders: it asks for entries after a place.  A guest that continues gets the
 * stream it left there, as if it had kept it open.
 *
 * Return: 0, @ret to be given to dirs_put() or dirs_end(); -errno.
 */
int dirs_take(struct dirs *t, struct node *n, uint64_t at, struct dir_stream **ret);

/** dirs_put() - keep a stream, as more may be asked for.  dirs_end() - close it, as nothing
 * follows. */
void dirs_put(struct dirs *t, struct dir_stream *d);
void dirs_end(struct dirs *t, struct dir_stream *d);

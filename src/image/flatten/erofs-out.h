/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The output file of an image, written front to back in large pieces.  Runs of zeros become
 * holes.  The first block is left for the superblock, which goes in last: a file that was not
 * finished is no image.
 */
struct erofs_out {
	int fd;	      /* borrowed */
	uint64_t pos; /* in bytes, of what is appended next */
	char *data;   /* gathered, not yet written */
	size_t len;
};

/** erofs_out_init() - @fd is an empty regular file.  Return: 0, then erofs_out_reset(); -ENOMEM. */
int erofs_out_init(struct erofs_out *o, int fd);
void erofs_out_reset(struct erofs_out *o);

/* Return: 0; -errno of pwrite(2). */
int erofs_out_append(struct erofs_out *o, const void *data, size_t len);
/** erofs_out_skip() - append zeros without writing them */
int erofs_out_skip(struct erofs_out *o, uint64_t len);
/** erofs_out_align() - append zeros up to a whole block */
int erofs_out_align(struct erofs_out *o);
int erofs_out_flush(struct erofs_out *o);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The output file of an image, written in large pieces.  Runs of zeros become holes.  The first
 * block is left for the superblock, which goes in last: a file that was not finished is no image.
 *
 * Several threads may each have a struct erofs_out of one file: they get different parts of it from
 * the erofs_space that they share.
 */
struct erofs_space {
	_Atomic uint64_t next; /* what nobody has yet begins here; whole blocks */
};

struct erofs_out {
	int fd; /* borrowed */
	struct erofs_space *space;
	uint64_t pos;		     /* in bytes, of what is appended next */
	uint64_t part_pos, part_end; /* where the next small files go */
	char *data;		     /* gathered, not yet written */
	size_t len;
};

/** erofs_space_init() - of an empty file */
void erofs_space_init(struct erofs_space *s);

/** erofs_out_init() - @fd is a regular file; it and @space are borrowed.  Return: 0, then
 * erofs_out_reset(); -ENOMEM. */
int erofs_out_init(struct erofs_out *o, int fd, struct erofs_space *space);
void erofs_out_reset(struct erofs_out *o);

/**
 * erofs_out_place() - go to where a file of this size can be appended
 * @ret_pos: a whole number of blocks
 *
 * Return: 0; -errno of pwrite(2).
 */
int erofs_out_place(struct erofs_out *o, uint64_t size_bytes, uint64_t *ret_pos);

/** erofs_out_leave() - write what is gathered, and give back what no file was placed in.  Return:
 * 0; -errno. */
int erofs_out_leave(struct erofs_out *o);

/** erofs_out_finish() - go behind everything, for good: from here on nobody else may have a part.
 * Return: 0; -errno. */
int erofs_out_finish(struct erofs_out *o);

/* Return: 0; -errno of pwrite(2). */
int erofs_out_append(struct erofs_out *o, const void *data, size_t len);
/** erofs_out_skip() - append zeros without writing them */
int erofs_out_skip(struct erofs_out *o, uint64_t len);
/** erofs_out_align() - append zeros up to a whole block */
int erofs_out_align(struct erofs_out *o);
int erofs_out_flush(struct erofs_out *o);

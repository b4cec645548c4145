/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The output of an image: a file that is written in large pieces.  Runs of zeros become holes.  The
 * first block is left for the superblock, which goes in last: a file that was not finished is no
 * image.
 *
 * Several threads may each have a struct erofs_out of one file: they get different parts of it from
 * the erofs_space that they share.
 */
struct erofs_space {
	_Atomic uint64_t next; /* free space begins here; whole blocks */
};

struct erofs_out {
	int fd; /* borrowed */
	struct erofs_space *space;
	uint64_t pos;		     /* in bytes, where the next data is appended */
	uint64_t part_pos, part_end; /* where the next small files go: from here to there */
	char *data;		     /* gathered, to be written later */
	size_t len;
};

/** erofs_space_init() - begin with an empty file */
void erofs_space_init(struct erofs_space *s);

/** erofs_out_init() - prepare to write.  @fd: a regular file, borrowed like @space.  Return: 0,
 * then erofs_out_reset(); -ENOMEM. */
int erofs_out_init(struct erofs_out *o, int fd, struct erofs_space *space);
void erofs_out_reset(struct erofs_out *o);

/**
 * erofs_out_place() - choose a place for a file of this size, which is appended next
 * @ret_pos: a whole number of blocks
 *
 * Return: 0; -errno of pwrite(2).
 */
int erofs_out_place(struct erofs_out *o, uint64_t size_bytes, uint64_t *ret_pos);

/** erofs_out_leave() - write the gathered data, and give back space without files.  Return: 0;
 * -errno. */
int erofs_out_leave(struct erofs_out *o);

/** erofs_out_finish() - go to the end of all data, for good: nobody else may take space from here
 * on.  Return: 0; -errno. */
int erofs_out_finish(struct erofs_out *o);

/* Return: 0; -errno of pwrite(2). */
int erofs_out_append(struct erofs_out *o, const void *data, size_t len);
/** erofs_out_skip() - append zeros without writing them */
int erofs_out_skip(struct erofs_out *o, uint64_t len);
/** erofs_out_align() - append zeros up to a whole block */
int erofs_out_align(struct erofs_out *o);
int erofs_out_flush(struct erofs_out *o);

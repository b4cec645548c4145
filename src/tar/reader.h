/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "tar/entry.h"
#include "tar/format.h"

/*
 * Reads members of a tar archive from a stream of bytes: v7, ustar, pax, GNU's long names and large
 * numbers, and sparse files in GNU's old format and 1.0.
 */

#define TAR_META_MAX	(1u << 20) /* bytes of all headers before a member; of a sparse map */
#define TAR_PATH_MAX	16384u	   /* bytes of a path */
#define TAR_EXTENTS_MAX (1u << 18)

struct tar_reader {
	/* Return: bytes, 0 at the end; -errno. */
	ssize_t (*read)(void *arg, void *data, size_t max);
	void *arg;

	/* The members below are the reader's own; zero at the start. */
	struct tar_entry entry;
	uint64_t left;	  /* bytes of this member in the stream, without padding */
	uint64_t padding; /* bytes of padding after those */
	size_t extent;	  /* index of the extent that the next data belong to */
	uint64_t done;	  /* bytes of that extent that were read */
	char in[16384];
	size_t in_at, in_len;
	size_t meta_left; /* bytes that headers may still take before the next member */
};

/**
 * tar_next() - go to the next member; the rest of the one before is skipped
 * @ret: borrowed until the next call
 *
 * The archive ends with a block of zeros, or with the stream where a header could be.
 *
 * Return: 1; 0 at the end; -EBADMSG for a bad archive; -EOPNOTSUPP for formats that moat cannot
 * read; -ENOMEM; -errno of read(); with a message.
 */
int tar_next(struct tar_reader *r, const struct tar_entry **ret, struct err *err);

/**
 * tar_read() - read data of the current member
 * @ret_offset: where the data belong in the file
 *
 * Return: bytes; 0 after the last; -EBADMSG when the stream ends before; -errno; with a message.
 */
ssize_t tar_read(struct tar_reader *r, void *data, size_t max, uint64_t *ret_offset,
		 struct err *err);

/** tar_reader_reset() - free what the reader holds */
void tar_reader_reset(struct tar_reader *r);

/** tar_read_fd() - a read() for struct tar_reader, whose argument points to a descriptor */
ssize_t tar_read_fd(void *arg, void *data, size_t max);

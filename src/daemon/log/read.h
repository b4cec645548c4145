/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Reading one file of a log (CRI format, docs/CONTROL.md) and writing what docker's clients expect.
 */

enum log_stream { LOG_STDOUT = 1, LOG_STDERR = 2 };

struct log_entry {
	int64_t nsec;
	enum log_stream stream;
	bool partial; /* no newline followed */
	const char *text;
	size_t len;
};

/** log_parse() - parse one line without its newline; @ret borrows from it.  Return: 0; -EBADMSG. */
int log_parse(const char *line, size_t len, struct log_entry *ret);

/* A search from the end of a log for the place where its last lines begin. */
struct log_tail {
	uint64_t wanted; /* lines */
	uint64_t found;
	bool begun; /* a record was seen */
};

/**
 * log_tail() - search one file, the newest first
 * @until: where the lines end in this file, in bytes; no further than its end
 * @ret_offset: where to begin in this file
 *
 * A line that is in several pieces counts once; both streams count.
 *
 * Return: 1 when found; 0 when the whole file is wanted and the one before is to be searched too;
 * -errno of pread(2), fstat(2).
 */
int log_tail(int fd, uint64_t until, struct log_tail *t, uint64_t *ret_offset);

struct log_options {
	bool out, err, timestamps;
	bool framed;	    /* docker's 8-byte header before each piece */
	int64_t since_nsec; /* INT64_MIN: from the beginning */
	int64_t until_nsec; /* INT64_MAX: to the end */
};

struct log_reader {
	int fd;		 /* owned */
	uint64_t offset; /* of the first record that was not read yet */
	uint64_t end;	 /* where to stop; UINT64_MAX: at the end of the file */
	struct log_options options;
	struct buf in;	/* for reading */
	struct buf out; /* bytes to be sent */
	bool overlong;	/* in the middle of a line that is too long for this format */
	bool past;	/* a record was seen that came after until_nsec */
	bool within[3]; /* by stream: the last piece had no newline */
};

/** log_frame() - append a piece with docker's header of 8 bytes.  Return: 0; -ENOMEM. */
int log_frame(struct buf *b, unsigned stream, const char *data, size_t len);

/** log_reader_reset() - close and free */
void log_reader_reset(struct log_reader *r);

/**
 * log_reader_fill() - read on, and append the wanted records to @out
 *
 * Return: bytes of whole records read, 0 at the present end of the file; -errno; -ENOMEM.
 */
ssize_t log_reader_fill(struct log_reader *r);

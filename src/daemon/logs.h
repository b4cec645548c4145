/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Reading container.log (CRI format, docs/SHIM.md) and writing what docker's clients expect. */

enum log_stream { LOG_STDOUT = 1, LOG_STDERR = 2 };

struct log_entry {
	int64_t nsec;
	enum log_stream stream;
	bool partial; /* no newline followed */
	const char *text;
	size_t len;
};

/** log_parse() - one line without its newline; @ret borrows from it.  Return: 0; -EBADMSG. */
int log_parse(const char *line, size_t len, struct log_entry *ret);

/**
 * log_tail() - the offset at which the last @lines lines begin
 *
 * A line that is in several pieces counts once; both streams count.
 *
 * Return: 0; -errno of pread(2), fstat(2).
 */
int log_tail(int fd, uint64_t lines, uint64_t *ret_offset);

struct log_options {
	bool out, err, timestamps;
	bool framed;	    /* docker's 8-byte header before each piece */
	int64_t since_nsec; /* INT64_MIN: from the beginning */
	int64_t until_nsec; /* INT64_MAX: to the end */
};

struct log_reader {
	int fd; /* owned */
	struct log_options options;
	struct buf in;	/* what is read and not yet a whole line */
	struct buf out; /* what is to be sent */
	bool overlong;	/* in the middle of a line that is too long to be one of ours */
	bool within[3]; /* by stream: the last piece had no newline */
};

/** log_reader_reset() - close and free */
void log_reader_reset(struct log_reader *r);

/**
 * log_reader_fill() - read on, and put what is wanted of it into out
 *
 * Return: bytes read, 0 at the present end of the file; -errno; -ENOMEM.
 */
ssize_t log_reader_fill(struct log_reader *r);

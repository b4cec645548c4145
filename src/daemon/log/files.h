/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/log/read.h"

/* Reading a container's log over all its files, while the shim writes and removes them. */

/* A place in a log that stays the same while files come and go.  Number 0: before all of it. */
struct log_place {
	uint64_t number, offset;
	unsigned within; /* bit S: stream S is in the middle of a line */
};

struct log_files {
	int dir_fd;		  /* the container's folder; owned */
	uint64_t number;	  /* of the file that the reader reads */
	struct log_reader reader; /* reader.fd is -1 before log_files_open() */
	struct log_place until;	  /* where to stop; at first the largest place there can be */
	bool present;		  /* stop at the log's end of when it is opened; set before that */
};

#define LOG_PLACE_MAX 64 /* bytes of a place's text with NUL */

void log_place_format(const struct log_place *place, char ret[LOG_PLACE_MAX]);

/** log_place_parse() - parse a place's text.  Return: 0; -EINVAL. */
int log_place_parse(const char *text, struct log_place *ret);

/** log_files_init() - prepare to read.  @dir_fd: taken over; -1: there is no folder, and nothing to
 * read yet */
void log_files_init(struct log_files *f, int dir_fd);

void log_files_reset(struct log_files *f);

/** log_files_open() - begin with the last @lines lines; UINT64_MAX: with all that is there.
 * Return: 0; -ENOENT when there is no file yet; -errno. */
int log_files_open(struct log_files *f, uint64_t lines);

/** log_files_open_at() - begin where log_files_place() was, or with the oldest file where that one
 * is gone.  Return: as log_files_open(). */
int log_files_open_at(struct log_files *f, const struct log_place *place);

/** log_files_place() - the place up to which the log was read */
void log_files_place(const struct log_files *f, struct log_place *ret);

/** log_files_end() - the place of the log's end now; number 0 where there is no file.  Return: 0;
 * -errno. */
int log_files_end(const struct log_files *f, struct log_place *ret);

/**
 * log_files_fill() - read on as log_reader_fill() does, from one file into the next
 *
 * Return: bytes read; 0 at the present end of the newest file; -errno; -ENOMEM.
 */
ssize_t log_files_fill(struct log_files *f);

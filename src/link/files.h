/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/* Payload of FILES, and the output of such an operation (docs/LINK.md). */

enum link_files_op {
	LINK_FILES_STAT = 1, /* what a path is */
	LINK_FILES_GET,	     /* what a path is, then a tar of it */
	LINK_FILES_PUT,	     /* a tar into a folder */
	LINK_FILES_EXPORT,   /* a tar of the container's root, without what is mounted in it */
	LINK_FILES_CHANGES,  /* what differs from the image */
	LINK_FILES_LAYER,    /* the changes as a tar: an OCI layer */
};

enum link_files_flags {
	LINK_FILES_SPARSE = 1, /* holes may stay holes in the tar */
	LINK_FILES_KEEP_FOLDERS =
		2,	       /* PUT: a folder never replaces anything else, or the reverse */
	LINK_FILES_FREEZE = 4, /* the container's processes stand still meanwhile */
};

#define LINK_FILES_FLAGS_ALL 7u

struct link_files {
	enum link_files_op op;
	uint32_t flags;
	char *path; /* absolute; "" where the operation has none */
	char *user; /* PUT: owner of all files, in docker's notation; "": as in the tar */
};

/** link_files_put() - append the payload.  Return: 0; -ENOMEM. */
int link_files_put(struct buf *b, const struct link_files *f);

/** link_files_get() - read the payload.  @ret: link_files_reset().  Return: 0; -EBADMSG; -ENOMEM.
 */
int link_files_get(struct wire_view payload, struct link_files *ret);

void link_files_reset(struct link_files *f);

/** link_files_name() - an operation's name in requests (docs/CONTROL.md) */
const char *link_files_name(enum link_files_op op);

/** link_files_by_name() - find an operation by its name.  Return: 0 where there is none. */
unsigned link_files_by_name(const char *name);

#define LINK_STAT_MAX 65536u /* bytes of a written struct link_stat, at most */

/* First output of STAT and GET, after a u32 with its length. */
struct link_stat {
	uint64_t size_bytes;
	uint32_t mode; /* st_mode */
	int64_t mtime_nsec;
	char *target; /* of a symbolic link: where it leads to at last; absolute */
};

int link_stat_put(struct buf *b, const struct link_stat *s);

/** link_stat_get() - read one.  @ret: link_stat_reset().  Return: 0; -EBADMSG; -ENOMEM. */
int link_stat_get(struct wire_view v, struct link_stat *ret);

void link_stat_reset(struct link_stat *s);

/*
 * Last output of an operation, and its only one on stderr: without it the operation was cut short.
 */

/** link_outcome_put() - append the outcome.  @err: NULL, or code 0: all went well.  Return: 0;
 * -ENOMEM. */
int link_outcome_put(struct buf *b, const struct err *err);

/**
 * link_outcome_get() - read the outcome
 *
 * Return: 0; the operation's error, with its message; -EIO with a message when @v is no outcome:
 * the operation was cut short.
 */
int link_outcome_get(struct wire_view v, struct err *err);

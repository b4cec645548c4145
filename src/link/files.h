/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/*
 * Payload of FILES, and what such an operation puts out (docs/LINK.md).
 */

enum link_files_op {
	LINK_FILES_STAT = 1, /* what a path is */
	LINK_FILES_GET,	     /* the same, then a tar of it */
	LINK_FILES_PUT,	     /* a tar into a folder */
	LINK_FILES_EXPORT,   /* a tar of the container's root, without what is mounted in it */
	LINK_FILES_CHANGES,  /* what differs from the image */
	LINK_FILES_LAYER,    /* the same as a tar, an OCI layer */
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
	char *user; /* PUT: who owns all of it, in docker's notation; "": as in the tar */
};

/** link_files_put() - append the payload.  Return: 0; -ENOMEM. */
int link_files_put(struct buf *b, const struct link_files *f);

/** link_files_get() - @ret: link_files_reset().  Return: 0; -EBADMSG; -ENOMEM. */
int link_files_get(struct wire_view payload, struct link_files *ret);

void link_files_reset(struct link_files *f);

/** link_files_name() - what moatd and moat-shim call an operation (docs/CONTROL.md) */
const char *link_files_name(enum link_files_op op);

/** link_files_by_name() - Return: the operation; 0: there is none of this name. */
unsigned link_files_by_name(const char *name);

#define LINK_STAT_MAX 65536u /* bytes of a struct link_stat on stdout */

/* What STAT and GET put out first, with a u32 before it that says how long it is. */
struct link_stat {
	uint64_t size_bytes;
	uint32_t mode; /* st_mode */
	int64_t mtime_nsec;
	char *target; /* of a symbolic link, where it ends at last; absolute */
};

int link_stat_put(struct buf *b, const struct link_stat *s);

/** link_stat_get() - @ret: link_stat_reset().  Return: 0; -EBADMSG; -ENOMEM. */
int link_stat_get(struct wire_view v, struct link_stat *ret);

void link_stat_reset(struct link_stat *s);

/*
 * The last that an operation puts out, and all that it does on stderr: nothing else says that it
 * was done to its end.
 */

/** link_outcome_put() - @err: NULL or one with code 0: it went well.  Return: 0; -ENOMEM. */
int link_outcome_put(struct buf *b, const struct err *err);

/**
 * link_outcome_get() - the other way
 *
 * Return: 0; what went wrong, with its message; -EIO with a message when @v is none: the operation
 * was cut short.
 */
int link_outcome_get(struct wire_view v, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One member of a tar archive, as the writer takes it and the reader gives it. */

enum tar_type {
	TAR_FILE,
	TAR_HARDLINK, /* another name of @link, a path in the archive */
	TAR_SYMLINK,
	TAR_CHAR,
	TAR_BLOCK,
	TAR_FOLDER,
	TAR_FIFO,
};

struct tar_xattr {
	char *name;
	void *value;
	size_t len;
};

/* A piece of a file that is data; between the pieces the file reads as zeros. */
struct tar_extent {
	uint64_t offset, len;
};

struct tar_entry {
	enum tar_type type;
	char *path; /* as it stands in the archive; never NULL or empty */
	char *link; /* of TAR_HARDLINK and TAR_SYMLINK */
	uint32_t mode;
	uint32_t uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	uint32_t major, minor; /* of devices */
	uint64_t size_bytes;   /* of a TAR_FILE, holes and all */
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	bool sparse; /* @extents says where the data lie, ascending; else all is data */
	struct tar_extent *extents;
	size_t n_extents;
};

/** tar_entry_reset() - free what an entry holds, and leave an empty one */
void tar_entry_reset(struct tar_entry *e);

/** tar_entry_add_xattr() - append a copy of an attribute.  Return: 0; -ENOMEM. */
int tar_entry_add_xattr(struct tar_entry *e, const char *name, const void *value, size_t len);

/** tar_entry_add_extent() - append an extent, which may be empty.  Return: 0; -ENOMEM. */
int tar_entry_add_extent(struct tar_entry *e, uint64_t offset, uint64_t len);

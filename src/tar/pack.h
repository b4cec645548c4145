/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "tar/entry.h"

/* Packs files and folders into a tar archive. */

enum tar_pack_flags {
	TAR_PACK_SPARSE = 1,	 /* holes stay holes, in GNU's format 1.0 */
	TAR_PACK_ROOT_OWNS = 2,	 /* everything belongs to 0:0 */
	TAR_PACK_XATTRS = 4,	 /* extended attributes too */
	TAR_PACK_NOT_MOUNTS = 8, /* a mount point is packed as an empty folder */
};

struct tar_links;

struct tar_pack {
	/* Return: 0; -errno, which ends the packing. */
	int (*write)(void *arg, const void *data, size_t len);
	void *arg;
	unsigned flags;
	/* Is the content wanted of a folder that is another file system's root?  NULL: yes. */
	bool (*enters)(int fd);

	/* The members below are the packer's own; zero at the start. */
	struct buf path;
	struct tar_links *links;
	unsigned depth; /* of the current file; 0: it was asked for by its name */
};

/**
 * tar_pack_tree() - pack a file, or a folder with all that is in it
 * @dir_fd: where @name is; borrowed
 * @as:     its name in the archive: "", "." or "/" are the archive's root, and with "" the folder
 *          itself gets no member
 *
 * Symbolic links are packed as such.  Left out are sockets, files that vanish meanwhile and, in a
 * folder, unreadable files that the kernel makes up (tar/made-up.h).  A file that shrinks meanwhile
 * is filled up with zeros.  Names that were packed before with the same inode are hard links.
 *
 * Return: 0; -errno with a message that names the file.
 */
int tar_pack_tree(struct tar_pack *p, int dir_fd, const char *name, const char *as,
		  struct err *err);

/**
 * tar_pack_one() - as tar_pack_tree(), but of a folder pack only the folder itself
 * @as: its whole path in the archive
 */
int tar_pack_one(struct tar_pack *p, int dir_fd, const char *name, const char *as, struct err *err);

/** tar_pack_empty() - add an empty file that exists in the archive only, such as a whiteout.
 * Return: 0; -errno with a message. */
int tar_pack_empty(struct tar_pack *p, const char *as, struct err *err);

/** tar_pack_end() - end the archive.  Return: 0; -errno with a message. */
int tar_pack_end(struct tar_pack *p, struct err *err);

/** tar_pack_reset() - free what the packer holds */
void tar_pack_reset(struct tar_pack *p);

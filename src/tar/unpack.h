/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "tar/reader.h"

/* Unpacks a tar archive into a folder. */

enum tar_unpack_flags {
	TAR_UNPACK_OWNERS = 1,	     /* owners as in the archive; else the unpacker's */
	TAR_UNPACK_DEVICES = 2,	     /* device nodes too; else they are left out */
	TAR_UNPACK_PRIVILEGES = 4,   /* set-user-id bits and extended attributes too */
	TAR_UNPACK_KEEP_FOLDERS = 8, /* a folder never replaces anything else, nor is it replaced */
	TAR_UNPACK_STAY_BENEATH = 16, /* no symbolic link leads out of the folder */
};

struct tar_unpack {
	int dir_fd; /* borrowed */
	unsigned flags;
	bool has_owner; /* everything gets this owner, whatever the archive says */
	uint32_t uid, gid;
	/*
	 * The archive may hold only @from and what lies below it, and @to stands in place of @from;
	 * both NULL: it may hold anything.
	 */
	const char *from, *to;
	/* Called when something was left out; may be NULL. */
	void (*warn)(const char *path, const char *what);
};

/**
 * tar_unpack() - unpack a whole archive
 *
 * Names never lead out of the folder by "..", and files are removed before they are replaced:
 * nothing is written through an existing file, unless it is a mount point.  Existing folders stay
 * with what is in them.
 *
 * Return: 0; -EEXIST where a folder would replace something else, or be replaced; -EBADMSG;
 * -EOPNOTSUPP; -EXDEV where a link leads out; -errno; with a message.
 */
int tar_unpack(struct tar_reader *r, const struct tar_unpack *u, struct err *err);

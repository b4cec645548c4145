/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "image/flatten/layer-stream.h"
#include "image/flatten/layer.h"

/* Inside the layer reader: a layer that is being applied, and the entry it is at. */
struct layer {
	struct layer_target *target;
	struct layer_stream *stream;
	struct archive *tar;
	struct archive_entry *entry;
	const char *entry_name; /* as the layer says */
	struct err *err;
	uint32_t number;
	char path[TREE_PATH_MAX]; /* entry_name, cleaned */
};

/** layer_fail() - the entry is wrong; @fmt goes on after its name.  Return: -EBADMSG. */
int layer_fail(struct layer *l, const char *fmt, ...) printf_like(2, 3);

/** layer_tree_error() - @r came from the tree.  Return: -EBADMSG or -ENOMEM, with a message. */
int layer_tree_error(struct layer *l, int r);

/** layer_tar_error() - libarchive failed.  Return: -EBADMSG; -ENOMEM; what the stream failed with.
 */
int layer_tar_error(struct layer *l);

/**
 * layer_quote() - text of a layer for a message
 * @ret: printable ASCII, cut where it does not fit
 */
void layer_quote(const char *s, char *ret, size_t ret_len);

/** layer_read_attributes() - owner, permissions, time, extended attributes.  Return: 0; -EBADMSG;
 * -ENOMEM. */
int layer_read_attributes(struct layer *l, struct tree_inode *inode);

/** layer_find_xattr() - an extended attribute the entry has; borrowed; NULL when it has not */
struct tree_xattr *layer_find_xattr(struct tree_inode *inode, const char *name);

/** layer_add_xattr() - give the entry an extended attribute.  Return: 0; -EBADMSG when it is too
 * large; -ENOMEM. */
int layer_add_xattr(struct layer *l, struct tree_inode *inode, const char *name, const void *value,
		    size_t len);

/** layer_read_acls() - access control lists, and the permissions of the group with them.  To be
 * called after the attributes were added.  Return: 0; -EBADMSG; -ENOMEM. */
int layer_read_acls(struct layer *l, struct tree_inode *inode);

/** layer_read_data() - the content of a regular file.  Return: 0; -EBADMSG; -ENOMEM; -errno of
 * writing. */
int layer_read_data(struct layer *l, struct tree_inode *inode);

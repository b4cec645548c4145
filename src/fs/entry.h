/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/* What the guest is told of files, and how long it may cache that. */

/** attr_fill() - convert attributes.  @st: with STATX_WANTED */
void attr_fill(struct server *s, const struct statx *st, struct fuse_attr *ret);

/** attr_tell() - tell a node's attributes, how long they may be cached, and whether it may be
 * opened without asking.  @st: of the node */
void attr_tell(struct server *s, struct node *n, const struct statx *st, struct fuse_attr *ret,
	       uint64_t *ret_seconds);

/**
 * entry_fill() - tell the guest of an entry
 * @dir: NULL for the file of an O_TMPFILE, which has no name
 * @st:  attributes of the file; may be read again
 * @ret_node: node_put(); may be NULL
 *
 * Return: 0, with one lookup more; -ENFILE; -errno.
 */
int entry_fill(struct call *c, struct node *dir, const char *name, struct statx *st,
	       struct fuse_entry_out *ret, struct node **ret_node);

/** entry_stat() - read attributes of a folder's entry, with STATX_WANTED.  Return: 0; -errno. */
int entry_stat(int dir_fd, const char *name, struct statx *ret);

/** entry_tell() - reply with the entry that a request names.  Return: 0; as entry_stat(),
 * entry_fill(). */
int entry_tell(struct call *c, struct node *dir, int dir_fd);

/** entry_undo() - undo entry_fill(), as the guest will not hear of the entry */
void entry_undo(struct call *c, const struct fuse_entry_out *e);

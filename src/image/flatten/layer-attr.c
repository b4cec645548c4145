/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-attr.h"

#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "image/flatten/erofs-xattr.h"
#include "image/flatten/erofs.h"
#include "image/flatten/layer-acl.h"
#include "image/flatten/layer-error.h"
#include "image/flatten/layer-inner.h"

#define XATTR_NAME_MAX 255
#define XATTRS_MAX     1024 /* of one file; each is compared with all others */

static int read_owner(struct layer *l, struct tree_inode *inode)
{
	int64_t uid = archive_entry_uid(l->entry);
	int64_t gid = archive_entry_gid(l->entry);

	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return layer_fail(&l->at, "has the impossible owner %lld:%lld", (long long)uid,
				  (long long)gid);
	inode->uid = (uint32_t)uid;
	inode->gid = (uint32_t)gid;
	return 0;
}

static int read_time(struct layer *l, struct tree_inode *inode)
{
	long nsec = archive_entry_mtime_nsec(l->entry);

	if (nsec < 0 || nsec >= (long)NSEC_PER_SEC)
		return layer_fail(&l->at, "has an impossible time");
	inode->mtime_sec = archive_entry_mtime(l->entry);
	inode->mtime_nsec = (uint32_t)nsec;
	return 0;
}

/* Attributes that the image cannot hold are left out, as on file systems without them. */
static bool is_kept(const char *name)
{
	uint32_t prefix_len;

	return strlen(name) <= XATTR_NAME_MAX && erofs_xattr_index(name, &prefix_len) != 0 &&
	       !str_starts(name, "trusted.overlay.");
}

static size_t count_xattrs(const struct tree_inode *inode)
{
	size_t n = 0;

	for (const struct tree_xattr *x = inode->xattrs; x; x = x->next)
		n++;
	return n;
}

struct tree_xattr *layer_find_xattr(struct tree_inode *inode, const char *name)
{
	struct tree_xattr *x = inode->xattrs;

	while (x && !streq(x->name, name))
		x = x->next;
	return x;
}

int layer_add_xattr(struct layer *l, struct tree_inode *inode, const char *name, const void *value,
		    size_t len)
{
	struct arena *arena = layer_arena(l);
	struct tree_xattr *x = layer_find_xattr(inode, name);
	size_t name_len = strlen(name);
	char *copy;

	if (len > UINT16_MAX)
		return layer_fail(&l->at, "has an extended attribute of %zu bytes", len);
	copy = arena_alloc(arena, name_len + 1 + len);
	if (!copy)
		return layer_tree_error(&l->at, arena_errno(arena));
	if (!x) {
		struct tree_xattr **link = &inode->xattrs;

		if (count_xattrs(inode) >= XATTRS_MAX)
			return layer_fail(&l->at, "has more than %d extended attributes",
					  XATTRS_MAX);
		x = arena_alloc(arena, sizeof(*x));
		if (!x)
			return layer_tree_error(&l->at, arena_errno(arena));
		while (*link && strcmp((*link)->name, name) < 0)
			link = &(*link)->next;
		x->next = *link;
		*link = x;
	}
	memcpy(copy, name, name_len + 1);
	if (len > 0)
		memcpy(copy + name_len + 1, value, len);
	x->name = copy;
	x->value = copy + name_len + 1;
	x->value_len = (uint32_t)len;
	return 0;
}

static int read_xattrs(struct layer *l, struct tree_inode *inode)
{
	const void *value;
	const char *name;
	size_t len;

	if (archive_entry_xattr_reset(l->entry) == 0)
		return 0;
	while (archive_entry_xattr_next(l->entry, &name, &value, &len) == ARCHIVE_OK) {
		int r;

		if (!name || !is_kept(name))
			continue;
		r = layer_add_xattr(l, inode, name, value, len);
		if (r < 0)
			return r;
	}
	return 0;
}

int layer_read_attributes(struct layer *l, struct tree_inode *inode)
{
	int r = read_owner(l, inode);

	if (r == 0)
		r = read_time(l, inode);
	if (r == 0)
		r = read_xattrs(l, inode);
	if (r == 0)
		r = layer_read_acls(l, inode);
	if (r == 0 && erofs_xattr_size(inode) > EROFS_XATTR_SIZE_MAX)
		return layer_fail(&l->at, "has more than %u bytes of extended attributes",
				  EROFS_XATTR_SIZE_MAX);
	return r;
}

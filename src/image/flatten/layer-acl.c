/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-acl.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/flatten/layer-attr.h"
#include "image/flatten/layer-error.h"

/*
 * Theory of operation: tar(1) writes an access control list as text (SCHILY.acl.access), which
 * libarchive parses, and then counts what the list says of the owning group as the group's bits of
 * the mode.  stat(2) shows the mask there, and so does the entry's own header, so the mode is
 * corrected.  EROFS stores a list as the attribute that getxattr(2) shows; where the layer lacks
 * that, it is made from the text.  The kernel wants the entries sorted by kind, with a mask where
 * users or groups are named.
 *
 * Users and groups given by name only are left out, as their numbers are not known here.
 */

#define ACL_ATTR_VERSION 2u
#define ACL_NO_ID	 0xFFFFFFFFu

/* Kinds of entries, in the kernel's order: that of its tags. */
enum acl_tag {
	ACL_TAG_OWNER = 1,
	ACL_TAG_USER = 2,
	ACL_TAG_OWNING_GROUP = 4,
	ACL_TAG_GROUP = 8,
	ACL_TAG_MASK = 16,
	ACL_TAG_OTHER = 32,
};

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

struct acl {
	struct acl_entry *entries;
	size_t n;
	unsigned tags; /* the kinds that were seen */
	unsigned mask; /* permissions of the mask */
};

static void acl_reset(struct acl *a)
{
	free(a->entries);
}

static enum acl_tag tag_of(int libarchive_tag)
{
	switch (libarchive_tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_TAG_OWNER;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_TAG_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_TAG_OWNING_GROUP;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_TAG_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_TAG_MASK;
	default:
		return ACL_TAG_OTHER;
	}
}

static void acl_add(struct acl *a, enum acl_tag tag, unsigned perm, uint32_t id)
{
	a->entries[a->n++] = (struct acl_entry){
		.tag = htole16((uint16_t)tag),
		.perm = htole16((uint16_t)perm),
		.id = htole32(id),
	};
	a->tags |= tag;
}

/* Compares by kind, and by number within a kind. */
static int by_order(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return le16toh(x->tag) < le16toh(y->tag) ? -1 : 1;
	if (x->id != y->id)
		return le32toh(x->id) < le32toh(y->id) ? -1 : 1;
	return 0;
}

/* Return: 1; 0 for no list, or an incomplete one; -ENOMEM. */
static int acl_read(struct layer *l, int type, struct acl *ret)
{
	const unsigned needed = ACL_TAG_OWNER | ACL_TAG_OWNING_GROUP | ACL_TAG_OTHER;
	int kind, perm, tag, id, n = archive_entry_acl_reset(l->entry, type);
	unsigned group_class = 0;
	const char *name;

	if (n <= 0)
		return 0;
	ret->entries = calloc((size_t)n + 1, sizeof(*ret->entries));
	if (!ret->entries)
		return -ENOMEM;
	while (archive_entry_acl_next(l->entry, type, &kind, &perm, &tag, &id, &name) ==
	       ARCHIVE_OK) {
		enum acl_tag t = tag_of(tag);
		bool named = t == ACL_TAG_USER || t == ACL_TAG_GROUP;

		if (ret->n == (size_t)n || (named ? id < 0 : ret->tags & t))
			continue;
		acl_add(ret, t, (unsigned)perm & 7, named ? (uint32_t)id : ACL_NO_ID);
		if (named || t == ACL_TAG_OWNING_GROUP)
			group_class |= (unsigned)perm & 7;
		if (t == ACL_TAG_MASK)
			ret->mask = (unsigned)perm & 7;
	}
	if (!(ret->tags & ACL_TAG_MASK) && ret->tags & (ACL_TAG_USER | ACL_TAG_GROUP)) {
		acl_add(ret, ACL_TAG_MASK, group_class, ACL_NO_ID);
		ret->mask = group_class;
	}
	qsort(ret->entries, ret->n, sizeof(*ret->entries), by_order);
	return (ret->tags & needed) == needed;
}

static int add_attribute(struct layer *l, struct tree_inode *inode, const char *name,
			 const struct acl *a)
{
	size_t len = sizeof(uint32_t) + a->n * sizeof(*a->entries);
	cleanup_free char *value = malloc(len);
	uint32_t version = htole32(ACL_ATTR_VERSION);

	if (!value)
		return layer_tree_error(&l->at, -ENOMEM);
	memcpy(value, &version, sizeof(version));
	memcpy(value + sizeof(version), a->entries, len - sizeof(version));
	return layer_add_xattr(l, inode, name, value, len);
}

static int read_list(struct layer *l, struct tree_inode *inode, int type, const char *attribute)
{
	cleanup(acl_reset) struct acl a = { 0 };
	int r = acl_read(l, type, &a);

	if (r < 0)
		return layer_tree_error(&l->at, r);
	if (r == 0)
		return 0;
	if (type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS && a.tags & ACL_TAG_MASK)
		inode->mode = (uint16_t)((inode->mode & ~(uint32_t)S_IRWXG) | a.mask << 3);
	return layer_find_xattr(inode, attribute) ? 0 : add_attribute(l, inode, attribute, &a);
}

int layer_read_acls(struct layer *l, struct tree_inode *inode)
{
	int r = 0;

	if (!S_ISLNK(inode->mode))
		r = read_list(l, inode, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access");
	if (r == 0 && S_ISDIR(inode->mode))
		r = read_list(l, inode, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default");
	return r;
}

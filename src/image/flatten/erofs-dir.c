/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-dir.h"

#include <endian.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"

struct name {
	const char *name;
	size_t len;
	const struct tree_inode *inode;
};

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int r = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return r ? r : (a_len > b_len) - (a_len < b_len);
}

/* Merges two sorted lists. */
static struct tree_entry *merge_entries(struct tree_entry *a, struct tree_entry *b)
{
	struct tree_entry *first, **link = &first;

	while (a && b) {
		struct tree_entry **less =
			compare_names(a->name, a->len, b->name, b->len) < 0 ? &a : &b;

		*link = *less;
		link = &(*link)->next;
		*less = *link;
	}
	*link = a ? a : b;
	return first;
}

/* Sorts by merging lists of 1, 2, 4, … names, as bits are carried in a sum. */
static struct tree_entry *sort_list(struct tree_entry *list)
{
	struct tree_entry *sorted[32] = { 0 }, *all = NULL;

	while (list) {
		struct tree_entry *carry = list;
		size_t i = 0;

		list = list->next;
		carry->next = NULL;
		for (; i < ARRAY_SIZE(sorted) - 1 && sorted[i]; i++)
			carry = merge_entries(take_ptr(sorted[i]), carry);
		sorted[i] = sorted[i] ? merge_entries(sorted[i], carry) : carry;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		all = merge_entries(sorted[i], all);
	return all;
}

void erofs_dir_sort(struct tree_inode *dir)
{
	struct tree_entry **link = &dir->folder->children;

	*link = sort_list(*link);
	for (struct tree_entry *e = *link; e; e = e->next) {
		e->link = link;
		link = &e->next;
	}
}

void erofs_dir_begin(struct erofs_dir_iter *it, struct tree_inode *dir)
{
	*it = (struct erofs_dir_iter){ .dir = dir, .next = dir->folder->children };
}

static const struct tree_inode *parent_of(const struct tree_inode *dir)
{
	const struct tree_entry *e = dir->folder->parent_entry;

	return e ? e->dir : dir;
}

static bool next_name(struct erofs_dir_iter *it, struct name *ret)
{
	if (it->n_dots < 2) {
		size_t len = it->n_dots + 1;

		if (!it->next || compare_names("..", len, it->next->name, it->next->len) < 0) {
			ret->name = "..";
			ret->len = len;
			ret->inode = len == 1 ? it->dir : parent_of(it->dir);
			it->n_dots++;
			return true;
		}
	}
	if (!it->next)
		return false;
	*ret = (struct name){ it->next->name, it->next->len, it->next->inode };
	it->next = it->next->next;
	return true;
}

static uint8_t type_of(const struct tree_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		return EROFS_TYPE_DIR;
	case S_IFCHR:
		return EROFS_TYPE_CHAR;
	case S_IFBLK:
		return EROFS_TYPE_BLOCK;
	case S_IFIFO:
		return EROFS_TYPE_FIFO;
	case S_IFLNK:
		return EROFS_TYPE_LINK;
	default:
		return EROFS_TYPE_FILE;
	}
}

/* Counts the names that fit into the block, and moves @it past them. */
static uint32_t fit_names(struct erofs_dir_iter *it, uint32_t *ret_count)
{
	struct erofs_dir_iter ahead = *it;
	uint32_t used = 0;
	struct name name;

	*ret_count = 0;
	while (next_name(&ahead, &name)) {
		uint32_t more = (uint32_t)(sizeof(struct erofs_dirent) + name.len);

		if (used + more > EROFS_BLOCK)
			break;
		used += more;
		++*ret_count;
		*it = ahead;
	}
	return used;
}

uint32_t erofs_dir_block(struct erofs_dir_iter *it, uint8_t block[EROFS_BLOCK])
{
	struct erofs_dir_iter from = *it;
	uint32_t count;
	uint32_t used = fit_names(it, &count);
	size_t name_pos = count * sizeof(struct erofs_dirent);

	if (!block)
		return used;
	for (uint32_t i = 0; i < count; i++) {
		struct erofs_dirent d = { .name_pos = htole16((uint16_t)name_pos) };
		struct name name;

		next_name(&from, &name);
		d.nid = htole64(erofs_nid(name.inode));
		d.type = type_of(name.inode);
		memcpy(block + i * sizeof(d), &d, sizeof(d));
		memcpy(block + name_pos, name.name, name.len);
		name_pos += name.len;
	}
	memset(block + used, 0, EROFS_BLOCK - used);
	return used;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-dir.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

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

static int compare_entries(const void *a, const void *b)
{
	const struct tree_entry *x = *(struct tree_entry *const *)a;
	const struct tree_entry *y = *(struct tree_entry *const *)b;

	return compare_names(x->name, x->len, y->name, y->len);
}

int erofs_dir_sort(struct tree_inode *dir)
{
	cleanup_free struct tree_entry **list = NULL;
	struct tree_entry **link = &dir->children;
	size_t n = 0;

	if (dir->n_children < 2)
		return 0;
	list = calloc(dir->n_children, sizeof(struct tree_entry *));
	if (!list)
		return -ENOMEM;
	for (struct tree_entry *e = dir->children; e; e = e->next)
		list[n++] = e;
	qsort(list, n, sizeof(*list), compare_entries);
	for (size_t i = 0; i < n; i++) {
		list[i]->link = link;
		*link = list[i];
		link = &list[i]->next;
	}
	*link = NULL;
	return 0;
}

void erofs_dir_begin(struct erofs_dir_iter *it, struct tree_inode *dir)
{
	*it = (struct erofs_dir_iter){ .dir = dir, .next = dir->children };
}

static const struct tree_inode *parent_of(const struct tree_inode *dir)
{
	return dir->parent_entry ? dir->parent_entry->dir : dir;
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

/* Counts the names that fit and leaves @it behind them. */
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads where the data of a sparse file belong.  GNU tar's old format has that in the header and
 * blocks behind it, format 1.0 as text before the data. */
#include "tar/reader-sparse.h"

#include <errno.h>

#include "tar/number.h"
#include "tar/reader-inner.h"

/* Checks that an extent follows the one before and lies within the file. */
static int add_extent(struct tar_reader *r, uint64_t offset, uint64_t len, struct err *err)
{
	struct tar_entry *e = &r->entry;
	const struct tar_extent *last = e->n_extents > 0 ? &e->extents[e->n_extents - 1] : NULL;
	uint64_t end;

	if (e->n_extents == TAR_EXTENTS_MAX)
		return tar_bad(err, "a sparse file has too many pieces");
	if (__builtin_add_overflow(offset, len, &end) || end > e->size_bytes ||
	    (last && offset < last->offset + last->len))
		return tar_bad(err, "the map of a sparse file makes no sense");
	if (tar_entry_add_extent(e, offset, len) < 0)
		return err_errno(err, -ENOMEM, "read the archive");
	return 0;
}

static int add_gnu_extents(struct tar_reader *r, const struct tar_gnu_extent *map, size_t n,
			   struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int64_t offset, len;
		int ret;

		if (map[i].offset[0] == '\0' && map[i].len[0] == '\0')
			return 0;
		if (tar_number(map[i].offset, sizeof(map[i].offset), &offset) < 0 ||
		    tar_number(map[i].len, sizeof(map[i].len), &len) < 0 || offset < 0 || len < 0)
			return tar_bad(err, "the map of a sparse file is no number");
		ret = add_extent(r, (uint64_t)offset, (uint64_t)len, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int tar_read_gnu_map(struct tar_reader *r, const struct tar_header *h, struct err *err)
{
	const struct tar_gnu_header *gnu = (const void *)h;
	struct tar_gnu_more more = { .is_extended = gnu->is_extended };
	int64_t size;
	int ret;

	if (tar_number(gnu->real_size, sizeof(gnu->real_size), &size) < 0 || size < 0)
		return tar_bad(err, "a size is no number");
	r->entry.sparse = true;
	r->entry.size_bytes = (uint64_t)size;
	ret = add_gnu_extents(r, gnu->map, 4, err);
	while (ret == 0 && more.is_extended) {
		ret = tar_take_block(r, &more, err);
		if (ret == 0)
			return tar_bad(err, "it ends within a header");
		if (ret > 0)
			ret = add_gnu_extents(r, more.map, 21, err);
	}
	return ret;
}

/* Takes a decimal number and a newline of the map before the data; adds the bytes taken to
 * @used. */
static int take_map_number(struct tar_reader *r, uint64_t *used, uint64_t *ret, struct err *err)
{
	uint64_t value = 0;
	unsigned digits = 0;

	for (;;) {
		char c = 0;
		ssize_t n = tar_take(r, &c, 1, err);

		if (n <= 0)
			return n < 0 ? (int)n : tar_bad(err, "it ends within a sparse file");
		if (++*used > r->left)
			return tar_bad(err, "the map of a sparse file is longer than the file");
		if (c == '\n' && digits > 0)
			break;
		if (c < '0' || c > '9' || ++digits > 19)
			return tar_bad(err, "the map of a sparse file is no number");
		value = value * 10 + (uint64_t)(c - '0');
	}
	*ret = value;
	return 0;
}

int tar_read_pax_map(struct tar_reader *r, struct err *err)
{
	uint64_t used = 0, n = 0;
	int ret = take_map_number(r, &used, &n, err);

	r->entry.sparse = true;
	if (ret == 0 && n > TAR_EXTENTS_MAX)
		return tar_bad(err, "a sparse file has too many pieces");
	for (uint64_t i = 0; ret == 0 && i < n; i++) {
		uint64_t offset = 0, len = 0;

		ret = take_map_number(r, &used, &offset, err);
		if (ret == 0)
			ret = take_map_number(r, &used, &len, err);
		if (ret == 0)
			ret = add_extent(r, offset, len, err);
	}
	if (ret < 0)
		return ret;
	if (used + tar_padding(used) > r->left)
		return tar_bad(err, "the map of a sparse file is longer than the file");
	r->left -= used + tar_padding(used);
	return tar_skip(r, tar_padding(used), err);
}

int tar_check_map(const struct tar_reader *r, struct err *err)
{
	uint64_t sum = 0;

	if (!r->entry.sparse)
		return 0;
	for (size_t i = 0; i < r->entry.n_extents; i++)
		sum += r->entry.extents[i].len;
	return sum == r->left ? 0 : tar_bad(err, "the map of a sparse file does not fit its data");
}

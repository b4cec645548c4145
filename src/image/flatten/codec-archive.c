/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "image/flatten/codec.h"

/*
 * Theory of operation: xz and bzip2 are rare, and left to libarchive, whose "raw" format takes any
 * bytes; of its filters only the one is enabled that the layer's first bytes name.
 *
 * The bytes come from a registry and are hostile.
 */

struct unarchive {
	struct layer_source *from;
	struct archive *raw;
	struct err *err; /* of the call under way */
	int error;	 /* the first error in reading the layer */
};

static void unarchive_close(void *state)
{
	struct unarchive *u = state;

	archive_read_free(u->raw);
	free(u);
}

static ssize_t read_packed(struct archive *a, void *arg, const void **ret)
{
	struct unarchive *u = arg;
	struct layer_source *from = u->from;
	size_t len;

	u->error = layer_source_fill(from, 1, u->err);
	if (u->error < 0) {
		archive_set_error(a, -u->error, "cannot read the layer");
		return -1;
	}
	*ret = from->data + from->at;
	len = from->len - from->at;
	from->at = from->len;
	return (ssize_t)len;
}

static ssize_t unarchive_failed(const struct unarchive *u, struct err *err)
{
	if (u->error < 0)
		return u->error;
	if (archive_errno(u->raw) == ENOMEM)
		return err_nomem(err);
	return codec_damaged(err, archive_error_string(u->raw));
}

/* libarchive answers ARCHIVE_WARN where it would need to run a program for a filter, so only
 * ARCHIVE_OK will do. */
static int unarchive_open(struct layer_source *from, int (*filter)(struct archive *), void **ret,
			  struct err *err)
{
	struct unarchive *u = calloc(1, sizeof(*u));
	struct archive_entry *entry;
	int r = 0;

	if (!u)
		return err_nomem(err);
	u->from = from;
	u->err = err;
	u->raw = archive_read_new();
	if (!u->raw)
		r = err_nomem(err);
	else if (filter(u->raw) != ARCHIVE_OK ||
		 archive_read_support_format_raw(u->raw) != ARCHIVE_OK ||
		 archive_read_support_format_empty(u->raw) != ARCHIVE_OK)
		r = err_set(err, -ENOTSUP, "this libarchive lacks xz or bzip2");
	else if (archive_read_open(u->raw, u, NULL, read_packed, NULL) != ARCHIVE_OK ||
		 archive_read_next_header(u->raw, &entry) < ARCHIVE_OK)
		r = (int)unarchive_failed(u, err);
	if (r < 0) {
		unarchive_close(u);
		return r;
	}
	*ret = u;
	return 0;
}

/* Has all of the layer been decompressed? */
static ssize_t unarchive_end(const struct unarchive *u, struct err *err)
{
	int64_t used = archive_filter_bytes(u->raw, -1);

	if (used >= 0 && (uint64_t)used == u->from->size_bytes)
		return 0;
	return err_set(err, -EBADMSG, "something follows the compressed data at byte %lld of %llu",
		       (long long)used, (unsigned long long)u->from->size_bytes);
}

static ssize_t unarchive_next(void *state, const void **ret, struct err *err)
{
	struct unarchive *u = state;
	size_t len = 0;

	u->err = err;
	while (len == 0) {
		int64_t offset;
		int r = archive_read_data_block(u->raw, ret, &len, &offset);

		if (r == ARCHIVE_EOF)
			return unarchive_end(u, err);
		if (r != ARCHIVE_OK)
			return unarchive_failed(u, err);
	}
	return (ssize_t)len;
}

static int xz_open(struct layer_source *from, void **ret, struct err *err)
{
	return unarchive_open(from, archive_read_support_filter_xz, ret, err);
}

static int bzip2_open(struct layer_source *from, void **ret, struct err *err)
{
	return unarchive_open(from, archive_read_support_filter_bzip2, ret, err);
}

#define XZ_MAGIC                                                                                   \
	"\xfd"                                                                                     \
	"7zXZ"
#define BZIP2_MAGIC "BZh"

const struct codec codec_xz = { .name = "xz",
				.magic = XZ_MAGIC,
				.magic_len = sizeof(XZ_MAGIC), /* the NUL belongs to it */
				.open = xz_open,
				.close = unarchive_close,
				.next = unarchive_next };

const struct codec codec_bzip2 = { .name = "bzip2",
				   .magic = BZIP2_MAGIC,
				   .magic_len = sizeof(BZIP2_MAGIC) - 1,
				   .open = bzip2_open,
				   .close = unarchive_close,
				   .next = unarchive_next };

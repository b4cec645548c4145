/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

/*
 * Theory of operation: libarchive's "raw" format, which takes any bytes, does the decompression;
 * the filter is chosen by the first bytes of the layer.  Each piece is hashed and handed on
 * without a copy to the tar reader, another libarchive object, in layer.c.
 *
 * The layer comes from a registry and is hostile.  How much it may unpack to is bounded here.
 */

#define READ_BYTES KIB(256)

struct layer_stream {
	struct archive *raw;
	struct hash *hash;
	const struct flatten_limits *limits;
	struct err *err;
	int fd;
	int error; /* of the first failure */
	bool at_end;
	uint64_t read_pos;
	uint64_t packed_bytes;
	uint64_t unpacked_bytes;
	char data[READ_BYTES];
};

DEFINE_CLEANUP(struct layer_stream, layer_stream_free)

static ssize_t read_packed(struct archive *a, void *arg, const void **ret)
{
	struct layer_stream *s = arg;
	ssize_t n;

	do {
		n = pread(s->fd, s->data, sizeof(s->data), (off_t)s->read_pos);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(a, errno, "cannot read the layer");
		return -1;
	}
	s->read_pos += (uint64_t)n;
	*ret = s->data;
	return n;
}

static int raw_error(struct layer_stream *s)
{
	const char *text = archive_error_string(s->raw);
	int code = archive_errno(s->raw);

	if (code == ENOMEM || code == EIO)
		s->error = err_set(s->err, -code, "reading: %s", text ? text : "failed");
	else
		s->error = err_set(s->err, -EBADMSG, "the compressed data is damaged: %s",
				   text ? text : "unknown format");
	return s->error;
}

/* libarchive answers ARCHIVE_WARN where it would have to run a program for a filter. */
static bool enable_filters(struct archive *raw)
{
	return archive_read_support_filter_gzip(raw) == ARCHIVE_OK &&
	       archive_read_support_filter_zstd(raw) == ARCHIVE_OK &&
	       archive_read_support_filter_xz(raw) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(raw) == ARCHIVE_OK &&
	       archive_read_support_format_raw(raw) == ARCHIVE_OK &&
	       archive_read_support_format_empty(raw) == ARCHIVE_OK;
}

static int open_raw(struct layer_stream *s)
{
	struct archive_entry *entry;
	int r;

	s->raw = archive_read_new();
	if (!s->raw)
		return err_nomem(s->err);
	if (!enable_filters(s->raw))
		return err_set(s->err, -ENOTSUP, "this libarchive lacks gzip, zstd, xz or bzip2");
	if (archive_read_open(s->raw, s, NULL, read_packed, NULL) != ARCHIVE_OK)
		return raw_error(s);
	r = archive_read_next_header(s->raw, &entry);
	s->at_end = r == ARCHIVE_EOF;
	if (r != ARCHIVE_OK && r != ARCHIVE_EOF)
		return raw_error(s);
	if (archive_filter_count(s->raw) > 2)
		return err_set(s->err, -EBADMSG, "the layer is compressed more than once");
	return 0;
}

int layer_stream_open(int fd, const struct flatten_limits *limits, struct err *err,
		      struct layer_stream **ret)
{
	cleanup(layer_stream_free_cleanup_fn) struct layer_stream *s = calloc(1, sizeof(*s));
	struct stat sb;
	int r;

	if (!s || hash_new(&s->hash) < 0)
		return err_nomem(err);
	s->fd = fd;
	s->limits = limits;
	s->err = err;
	if (fstat(fd, &sb) < 0)
		return err_errno(err, -errno, "cannot read the layer");
	if (!S_ISREG(sb.st_mode))
		return err_set(err, -EINVAL, "the layer is not a regular file");
	s->packed_bytes = (uint64_t)sb.st_size;
	r = open_raw(s);
	if (r == 0)
		*ret = take_ptr(s);
	return r;
}

void layer_stream_free(struct layer_stream *s)
{
	if (!s)
		return;
	archive_read_free(s->raw);
	hash_free(s->hash);
	free(s);
}

static ssize_t check_end(struct layer_stream *s)
{
	int64_t used = archive_filter_bytes(s->raw, -1);

	s->at_end = true;
	if (used >= 0 && (uint64_t)used == s->packed_bytes)
		return 0;
	s->error = err_set(s->err, -EBADMSG,
			   "something follows the compressed data at byte %lld of %llu",
			   (long long)used, (unsigned long long)s->packed_bytes);
	return s->error;
}

static ssize_t check_piece(struct layer_stream *s, const void *data, size_t len)
{
	const struct flatten_limits *max = s->limits;

	s->unpacked_bytes += len;
	if (s->unpacked_bytes > max->ratio_from &&
	    s->unpacked_bytes / max->ratio_max > s->packed_bytes)
		s->error = err_set(
			s->err, -EBADMSG,
			"%llu bytes unpack to more than %u times as many; refused as a bomb",
			(unsigned long long)s->packed_bytes, max->ratio_max);
	else if (hash_update(s->hash, data, len) < 0)
		s->error = err_set(s->err, -EIO, "SHA-256 failed");
	return s->error ? s->error : (ssize_t)len;
}

ssize_t layer_stream_next(struct layer_stream *s, const void **ret)
{
	size_t len = 0;

	while (!s->error && !s->at_end) {
		int64_t offset;
		int r = archive_read_data_block(s->raw, ret, &len, &offset);

		if (r == ARCHIVE_EOF)
			return check_end(s);
		if (r != ARCHIVE_OK)
			return raw_error(s);
		if (len > 0)
			return check_piece(s, *ret, len);
	}
	return s->error;
}

int layer_stream_error(const struct layer_stream *s)
{
	return s->error;
}

int layer_stream_finish(struct layer_stream *s, char ret_hex[SHA256_HEX_LEN + 1])
{
	const void *data;
	ssize_t n;

	while ((n = layer_stream_next(s, &data)) > 0)
		;
	if (n < 0)
		return (int)n;
	return hash_final(s->hash, ret_hex) < 0 ? err_set(s->err, -EIO, "SHA-256 failed") : 0;
}

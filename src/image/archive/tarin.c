/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/tarin.h"

#include <errno.h>

#include "base/macro.h"
#include "image/flatten/flatten.h"
#include "image/store/claim.h"
#include "image/store/progress.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: libarchive unpacks the outer archive in this process; of its formats only
 * tar (or none, for import) is enabled, and of its filters only those that need no other program. A
 * member's bytes go into a blob while they are hashed; nothing is interpreted here.
 *
 * The archive is hostile: a stream that grows beyond all proportion is given up.
 */

#define CHUNK_BYTES KIB(128)

static int archive_failed(struct archive *a, struct err *err)
{
	int code = archive_errno(a);

	if (code == ENOMEM || code == EIO || code == ECONNRESET)
		return err_errno(err, -code, "read archive");
	return err_set(err, -EBADMSG, "archive is damaged or of an unknown kind: %.200s",
		       archive_error_string(a) ? archive_error_string(a) : "no reason given");
}

int tarin_open(int fd, bool raw, const struct progress *progress, struct tarin *ret)
{
	struct archive *a = archive_read_new();
	int r = ARCHIVE_OK;

	if (!a)
		return -ENOMEM;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	if (raw) {
		archive_read_support_format_raw(a);
		archive_read_support_format_empty(a);
	} else {
		archive_read_support_format_tar(a);
	}
	r = archive_read_open_fd(a, fd, CHUNK_BYTES);
	*ret = (struct tarin){ .archive = a, .progress = progress };
	return r == ARCHIVE_FATAL && archive_errno(a) == ENOMEM ? -ENOMEM : 0;
}

void tarin_close(struct tarin *t)
{
	archive_read_free(t->archive);
}

int tarin_next(struct tarin *t, struct archive_entry **ret, struct err *err)
{
	int r;

	if (progress_cancelled(t->progress))
		return err_set(err, -ECANCELED, "cancelled");
	r = archive_read_next_header(t->archive, ret);
	if (r == ARCHIVE_EOF)
		*ret = NULL;
	else if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return archive_failed(t->archive, err);
	return 0;
}

static bool is_bomb(const struct tarin *t)
{
	uint64_t packed = (uint64_t)archive_filter_bytes(t->archive, -1);

	return t->unpacked_bytes > UNPACK_RATIO_FROM &&
	       t->unpacked_bytes / UNPACK_RATIO_MAX > packed;
}

static int copy_data(struct tarin *t, struct blob_writer *to, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);

	if (!chunk)
		return err_nomem(err);
	for (;;) {
		la_ssize_t n = archive_read_data(t->archive, chunk, CHUNK_BYTES);
		int r;

		if (n < 0)
			return archive_failed(t->archive, err);
		if (n == 0)
			return 0;
		t->unpacked_bytes += (uint64_t)n;
		if (is_bomb(t))
			return err_set(err, -EBADMSG,
				       "archive unpacks to more than %u times its size",
				       UNPACK_RATIO_MAX);
		if (progress_cancelled(t->progress))
			return err_set(err, -ECANCELED, "cancelled");
		r = blob_writer_add(to, chunk, (size_t)n, err);
		if (r < 0)
			return r == -EFBIG ? err_set(err, -EBADMSG, "archive is too large") : r;
	}
}

int tarin_store(struct tarin *t, struct work *w, enum hash_kind kind, struct oci_descriptor *ret,
		struct err *err)
{
	cleanup(blob_writer_close) struct blob_writer writer = BLOB_WRITER_INIT;
	int r = blob_writer_open(w->st, kind, UNPACK_MAX_BYTES, &writer, err);

	if (r == 0)
		r = copy_data(t, &writer, err);
	if (r == 0)
		r = blob_writer_finish(&writer, err);
	if (r == 0 && work_pin(w, &writer.digest) < 0)
		r = err_nomem(err);
	if (r == 0)
		r = blob_writer_publish(&writer, NULL, err);
	if (r == 0)
		*ret = (struct oci_descriptor){ .digest = writer.digest,
						.size_bytes = writer.size_bytes };
	return r;
}

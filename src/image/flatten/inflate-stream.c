/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/inflate-stream.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"

#define CHUNK_BYTES KIB(128)

/* Limit of a stream's unpacked size; the disk it goes to is smaller. */
#define OUTPUT_MAX GIB(64)

static int inflate_failed(struct archive *a, struct err *err)
{
	int code = archive_errno(a);

	if (code == ENOMEM || code == EIO)
		return err_errno(err, -code, "decompress");
	return err_set(err, -EBADMSG, "the compressed archive is damaged: %.200s",
		       archive_error_string(a) ? archive_error_string(a) : "no reason given");
}

static int copy_stream(struct archive *a, int to_fd, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);
	uint64_t total = 0;

	if (!chunk)
		return err_errno(err, -ENOMEM, "decompress");
	for (;;) {
		la_ssize_t n = archive_read_data(a, chunk, CHUNK_BYTES);
		int r;

		if (n <= 0)
			return n < 0 ? inflate_failed(a, err) : 0;
		total += (uint64_t)n;
		if (total > OUTPUT_MAX)
			return err_set(err, -EBADMSG, "the archive unpacks to more than %llu GiB",
				       (unsigned long long)(OUTPUT_MAX / GIB(1)));
		r = fd_write_all(to_fd, chunk, (size_t)n);
		if (r < 0)
			return err_errno(err, r, "decompress");
	}
}

int inflate_stream(int from_fd, int to_fd, struct err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int r;

	if (!a)
		return err_errno(err, -ENOMEM, "decompress");
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	r = archive_read_open_fd(a, from_fd, CHUNK_BYTES);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(a, &e);
	r = r == ARCHIVE_OK ? copy_stream(a, to_fd, err) : inflate_failed(a, err);
	archive_read_free(a);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "image/store/claim.h"
#include "image/store/store.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: a blob is written to a file below tmp/ while it is hashed, never longer
 * than announced; when size and digest are right it is synced and renamed to its digest, and the
 * folder is synced.  A file under blobs/sha256 is thus always whole.
 *
 * The content comes from a hostile registry or archive; the names are validated digests.
 */

int store_tmp_open(struct store *st, char ret_name[32])
{
	uint64_t n = __atomic_add_fetch(&st->tmp_counter, 1, __ATOMIC_RELAXED);
	int fd;

	snprintf(ret_name, 32, "%" PRIu64, n);
	fd = openat(st->tmp_fd, ret_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int blob_writer_open(struct store *st, uint64_t max_bytes, struct blob_writer *ret, struct err *err)
{
	struct blob_writer w = { .st = st, .max_bytes = max_bytes };

	if (hash_new(&w.hash) < 0)
		return err_nomem(err);
	w.fd = store_tmp_open(st, w.name);
	if (w.fd < 0) {
		hash_free(w.hash);
		return err_errno(err, w.fd, "make a file in %s/tmp", st->path);
	}
	*ret = w;
	return 0;
}

int blob_writer_add(struct blob_writer *w, const void *data, size_t len, struct err *err)
{
	int r;

	if (len > w->max_bytes - w->size_bytes)
		return err_set(err, -EFBIG,
			       "content is longer than the announced %" PRIu64 " bytes",
			       w->max_bytes);
	r = fd_write_all(w->fd, data, len);
	if (r == 0)
		r = hash_update(w->hash, data, len);
	if (r < 0)
		return err_errno(err, r, "write to %s/tmp", w->st->path);
	w->size_bytes += len;
	return 0;
}

int blob_writer_restart(struct blob_writer *w, struct err *err)
{
	struct hash *hash;

	if (hash_new(&hash) < 0)
		return err_nomem(err);
	hash_free(w->hash);
	w->hash = hash;
	w->size_bytes = 0;
	if (ftruncate(w->fd, 0) < 0 || lseek(w->fd, 0, SEEK_SET) < 0)
		return err_errno(err, -errno, "write to %s/tmp", w->st->path);
	return 0;
}

static int check_content(const struct blob_writer *w, const struct oci_descriptor *expected,
			 struct err *err)
{
	if (w->size_bytes != expected->size_bytes)
		return err_set(err, -EBADMSG,
			       "%.19s has %" PRIu64 " bytes, but %" PRIu64 " were announced",
			       expected->digest.text, w->size_bytes, expected->size_bytes);
	if (!streq(w->digest.text, expected->digest.text))
		return err_set(err, -EBADMSG, "content of %s has another digest: %s",
			       expected->digest.text, w->digest.text);
	return 0;
}

static int publish_blob(struct blob_writer *w)
{
	if (fsync(w->fd) < 0)
		return -errno;
	if (renameat(w->st->tmp_fd, w->name, w->st->blobs_fd, digest_hex(&w->digest)) < 0)
		return -errno;
	w->name[0] = '\0';
	return fsync(w->st->blobs_fd) < 0 ? -errno : 0;
}

int blob_writer_finish(struct blob_writer *w, struct err *err)
{
	char hex[SHA256_HEX_LEN + 1];
	int r = digest_is_set(&w->digest) ? 0 : hash_final(w->hash, hex);

	if (r < 0)
		return err_errno(err, r, "hash");
	if (!digest_is_set(&w->digest))
		snprintf(w->digest.text, sizeof(w->digest.text), "sha256:%s", hex);
	return 0;
}

int blob_writer_publish(struct blob_writer *w, const struct oci_descriptor *expected,
			struct err *err)
{
	int r = blob_writer_finish(w, err);

	if (r == 0 && expected)
		r = check_content(w, expected, err);
	if (r < 0)
		return r;
	r = publish_blob(w);
	return r < 0 ? err_errno(err, r, "store %.19s", w->digest.text) : 0;
}

void blob_writer_close(struct blob_writer *w)
{
	if (w->fd < 0)
		return;
	if (w->name[0])
		unlinkat(w->st->tmp_fd, w->name, 0);
	close(w->fd);
	hash_free(w->hash);
	*w = BLOB_WRITER_INIT;
}

int blob_open(const struct store *st, const struct digest *d, uint64_t size_bytes)
{
	cleanup_close int fd =
		openat(st->blobs_fd, digest_hex(d), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return -errno;
	if (!S_ISREG(sb.st_mode) || (uint64_t)sb.st_size != size_bytes)
		return -EBADMSG;
	return take_fd(&fd);
}

bool blob_exists(const struct store *st, const struct digest *d, uint64_t size_bytes)
{
	struct stat sb;

	return fstatat(st->blobs_fd, digest_hex(d), &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == size_bytes;
}

int blob_read(const struct store *st, const struct digest *d, struct buf *ret, struct err *err)
{
	size_t start = ret->len;
	struct digest got;
	int r = file_read_at(st->blobs_fd, digest_hex(d), OCI_MANIFEST_MAX_BYTES, ret);

	if (r == 0)
		r = digest_of(ret->data ? ret->data + start : "", ret->len - start, &got);
	if (r < 0)
		return err_errno(err, r, "read blob %.19s", d->text);
	if (!streq(got.text, d->text))
		return err_set(err, -EBADMSG, "blob %.19s is damaged on disk", d->text);
	return 0;
}

int blob_put(struct work *work, const void *data, size_t len, struct digest *ret, struct err *err)
{
	cleanup(blob_writer_close) struct blob_writer w = BLOB_WRITER_INIT;
	int r = blob_writer_open(work->st, len, &w, err);

	if (r == 0)
		r = blob_writer_add(&w, data, len, err);
	if (r == 0)
		r = blob_writer_finish(&w, err);
	if (r == 0 && work_pin(work, &w.digest) < 0)
		r = err_nomem(err);
	if (r == 0)
		r = blob_writer_publish(&w, NULL, err);
	if (r == 0)
		*ret = w.digest;
	return r;
}

int digest_of(const void *data, size_t len, struct digest *ret)
{
	char hex[SHA256_HEX_LEN + 1];
	int r = hash_bytes(data, len, hex);

	if (r == 0)
		snprintf(ret->text, sizeof(ret->text), "sha256:%s", hex);
	return r;
}

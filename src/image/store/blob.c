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
#include "base/path.h"
#include "base/str.h"
#include "image/store/claim.h"
#include "image/store/store.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: a blob is written to a file below tmp/ while it is hashed, never longer
 * than announced; when size and digest are right it is synced and renamed to its digest, and the
 * folder is synced.  A file under blobs/ is thus always whole.
 *
 * The content comes from a hostile registry or archive; the names are validated digests.
 */

DEFINE_CLEANUP(struct hash, hash_free)

int store_tmp_open(struct store *st, char ret_name[32])
{
	uint64_t n = __atomic_add_fetch(&st->tmp_counter, 1, __ATOMIC_RELAXED);
	int fd;

	snprintf(ret_name, 32, "%" PRIu64, n);
	fd = openat(st->tmp_fd, ret_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int blob_writer_open(struct store *st, enum hash_kind kind, uint64_t max_bytes,
		     struct blob_writer *ret, struct err *err)
{
	struct blob_writer w = { .st = st, .kind = kind, .max_bytes = max_bytes };

	if (hash_new_of(kind, &w.hash) < 0)
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

	if (hash_new_of(w->kind, &hash) < 0)
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

int blob_folder(const struct store *st, const struct digest *d)
{
	return digest_is_sha512(d) ? st->blobs512_fd : st->blobs_fd;
}

int blob_folder_make(struct store *st, const struct digest *d, int *ret_fd)
{
	LOCK_STORE(st);
	cleanup_close int blobs = -1;
	int r = 0;

	if (digest_is_sha512(d) && st->blobs512_fd < 0) {
		r = path_open_dir(st->dir_fd, "blobs", 0755, &blobs);
		if (r == 0)
			r = path_open_dir(blobs, "sha512", 0755, &st->blobs512_fd);
		if (r == 0 && fsync(blobs) < 0)
			r = -errno;
	}
	if (r == 0)
		*ret_fd = blob_folder(st, d);
	return r;
}

static int publish_blob(struct blob_writer *w)
{
	int folder, r = blob_folder_make(w->st, &w->digest, &folder);

	if (r < 0 || fsync(w->fd) < 0)
		return r < 0 ? r : -errno;
	if (renameat(w->st->tmp_fd, w->name, folder, digest_hex(&w->digest)) < 0)
		return -errno;
	w->name[0] = '\0';
	return fsync(folder) < 0 ? -errno : 0;
}

static void write_digest(enum hash_kind kind, const char *hex, struct digest *ret)
{
	snprintf(ret->text, sizeof(ret->text), "%s:%s", kind == HASH_SHA512 ? "sha512" : "sha256",
		 hex);
}

int blob_writer_finish(struct blob_writer *w, struct err *err)
{
	char hex[HASH_HEX_MAX + 1];
	int r = digest_is_set(&w->digest) ? 0 : hash_final_of(w->hash, hex);

	if (r < 0)
		return err_errno(err, r, "hash");
	if (!digest_is_set(&w->digest))
		write_digest(w->kind, hex, &w->digest);
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
		openat(blob_folder(st, d), digest_hex(d), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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

	return fstatat(blob_folder(st, d), digest_hex(d), &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == size_bytes;
}

int blob_read(const struct store *st, const struct digest *d, struct buf *ret, struct err *err)
{
	size_t start = ret->len;
	struct digest got;
	int folder = blob_folder(st, d);
	int r = folder < 0 ? -ENOENT
			   : file_read_at(folder, digest_hex(d), OCI_MANIFEST_MAX_BYTES, ret);

	if (r == 0)
		r = digest_of_kind(digest_kind(d), ret->data ? ret->data + start : "",
				   ret->len - start, &got);
	if (r < 0)
		return err_errno(err, r, "read blob %.19s", d->text);
	if (!streq(got.text, d->text))
		return err_set(err, -EBADMSG, "blob %.19s is damaged on disk", d->text);
	return 0;
}

/* Is the blob there, and on the disk?  Whoever published it may have been cut off before its name
 * was there. */
static bool is_stored(const struct store *st, const struct digest *d)
{
	cleanup(buf_reset) struct buf content = BUF_INIT;

	return blob_read(st, d, &content, NULL) == 0 && fsync(blob_folder(st, d)) == 0;
}

int blob_put_as(struct work *work, const struct digest *d, const void *data, size_t len,
		struct err *err)
{
	cleanup(blob_writer_close) struct blob_writer w = BLOB_WRITER_INIT;
	int r;

	if (work_pin(work, d) < 0)
		return err_nomem(err);
	if (is_stored(work->st, d))
		return 0;
	r = blob_writer_open(work->st, digest_kind(d), len, &w, err);
	if (r == 0)
		r = blob_writer_add(&w, data, len, err);
	return r == 0 ? blob_writer_publish(&w, NULL, err) : r;
}

int blob_put(struct work *work, const void *data, size_t len, struct digest *ret, struct err *err)
{
	struct digest digest;
	int r = digest_of(data, len, &digest);

	if (r < 0)
		return err_errno(err, r, "hash");
	r = blob_put_as(work, &digest, data, len, err);
	if (r == 0)
		*ret = digest;
	return r;
}

int digest_of_kind(enum hash_kind kind, const void *data, size_t len, struct digest *ret)
{
	cleanup(hash_free_cleanup_fn) struct hash *h = NULL;
	char hex[HASH_HEX_MAX + 1];
	int r = hash_new_of(kind, &h);

	if (r == 0)
		r = hash_update(h, data, len);
	if (r == 0)
		r = hash_final_of(h, hex);
	if (r == 0)
		write_digest(kind, hex, ret);
	return r;
}

int digest_of(const void *data, size_t len, struct digest *ret)
{
	return digest_of_kind(HASH_SHA256, data, len, ret);
}

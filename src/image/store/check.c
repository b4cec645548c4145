/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/progress.h"

/*
 * Theory of operation: a blob that was damaged on the disk is removed when it is found, and the
 * next pull fetches it.  As in writing a blob, the claim on its digest is held meanwhile.  Before
 * the removal, the name is checked once more to lead to the file that was read.
 */

DEFINE_CLEANUP(struct hash, hash_free)
#define CHUNK_BYTES KIB(256)

static int read_all(int fd, struct hash *h, const struct progress *p, uint64_t *ret_bytes)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);
	int r = chunk ? 0 : -ENOMEM;

	*ret_bytes = 0;
	while (r == 0) {
		ssize_t n;

		if (progress_cancelled(p))
			return -ECANCELED;
		n = read(fd, chunk, CHUNK_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = hash_update(h, chunk, (size_t)n);
		*ret_bytes += (uint64_t)n;
	}
	return r;
}

/* Compares a file's hash with its digest.  Return: is it right?  -errno. */
static int compare_content(int fd, const struct digest *d, const struct progress *p,
			   uint64_t *ret_bytes)
{
	cleanup(hash_free_cleanup_fn) struct hash *h = NULL;
	char hex[HASH_HEX_MAX + 1];
	int r = hash_new_of(digest_kind(d), &h);

	if (r == 0)
		r = read_all(fd, h, p, ret_bytes);
	/* The disk has a sector that cannot be read. */
	if (r == -EIO)
		return false;
	if (r == 0)
		r = hash_final_of(h, hex);
	return r < 0 ? r : streq(hex, digest_hex(d));
}

static void remove_read(struct store *st, int fd, const struct digest *d)
{
	LOCK_STORE(st);
	struct stat was, is;

	if (fstat(fd, &was) == 0 &&
	    fstatat(blob_folder(st, d), digest_hex(d), &is, AT_SYMLINK_NOFOLLOW) == 0 &&
	    was.st_dev == is.st_dev && was.st_ino == is.st_ino)
		unlinkat(blob_folder(st, d), digest_hex(d), 0);
}

static int check_claimed(struct store *st, const struct digest *d, const struct progress *p,
			 uint64_t *ret_bytes)
{
	int folder = blob_folder(st, d);
	cleanup_close int fd =
		folder < 0 ? -1 : openat(folder, digest_hex(d), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return folder < 0 || errno == ENOENT ? BLOB_MISSING : -errno;
	r = compare_content(fd, d, p, ret_bytes);
	if (r != 0)
		return r < 0 ? r : BLOB_RIGHT;
	remove_read(st, fd, d);
	return BLOB_WRONG;
}

int blob_check(struct store *st, const struct digest *d, const struct progress *p,
	       uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	struct claim claim;
	int r = claim_take(st, &claim, d->text, p);

	if (r < 0)
		return r;
	r = check_claimed(st, d, p, &bytes);
	claim_release(st, &claim);
	if (ret_bytes)
		*ret_bytes = bytes;
	return r;
}

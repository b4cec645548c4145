/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/sums.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/thread.h"
#include "image/flatten/erofs-format.h"
#include "image/store/claim.h"
#include "image/store/record.h"
#include "image/store/unsynced.h"

/*
 * Theory of operation: moat-unpack writes an image's file in no particular order, so its digest
 * cannot be computed meanwhile, and two files of one image differ.  After the pull a thread syncs
 * the file (unsynced.h), or removes it if that fails, and then reads it, from the page cache as a
 * rule, and notes its digest.  To make a file again, the claim on it is taken and the note removed
 * first.  The thread takes the claim for what it notes alone, and only where the file is still the
 * one it read: on a busy machine it takes long, and who pulls the image again waits for the claim.
 *
 * The thread begins when no work is under way: a file system that keeps data and its own notes in
 * order lets no small file be synced before the large one that is on its way to the disk, and a
 * pull's last act is to sync a small one.
 *
 * The notes are our own.  A damaged note makes a good file look bad, which is then made again.
 */

DEFINE_CLEANUP(struct hash, hash_free)
#define CHUNK_BYTES KIB(256)
#define NICEST	    19

struct sums {
	pthread_t thread;
	_Atomic bool stopped; /* waited for with the store's lock, which guards the queue */
	struct digest *queue;
	size_t n;
};

static bool is_stopped(void *arg)
{
	const struct store *st = arg;

	return st->sums->stopped;
}

/* Hashes the file system in the file; the rest is a hole.  Return: -ENOENT when the file is removed
 * meanwhile, whose blocks are freed when nobody reads it. */
static int hash_file(struct store *st, int fd, uint64_t len, bool (*stop)(void *arg),
		     char ret_hex[SHA256_HEX_LEN + 1])
{
	cleanup(hash_free_cleanup_fn) struct hash *h = NULL;
	cleanup_free char *chunk = malloc(CHUNK_BYTES);
	int r = chunk ? hash_new(&h) : -ENOMEM;

	for (uint64_t at = 0; r == 0 && at < len;) {
		size_t n = len - at < CHUNK_BYTES ? (size_t)(len - at) : CHUNK_BYTES;

		r = stop && stop(st) ? -ECANCELED : fd_is_removed(fd) ? -ENOENT : 0;
		if (r == 0)
			r = fd_pread_exact(fd, chunk, n, at);
		if (r == 0)
			r = hash_update(h, chunk, n);
		at += n;
	}
	return r < 0 ? r : hash_final(h, ret_hex);
}

static int open_file(const struct store *st, const char *name)
{
	int fd = openat(st->rootfs_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* Computes a file's sum.  Return: 0; -ENOENT; -EBADMSG; -errno. */
static int measure_file(struct store *st, int fd, bool (*stop)(void *arg),
			char ret_hex[SHA256_HEX_LEN + 1])
{
	struct erofs_super super;
	int r = fd_pread_exact(fd, &super, sizeof(super), EROFS_SUPER_OFFSET);

	if (r == 0 && le32toh(super.magic) != EROFS_MAGIC)
		r = -EBADMSG;
	return r < 0 ? r
		     : hash_file(st, fd, (uint64_t)le32toh(super.blocks) * EROFS_BLOCK, stop,
				 ret_hex);
}

static int note_sum(struct store *st, const struct digest *manifest, const char *hex)
{
	return file_write_atomic(st->sums_fd, digest_hex(manifest), hex, SHA256_HEX_LEN, 0600);
}

/* Removes a file; it is made from the layers again when it is needed. */
static void drop_file(struct store *st, const char *name, int why)
{
	log_error("image's file %.12s did not come to the disk, and is made anew when it is "
		  "wanted: %s",
		  name, strerror(-why));
	(void)unlinkat(st->rootfs_fd, name, 0);
}

/* Is the file of that name the one that is open? */
static bool is_same(const struct store *st, const char *name, int fd)
{
	struct stat read, now;

	return fstat(fd, &read) == 0 &&
	       fstatat(st->rootfs_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       read.st_dev == now.st_dev && read.st_ino == now.st_ino;
}

/* Takes the claim on a file.  Return: was it taken, and is the file still the one of @fd? */
static bool claim_same(struct store *st, struct claim *c, const char *name, int fd)
{
	const struct progress p = { .cancelled = is_stopped, .arg = st };

	if (claim_take(st, c, name, &p) < 0)
		return false;
	if (is_same(st, name, fd))
		return true;
	claim_release(st, c);
	return false;
}

/* A failure of fsync(2) is reported once, and the unwritten data is lost: so the file goes at once,
 * and not when the claim is had.  Return: is the file there, and on the disk? */
static bool sync_file(struct store *st, const struct digest *manifest, const char *name, int fd)
{
	int r = fsync(fd) < 0 || fsync(st->rootfs_fd) < 0 ? -errno : 0;
	struct claim claim;

	if (r < 0 && is_same(st, name, fd))
		drop_file(st, name, r);
	if (r < 0 || !claim_same(st, &claim, name, fd))
		return false;
	unsynced_clear(st, manifest);
	claim_release(st, &claim);
	return true;
}

static void take_sum(struct store *st, const struct digest *manifest)
{
	char name[ROOTFS_NAME_MAX], hex[SHA256_HEX_LEN + 1];
	cleanup_close int fd = -1;
	struct claim claim;

	rootfs_name(manifest, name);
	fd = open_file(st, name);
	if (fd < 0 || !sync_file(st, manifest, name, fd) ||
	    measure_file(st, fd, is_stopped, hex) < 0 || !claim_same(st, &claim, name, fd))
		return;
	(void)note_sum(st, manifest, hex);
	claim_release(st, &claim);
}

/* Takes the next file from the queue.  Return: was there one? */
static bool next_sum(struct store *st, struct digest *ret)
{
	LOCK_STORE(st);
	struct sums *s = st->sums;

	while (!s->stopped && (s->n == 0 || st->works))
		pthread_cond_wait(&st->released, &st->lock);
	if (s->n == 0)
		return false;
	*ret = s->queue[--s->n];
	return true;
}

static void *run_sums(void *arg)
{
	struct store *st = arg;
	struct digest d;

	/* Not SCHED_IDLE: on a busy machine that gets no processor for seconds, and others wait for
	 * the lock or the claim that it may have then. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICEST);
	while (next_sum(st, &d))
		take_sum(st, &d);
	return NULL;
}

static struct sums *start_sums(struct store *st)
{
	struct sums *s = calloc(1, sizeof(*s));

	if (s && thread_start(&s->thread, run_sums, st) < 0) {
		free(s);
		s = NULL;
	}
	return s;
}

int sums_want(struct store *st, const struct digest *manifest)
{
	LOCK_STORE(st);
	struct digest *more;

	if (!st->sums)
		st->sums = start_sums(st);
	if (!st->sums)
		return -EAGAIN;
	more = reallocarray(st->sums->queue, st->sums->n + 1, sizeof(*more));
	if (!more)
		return -EAGAIN;
	st->sums->queue = more;
	more[st->sums->n++] = *manifest;
	pthread_cond_broadcast(&st->released);
	return 0;
}

int sums_forget(struct store *st, const struct digest *manifest)
{
	int r = unlinkat(st->sums_fd, digest_hex(manifest), 0);

	return r < 0 && errno != ENOENT ? -errno : 0;
}

static void tell_stop(struct store *st)
{
	LOCK_STORE(st);

	st->sums->stopped = true;
	pthread_cond_broadcast(&st->released);
}

void sums_stop(struct store *st)
{
	if (!st->sums)
		return;
	tell_stop(st);
	pthread_join(st->sums->thread, NULL);
	free(st->sums->queue);
	free(take_ptr(st->sums));
}

int sums_check(struct store *st, const struct digest *manifest, enum sum_state *ret,
	       struct err *err)
{
	cleanup(buf_reset) struct buf noted = BUF_INIT;
	char name[ROOTFS_NAME_MAX], hex[SHA256_HEX_LEN + 1];
	cleanup_close int fd = -1;
	int r;

	rootfs_name(manifest, name);
	fd = open_file(st, name);
	r = fd < 0 ? fd : measure_file(st, fd, NULL, hex);
	if (r == -ENOENT || r == -EBADMSG || r == -EIO) {
		*ret = r == -ENOENT ? SUM_MISSING : SUM_WRONG;
		return 0;
	}
	if (r == 0)
		r = file_read_at(st->sums_fd, digest_hex(manifest), SHA256_HEX_LEN, &noted);
	if (r == -ENOENT) {
		*ret = SUM_NEW;
		r = note_sum(st, manifest, hex);
	} else if (r == 0) {
		*ret = noted.len == SHA256_HEX_LEN && memcmp(noted.data, hex, noted.len) == 0
			       ? SUM_RIGHT
			       : SUM_WRONG;
	}
	return r < 0 ? err_errno(err, r, "read %s/rootfs/%.12s", st->path, digest_hex(manifest))
		     : 0;
}

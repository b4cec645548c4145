/* SPDX-License-Identifier: Apache-2.0 */

#include "image/store/store.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "image/store/incoming.h"
#include "image/store/index.h"
#include "image/store/record.h"
#include "image/store/sums.h"
#include "image/store/table.h"
#include "image/store/unsynced.h"

/*
 * Theory of operation: an OCI image layout on disk, and a table of its images in memory that
 * answers every question without reading a file.  One moatd owns the folder (flock); its threads
 * share one mutex, which is held for memory and for the writing of index.json, never for a
 * transfer.  The order of every change is: content, synced; then index.json; then garbage.  An
 * image's file, which is made of content, is synced after that (unsynced.h).  So a kill leaves at
 * worst content that nobody refers to, which the next store_open() removes.  On a full disk a
 * removal goes the other way, garbage first: the next store_open() leaves out what has no content.
 */

#define PARTIAL_KEPT_SEC (7 * 24 * 3600)

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void store_close(struct store *st)
{
	if (!st)
		return;
	sums_stop(st);
	table_reset(&st->table);
	pthread_mutex_destroy(&st->lock);
	pthread_cond_destroy(&st->released);
	cleanup_close_fn(&st->blobs_fd);
	cleanup_close_fn(&st->blobs512_fd);
	cleanup_close_fn(&st->rootfs_fd);
	cleanup_close_fn(&st->sums_fd);
	cleanup_close_fn(&st->tmp_fd);
	cleanup_close_fn(&st->partial_fd);
	cleanup_close_fn(&st->uploads_fd);
	cleanup_close_fn(&st->dir_fd);
	free(st->path);
	free(st->unpack_path);
	free(st);
}

DEFINE_CLEANUP(struct store, store_close)

static int remove_entry(int dir_fd, const char *name, void *arg)
{
	(void)arg;
	return path_remove_tree(dir_fd, name);
}

static int open_folders(struct store *st)
{
	cleanup_close int blobs = -1;
	int r = path_open_dir(st->dir_fd, "blobs", 0755, &blobs);

	if (r == 0)
		r = path_open_dir(blobs, "sha256", 0755, &st->blobs_fd);
	if (r == 0 && faccessat(blobs, "sha512", F_OK, 0) == 0)
		r = path_open_dir(blobs, "sha512", 0755, &st->blobs512_fd);
	if (r == 0)
		r = path_open_dir(st->dir_fd, "rootfs", 0755, &st->rootfs_fd);
	if (r == 0)
		r = path_open_dir(st->dir_fd, "sums", 0755, &st->sums_fd);
	if (r == 0)
		r = path_open_dir(st->dir_fd, "tmp", 0700, &st->tmp_fd);
	if (r == 0)
		r = path_open_dir(st->dir_fd, "partial", 0700, &st->partial_fd);
	if (r == 0)
		r = path_open_dir(st->dir_fd, "uploads", 0700, &st->uploads_fd);
	/* The folder itself is kept: a full disk may have no room for a new one. */
	return r == 0 ? path_each(st->tmp_fd, remove_entry, NULL) : r;
}

static int forget_old_upload(int dir_fd, const char *name, void *arg)
{
	struct stat sb;

	(void)arg;
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_mtim.tv_sec < time(NULL) - UPLOAD_KEPT_SEC)
		(void)unlinkat(dir_fd, name, 0);
	return 0;
}

static int write_layout(struct store *st)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

	if (faccessat(st->dir_fd, "oci-layout", F_OK, 0) == 0)
		return 0;
	return file_write_atomic(st->dir_fd, "oci-layout", layout, strlen(layout), 0644);
}

static int open_root(struct store *st, const char *path, struct err *err)
{
	int r = path_mkdir_p(path, 0755);

	if (r < 0)
		return err_errno(err, r, "make %s", path);
	st->path = realpath(path, NULL);
	if (!st->path)
		return err_errno(err, -errno, "open %s", path);
	st->dir_fd = open(st->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir_fd < 0)
		return err_errno(err, -errno, "open %s", st->path);
	if (flock(st->dir_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, -EBUSY, "image store %s is in use by another moatd", st->path);
	r = open_folders(st);
	if (r == 0)
		r = write_layout(st);
	if (r == 0)
		r = unsynced_judge(st);
	return r < 0 ? err_errno(err, r, "prepare %s", st->path) : 0;
}

static int read_table(struct store *st, struct err *err)
{
	cleanup(table_reset) struct table t = { 0 };
	int r = table_load(st, &t, err);

	if (r < 0)
		return r;
	LOCK_STORE(st);
	return table_commit_and_collect(st, &t, err);
}

int store_open(const char *path, const char *unpack_path, uint64_t rootfs_bytes, struct store **ret,
	       struct err *err)
{
	cleanup(store_close_cleanup_fn) struct store *st = calloc(1, sizeof(*st));
	int r;

	if (!st)
		return err_nomem(err);
	pthread_once(&curl_once, init_curl);
	pthread_mutex_init(&st->lock, NULL);
	pthread_cond_init(&st->released, NULL);
	st->dir_fd = st->blobs_fd = st->blobs512_fd = st->rootfs_fd = st->sums_fd = st->tmp_fd =
		st->partial_fd = st->uploads_fd = -1;
	st->rootfs_bytes = rootfs_bytes;
	st->unpack_path = strdup(unpack_path);
	if (!st->unpack_path)
		return err_nomem(err);
	r = open_root(st, path, err);
	if (r == 0)
		r = read_table(st, err);
	if (r < 0)
		return r;
	unsynced_take_up(st);
	(void)incoming_tidy(st, PARTIAL_KEPT_SEC);
	(void)path_each(st->uploads_fd, forget_old_upload, NULL);
	*ret = take_ptr(st);
	return 0;
}

void store_set_limits(struct store *st, const struct image_limits *limits)
{
	LOCK_STORE(st);

	st->limits = *limits;
}

void store_tidy(struct store *st)
{
	(void)incoming_tidy(st, 0);
}

static int64_t created_nsec(const struct image *im)
{
	int64_t t;

	return im->oci->created && clock_parse(im->oci->created, &t) == 0 ? t : 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct image *x = *(struct image *const *)a;
	const struct image *y = *(struct image *const *)b;
	int64_t tx = created_nsec(x), ty = created_nsec(y);

	if (tx != ty)
		return tx > ty ? -1 : 1;
	return strcmp(x->manifest.text, y->manifest.text);
}

int store_list(struct store *st, struct image ***ret, size_t *ret_n, struct err *err)
{
	LOCK_STORE(st);
	struct image **list = calloc(st->table.n + 1, sizeof(struct image *));

	if (!list)
		return err_nomem(err);
	for (size_t i = 0; i < st->table.n; i++) {
		list[i] = image_copy(&st->table.records[i]->im);
		if (!list[i]) {
			image_list_free(list, i);
			return err_nomem(err);
		}
	}
	qsort(list, st->table.n, sizeof(struct image *), newest_first);
	*ret = list;
	*ret_n = st->table.n;
	return 0;
}

char *store_rootfs_path(struct store *st, const struct digest *manifest)
{
	char name[ROOTFS_NAME_MAX];

	rootfs_name(manifest, name);
	return str_printf("%s/rootfs/%s", st->path, name);
}

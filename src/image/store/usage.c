/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/table.h"

/*
 * Theory of operation: space is counted as du(1) does: blocks of files and folders.  Each blob is
 * looked at once; one that several images have is shared by them.
 */

struct entry {
	const struct digest *digest; /* of a blob; borrowed from a record */
	size_t image;
};

static int by_digest(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = strcmp(x->digest->text, y->digest->text);

	return r != 0 ? r : (x->image > y->image) - (x->image < y->image);
}

static uint64_t disk_bytes(int dir_fd, const char *name)
{
	struct stat sb;

	return dir_fd >= 0 && fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0
		       ? (uint64_t)sb.st_blocks * 512
		       : 0;
}

static int add_tree(int dir_fd, const char *name, void *arg)
{
	uint64_t *sum = arg;
	cleanup_close int fd = -1;

	*sum += disk_bytes(dir_fd, name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? 0 : path_each(fd, add_tree, arg);
}

/* Adds one blob, which entries @from to @to are about. */
static void add_blob(const struct store *st, const struct entry *list, size_t from, size_t to,
		     struct image_usage *images)
{
	const struct digest *d = list[from].digest;
	uint64_t bytes = disk_bytes(blob_folder(st, d), digest_hex(d));
	bool shared = list[to - 1].image != list[from].image;

	for (size_t i = from; i < to; i++) {
		if (i > from && list[i].image == list[i - 1].image)
			continue;
		images[list[i].image].bytes += bytes;
		images[list[i].image].shared_bytes += shared ? bytes : 0;
	}
}

static int add_blobs(const struct store *st, const struct table *t, struct image_usage *images)
{
	struct entry *list;
	size_t n = 0, from = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->records[i]->n_blobs;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->records[i]->n_blobs; k++)
			list[n++] = (struct entry){ &t->records[i]->blobs[k], i };
	qsort(list, n, sizeof(*list), by_digest);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && streq(list[i].digest->text, list[from].digest->text))
			continue;
		add_blob(st, list, from, i, images);
		from = i;
	}
	free(list);
	return 0;
}

static void add_files(const struct store *st, const struct record *rec, struct image_usage *u)
{
	char name[ROOTFS_NAME_MAX];

	u->manifest = rec->im.manifest;
	rootfs_name(&u->manifest, name);
	u->bytes += disk_bytes(st->rootfs_fd, name);
	u->bytes += disk_bytes(st->sums_fd, digest_hex(&u->manifest));
}

void usage_reset(struct usage *u)
{
	free(u->images);
	*u = (struct usage){ 0 };
}

const struct image_usage *usage_of(const struct usage *u, const struct digest *manifest)
{
	for (size_t i = 0; i < u->n; i++)
		if (streq(u->images[i].manifest.text, manifest->text))
			return &u->images[i];
	return NULL;
}

static int measure_store(struct store *st, const struct table *t, struct usage *ret)
{
	struct usage u = { .n = t->n };

	u.images = calloc(u.n + 1, sizeof(*u.images));
	if (!u.images || add_blobs(st, t, u.images) < 0) {
		usage_reset(&u);
		return -ENOMEM;
	}
	for (size_t i = 0; i < u.n; i++)
		add_files(st, t->records[i], &u.images[i]);
	(void)add_tree(st->dir_fd, ".", &u.total_bytes);
	*ret = u;
	return 0;
}

/* No lock is held while the files are looked at: references keep the table as it is now. */
int store_usage(struct store *st, struct usage *ret, struct err *err)
{
	struct table t = { 0 };
	int r;

	{
		LOCK_STORE(st);
		r = table_copy(&st->table, &t);
	}
	if (r == 0)
		r = measure_store(st, &t, ret);
	LOCK_STORE(st);
	table_reset(&t);
	return r < 0 ? err_nomem(err) : 0;
}

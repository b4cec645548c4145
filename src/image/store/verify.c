/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/check.h"
#include "image/store/claim.h"
#include "image/store/find.h"
#include "image/store/record.h"
#include "image/store/rootfs.h"
#include "image/store/store.h"
#include "image/store/sums.h"

/*
 * Theory of operation: every blob of an image is read and compared with its digest, and its file
 * with the sum noted when it was made.  A wrong file is made again from the layers, if all are
 * there; else it is removed, so that the next pull makes it.
 */

struct check {
	struct work work;
	struct record *rec;
	struct verdict found;
	struct install install;
	struct oci_descriptor manifest;
};

void verdict_reset(struct verdict *v)
{
	strv_free(v->wrong);
	strv_free(v->missing);
	*v = (struct verdict){ 0 };
}

/* Finds an image and pins all of it.  @ret: a reference, owned. */
static int find_record(struct work *w, const char *name, struct record **ret, struct err *err)
{
	struct store *st = w->st;
	LOCK_STORE(st);
	struct match m;
	struct record *rec;
	int r = table_lookup(&st->table, name, &m, err);

	if (r < 0)
		return r;
	rec = record_copy(st->table.records[m.i]);
	match_reset(&m);
	for (size_t i = 0; rec && r == 0 && i < rec->n_blobs; i++)
		r = work_pin_locked(w, &rec->blobs[i]);
	if (!rec || r < 0) {
		record_unref(rec);
		return err_nomem(err);
	}
	*ret = rec;
	return 0;
}

static int check_blobs(struct check *c, struct err *err)
{
	for (size_t i = 0; i < c->rec->n_blobs; i++) {
		const struct digest *d = &c->rec->blobs[i];
		uint64_t bytes;
		int r = blob_check(c->work.st, d, NULL, &bytes);

		if (r == BLOB_WRONG)
			r = strv_add(&c->found.wrong, d->text);
		else if (r == BLOB_MISSING)
			r = strv_add(&c->found.missing, d->text);
		if (r < 0)
			return err_errno(err, r, "read %s", d->text);
		c->found.n_blobs++;
		c->found.bytes += bytes;
	}
	return 0;
}

/* Checks the file.  If it is wrong, it is gone afterwards. */
static int check_file(struct check *c, enum sum_state *ret, struct err *err)
{
	const struct digest *manifest = &c->rec->im.manifest;
	struct store *st = c->work.st;
	char name[ROOTFS_NAME_MAX];
	struct claim claim;
	int r;

	rootfs_name(manifest, name);
	r = claim_take(st, &claim, name, NULL);
	if (r < 0)
		return err_errno(err, r, "%s", name);
	r = sums_check(st, manifest, ret, err);
	if (r == 0 && *ret == SUM_WRONG &&
	    (unlinkat(st->rootfs_fd, name, 0) < 0 || sums_forget(st, manifest) < 0))
		r = err_errno(err, -errno, "remove %s/rootfs/%s", st->path, name);
	claim_release(st, &claim);
	return r;
}

static int check_rootfs(struct check *c, struct err *err)
{
	enum sum_state state;
	int r = check_file(c, &state, err);

	if (r < 0)
		return r;
	if (state == SUM_RIGHT || state == SUM_NEW) {
		c->found.rootfs = state == SUM_RIGHT ? ROOTFS_RIGHT : ROOTFS_NOTED;
		return 0;
	}
	c->found.rootfs = state == SUM_WRONG ? ROOTFS_WRONG : ROOTFS_MISSING;
	if (c->found.wrong || c->found.missing)
		return 0;
	r = rootfs_restore(&c->work, &c->manifest, err);
	c->found.is_remade = r == 0;
	return r < 0 ? err_wrap(err, "make the image's file anew") : 0;
}

static int run_check(struct check *c, struct err *err)
{
	int r;

	c->manifest.digest = c->rec->im.manifest;
	c->install.manifest = &c->manifest;
	c->found.image = c->rec->im.config;
	r = check_blobs(c, err);
	return r == 0 ? check_rootfs(c, err) : r;
}

int store_restore(struct store *st, const struct digest *manifest, struct err *err)
{
	const struct oci_descriptor d = { .digest = *manifest };
	char name[ROOTFS_NAME_MAX];
	struct err why = { 0 };
	struct work work;
	int r;

	rootfs_name(manifest, name);
	if (faccessat(st->rootfs_fd, name, F_OK, 0) == 0)
		return 0;
	work_begin(&work, st);
	r = rootfs_restore(&work, &d, &why);
	work_end(&work);
	if (r == 0)
		return 0;
	return err_set(err, r == -ENOENT || r == -EBADMSG ? -EIO : r,
		       "the image's file was lost and cannot be made anew: %s", why.msg);
}

int store_verify(struct store *st, const char *name, struct verdict *ret, struct err *err)
{
	struct check c = { 0 };
	int r;

	work_begin(&c.work, st);
	r = find_record(&c.work, name, &c.rec, err);
	if (r == 0)
		r = run_check(&c, err);
	work_end(&c.work);
	record_unref(c.rec);
	if (r < 0)
		verdict_reset(&c.found);
	else
		*ret = c.found;
	return r;
}

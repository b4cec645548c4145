/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/rootfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "image/flatten/unpack.h"
#include "image/store/blob.h"
#include "image/store/check.h"
#include "image/store/progress.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/sums.h"
#include "image/store/table.h"
#include "image/store/unsynced.h"

/*
 * Theory of operation: moat-unpack reads the layers while they are downloaded, so it gets to see
 * content whose digest is not known yet.  All it can do with that content is to write the image's
 * file below tmp/, which gets its name only when every layer has the manifest's digest; it is
 * synced afterwards (unsynced.h).  Where unpacking fails, downloads under way still go to their
 * end: a layer that was damaged on its way is to be reported as that, and not as a bad image.
 *
 * Whoever made the image controls manifest, config and layers.
 */

#define CANCEL_MSEC 100 /* how often a waiting thread checks for cancellation */

struct layers {
	const struct install *install;
	struct flatten_input in;
};

static void layers_close(struct layers *l)
{
	const struct source *source = l->install->source;

	if (source && source->close)
		source->close(source->arg);
	else
		for (size_t i = 0; i < l->in.n_layers; i++)
			fd_close(&l->in.layers[i].fd);
	free(l->in.layers);
}

int layers_open_stored(const struct store *st, const struct oci_manifest *m,
		       struct flatten_layer *ret, struct err *err)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		ret[i].fd = blob_open(st, &m->layers[i].digest, m->layers[i].size_bytes);
		if (ret[i].fd < 0)
			return err_errno(err, ret[i].fd, "open layer %.19s",
					 m->layers[i].digest.text);
	}
	return 0;
}

static int open_layers(const struct rootfs *rf, struct layers *l, struct err *err)
{
	const struct source *source = rf->install->source;
	int r;

	l->in.layers = calloc(rf->manifest->n_layers + 1, sizeof(*l->in.layers));
	if (!l->in.layers)
		return err_nomem(err);
	l->in.n_layers = rf->manifest->n_layers;
	for (size_t i = 0; i < l->in.n_layers; i++)
		l->in.layers[i].fd = -1;
	r = source && source->open
		    ? source->open(source->arg, rf->manifest, l->in.layers, err)
		    : layers_open_stored(rf->work->st, rf->manifest, l->in.layers, err);
	for (size_t i = 0; r == 0 && i < l->in.n_layers; i++)
		l->in.layers[i].diff_id = rf->config->diff_ids[i];
	return r;
}

static bool is_over(void *arg)
{
	return unpack_ends_within(arg, 0);
}

static int bring_layers(const struct rootfs *rf, struct unpack *u, struct err *err)
{
	const struct source *source = rf->install->source;

	if (!source || !source->bring)
		return 0;
	return source->bring(source->arg, u ? is_over : NULL, u, err);
}

static int end_unpack(struct rootfs *rf, struct unpack *u, struct layers *l, struct err *err)
{
	struct err why = { 0 };
	int r = unpack_wait(u, &l->in, &why);

	/* A program that cannot be started must not be reported like a missing image. */
	if (r == -ENOENT || r == -EACCES)
		r = -EIO;
	if (r < 0)
		return err_set(err, r, "%s", why.msg);
	rf->layer_bytes = calloc(l->in.n_layers + 1, sizeof(*rf->layer_bytes));
	for (size_t i = 0; rf->layer_bytes && i < l->in.n_layers; i++)
		rf->layer_bytes[i] = l->in.layers[i].size_bytes;
	return rf->layer_bytes ? 0 : err_nomem(err);
}

static bool can_bring(const struct rootfs *rf)
{
	return rf->install->source && rf->install->source->bring;
}

/* Reports for each layer of a pull. */
static void report_layers(const struct rootfs *rf, const char *status)
{
	char id[13];

	for (size_t i = 0; can_bring(rf) && i < rf->manifest->n_layers; i++) {
		short_id(&rf->manifest->layers[i].digest, id);
		progress_report(rf->install->progress, id, status, 0, 0);
	}
}

static struct flatten_limits limits_now(struct store *st)
{
	struct flatten_limits l = flatten_limits_usual();
	LOCK_STORE(st);

	if (st->limits.bytes)
		l.max_bytes = st->limits.bytes;
	if (st->limits.entries)
		l.max_entries = (uint32_t)st->limits.entries;
	if (st->limits.memory)
		l.max_memory = st->limits.memory;
	if (st->limits.ratio)
		l.ratio_max = (uint32_t)st->limits.ratio;
	return l;
}

/* Waits until all is unpacked, or cancelled. */
static int await_unpack(const struct rootfs *rf, struct unpack *u, struct err *err)
{
	while (!unpack_ends_within(u, CANCEL_MSEC))
		if (progress_cancelled(rf->install->progress))
			return err_set(err, -ECANCELED, "cancelled");
	return 0;
}

/* Return: 0; -EALREADY when unpacking has ended before all layers came. */
static int flatten_layers(struct rootfs *rf, int out_fd, struct err *err)
{
	const char *program = rf->work->st->unpack_path;
	cleanup(layers_close) struct layers l = { .install = rf->install };
	struct err why = { 0 };
	struct unpack u;
	int r = open_layers(rf, &l, err);

	if (r < 0)
		return r;
	l.in.limits = rf->was_accepted ? flatten_limits_largest() : limits_now(rf->work->st);
	r = unpack_start(program, &l.in, out_fd, &u, &why);
	if (r < 0)
		return err_set(err, r == -ENOENT || r == -EACCES ? -EIO : r, "%s", why.msg);
	r = bring_layers(rf, &u, err);
	if (r == 0) {
		report_layers(rf, "Extracting");
		r = await_unpack(rf, &u, err);
	}
	if (r < 0 && r != -EALREADY) {
		unpack_kill(&u);
		return r;
	}
	if (r == 0)
		return end_unpack(rf, &u, &l, err);
	r = end_unpack(rf, &u, &l, err);
	return r < 0 ? r : err_set(err, -EIO, "moat-unpack ended before it had all layers");
}

/* Extends the file to the least length of a disk; what follows the file system is a hole. */
static int extend_file(const struct store *st, int fd, struct err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0 ||
	    ((uint64_t)sb.st_size < st->rootfs_bytes && ftruncate(fd, (off_t)st->rootfs_bytes) < 0))
		return err_errno(err, -errno, "extend the image's file");
	return 0;
}

/* Gives the file its name. */
static int publish_file(const struct rootfs *rf, int fd, const char *tmp, const char *name)
{
	const struct digest *manifest = &rf->install->manifest->digest;
	struct store *st = rf->work->st;
	int r = sums_forget(st, manifest);

	if (r == 0)
		r = unsynced_mark(st, manifest);
	if (r == 0 && renameat(st->tmp_fd, tmp, st->rootfs_fd, name) < 0)
		r = -errno;
	if (r < 0 || sums_want(st, manifest) == 0)
		return r;
	if (fsync(fd) < 0 || fsync(st->rootfs_fd) < 0) {
		r = -errno;
		/* The kernel reports a failed sync only once: nobody may take the file for a good
		 * one later. */
		(void)unlinkat(st->rootfs_fd, name, 0);
		return r;
	}
	unsynced_clear(st, manifest);
	return 0;
}

static int make_file(struct rootfs *rf, const char *name, struct err *err)
{
	struct store *st = rf->work->st;
	cleanup_close int fd = -1;
	char tmp[32];
	int r;

	fd = store_tmp_open(st, tmp);
	if (fd < 0)
		return err_errno(err, fd, "make a file in %s/tmp", st->path);
	r = flatten_layers(rf, fd, err);
	if (r == 0)
		r = extend_file(st, fd, err);
	if (r == 0) {
		r = publish_file(rf, fd, tmp, name);
		if (r < 0)
			err_errno(err, r, "store %s/rootfs/%s", st->path, name);
	}
	if (r < 0)
		unlinkat(st->tmp_fd, tmp, 0);
	return r;
}

/* Fetches the layers that are missing beside a file that is there. */
static int complete_layers(const struct rootfs *rf, struct err *err)
{
	cleanup(layers_close) struct layers l = { .install = rf->install };
	int r = open_layers(rf, &l, err);

	return r < 0 ? r : bring_layers(rf, NULL, err);
}

/* Removes stored layers whose content has changed.  Return: were there any? */
static bool drop_damaged_layers(const struct rootfs *rf)
{
	bool any = false;

	for (size_t i = 0; i < rf->manifest->n_layers; i++)
		if (blob_check(rf->work->st, &rf->manifest->layers[i].digest, NULL, NULL) ==
		    BLOB_WRONG)
			any = true;
	return any;
}

static int make_claimed(struct rootfs *rf, const char *name, struct err *err)
{
	struct err why = { 0 };
	int r;

	if (faccessat(rf->work->st->rootfs_fd, name, F_OK, 0) == 0)
		return complete_layers(rf, err);
	r = make_file(rf, name, &why);
	/* A layer that an earlier run had left was wrong, and was removed: tries once more. */
	if (r == -ESTALE || (r == -EBADMSG && drop_damaged_layers(rf) && can_bring(rf)))
		r = make_file(rf, name, &why);
	if (r < 0)
		return err_set(err, r == -ESTALE ? -EBADMSG : r, "%s", why.msg);
	report_layers(rf, "Pull complete");
	return 0;
}

static int pin_layers(const struct rootfs *rf, struct err *err)
{
	const struct oci_manifest *m = rf->manifest;

	for (size_t i = 0; i < m->n_layers; i++)
		if (work_pin(rf->work, &m->layers[i].digest) < 0)
			return err_nomem(err);
	return 0;
}

static int make_alone(struct rootfs *rf,
		      int (*make)(struct rootfs *rf, const char *name, struct err *err),
		      struct err *err)
{
	struct store *st = rf->work->st;
	struct claim claim;
	char name[ROOTFS_NAME_MAX];
	int r;

	rootfs_name(&rf->install->manifest->digest, name);
	r = claim_take(st, &claim, name, rf->install->progress);
	if (r < 0)
		return err_set(err, r, "cancelled");
	r = make(rf, name, err);
	claim_release(st, &claim);
	return r;
}

static int make_missing(struct rootfs *rf, const char *name, struct err *err)
{
	return faccessat(rf->work->st->rootfs_fd, name, F_OK, 0) == 0 ? 0
								      : make_file(rf, name, err);
}

/* Sets an image's size if it is in the table already: its file was missing until now. */
static void note_size(struct store *st, const struct digest *manifest)
{
	LOCK_STORE(st);
	ssize_t i = table_find(&st->table, manifest);
	struct record *rec = i < 0 ? NULL : table_edit(&st->table, (size_t)i);

	if (rec)
		(void)record_measure(st, rec);
}

static int read_config(const struct store *st, const struct digest *d,
		       struct oci_image_config **ret, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = blob_read(st, d, &text, err);

	return r == 0 ? oci_image_config_parse(text.data ? text.data : "", text.len, ret, err) : r;
}

int rootfs_restore(struct work *w, const struct oci_descriptor *manifest, struct err *err)
{
	const struct install in = { .manifest = manifest };
	struct rootfs rf = { .work = w, .install = &in, .was_accepted = true };
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	cleanup_oci_image_config struct oci_image_config *config = NULL;
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = blob_read(w->st, &manifest->digest, &text, err);

	if (r == 0)
		r = oci_manifest_parse(text.data ? text.data : "", text.len, &m, err);
	if (r == 0)
		r = read_config(w->st, &m->config.digest, &config, err);
	if (r == 0 && strv_len(config->diff_ids) != m->n_layers)
		r = err_set(err, -EBADMSG, "manifest and config have different layers");
	if (r < 0)
		return r;
	rf.manifest = m;
	rf.config = config;
	r = make_alone(&rf, make_missing, err);
	free(rf.layer_bytes);
	if (r == 0)
		note_size(w->st, &manifest->digest);
	return r;
}

int rootfs_make(struct rootfs *rf, struct err *err)
{
	int r = pin_layers(rf, err);

	return r == 0 ? make_alone(rf, make_claimed, err) : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/index.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "image/store/collect.h"
#include "image/store/contents.h"
#include "image/store/record.h"
#include "image/store/rootfs.h"
#include "image/store/store.h"
#include "image/store/table.h"
#include "image/store/whole.h"
#include "oci/descriptor.h"
#include "oci/index.h"

/*
 * Theory of operation: index.json (image-spec image-layout.md) has one descriptor for each tag of
 * an image, and one without a name for an image that has no tag.  What the spec has no place for is
 * in annotations of moat's own: the digest the registry knows the image by, and where it came from.
 *
 * We wrote the file; it may still name content that a full disk or a hand removed.
 */

#define ANNOTATION_REF	    "org.opencontainers.image.ref.name"
#define ANNOTATION_NAME	    "io.containerd.image.name"
#define ANNOTATION_INDEX    "dev.moat.registry-digest"
#define ANNOTATION_DIGESTS  "dev.moat.repo-digests" /* joined by spaces */
#define ANNOTATION_ORIGINAL "dev.moat.original-manifest"
#define ANNOTATION_WHOLE    "dev.moat.whole-index"
#define ANNOTATION_SIZES    "dev.moat.layer-sizes" /* bytes of layers' files, likewise */
#define ANNOTATION_VERIFIED "dev.moat.verified"	   /* joined by newlines */

static int write_sizes(const struct image *im, struct buf *b)
{
	int r = buf_adds(b, "");

	for (size_t i = 0; r == 0 && i < im->n_layers; i++)
		r = buf_addf(b, "%s%llu", i ? " " : "", (unsigned long long)im->layer_bytes[i]);
	return r;
}

static int join_list(char *const *list, const char *between, struct buf *ret)
{
	int r = 0;

	for (; r == 0 && list && *list; list++)
		r = buf_addf(ret, "%s%s", ret->len ? between : "", *list);
	return r;
}

static json_t *write_annotations(const struct image *im, const char *tag)
{
	cleanup(buf_reset) struct buf digests = BUF_INIT, sizes = BUF_INIT, verified = BUF_INIT;

	if (write_sizes(im, &sizes) < 0 || join_list(im->repo_digests, " ", &digests) < 0 ||
	    join_list(im->verified, "\n", &verified) < 0)
		return NULL;
	return json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s}", ANNOTATION_REF, tag,
			 ANNOTATION_NAME, tag, ANNOTATION_INDEX,
			 digest_is_set(&im->index) ? im->index.text : NULL, ANNOTATION_ORIGINAL,
			 digest_is_set(&im->original) ? im->original.text : NULL, ANNOTATION_WHOLE,
			 im->is_whole ? "yes" : NULL, ANNOTATION_DIGESTS, digests.data,
			 ANNOTATION_VERIFIED, verified.data, ANNOTATION_SIZES, sizes.data);
}

static int append_entry(json_t *array, const struct record *rec, const char *tag)
{
	struct oci_descriptor d = {
		.media_type = rec->media_type,
		.digest = rec->im.manifest,
		.size_bytes = rec->manifest_bytes,
		.has_platform = true,
		.platform = rec->im.oci->platform,
	};
	int r;

	d.annotations = write_annotations(&rec->im, tag);
	if (!d.annotations)
		return -ENOMEM;
	r = json_array_append_new(array, oci_descriptor_write(&d));
	json_decref(d.annotations);
	return r < 0 ? -ENOMEM : 0;
}

static int write_text(const struct table *t, char **ret)
{
	cleanup_json json_t *array = json_array();
	cleanup_json json_t *doc = NULL;
	int r = array ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < t->n; i++) {
		char **tag = t->records[i]->im.tags;

		if (!tag || !*tag)
			r = append_entry(array, t->records[i], NULL);
		for (; r == 0 && tag && *tag; tag++)
			r = append_entry(array, t->records[i], *tag);
	}
	if (r < 0)
		return r;
	doc = json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType", MEDIA_OCI_INDEX,
			"manifests", array);
	*ret = doc ? json_write(doc) : NULL;
	return *ret ? 0 : -ENOMEM;
}

static bool is_saved(const struct store *st, const char *text)
{
	cleanup(buf_reset) struct buf now = BUF_INIT;

	return file_read_at(st->dir_fd, "index.json", OCI_MANIFEST_MAX_BYTES, &now) == 0 &&
	       now.len == strlen(text) && memcmp(now.data, text, now.len) == 0;
}

/* Writes index.json, and reserves as much space again for when the disk is full: a removal makes
 * the file shorter, so it fits.  Where nothing is new only the folder is synced, as
 * whoever wrote the file may have been cut off before that. */
static int save_index(struct store *st, const struct table *t, struct err *err)
{
	cleanup_free char *text = NULL;
	int r = write_text(t, &text);

	if (r == 0 && strlen(text) > OCI_MANIFEST_MAX_BYTES)
		return err_set(err, -ENOSPC, "%s/index.json is full: remove some images or tags",
			       st->path);
	if (r == 0 && is_saved(st, text))
		r = fsync(st->dir_fd) < 0 ? -errno : 0;
	else if (r == 0)
		r = file_write_atomic(st->dir_fd, "index.json", text, strlen(text), 0644);
	if (r < 0)
		return err_errno(err, r, "write %s/index.json", st->path);
	(void)file_reserve(st->dir_fd, "index.json", strlen(text));
	return 0;
}

static void adopt_table(struct store *st, struct table *t)
{
	table_reset(&st->table);
	st->table = *t;
	*t = (struct table){ 0 };
}

int table_commit(struct store *st, struct table *t, struct err *err)
{
	int r = save_index(st, t, err);

	if (r == 0)
		adopt_table(st, t);
	return r;
}

/*
 * On a full disk, content is deleted first, and then index.json is written.  If that fails as well,
 * index.json names content that is gone, and table_load() leaves those entries out.
 */
int table_commit_and_collect(struct store *st, struct table *t, struct err *err)
{
	int r = save_index(st, t, err);

	if (r < 0 && r != -ENOSPC && r != -EDQUOT)
		return r;
	adopt_table(st, t);
	store_collect(st);
	if (r < 0)
		(void)save_index(st, &st->table, NULL);
	return 0;
}

static int read_sizes(struct image *im, const char *text)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *one;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < im->n_layers && (one = strsep(&rest, " ")); i++)
		(void)str_to_u64(one, &im->layer_bytes[i]);
	return 0;
}

/* Adds the entries of @text that are new. */
static int split_list(const char *text, const char *between, char ***list)
{
	cleanup_free char *copy = strdup(text ? text : "");
	char *rest = copy, *one;

	if (!copy)
		return -ENOMEM;
	while ((one = strsep(&rest, between)))
		if (*one && !strv_has(*list, one) && strv_add(list, one) < 0)
			return -ENOMEM;
	return 0;
}

/* No lock is needed: nobody else has the store yet. */
static int read_whole(const struct store *st, struct record *rec)
{
	cleanup(contents_reset) struct contents c = { 0 };
	int r = whole_gather(st, &rec->im.index, &c, NULL);

	return r == 0 ? record_keep_whole(rec, &c) : r;
}

static int read_annotations(const struct store *st, struct record *rec, const json_t *annotations)
{
	const char *sizes = json_string_value(json_object_get(annotations, ANNOTATION_SIZES));
	const char *original = json_string_value(json_object_get(annotations, ANNOTATION_ORIGINAL));
	const char *tag = json_string_value(json_object_get(annotations, ANNOTATION_REF));
	const char *index = json_string_value(json_object_get(annotations, ANNOTATION_INDEX));
	const char *digests = json_string_value(json_object_get(annotations, ANNOTATION_DIGESTS));
	const char *verified = json_string_value(json_object_get(annotations, ANNOTATION_VERIFIED));
	struct image *im = &rec->im;
	struct digest d;

	if (sizes && read_sizes(im, sizes) < 0)
		return -ENOMEM;
	if (original && !digest_is_set(&im->original) && digest_parse(original, &d, NULL) == 0 &&
	    record_keep(rec, &d) < 0)
		return -ENOMEM;
	if (index)
		digest_parse(index, &im->index, NULL);
	if (json_object_get(annotations, ANNOTATION_WHOLE) && !im->is_whole &&
	    read_whole(st, rec) == -ENOMEM)
		return -ENOMEM;
	if (tag && !strv_has(im->tags, tag) && strv_add(&im->tags, tag) < 0)
		return -ENOMEM;
	if (split_list(digests, " ", &im->repo_digests) < 0)
		return -ENOMEM;
	return split_list(verified, "\n", &im->verified);
}

/* Is an error lasting?  Only missing or damaged content makes an entry useless; other errors may
 * pass, and are reported. */
static bool is_lost(int r)
{
	return r == -ENOENT || r == -EBADMSG || r == -EFBIG;
}

/*
 * Makes an image's file from its layers again, where a power loss or a person removed it.  If that
 * fails for now, as on a full disk, the image stays, and its file is made when it is needed.
 */
static int restore_file(struct store *st, const struct oci_descriptor *d, struct record *rec)
{
	char name[ROOTFS_NAME_MAX];
	struct err why = { 0 };
	struct work work;
	int r;

	rootfs_name(&d->digest, name);
	(void)unlinkat(st->rootfs_fd, name, 0);
	work_begin(&work, st);
	r = rootfs_restore(&work, d, &why);
	work_end(&work);
	if (r == 0)
		return record_measure(st, rec);
	if (r == -ENOENT || r == -EBADMSG)
		return r;
	log_warning("image %.19s is without its file for now: %s", d->digest.text, why.msg);
	return 0;
}

static int load_entry(struct store *st, const struct oci_descriptor *d, struct record **ret,
		      struct err *err)
{
	cleanup_record struct record *rec = NULL;
	int r = record_load(st, d, &rec, err);

	if (r < 0)
		return r;
	r = record_measure(st, rec);
	if (is_lost(r))
		r = restore_file(st, d, rec);
	if (r == 0)
		*ret = take_ptr(rec);
	else
		err_errno(err, r, "the file of image %.19s", d->digest.text);
	return r;
}

static int read_entry(struct store *st, const struct oci_descriptor *d, struct table *t,
		      struct err *err)
{
	ssize_t i = table_find(t, &d->digest);
	struct record *rec = NULL;
	int r;

	if (i < 0) {
		r = load_entry(st, d, &rec, err);
		if (r < 0)
			return is_lost(r) ? 0 : r;
		i = (ssize_t)t->n;
		r = table_add(t, rec);
		if (r < 0)
			return err_set(err, r, "out of memory");
	}
	r = read_annotations(st, t->records[i], d->annotations);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

int table_load(struct store *st, struct table *ret, struct err *err)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup(table_reset) struct table t = { 0 };
	int r = file_read_at(st->dir_fd, "index.json", OCI_MANIFEST_MAX_BYTES, &text);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_errno(err, r, "read %s/index.json", st->path);
	r = oci_index_parse(text.data ? text.data : "", text.len, &ix, err);
	for (size_t i = 0; r == 0 && i < ix->n_manifests; i++)
		r = read_entry(st, &ix->manifests[i], &t, err);
	if (r < 0) {
		err_wrap(err, "%s/index.json", st->path);
		return r;
	}
	*ret = take_struct(t);
	return 0;
}

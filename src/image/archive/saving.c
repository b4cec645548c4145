/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/saving.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/check.h"
#include "image/store/find.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/whole.h"
#include "oci/index.h"

/*
 * Theory of operation: all that is to be written is pinned, gathered and read once before a single
 * byte goes out.  An archive is what is left when the store is gone, so one that is not whole, or
 * not right, is an ordinary error and no archive.
 *
 * Names come from a client, manifests were checked when they came in.
 */

#define INDEX_DEPTH_MAX 8

void store_save_end(struct saving *s)
{
	if (!s)
		return;
	work_end(&s->work);
	for (size_t i = 0; i < s->n_images; i++) {
		oci_manifest_free(s->images[i].manifest);
		free(s->images[i].tag);
	}
	free(s->images);
	contents_reset(&s->what);
	free(s);
}

bool saving_has(const struct saving *s, const struct oci_descriptor *blob)
{
	return !(blob->urls && oci_layer_is_foreign(blob->media_type)) ||
	       blob_exists(s->work.st, &blob->digest, blob->size_bytes);
}

/* What a name was found to mean. */
struct found {
	struct digest manifest, root;
	bool is_whole;
	struct platform platform;
	char *tag; /* owned; NULL for a name without one */
};

static int look_up(struct saving *s, const char *name, const struct image_save *in,
		   struct found *ret, struct err *err)
{
	cleanup(match_reset) struct match m = { 0 };
	const struct record *rec;
	struct digest root;
	LOCK_STORE(s->work.st);
	int r = table_lookup(&s->work.st->table, name, &m, err);

	if (r < 0)
		return r;
	rec = s->work.st->table.records[m.i];
	for (size_t i = 0; r == 0 && i < rec->n_blobs; i++)
		r = work_pin_locked(&s->work, &rec->blobs[i]);
	if (r < 0)
		return err_nomem(err);
	*ret = (struct found){ .manifest = rec->im.manifest,
			       .root = rec->im.is_whole ? rec->im.index : rec->im.manifest,
			       .is_whole = rec->im.is_whole,
			       .platform = rec->im.oci->platform };
	if (in->all_platforms)
		r = record_root(rec, &root, err);
	if (r < 0)
		return r;
	if (in->all_platforms)
		ret->root = root;
	if (in->all_platforms && !rec->im.is_whole)
		ret->manifest = root;
	if (!m.by_id && strv_has(rec->im.tags, m.name))
		ret->tag = take_ptr(m.name);
	return 0;
}

/* A document of a stored image could not be read.
 * Return: @r; -EIO where it is missing or damaged. */
static int blame_disk(int r, struct err *err)
{
	if (r != -ENOENT && r != -EBADMSG)
		return r;
	if (err)
		err->code = -EIO;
	return -EIO;
}

/* Goes one step down an index. */
static int descend_index(const struct store *st, const struct platform *want, struct digest *at,
			 bool *ret_is_manifest, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_oci_index struct oci_index *ix = NULL;
	const struct oci_descriptor *chosen;
	int r = blame_disk(blob_read(st, at, &text, err), err);

	if (r == 0)
		r = oci_index_parse(text.data ? text.data : "", text.len, &ix, err);
	if (r == 0)
		r = oci_index_select(ix, want, &chosen, err);
	if (r < 0)
		return r;
	*at = chosen->digest;
	*ret_is_manifest = !oci_is_index(chosen->media_type);
	return 0;
}

static int choose_platform(const struct saving *s, const struct found *f,
			   const struct platform *want, struct digest *ret, struct err *err)
{
	struct digest at = f->root;
	bool is_manifest = !f->is_whole;
	char have[64];
	int r = 0;

	if (platform_matches(&f->platform, want)) {
		*ret = f->manifest;
		return 0;
	}
	platform_format(&f->platform, have);
	if (!f->is_whole)
		return err_set(err, -ENOENT,
			       "the image is here for %s alone: pull it with --all-platforms first",
			       have);
	for (int depth = 0; r == 0 && !is_manifest && depth < INDEX_DEPTH_MAX; depth++)
		r = descend_index(s->work.st, want, &at, &is_manifest, err);
	if (r == 0)
		*ret = at;
	return r;
}

static int read_manifest(struct saving *s, const struct digest *d, struct oci_manifest **ret,
			 struct err *err)
{
	const struct document *doc = contents_document(&s->what, d);

	return oci_manifest_parse(doc->text.data, doc->text.len, ret, err);
}

/* Gathers an image.  What an index leads to need not include the manifest that the image is here
 * by. */
static int gather_image(struct saving *s, const struct digest *manifest, struct saved *image,
			struct err *err)
{
	int r = blame_disk(contents_add(s->work.st, manifest, &s->what, err), err);

	if (r == 0)
		r = blame_disk(contents_add(s->work.st, &image->root, &s->what, err), err);
	return r == 0 ? read_manifest(s, manifest, &image->manifest, err) : r;
}

static int add_image(struct saving *s, const char *name, const struct image_save *in,
		     struct err *err)
{
	struct saved *image = &s->images[s->n_images++];
	struct digest manifest;
	struct found f;
	int r = look_up(s, name, in, &f, err);

	if (r < 0)
		return r;
	image->tag = f.tag;
	manifest = f.manifest;
	if (in->platform)
		r = choose_platform(s, &f, in->platform, &manifest, err);
	image->root = in->all_platforms ? f.root : manifest;
	if (r == 0)
		r = gather_image(s, &manifest, image, err);
	return r < 0 ? err_wrap(err, "save %s", name), r : 0;
}

static int check_blob(const struct saving *s, const struct oci_descriptor *d,
		      const struct progress *p, struct err *err)
{
	uint64_t bytes;
	int r;

	if (!saving_has(s, d))
		return 0;
	r = blob_check(s->work.st, &d->digest, p, &bytes);
	if (r < 0)
		return err_errno(err, r, "read %s", d->digest.text);
	if (r == BLOB_RIGHT && bytes == d->size_bytes)
		return 0;
	return err_set(err, -EIO,
		       "nothing is saved, as %s %s; pull what has it again, and see `moat image "
		       "verify`",
		       d->digest.text,
		       r == BLOB_MISSING ? "is missing" : "was damaged, and is removed");
}

static int add_all(struct saving *s, const struct image_save *in, struct err *err)
{
	int r = 0;

	for (char *const *name = in->names; r == 0 && *name; name++)
		r = add_image(s, *name, in, err);
	for (size_t i = 0; r == 0 && i < s->what.n_blobs; i++)
		r = check_blob(s, &s->what.blobs[i], in->progress, err);
	return r;
}

int store_save_begin(struct store *st, const struct image_save *in, struct saving **ret,
		     struct err *err)
{
	struct saving *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_nomem(err);
	work_begin(&s->work, st);
	s->images = calloc(strv_len(in->names) + 1, sizeof(*s->images));
	r = s->images ? add_all(s, in, err) : err_nomem(err);
	if (r < 0)
		store_save_end(s);
	else
		*ret = s;
	return r;
}

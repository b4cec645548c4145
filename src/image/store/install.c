/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/install.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "image/flatten/flatten.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/contents.h"
#include "image/store/index.h"
#include "image/store/record.h"
#include "image/store/rootfs.h"
#include "image/store/store.h"
#include "image/store/table.h"
#include "image/store/whole.h"
#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: the common part of pull, load and import, from a manifest's descriptor to a
 * visible image.  Manifest and config are fetched and checked before any layer.  The layers are
 * flattened into a file (rootfs.c); then the image enters the table, with its name, in one write of
 * index.json.
 *
 * Whoever made the image controls manifest, config and layers.
 */

struct parts {
	struct oci_manifest *manifest;
	struct oci_image_config *config;
	uint64_t *layer_bytes; /* bytes of each layer's files; NULL until they are flattened */
	struct contents whole; /* all that the index leads to, if it is kept */
};

static void parts_reset(struct parts *p)
{
	oci_manifest_free(p->manifest);
	oci_image_config_free(p->config);
	free(p->layer_bytes);
	contents_reset(&p->whole);
}

void short_id(const struct digest *d, char ret[13])
{
	memcpy(ret, digest_hex(d), 12);
	ret[12] = '\0';
}

static int get_document(struct work *w, const struct install *in, const struct oci_descriptor *d,
			struct buf *ret, struct err *err)
{
	int r = work_pin(w, &d->digest);

	if (r < 0)
		return err_set(err, r, "out of memory");
	if (in->source)
		r = in->source->blob(in->source->arg, d, err);
	return r == 0 ? blob_read(w->st, &d->digest, ret, err) : r;
}

static int check_manifest(const struct oci_manifest *m, struct err *err)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		int r = oci_layer_check(m->layers[i].media_type, err);

		if (r < 0)
			return r;
		if (m->layers[i].size_bytes > UNPACK_MAX_BYTES)
			return err_set(err, -EBADMSG, "layer %.19s is too large (%llu bytes)",
				       m->layers[i].digest.text,
				       (unsigned long long)m->layers[i].size_bytes);
	}
	return 0;
}

static int check_config(const struct parts *p, const struct platform *want, struct err *err)
{
	size_t n = strv_len(p->config->diff_ids);
	char have_name[64], want_name[64];

	if (want && !platform_matches(&p->config->platform, want)) {
		platform_format(&p->config->platform, have_name);
		platform_format(want, want_name);
		return err_set(err, -ENOENT, "no image for platform %s; there is: %s", want_name,
			       have_name);
	}
	if (n != p->manifest->n_layers)
		return err_set(err, -EBADMSG, "manifest has %zu layers, but the config has %zu",
			       p->manifest->n_layers, n);
	return 0;
}

static int get_parts(struct work *w, const struct install *in, struct parts *p, struct err *err)
{
	cleanup(buf_reset) struct buf manifest = BUF_INIT, config = BUF_INIT;
	int r = get_document(w, in, in->manifest, &manifest, err);

	if (r == 0)
		r = oci_manifest_parse(manifest.data ? manifest.data : "", manifest.len,
				       &p->manifest, err);
	if (r == 0)
		r = check_manifest(p->manifest, err);
	if (r == 0)
		r = get_document(w, in, &p->manifest->config, &config, err);
	if (r == 0)
		r = oci_image_config_parse(config.data ? config.data : "", config.len, &p->config,
					   err);
	if (r < 0)
		return r;
	oci_image_config_complete(p->config, in->manifest);
	return check_config(p, in->platform, err);
}

/* Is everything of a stored image there?  An image with another manifest counts as complete: this
 * install could not repair it. */
static bool is_complete(const struct store *st, const struct record *rec, const struct install *in,
			const struct parts *p)
{
	char name[ROOTFS_NAME_MAX];

	if (!streq(rec->im.manifest.text, in->manifest->digest.text) &&
	    !streq(rec->im.original.text, in->manifest->digest.text))
		return true;
	rootfs_name(&rec->im.manifest, name);
	for (size_t i = 0; i < p->manifest->n_layers; i++)
		if (!blob_exists(st, &p->manifest->layers[i].digest,
				 p->manifest->layers[i].size_bytes))
			return false;
	return faccessat(st->rootfs_fd, name, F_OK, 0) == 0 &&
	       blob_exists(st, &rec->im.manifest, rec->manifest_bytes);
}

/*
 * An image is known by its config.  Finds an image with the same config and another manifest
 * (layers packed differently, or of another media type), and pins it.
 * @ret: owned.  Return: 1 when there is one; 0; -ENOMEM.
 */
static int find_same(struct work *w, const struct install *in, const struct parts *p,
		     struct oci_descriptor *ret)
{
	const struct record *rec = NULL;

	LOCK_STORE(w->st);
	for (size_t i = 0; !rec && i < w->st->table.n; i++)
		if (streq(w->st->table.records[i]->im.config.text, p->manifest->config.digest.text))
			rec = w->st->table.records[i];
	if (!rec || !is_complete(w->st, rec, in, p))
		return 0;
	for (size_t i = 0; i < rec->n_blobs; i++)
		if (work_pin_locked(w, &rec->blobs[i]) < 0)
			return -ENOMEM;
	ret->digest = rec->im.manifest;
	ret->size_bytes = rec->manifest_bytes;
	ret->media_type = strdup(rec->media_type);
	return ret->media_type ? 1 : -ENOMEM;
}

static bool is_named(const struct install *in)
{
	return in->repo_digest || (in->tags && *in->tags);
}

/*
 * Adds what this install knows to the record: tags, repository digest, digest in the registry.  A
 * named image is passed on with its index, so an install without a name must not change the index.
 */
static int describe_image(struct table *t, size_t i, const struct install *in, bool is_new)
{
	struct record *rec;

	for (char *const *tag = in->tags; tag && *tag; tag++)
		if (table_move_tag(t, i, *tag) < 0)
			return -ENOMEM;
	rec = table_edit(t, i);
	if (!rec)
		return -ENOMEM;
	if (in->index && (is_new || is_named(in)) && !streq(in->index->text, rec->im.index.text)) {
		rec->im.index = *in->index;
		rec->im.is_whole = false;
	}
	for (char *const *one = in->verified; one && *one; one++)
		if (!strv_has(rec->im.verified, *one) && strv_add(&rec->im.verified, *one) < 0)
			return -ENOMEM;
	if (in->repo_digest && !strv_has(rec->im.repo_digests, in->repo_digest))
		return strv_add(&rec->im.repo_digests, in->repo_digest);
	return 0;
}

/* Does the complete index of this install belong to the image? */
static bool brings_whole(const struct install *in, const struct image *im)
{
	return in->is_whole && !im->is_whole && streq(in->index->text, im->index.text);
}

static int load_new(const struct store *st, const struct oci_descriptor *manifest,
		    struct record **ret, struct err *err)
{
	cleanup_record struct record *rec = NULL;
	int r = record_load(st, manifest, &rec, err);

	if (r < 0)
		return r;
	r = record_measure(st, rec);
	if (r == 0)
		*ret = take_ptr(rec);
	else
		err_errno(err, r, "%s/rootfs/%.12s", st->path, digest_hex(&manifest->digest));
	return r;
}

/* Return: 0; -EAGAIN where the contents of the index must first be gathered; -errno with a
 * message. */
static int enter_image(struct store *st, const struct install *in, const struct parts *p,
		       struct image **ret, struct err *err)
{
	cleanup(table_reset) struct table next = { 0 };
	struct record *rec = NULL;
	bool is_new;
	ssize_t i;
	int r;

	LOCK_STORE(st);
	if (table_copy(&st->table, &next) < 0)
		return err_nomem(err);
	i = table_find(&next, &in->manifest->digest);
	is_new = i < 0;
	if (is_new) {
		r = load_new(st, in->manifest, &rec, err);
		if (r < 0)
			return r;
		if (p->layer_bytes)
			memcpy(rec->im.layer_bytes, p->layer_bytes,
			       rec->im.n_layers * sizeof(*p->layer_bytes));
		i = (ssize_t)next.n;
		if (table_add(&next, rec) < 0 ||
		    (in->original && record_keep(rec, in->original) < 0))
			return err_nomem(err);
	}
	if (describe_image(&next, (size_t)i, in, is_new) < 0)
		return err_nomem(err);
	/* The file may have been lost and made again. */
	(void)record_measure(st, next.records[i]);
	if (brings_whole(in, &next.records[i]->im)) {
		if (p->whole.n_documents == 0)
			return -EAGAIN;
		if (record_keep_whole(next.records[i], &p->whole) < 0)
			return err_nomem(err);
	}
	*ret = image_copy(&next.records[i]->im);
	if (!*ret)
		return err_nomem(err);
	return table_commit(st, &next, err);
}

/* Gathers the contents of an index between two locks, as reading them takes time. */
static int enter_gathered(struct store *st, const struct install *in, struct parts *p,
			  struct image **ret, struct err *err)
{
	int r = enter_image(st, in, p, ret, err);

	if (r != -EAGAIN || !in->is_whole)
		return r;
	r = whole_gather(st, in->index, &p->whole, err);
	return r == 0 ? enter_image(st, in, p, ret, err) : r;
}

/* Replaces a manifest by one of OCI's media types.  @ret: borrowed by @in from then on. */
static int translate_manifest(struct work *w, struct install *in, const struct parts *p,
			      struct oci_descriptor *ret, struct err *err)
{
	int r;

	if (p->manifest->is_oci)
		return 0;
	r = store_put_manifest(w, p->manifest, ret, err);
	if (r < 0)
		return r;
	ret->has_platform = in->manifest->has_platform;
	ret->platform = in->manifest->platform;
	in->original = &in->manifest->digest;
	in->manifest = ret;
	return 0;
}

static int bring_in(struct work *w, const struct install *in, struct parts *p, struct err *err)
{
	struct rootfs rf = {
		.work = w, .install = in, .manifest = p->manifest, .config = p->config
	};
	int r = rootfs_make(&rf, err);

	p->layer_bytes = rf.layer_bytes;
	return r;
}

int store_install(struct work *w, const struct install *in, struct image **ret, struct err *err)
{
	cleanup(oci_descriptor_reset) struct oci_descriptor other = { 0 };
	cleanup(parts_reset) struct parts p = { 0 };
	cleanup_image struct image *im = NULL;
	struct install final = *in;
	int r = get_parts(w, in, &p, err);

	if (r < 0)
		return r;
	r = find_same(w, in, &p, &other);
	if (r < 0)
		return err_nomem(err);
	if (r == 1) {
		final.manifest = &other;
		r = 0;
	} else {
		r = translate_manifest(w, &final, &p, &other, err);
		if (r == 0)
			r = bring_in(w, &final, &p, err);
	}
	if (r == 0)
		r = enter_gathered(w->st, &final, &p, &im, err);
	if (r == 0)
		*ret = take_ptr(im);
	return r;
}

int store_put_config(struct work *w, const char *text, struct oci_descriptor *ret, struct err *err)
{
	ret->size_bytes = strlen(text);
	ret->media_type = strdup(MEDIA_OCI_CONFIG);
	if (!ret->media_type)
		return err_nomem(err);
	return blob_put(w, text, strlen(text), &ret->digest, err);
}

int store_put_manifest(struct work *w, struct oci_manifest *m, struct oci_descriptor *ret,
		       struct err *err)
{
	cleanup_free char *text = oci_manifest_write(m);
	struct oci_descriptor d = { 0 };
	int r;

	if (!text)
		return err_nomem(err);
	r = blob_put(w, text, strlen(text), &d.digest, err);
	if (r < 0)
		return r;
	d.size_bytes = strlen(text);
	d.media_type = strdup(MEDIA_OCI_MANIFEST);
	if (!d.media_type)
		return err_nomem(err);
	*ret = d;
	return 0;
}

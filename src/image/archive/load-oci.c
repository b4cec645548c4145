/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/load-oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "image/store/contents.h"
#include "oci/descriptor.h"
#include "oci/index.h"

/*
 * Theory of operation: index.json lists images, each directly or as an index over platforms.  Those
 * of the wanted platform are loaded, each with the name it was saved under, and an index is kept if
 * all it leads to is there and no platform was asked for.  Then also an image that is there for one
 * other platform only is loaded.
 *
 * The archive is hostile.
 */

#define INDEX_DEPTH_MAX 3
#define ENTRIES_MAX	1024	     /* most entries of index.json */
#define INDEX_MAX_BYTES (256u << 20) /* most bytes of all indexes together */

struct walked {
	struct digest index;
	bool is_whole;
};

static const char *annotation_of(const struct oci_descriptor *d, const char *key)
{
	return json_string_value(json_object_get(d->annotations, key));
}

/*
 * Gets the name an image was saved under.  containerd's annotation is a full name; OCI's may be
 * one, too, or only a tag, which names nothing by itself.
 */
static const char *annotated_name(const struct oci_descriptor *d)
{
	const char *name = annotation_of(d, "io.containerd.image.name");

	return name ? name : annotation_of(d, "org.opencontainers.image.ref.name");
}

static int saved_name(const struct oci_descriptor *d, char ***ret, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *full = NULL;
	const char *name = annotated_name(d);
	int r;

	if (!name || !strpbrk(name, "/:"))
		return 0;
	r = reference_parse(name, &ref, err);
	if (r == -EINVAL)
		return err_set(err, -EBADMSG, "the archive's image has a bad name");
	if (r < 0)
		return r;
	if (digest_is_set(&ref->digest))
		return 0;
	full = reference_full(ref);
	if (!full || strv_add(ret, full) < 0)
		return err_nomem(err);
	return 0;
}

static int read_index(struct load *l, const struct oci_descriptor *d, struct oci_index **ret,
		      struct err *err)
{
	cleanup_free char *name =
		str_printf("blobs/%s/%s", digest_algorithm(&d->digest), digest_hex(&d->digest));
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = name ? load_read(l, name, &text, err) : err_nomem(err);

	l->index_bytes += text.len;
	if (l->index_bytes > INDEX_MAX_BYTES)
		return err_set(err, -EBADMSG, "the archive's indexes have more than %u MiB",
			       INDEX_MAX_BYTES >> 20);
	return r == 0 ? oci_index_parse(text.data ? text.data : "", text.len, ret, err) : r;
}

/* Pins all that an index leads to.  Return: is all of it there? */
static bool pin_whole(struct load *l, const struct digest *d)
{
	cleanup(contents_reset) struct contents c = { 0 };
	int r = contents_add(l->work->st, d, &c, NULL);

	l->index_bytes += c.read_bytes;
	for (size_t i = 0; r == 0 && i < c.n_documents; i++)
		r = work_pin(l->work, &c.documents[i].digest);
	for (size_t i = 0; r == 0 && i < c.n_blobs; i++)
		r = work_pin(l->work, &c.blobs[i].digest);
	return r == 0 && contents_check(l->work->st, &c, NULL) == 0;
}

/* Is all there that an index leads to?  The answer is remembered, as one index may have many
 * names. */
static bool is_whole(struct load *l, const struct digest *d)
{
	struct walked *more;

	for (size_t i = 0; i < l->n_walked; i++)
		if (streq(l->walked[i].index.text, d->text))
			return l->walked[i].is_whole;
	more = reallocarray(l->walked, l->n_walked + 1, sizeof(*more));
	if (!more)
		return false;
	l->walked = more;
	more[l->n_walked] = (struct walked){ *d, pin_whole(l, d) };
	return more[l->n_walked++].is_whole;
}

static int load_entry(struct load *l, struct load_image *what, int depth, struct err *err)
{
	const struct oci_descriptor *d = what->manifest;
	cleanup_oci_index struct oci_index *ix = NULL;
	int r;

	if (oci_is_manifest(d->media_type))
		return load_install(l, what, err);
	if (depth == INDEX_DEPTH_MAX)
		return err_set(err, -EBADMSG, "indexes are nested more than %d deep",
			       INDEX_DEPTH_MAX);
	r = read_index(l, d, &ix, err);
	if (r == 0)
		r = oci_index_select(ix, &l->platform, &what->manifest, err);
	what->is_chosen = true;
	if (r == 0 && depth == 0 && !l->one_platform && is_whole(l, &d->digest))
		what->index = &d->digest;
	return r == 0 ? load_entry(l, what, depth + 1, err) : r;
}

/* Is this entry the only one with its name? */
static bool is_lone(const struct oci_index *ix, size_t i)
{
	const char *name = annotated_name(&ix->manifests[i]), *other;

	for (size_t k = 0; name && k < ix->n_manifests; k++) {
		other = k == i ? NULL : annotated_name(&ix->manifests[k]);
		if (other && streq(other, name))
			return false;
	}
	return name || ix->n_manifests == 1;
}

/* An entry for another platform is wanted if no other entry has its name. */
static bool is_wanted(const struct load *l, const struct oci_index *ix, size_t i)
{
	const struct oci_descriptor *d = &ix->manifests[i];

	if (!oci_is_manifest(d->media_type) && !oci_is_index(d->media_type))
		return false;
	return !d->has_platform || platform_matches(&d->platform, &l->platform) ||
	       (!l->one_platform && is_lone(ix, i));
}

int load_oci(struct load *l, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_oci_index struct oci_index *ix = NULL;
	const struct oci_descriptor *none;
	size_t loaded = 0;
	int r = load_read(l, "index.json", &text, err);

	if (r == 0)
		r = oci_index_parse(text.data ? text.data : "", text.len, &ix, err);
	if (r == 0 && ix->n_manifests > ENTRIES_MAX)
		r = err_set(err, -EBADMSG, "index.json lists more than %d images", ENTRIES_MAX);
	for (size_t i = 0; r == 0 && i < ix->n_manifests; i++) {
		cleanup_strv char **tags = NULL;
		struct load_image what = { .manifest = &ix->manifests[i] };

		if (!is_wanted(l, ix, i))
			continue;
		r = saved_name(&ix->manifests[i], &tags, err);
		what.tags = tags;
		if (r == 0)
			r = load_entry(l, &what, 0, err);
		loaded++;
	}
	if (r == 0 && loaded == 0)
		r = oci_index_select(ix, &l->platform, &none, err);
	return r;
}

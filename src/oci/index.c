/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: an index (image-spec image-index.md), or Docker's manifest list, is a list
 * of descriptors with platforms.  It may hold more than images: build attestations come as
 * entries of the platform unknown/unknown, artifacts as entries of other media types; neither is
 * ever selected.
 *
 * A hostile registry or archive writes the JSON.
 */

bool oci_is_index(const char *media_type)
{
	return streq(media_type, MEDIA_OCI_INDEX) || streq(media_type, MEDIA_DOCKER_LIST);
}

bool oci_is_manifest(const char *media_type)
{
	return streq(media_type, MEDIA_OCI_MANIFEST) || streq(media_type, MEDIA_DOCKER_MANIFEST);
}

void oci_index_free(struct oci_index *ix)
{
	if (!ix)
		return;
	oci_descriptors_free(ix->manifests, ix->n_manifests);
	free(ix);
}

/* Keeps entries whose digests can be computed here; others are left out.  Return: owned; NULL when
 * out of memory. */
static json_t *keep_known(const json_t *manifests)
{
	json_t *known = json_array(), *one;
	size_t i;

	json_array_foreach (manifests, i, one) {
		const char *digest = json_string_value(json_object_get(one, "digest"));
		bool foreign = digest && strchr(digest, ':') && !str_starts(digest, "sha256:") &&
			       !str_starts(digest, "sha512:");

		if (!foreign && json_array_append(known, one) < 0) {
			json_decref(known);
			return NULL;
		}
	}
	return known;
}

int oci_index_parse(const char *text, size_t len, struct oci_index **ret, struct err *err)
{
	cleanup_oci_index struct oci_index *ix = calloc(1, sizeof(*ix));
	cleanup_json json_t *doc = NULL, *known = NULL;
	json_t *manifests;
	int r;

	if (!ix)
		return err_nomem(err);
	r = oci_document_read(text, len, "index", oci_is_index, &doc, err);
	if (r == 0)
		r = json_get_array(doc, "manifests", &manifests, err);
	if (r < 0)
		return r;
	if (!manifests)
		return err_set(err, -EBADMSG, "index must have \"manifests\"");
	known = keep_known(manifests);
	if (!known)
		return err_nomem(err);
	r = oci_descriptors_read(known, &ix->manifests, &ix->n_manifests, err);
	if (r < 0) {
		err_wrap(err, "index");
		return r;
	}
	*ret = take_ptr(ix);
	return 0;
}

static bool is_candidate(const struct oci_descriptor *d)
{
	if (!oci_is_manifest(d->media_type) && !oci_is_index(d->media_type))
		return false;
	return !d->has_platform || !streq(d->platform.os, "unknown");
}

/* Tells how well an entry fits; 0: not at all.  An entry without a platform may still turn out to
 * fit. */
static int rank_platform(const struct oci_descriptor *d, const struct platform *want)
{
	if (!is_candidate(d))
		return 0;
	if (!d->has_platform)
		return 1;
	if (!platform_matches(&d->platform, want))
		return 0;
	return streq(d->platform.variant, want->variant) ? 3 : 2;
}

static int no_match(const struct oci_index *ix, const struct platform *want, struct err *err)
{
	cleanup(buf_reset) struct buf list = BUF_INIT;
	char name[64];

	for (size_t i = 0; i < ix->n_manifests && list.len < 400; i++) {
		const struct oci_descriptor *d = &ix->manifests[i];

		if (!d->has_platform || !is_candidate(d))
			continue;
		platform_format(&d->platform, name);
		if (buf_addf(&list, "%s%s", list.len ? ", " : "", name) < 0)
			return err_nomem(err);
	}
	platform_format(want, name);
	return err_set(err, -ENOENT, "no image for platform %s; there is: %s", name,
		       list.len ? list.data : "none");
}

int oci_index_select(const struct oci_index *ix, const struct platform *want,
		     const struct oci_descriptor **ret, struct err *err)
{
	const struct oci_descriptor *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < ix->n_manifests; i++) {
		int fit = rank_platform(&ix->manifests[i], want);

		if (fit > best_rank) {
			best = &ix->manifests[i];
			best_rank = fit;
		}
	}
	if (!best)
		return no_match(ix, want, err);
	*ret = best;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/store.h"
#include "oci/index.h"
#include "oci/manifest.h"

/*
 * Theory of operation: what an image was made of is read from its blobs when somebody asks: its
 * manifest, and those beside it where the whole index is kept.
 *
 * The documents were checked against their digests; whoever made the image controls what they say.
 */

void image_parts_free(struct image_part *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		oci_descriptors_free(list[i].layers, list[i].n_layers);
	free(list);
}

/* Reads the layers of a stored manifest; one that is not an image's has none. */
static int read_layers(const struct store *st, struct image_part *p)
{
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = blob_read(st, &p->manifest, &text, NULL);

	p->is_stored = r == 0;
	if (r == 0)
		r = oci_manifest_parse(text.data ? text.data : "", text.len, &m, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	p->layers = take_ptr(m->layers);
	p->n_layers = m->n_layers;
	m->n_layers = 0;
	for (size_t i = 0; i < p->n_layers; i++) {
		p->bytes += p->layers[i].size_bytes;
		p->is_stored = p->is_stored &&
			       blob_exists(st, &p->layers[i].digest, p->layers[i].size_bytes);
	}
	return 0;
}

static int describe_index(const struct store *st, const struct image *im, struct image_part **ret,
			  size_t *ret_n)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_oci_index struct oci_index *ix = NULL;
	struct image_part *list;
	int r = blob_read(st, &im->index, &text, NULL);

	if (r == 0)
		r = oci_index_parse(text.data ? text.data : "", text.len, &ix, NULL);
	if (r < 0)
		return r;
	list = calloc(ix->n_manifests + 1, sizeof(*list));
	r = list ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < ix->n_manifests; i++) {
		list[i].manifest = ix->manifests[i].digest;
		list[i].platform = ix->manifests[i].platform;
		list[i].is_image = ix->manifests[i].has_platform &&
				   !streq(ix->manifests[i].platform.arch, "unknown");
		r = read_layers(st, &list[i]);
	}
	if (r < 0) {
		image_parts_free(list, list ? ix->n_manifests : 0);
		return r;
	}
	*ret = list;
	*ret_n = ix->n_manifests;
	return 0;
}

int store_describe(struct store *st, const struct image *im, struct image_part **ret, size_t *ret_n,
		   struct err *err)
{
	struct image_part *one;
	int r = im->is_whole ? describe_index(st, im, ret, ret_n) : -ENOENT;

	if (r == 0)
		return 0;
	one = r == -ENOMEM ? NULL : calloc(1, sizeof(*one));
	if (!one)
		return err_nomem(err);
	one->manifest = im->manifest;
	one->platform = im->oci->platform;
	one->is_image = true;
	r = read_layers(st, one);
	if (r < 0) {
		image_parts_free(one, 1);
		return err_nomem(err);
	}
	*ret = one;
	*ret_n = 1;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/distribution.h"

#include <stdlib.h>

#include "image/registry/mirror.h"
#include "image/registry/text.h"
#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/manifest.h"

void distribution_reset(struct distribution *d)
{
	free(d->media_type);
	free(d->platforms);
	*d = (struct distribution){ 0 };
}

/* Reads the platform of an image for one platform, which its config names. */
static int read_config(struct registry *reg, struct http *h, const struct document *doc,
		       struct distribution *d, struct err *err)
{
	cleanup_oci_image_config struct oci_image_config *config = NULL;
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = oci_manifest_parse(doc->text.data, doc->text.len, &m, err);

	if (r < 0)
		return r;
	r = registry_text(reg, h, &m->config, &text, err);
	if (r < 0)
		err_wrap(err, "the image's config");
	else
		r = oci_image_config_parse(text.data, text.len, &config, err);
	d->platforms = r < 0 ? NULL : malloc(sizeof(*d->platforms));
	if (r == 0 && !d->platforms)
		r = err_nomem(err);
	if (r < 0)
		return r;
	oci_image_config_complete(config, NULL);
	d->platforms[0] = config->platform;
	d->n_platforms = 1;
	return 0;
}

static int read_index(const struct document *doc, struct distribution *d, struct err *err)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	int r = oci_index_parse(doc->text.data, doc->text.len, &ix, err);

	if (r < 0)
		return r;
	d->platforms = calloc(ix->n_manifests + 1, sizeof(*d->platforms));
	if (!d->platforms)
		return err_nomem(err);
	for (size_t i = 0; i < ix->n_manifests; i++)
		if (ix->manifests[i].has_platform)
			d->platforms[d->n_platforms++] = ix->manifests[i].platform;
	return 0;
}

int distribution_inspect(const struct reference *ref, const struct registry_access *access,
			 struct distribution *ret, struct err *err)
{
	cleanup(distribution_reset) struct distribution d = { 0 };
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_registry struct registry *reg = NULL;
	cleanup_http struct http *h = NULL;
	int r = http_new(NULL, access->settings, &h);

	if (r == 0)
		r = registry_new(ref, access, &reg, err);
	if (r == 0)
		r = registry_manifest(reg, h,
				      digest_is_set(&ref->digest) ? ref->digest.text : ref->tag,
				      &doc, err);
	if (r < 0)
		return r;
	d.digest = doc.digest;
	d.size_bytes = doc.text.len;
	r = oci_is_index(doc.media_type) ? read_index(&doc, &d, err)
					 : read_config(reg, h, &doc, &d, err);
	if (r < 0)
		return r;
	d.media_type = take_ptr(doc.media_type);
	*ret = take_struct(d);
	return 0;
}

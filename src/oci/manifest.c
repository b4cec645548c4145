/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "oci/descriptor.h"
#include "oci/index.h"

/*
 * Theory of operation: a manifest (image-spec manifest.md) names one config and the layers, base
 * first.  Docker's schema 2 has the same shape.  Schema 1 and artifacts, which have the same media
 * type but another config, are refused by name.
 *
 * A hostile registry or archive writes the JSON.
 */

void oci_manifest_free(struct oci_manifest *m)
{
	if (!m)
		return;
	oci_descriptor_reset(&m->config);
	oci_descriptors_free(m->layers, m->n_layers);
	free(m);
}

static int read_config(const json_t *doc, struct oci_descriptor *ret, struct err *err)
{
	json_t *config;
	int r = json_get_object(doc, "config", &config, err);

	if (r < 0)
		return r;
	if (!config)
		return err_set(err, -EBADMSG, "manifest has no \"config\"");
	r = oci_descriptor_read(config, ret, err);
	if (r < 0) {
		err_wrap(err, "manifest: config");
		return r;
	}
	if (!streq(ret->media_type, MEDIA_OCI_CONFIG) &&
	    !streq(ret->media_type, MEDIA_DOCKER_CONFIG))
		return err_set(err, -EBADMSG,
			       "not a container image but an artifact (config is \"%s\")",
			       ret->media_type);
	if (ret->size_bytes > OCI_MANIFEST_MAX_BYTES)
		return err_set(err, -EBADMSG, "manifest: config is larger than %u bytes",
			       OCI_MANIFEST_MAX_BYTES);
	return 0;
}

int oci_manifest_parse(const char *text, size_t len, struct oci_manifest **ret, struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = calloc(1, sizeof(*m));
	cleanup_json json_t *doc = NULL;
	json_t *layers;
	int r;

	if (!m)
		return err_nomem(err);
	r = oci_document_read(text, len, "manifest", oci_is_manifest, &doc, err);
	if (r == 0)
		r = read_config(doc, &m->config, err);
	if (r == 0)
		r = json_get_array(doc, "layers", &layers, err);
	if (r < 0)
		return r;
	if (!layers || json_array_size(layers) > OCI_LAYERS_MAX)
		return err_set(err, -EBADMSG, "manifest must have \"layers\", at most %d",
			       OCI_LAYERS_MAX);
	r = oci_descriptors_read(layers, &m->layers, &m->n_layers, err);
	if (r < 0) {
		err_wrap(err, "manifest: layers");
		return r;
	}
	*ret = take_ptr(m);
	return 0;
}

char *oci_manifest_write(const struct oci_manifest *m)
{
	cleanup_json json_t *layers = json_array();
	cleanup_json json_t *doc = NULL;

	for (size_t i = 0; layers && i < m->n_layers; i++)
		if (json_array_append_new(layers, oci_descriptor_write(&m->layers[i])) < 0)
			return NULL;
	if (!layers)
		return NULL;
	doc = json_pack("{s:i, s:s, s:o, s:O}", "schemaVersion", 2, "mediaType", MEDIA_OCI_MANIFEST,
			"config", oci_descriptor_write(&m->config), "layers", layers);
	return doc ? json_write(doc) : NULL;
}

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
 * first.  Docker's schema 2 has the same shape and other media types, for which OCI's are put in
 * place; some tools mix both.  Schema 1 and artifacts, which have the same media type but another
 * config, are refused by name.
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

static int read_config(const json_t *doc, struct oci_manifest *m, struct err *err)
{
	json_t *config;
	int r = json_get_object(doc, "config", &config, err);

	if (r < 0)
		return r;
	if (!config)
		return err_set(err, -EBADMSG, "manifest has no \"config\"");
	r = oci_descriptor_read(config, &m->config, err);
	if (r < 0) {
		err_wrap(err, "manifest: config");
		return r;
	}
	if (m->config.size_bytes > OCI_MANIFEST_MAX_BYTES)
		return err_set(err, -EBADMSG, "manifest: config is larger than %u bytes",
			       OCI_MANIFEST_MAX_BYTES);
	return 0;
}

static int read_layers(const json_t *doc, struct oci_manifest *m, struct err *err)
{
	json_t *layers;
	int r = json_get_array(doc, "layers", &layers, err);

	if (r < 0)
		return r;
	if (!layers || json_array_size(layers) > OCI_LAYERS_MAX)
		return err_set(err, -EBADMSG, "manifest must have \"layers\", at most %d",
			       OCI_LAYERS_MAX);
	r = oci_descriptors_read(layers, &m->layers, &m->n_layers, err);
	if (r < 0)
		err_wrap(err, "manifest: layers");
	return r;
}

static int translate_docker_types(const json_t *doc, struct oci_manifest *m, struct err *err)
{
	const char *type = json_string_value(json_object_get(doc, "mediaType"));
	bool changed = type && !streq(type, MEDIA_OCI_MANIFEST);
	int r = oci_descriptor_translate(&m->config, &changed);

	for (size_t i = 0; r == 0 && i < m->n_layers; i++)
		r = oci_descriptor_translate(&m->layers[i], &changed);
	if (r < 0)
		return err_nomem(err);
	m->is_oci = !changed;
	if (!streq(m->config.media_type, MEDIA_OCI_CONFIG))
		return err_set(err, -EBADMSG,
			       "not a container image but an artifact (config is \"%s\")",
			       m->config.media_type);
	return 0;
}

int oci_manifest_parse(const char *text, size_t len, struct oci_manifest **ret, struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = calloc(1, sizeof(*m));
	cleanup_json json_t *doc = NULL;
	int r;

	if (!m)
		return err_nomem(err);
	r = oci_document_read(text, len, "manifest", oci_is_manifest, &doc, err);
	if (r == 0)
		r = read_config(doc, m, err);
	if (r == 0)
		r = read_layers(doc, m, err);
	if (r == 0)
		r = translate_docker_types(doc, m, err);
	if (r == 0)
		*ret = take_ptr(m);
	return r;
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

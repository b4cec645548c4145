/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/references.h"

/*
 * Theory of operation: to keep an index as a whole is to keep all it leads to, understood or not:
 * attestations, artifacts, images for other machines.
 *
 * A hostile registry or archive writes the JSON.
 */

static bool any_type(const char *media_type)
{
	(void)media_type;
	return true;
}

void oci_references_reset(struct oci_references *r)
{
	oci_descriptors_free(r->documents, r->n_documents);
	oci_descriptors_free(r->blobs, r->n_blobs);
	*r = (struct oci_references){ 0 };
}

static int read_documents(const json_t *doc, struct oci_references *r, struct err *err)
{
	json_t *manifests;
	int code = json_get_array(doc, "manifests", &manifests, err);

	if (code < 0 || !manifests)
		return code;
	return oci_descriptors_read(manifests, &r->documents, &r->n_documents, err);
}

static int add_config(const json_t *doc, json_t *blobs, struct err *err)
{
	json_t *config;
	int r = json_get_object(doc, "config", &config, err);

	if (r == 0 && config && json_array_append(blobs, config) < 0)
		r = err_nomem(err);
	return r;
}

static int add_list(const json_t *doc, const char *key, json_t *blobs, struct err *err)
{
	json_t *list;
	int r = json_get_array(doc, key, &list, err);

	if (r == 0 && list && json_array_extend(blobs, list) < 0)
		r = err_nomem(err);
	return r;
}

int oci_references_read(const char *text, size_t len, struct oci_references *ret, struct err *err)
{
	cleanup(oci_references_reset) struct oci_references found = { 0 };
	cleanup_json json_t *doc = NULL;
	cleanup_json json_t *blobs = json_array();
	int r = blobs ? oci_document_read(text, len, "document", any_type, &doc, err)
		      : err_nomem(err);

	if (r == 0)
		r = read_documents(doc, &found, err);
	if (r == 0)
		r = add_config(doc, blobs, err);
	if (r == 0)
		r = add_list(doc, "layers", blobs, err);
	if (r == 0)
		r = add_list(doc, "blobs", blobs, err);
	if (r == 0)
		r = oci_descriptors_read(blobs, &found.blobs, &found.n_blobs, err);
	if (r < 0)
		return r;
	*ret = take_struct(found);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/load-docker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/install.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: manifest.json of a `docker save` archive names, for each image, its config,
 * its tags and the files that are its layers: plain tars as a rule, packed by some tools.  A
 * manifest is written for each; the layers are checked against the config's diff_ids when they are
 * flattened.
 *
 * The archive is hostile.
 */

#define IMAGES_MAX 1024

static const char *sniff_media_type(struct store *st, const struct oci_descriptor *blob)
{
	cleanup_close int fd = blob_open(st, &blob->digest, blob->size_bytes);
	unsigned char magic[4] = { 0 };

	if (fd >= 0 && fd_pread_exact(fd, magic, sizeof(magic), 0) == 0) {
		if (magic[0] == 0x1f && magic[1] == 0x8b)
			return MEDIA_OCI_LAYER "+gzip";
		if (memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0)
			return MEDIA_OCI_LAYER "+zstd";
	}
	return MEDIA_OCI_LAYER;
}

static int describe_member(const struct load *l, const char *name, const char *media_type,
			   struct oci_descriptor *ret, struct err *err)
{
	const struct member *m = load_find(l, name);

	if (!m)
		return err_set(err, -EBADMSG, "manifest.json names %.200s, which is not there",
			       name);
	ret->digest = m->blob.digest;
	ret->size_bytes = m->blob.size_bytes;
	ret->media_type = strdup(media_type ? media_type : sniff_media_type(l->work->st, &m->blob));
	return ret->media_type ? 0 : err_nomem(err);
}

static int build_manifest(const struct load *l, const json_t *entry, struct oci_manifest *m,
			  struct err *err)
{
	cleanup_strv char **layers = NULL;
	const char *config;
	int r = json_get_str(entry, "Config", &config, err);

	if (r == 0)
		r = json_get_strv(entry, "Layers", &layers, err);
	if (r < 0)
		return r;
	if (!config || strv_len(layers) > OCI_LAYERS_MAX)
		return err_set(err, -EBADMSG, "\"Config\" is needed, and at most %d \"Layers\"",
			       OCI_LAYERS_MAX);
	m->layers = calloc(strv_len(layers) + 1, sizeof(*m->layers));
	if (!m->layers)
		return err_nomem(err);
	r = describe_member(l, config, MEDIA_OCI_CONFIG, &m->config, err);
	for (char **layer = layers; r == 0 && layer && *layer; layer++)
		r = describe_member(l, *layer, NULL, &m->layers[m->n_layers++], err);
	return r;
}

static int read_tags(const json_t *entry, char ***ret, struct err *err)
{
	cleanup_strv char **given = NULL;
	int r = json_get_strv(entry, "RepoTags", &given, err);

	for (char **tag = given; r == 0 && tag && *tag; tag++) {
		cleanup_reference struct reference *ref = NULL;
		cleanup_free char *full = NULL;

		if (reference_parse(*tag, &ref, NULL) < 0 || digest_is_set(&ref->digest))
			return err_set(err, -EBADMSG, "an image of the archive has a bad name");
		full = reference_full(ref);
		if (!full || strv_add(ret, full) < 0)
			r = err_nomem(err);
	}
	return r;
}

static int load_image(struct load *l, const json_t *entry, struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = calloc(1, sizeof(*m));
	struct oci_descriptor manifest = { 0 };
	cleanup_strv char **tags = NULL;
	int r = m ? build_manifest(l, entry, m, err) : err_nomem(err);

	if (r == 0)
		r = read_tags(entry, &tags, err);
	if (r == 0)
		r = store_put_manifest(l->work, m, &manifest, err);
	if (r == 0)
		r = load_install(l, &manifest, tags, err);
	oci_descriptor_reset(&manifest);
	return r;
}

int load_docker(struct load *l, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_json json_t *doc = NULL;
	int r = load_read(l, "manifest.json", &text, err);

	if (r == 0)
		r = json_read(text.data ? text.data : "", text.len, "manifest.json", &doc, err);
	if (r < 0)
		return r;
	if (!json_is_array(doc) || json_array_size(doc) == 0 || json_array_size(doc) > IMAGES_MAX)
		return err_set(err, -EBADMSG, "manifest.json must be a list of 1 to %d images",
			       IMAGES_MAX);
	for (size_t i = 0; r == 0 && i < json_array_size(doc); i++)
		r = load_image(l, json_array_get(doc, i), err);
	return r;
}

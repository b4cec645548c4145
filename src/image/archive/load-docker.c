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
#include "oci/docker-archive.h"
#include "oci/manifest.h"

/*
 * Theory of operation: manifest.json of a `docker save` archive names, for each image, its config,
 * its tags and the files that are its layers: plain tars as a rule, packed by some tools.  A
 * manifest is written for each; the layers are checked against the config's diff_ids when they are
 * flattened.
 *
 * The archive is hostile.
 */

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

static int build_manifest(const struct load *l, const struct docker_image *im,
			  struct oci_manifest *m, struct err *err)
{
	int r = describe_member(l, im->config, MEDIA_OCI_CONFIG, &m->config, err);

	m->layers = calloc(strv_len(im->layers) + 1, sizeof(*m->layers));
	if (!m->layers)
		return err_nomem(err);
	for (char **layer = im->layers; r == 0 && layer && *layer; layer++)
		r = describe_member(l, *layer, NULL, &m->layers[m->n_layers++], err);
	return r;
}

static int load_image(struct load *l, const struct docker_image *im, struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = calloc(1, sizeof(*m));
	struct oci_descriptor manifest = { 0 };
	const struct load_image what = { .manifest = &manifest, .tags = im->tags };
	int r = m ? build_manifest(l, im, m, err) : err_nomem(err);

	if (r == 0)
		r = store_put_manifest(l->work, m, &manifest, err);
	if (r == 0)
		r = load_install(l, &what, err);
	oci_descriptor_reset(&manifest);
	return r;
}

int load_docker(struct load *l, struct err *err)
{
	cleanup(docker_archive_reset) struct docker_archive a = { 0 };
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = load_read(l, "manifest.json", &text, err);

	if (r == 0)
		r = docker_archive_read(text.data ? text.data : "", text.len, &a, err);
	for (size_t i = 0; r == 0 && i < a.n; i++)
		r = load_image(l, &a.images[i], err);
	return r;
}

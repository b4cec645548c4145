/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/docker-archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: manifest.json is a list of images: the archive's members with the config and
 * the layers, and the names of the image.
 *
 * The archive is hostile; names of members are never paths of the host.
 */

void docker_archive_reset(struct docker_archive *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->images[i].config);
		strv_free(a->images[i].layers);
		strv_free(a->images[i].tags);
	}
	free(a->images);
	*a = (struct docker_archive){ 0 };
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

static int read_image(const json_t *entry, struct docker_image *im, struct err *err)
{
	const char *config;
	int r = json_get_str(entry, "Config", &config, err);

	if (r == 0)
		r = json_get_strv(entry, "Layers", &im->layers, err);
	if (r < 0)
		return r;
	if (!config || strv_len(im->layers) > OCI_LAYERS_MAX)
		return err_set(err, -EBADMSG, "\"Config\" is needed, and at most %d \"Layers\"",
			       OCI_LAYERS_MAX);
	im->config = strdup(config);
	return im->config ? read_tags(entry, &im->tags, err) : err_nomem(err);
}

int docker_archive_read(const char *text, size_t len, struct docker_archive *ret, struct err *err)
{
	cleanup(docker_archive_reset) struct docker_archive a = { 0 };
	cleanup_json json_t *doc = NULL;
	size_t n;
	int r = json_read(text, len, "manifest.json", &doc, err);

	if (r < 0)
		return r;
	n = json_array_size(doc);
	if (n == 0 || n > DOCKER_ARCHIVE_IMAGES_MAX)
		return err_set(err, -EBADMSG, "manifest.json must be a list of 1 to %d images",
			       DOCKER_ARCHIVE_IMAGES_MAX);
	a.images = calloc(n, sizeof(*a.images));
	if (!a.images)
		return err_nomem(err);
	while (r == 0 && a.n < n) {
		r = read_image(json_array_get(doc, a.n), &a.images[a.n], err);
		a.n++;
	}
	if (r < 0)
		return r;
	*ret = take_struct(a);
	return 0;
}

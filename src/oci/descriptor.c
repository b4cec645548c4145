/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/*
 * Theory of operation: a descriptor (image-spec descriptor.md) says what kind of content there is,
 * its digest and its size.  "data" is ignored: content comes from where the descriptor came from,
 * or from "urls" where that may not have it, and is checked against it.
 *
 * A hostile registry or archive writes the JSON.
 */

#define MEDIA_TYPE_MAX 255
#define URLS_MAX       16
#define URL_MAX_BYTES  2048

void oci_descriptor_reset(struct oci_descriptor *d)
{
	free(d->media_type);
	strv_free(d->urls);
	json_decref(d->annotations);
	free(d->artifact_type);
	*d = (struct oci_descriptor){ 0 };
}

static int read_word(const json_t *obj, const char *key, char *ret, struct err *err)
{
	const size_t max = sizeof(((struct platform *)0)->os);
	const char *s;
	int r = json_get_str(obj, key, &s, err);

	if (r < 0)
		return r;
	if (!s)
		s = "";
	if (strlen(s) >= max || strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789._-") != strlen(s))
		return err_set(err, -EBADMSG, "\"%s\" of a platform is malformed", key);
	memcpy(ret, s, strlen(s) + 1);
	return 0;
}

int platform_read(const json_t *obj, struct platform *ret, struct err *err)
{
	struct platform p;
	int r = read_word(obj, "os", p.os, err);

	if (r == 0)
		r = read_word(obj, "architecture", p.arch, err);
	if (r == 0)
		r = read_word(obj, "variant", p.variant, err);
	if (r < 0)
		return r;
	platform_normalize(&p);
	*ret = p;
	return 0;
}

static bool media_type_valid(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n > 0 && n <= MEDIA_TYPE_MAX;
}

static int read_annotations(const json_t *obj, json_t **ret, struct err *err)
{
	json_t *annotations, *value;
	const char *key;
	int r = json_get_object(obj, "annotations", &annotations, err);

	if (r < 0 || !annotations)
		return r;
	json_object_foreach (annotations, key, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "annotations must be strings");
	}
	*ret = json_deep_copy(annotations);
	return *ret ? 0 : err_nomem(err);
}

static int read_content(const json_t *obj, struct oci_descriptor *d, struct err *err)
{
	const char *media_type, *digest;
	int64_t size = -1;
	int r = json_get_str(obj, "mediaType", &media_type, err);

	if (r == 0)
		r = json_get_str(obj, "digest", &digest, err);
	if (r == 0)
		r = json_get_i64(obj, "size", &size, err);
	if (r < 0)
		return r;
	if (!media_type || !media_type_valid(media_type))
		return err_set(err, -EBADMSG, "\"mediaType\" is missing or malformed");
	if (!digest || size < 0)
		return err_set(err, -EBADMSG, "\"digest\" and \"size\" are needed");
	if (digest_parse(digest, &d->digest, NULL) < 0)
		return err_set(err, -EBADMSG, "\"digest\" is malformed or of an unknown kind");
	d->size_bytes = (uint64_t)size;
	d->media_type = strdup(media_type);
	return d->media_type ? 0 : err_nomem(err);
}

/* A platform that cannot be read fits nothing, but does not spoil the list's other entries. */
static void read_platform(const json_t *platform, struct oci_descriptor *d)
{
	const struct platform host = platform_host();

	if (!json_is_object(platform) || platform_read(platform, &d->platform, NULL) < 0)
		d->platform = (struct platform){ .os = "unknown", .arch = "unknown" };
	/* A platform without a CPU counts as none; the image's config will say it. */
	d->has_platform = *d->platform.arch;
	platform_complete(&d->platform, &host);
}

static int read_urls(const json_t *obj, char ***ret, struct err *err)
{
	int r = json_get_strv(obj, "urls", ret, err);

	if (r < 0)
		return r;
	if (strv_len(*ret) > URLS_MAX)
		return err_set(err, -EBADMSG, "more than %d \"urls\"", URLS_MAX);
	for (char **url = *ret; url && *url; url++)
		if (strlen(*url) > URL_MAX_BYTES)
			return err_set(err, -EBADMSG, "one of \"urls\" is longer than %d bytes",
				       URL_MAX_BYTES);
	return 0;
}

static int read_artifact_type(const json_t *obj, char **ret, struct err *err)
{
	const char *type;
	int r = json_get_str(obj, "artifactType", &type, err);

	if (r < 0 || !type)
		return r;
	if (!media_type_valid(type))
		return err_set(err, -EBADMSG, "\"artifactType\" is malformed");
	*ret = strdup(type);
	return *ret ? 0 : err_nomem(err);
}

int oci_descriptor_read(const json_t *obj, struct oci_descriptor *ret, struct err *err)
{
	struct oci_descriptor d = { 0 };
	const json_t *platform;
	int r;

	if (!json_is_object(obj))
		return err_set(err, -EBADMSG, "a descriptor must be an object");
	r = read_content(obj, &d, err);
	platform = json_object_get(obj, "platform");
	if (r == 0 && platform && !json_is_null(platform))
		read_platform(platform, &d);
	if (r == 0)
		r = read_urls(obj, &d.urls, err);
	if (r == 0)
		r = read_annotations(obj, &d.annotations, err);
	if (r == 0)
		r = read_artifact_type(obj, &d.artifact_type, err);
	if (r < 0) {
		oci_descriptor_reset(&d);
		return r;
	}
	*ret = d;
	return 0;
}

json_t *oci_descriptor_write(const struct oci_descriptor *d)
{
	cleanup_json json_t *platform = NULL, *urls = NULL;

	if (d->has_platform) {
		platform = json_pack("{s:s, s:s, s:s*}", "architecture", d->platform.arch, "os",
				     d->platform.os, "variant",
				     *d->platform.variant ? d->platform.variant : NULL);
		if (!platform)
			return NULL;
	}
	if (d->urls) {
		urls = json_from_strv(d->urls);
		if (!urls)
			return NULL;
	}
	return json_pack("{s:s, s:s, s:I, s:O*, s:O*, s:O*, s:s*}", "mediaType", d->media_type,
			 "digest", d->digest.text, "size", (json_int_t)d->size_bytes, "urls", urls,
			 "platform", platform, "annotations", d->annotations, "artifactType",
			 d->artifact_type);
}

int oci_descriptors_read(const json_t *array, struct oci_descriptor **ret, size_t *ret_n,
			 struct err *err)
{
	size_t n = json_array_size(array);
	struct oci_descriptor *list = calloc(n + 1, sizeof(*list));

	if (!list)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int r = oci_descriptor_read(json_array_get(array, i), &list[i], err);

		if (r == 0)
			continue;
		err_wrap(err, "descriptor %zu", i);
		oci_descriptors_free(list, i);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

void oci_descriptors_free(struct oci_descriptor *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		oci_descriptor_reset(&list[i]);
	free(list);
}

int oci_descriptor_translate(struct oci_descriptor *d, bool *ret_changed)
{
	static const struct {
		const char *docker, *oci;
	} pairs[] = {
		{ MEDIA_DOCKER_CONFIG, MEDIA_OCI_CONFIG },
		{ MEDIA_DOCKER_LAYER, MEDIA_OCI_LAYER },
		{ MEDIA_DOCKER_LAYER ".gzip", MEDIA_OCI_LAYER "+gzip" },
		{ MEDIA_DOCKER_LAYER ".zstd", MEDIA_OCI_LAYER "+zstd" },
		{ MEDIA_DOCKER_FOREIGN, MEDIA_OCI_FOREIGN },
		{ MEDIA_DOCKER_FOREIGN ".gzip", MEDIA_OCI_FOREIGN "+gzip" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char *oci;

		if (!streq(d->media_type, pairs[i].docker))
			continue;
		oci = strdup(pairs[i].oci);
		if (!oci)
			return -ENOMEM;
		free(d->media_type);
		d->media_type = oci;
		*ret_changed = true;
		return 0;
	}
	return 0;
}

bool oci_layer_is_foreign(const char *media_type)
{
	return str_starts(media_type, MEDIA_OCI_FOREIGN) ||
	       str_starts(media_type, MEDIA_DOCKER_FOREIGN);
}

int oci_layer_check(const char *media_type, struct err *err)
{
	static const char *const stems[] = { MEDIA_OCI_LAYER, MEDIA_OCI_FOREIGN };

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		const char *packed = str_starts(media_type, stems[i]);

		if (packed &&
		    (streq(packed, "") || streq(packed, "+gzip") || streq(packed, "+zstd")))
			return 0;
	}
	if (str_ends(media_type, "+encrypted"))
		return err_set(err, -EOPNOTSUPP, "layer is encrypted (%s)", media_type);
	return err_set(err, -EOPNOTSUPP, "unknown kind of layer (%s)", media_type);
}

int oci_document_read(const char *text, size_t len, const char *what,
		      bool (*is_ok)(const char *media_type), json_t **ret, struct err *err)
{
	cleanup_json json_t *doc = NULL;
	const char *media_type;
	int64_t version = 0;
	int r;

	if (len > OCI_MANIFEST_MAX_BYTES)
		return err_set(err, -EBADMSG, "%s is larger than %u bytes", what,
			       OCI_MANIFEST_MAX_BYTES);
	r = json_read(text, len, what, &doc, err);
	if (r < 0)
		return r;
	if (!json_is_object(doc))
		return err_set(err, -EBADMSG, "%s must be a JSON object", what);
	r = json_get_i64(doc, "schemaVersion", &version, err);
	if (r == 0)
		r = json_get_str(doc, "mediaType", &media_type, err);
	if (r < 0)
		return r;
	if (version == 1)
		return err_set(
			err, -EBADMSG,
			"%s has schema 1, which is not supported: push the image again with a "
			"current tool",
			what);
	if (version != 2)
		return err_set(err, -EBADMSG, "%s must have \"schemaVersion\" 2", what);
	if (media_type && !is_ok(media_type))
		return err_set(err, -EBADMSG, "not an image %s but \"%.100s\"", what, media_type);
	*ret = take_ptr(doc);
	return 0;
}

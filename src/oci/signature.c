/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/signature.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "oci/bundle.h"

/*
 * Theory of operation: the text that was signed is "simple signing" (containers/image,
 * containers-signature(5)) in cosign's form: the digest of a manifest, and the name that it was
 * signed by.  The text is a layer, and its signature an annotation of that layer.  Since cosign 3,
 * the text is a statement in a bundle, which has digests only.
 *
 * Whoever may write to the repository controls all of it; what a text says counts only once its
 * signature was found to be right.
 */

#define ANNOTATION_PREDICATE   "dev.sigstore.bundle.predicateType"
#define ANNOTATION_SIGNATURE   "dev.cosignproject.cosign/signature"
#define ANNOTATION_CERTIFICATE "dev.sigstore.cosign/certificate"
#define TYPE_COSIGN	       "cosign container image signature"
#define SUBJECTS_MAX	       64

bool oci_may_sign(const struct oci_descriptor *d, bool *ret_attests)
{
	static const char *const others[] = { MEDIA_SIGNATURES, MEDIA_OCI_CONFIG,
					      "application/vnd.oci.empty.v1+json" };
	const char *predicate =
		json_string_value(json_object_get(d->annotations, ANNOTATION_PREDICATE));
	const char *type = d->artifact_type;

	*ret_attests = predicate && !streq(predicate, SIGNATURE_PREDICATE);
	if (*ret_attests || !type || oci_is_bundle(type))
		return !*ret_attests;
	return STR_FIND(others, type);
}

void oci_signatures_reset(struct oci_signatures *s)
{
	for (size_t i = 0; i < s->n; i++) {
		oci_descriptor_reset(&s->list[i].payload);
		buf_reset(&s->list[i].signature);
	}
	free(s->list);
	*s = (struct oci_signatures){ 0 };
}

void oci_signed_reset(struct oci_signed *s)
{
	reference_free(s->identity);
	*s = (struct oci_signed){ 0 };
}

/* Gets the signature in base64; NULL for a layer without one. */
static const char *signature_text(const struct oci_descriptor *layer)
{
	const char *text =
		json_string_value(json_object_get(layer->annotations, ANNOTATION_SIGNATURE));

	if (!streq(layer->media_type, MEDIA_SIMPLE_SIGNING) ||
	    layer->size_bytes > OCI_SIGNED_TEXT_MAX_BYTES || !text || !*text ||
	    strlen(text) > 2 * OCI_SIGNATURE_MAX_BYTES)
		return NULL;
	return text;
}

/* Moves a layer into the list, if it is a signature. */
static int take_layer(struct oci_descriptor *layer, struct oci_signatures *s)
{
	bool is_bundle =
		oci_is_bundle(layer->media_type) && layer->size_bytes <= OCI_BUNDLE_MAX_BYTES;
	const char *text = is_bundle ? "" : signature_text(layer);
	struct oci_signature *one = &s->list[s->n];
	int r;

	if (!text)
		return 0;
	*one = (struct oci_signature){
		.is_bundle = is_bundle,
		.has_certificate = json_object_get(layer->annotations, ANNOTATION_CERTIFICATE),
	};
	r = base64_decode(&one->signature, text);
	if (r < 0) {
		buf_reset(&one->signature);
		return r == -ENOMEM ? r : 0;
	}
	one->payload = *layer;
	*layer = (struct oci_descriptor){ 0 };
	s->n++;
	return 0;
}

static int take_layers(json_t *array, struct oci_signatures *s, struct err *err)
{
	struct oci_descriptor *layers;
	size_t n;
	int r = oci_descriptors_read(array, &layers, &n, err);

	if (r < 0)
		return r;
	s->list = calloc(n + 1, sizeof(*s->list));
	r = s->list ? 0 : -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++)
		r = take_layer(&layers[i], s);
	oci_descriptors_free(layers, n);
	return r < 0 ? err_nomem(err) : 0;
}

int oci_signatures_read(const char *text, size_t len, struct oci_signatures *ret, struct err *err)
{
	cleanup(oci_signatures_reset) struct oci_signatures s = { 0 };
	cleanup_json json_t *doc = NULL;
	json_t *layers = NULL;
	int r = json_read(text, len, "signatures", &doc, err);

	if (r == 0)
		r = json_get_array(doc, "layers", &layers, err);
	if (r < 0)
		return r;
	if (!layers || json_array_size(layers) > OCI_SIGNATURES_MAX)
		return err_set(err, -EBADMSG,
			       "a manifest of signatures must have \"layers\", at most %d",
			       OCI_SIGNATURES_MAX);
	r = take_layers(layers, &s, err);
	if (r < 0)
		return r;
	*ret = take_struct(s);
	return 0;
}

/* Gets the text at critical.@first.@second. */
static const char *critical_text(const json_t *critical, const char *first, const char *second)
{
	return json_string_value(json_object_get(json_object_get(critical, first), second));
}

static bool names_tag(const char *reference)
{
	const char *slash = strrchr(reference, '/');

	return strchr(slash ? slash : reference, ':') && !strchr(reference, '@');
}

int oci_signed_read(const char *text, size_t len, struct oci_signed *ret, struct err *err)
{
	cleanup(oci_signed_reset) struct oci_signed s = { 0 };
	cleanup_json json_t *doc = NULL;
	const char *type, *digest, *name;
	const json_t *critical;
	int r = json_read(text, len, "signed text", &doc, err);

	if (r < 0)
		return r;
	critical = json_object_get(doc, "critical");
	type = json_string_value(json_object_get(critical, "type"));
	digest = critical_text(critical, "image", "docker-manifest-digest");
	name = critical_text(critical, "identity", "docker-reference");
	if (!type || !streq(type, TYPE_COSIGN))
		return err_set(err, -EBADMSG, "it is of type \"%.100s\", not \"" TYPE_COSIGN "\"",
			       type ? type : "");
	if (!digest || digest_parse(digest, &s.manifest, NULL) < 0)
		return err_set(err, -EBADMSG, "it names no digest");
	r = name ? reference_parse(name, &s.identity, NULL) : -EINVAL;
	if (r == -ENOMEM)
		return err_nomem(err);
	if (r < 0)
		return err_set(err, -EBADMSG, "it names no image");
	s.has_tag = names_tag(name);
	*ret = take_struct(s);
	return 0;
}

static int check_statement(const json_t *doc, struct err *err)
{
	static const char *const types[] = { "https://in-toto.io/Statement/v1",
					     "https://in-toto.io/Statement/v0.1" };
	const char *type = json_string_value(json_object_get(doc, "_type"));
	const char *predicate = json_string_value(json_object_get(doc, "predicateType"));
	size_t n = json_array_size(json_object_get(doc, "subject"));

	if (!STR_FIND(types, type))
		return err_set(err, -EBADMSG, "it is of type \"%.100s\", not %s", type ? type : "",
			       types[0]);
	if (!predicate || !streq(predicate, SIGNATURE_PREDICATE))
		return err_set(err, -EBADMSG,
			       "it is an attestation of \"%.100s\", and no signature of the image",
			       predicate ? predicate : "");
	if (n == 0 || n > SUBJECTS_MAX)
		return err_set(err, -EBADMSG, "it must be about something, at most %d things",
			       SUBJECTS_MAX);
	return 0;
}

/* Reads a subject's digest, and its name if that is an image's. */
static int read_subject(const json_t *subject, struct oci_signed *ret)
{
	const json_t *digests = json_object_get(subject, "digest");
	const char *hex = json_string_value(json_object_get(digests, "sha256"));
	const char *name = json_string_value(json_object_get(subject, "name"));
	char digest[DIGEST_TEXT_MAX + 1];
	int r;

	if (!hex || strlen(hex) != DIGEST_HEX_LEN)
		return 0;
	snprintf(digest, sizeof(digest), "sha256:%s", hex);
	if (digest_parse(digest, &ret->manifest, NULL) < 0 || !name)
		return 0;
	r = reference_parse(name, &ret->identity, NULL);
	ret->has_tag = r == 0 && names_tag(name);
	return r == -ENOMEM ? r : 0;
}

static int find_subject(const json_t *subjects, const struct digest *manifest,
			struct oci_signed *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(subjects); i++) {
		cleanup(oci_signed_reset) struct oci_signed one = { 0 };

		r = read_subject(json_array_get(subjects, i), &one);
		if (r < 0 || !digest_is_set(&one.manifest))
			continue;
		if (digest_is_set(&ret->manifest) && !digest_is_same(&one.manifest, manifest))
			continue;
		oci_signed_reset(ret);
		*ret = take_struct(one);
		if (digest_is_same(&ret->manifest, manifest))
			break;
	}
	return r;
}

int oci_statement_read(const char *text, size_t len, const struct digest *manifest,
		       struct oci_signed *ret, struct err *err)
{
	cleanup(oci_signed_reset) struct oci_signed s = { 0 };
	cleanup_json json_t *doc = NULL;
	int r = json_read(text, len, "statement", &doc, err);

	if (r == 0)
		r = check_statement(doc, err);
	if (r < 0)
		return r;
	if (find_subject(json_object_get(doc, "subject"), manifest, &s) < 0)
		return err_nomem(err);
	if (!digest_is_set(&s.manifest))
		return err_set(err, -EBADMSG, "it names no digest of sha256");
	*ret = take_struct(s);
	return 0;
}

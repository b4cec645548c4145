/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "oci/descriptor.h"
#include "oci/index.h"

/*
 * Theory of operation: the answer's Content-Type and the document itself both tell its media type.
 * They must agree, so that no two readers take it for different things.  Servers that know nothing
 * of manifests send a type without meaning; then the document's own type counts, or its members.
 *
 * The registry is hostile.
 */

void document_reset(struct document *doc)
{
	buf_reset(&doc->text);
	free(doc->media_type);
	*doc = (struct document){ 0 };
}

/* Checks a document against the digest asked for, or else the one in the answer's header, and sets
 * the digest by which it is known. */
static int check_document_digest(struct document *doc, const char *name, const char *header,
				 struct err *err)
{
	const char *text = doc->text.data ? doc->text.data : "";
	const char *promised = strchr(name, ':') ? name : header;
	struct digest wanted = { 0 }, got;
	int r = 0;

	/* A digest of a kind that cannot be computed here is ignored. */
	if (promised && (str_starts(promised, "sha256:") || str_starts(promised, "sha512:")))
		(void)digest_parse(promised, &wanted, NULL);
	else
		promised = NULL;
	r = digest_of_kind(promised ? digest_kind(&wanted) : HASH_SHA256, text, doc->text.len,
			   &got);
	if (r == 0 && promised && !streq(wanted.text, got.text))
		return err_set(err, -EBADMSG, "manifest has digest %s, but %.140s was expected",
			       got.text, promised);
	if (r == 0 && promised == name)
		doc->digest = got;
	else if (r == 0)
		r = digest_of(text, doc->text.len, &doc->digest);
	return r < 0 ? err_errno(err, r, "hash") : 0;
}

/* Is it a media type that servers give to whatever they do not know? */
static bool says_nothing(const char *media_type)
{
	static const char *const generic[] = { "application/json", "text/json", "text/plain",
					       "application/octet-stream", "binary/octet-stream" };

	return !media_type || !*media_type || STR_FIND(generic, media_type);
}

/* Guesses the media type of a document that does not name it. */
static const char *guess_media_type(const json_t *doc)
{
	const json_t *config = json_object_get(doc, "config");
	const char *type = json_string_value(json_object_get(config, "mediaType"));

	if (json_is_array(json_object_get(doc, "manifests")))
		return MEDIA_OCI_INDEX;
	if (!json_is_object(config) || !json_is_array(json_object_get(doc, "layers")))
		return NULL;
	return type && streq(type, MEDIA_DOCKER_CONFIG) ? MEDIA_DOCKER_MANIFEST
							: MEDIA_OCI_MANIFEST;
}

static int no_manifest(const char *media_type, struct err *err)
{
	if (strstr(media_type, "manifest.v1+json") && strstr(media_type, "artifact"))
		return err_set(err, -EBADMSG, "not a container image but an artifact (%.100s)",
			       media_type);
	return err_set(err, -EBADMSG,
		       "the answer is of type %.100s, which is no manifest: is this a registry?",
		       media_type);
}

static int check_media_type(struct document *doc, struct err *err)
{
	const char *text = doc->text.data ? doc->text.data : "", *inside = NULL;
	cleanup_json json_t *json = NULL;
	bool generic = says_nothing(doc->media_type);
	int r;

	if (!generic && !oci_is_index(doc->media_type) && !oci_is_manifest(doc->media_type) &&
	    !strstr(doc->media_type, "manifest.v1+"))
		return no_manifest(doc->media_type, err);
	if (!generic && strstr(doc->media_type, "artifact"))
		return no_manifest(doc->media_type, err);
	r = json_read(text, doc->text.len, "manifest", &json, err);
	if (r == 0)
		r = json_get_str(json, "mediaType", &inside, err);
	if (r == 0 && inside && !generic && !streq(inside, doc->media_type))
		return err_set(err, -EBADMSG,
			       "manifest says it is %.100s, the registry says %.100s", inside,
			       doc->media_type);
	if (r < 0 || !generic)
		return r;
	if (!inside)
		inside = guess_media_type(json);
	if (!inside)
		return no_manifest(doc->media_type ? doc->media_type : "(none)", err);
	free(doc->media_type);
	doc->media_type = strdup(inside);
	return doc->media_type ? 0 : err_nomem(err);
}

int document_check(struct document *doc, const char *name, const char *header, struct err *err)
{
	int r = check_document_digest(doc, name, header, err);

	return r == 0 ? check_media_type(doc, err) : r;
}

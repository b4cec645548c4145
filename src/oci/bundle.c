/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/bundle.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "oci/signature.h"

/*
 * Theory of operation: what is signed in an envelope (DSSE, "PAE" of its protocol.md) is not the
 * content alone, but also what kind of content it is, each with its length before it; so a
 * signature of one kind of text is never one of another.  The content is decoded once, and the
 * bytes that were signed are the bytes that are read.
 *
 * Whoever may write to the repository controls all of it.
 */

#define TYPE_STATEMENT "application/vnd.in-toto+json"

bool oci_is_bundle(const char *media_type)
{
	static const char *const types[] = {
		MEDIA_BUNDLE,
		"application/vnd.dev.sigstore.bundle+json;version=0.3",
		"application/vnd.dev.sigstore.bundle+json;version=0.2",
		"application/vnd.dev.sigstore.bundle+json;version=0.1",
	};

	return STR_FIND(types, media_type);
}

void oci_bundle_reset(struct oci_bundle *b)
{
	buf_reset(&b->signature);
	buf_reset(&b->statement);
	buf_reset(&b->signed_text);
}

/* Reads a member in base64, which must be there and not be empty. */
static int get_bytes(const json_t *obj, const char *key, size_t max, struct buf *ret,
		     struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r == 0)
		r = text ? base64_decode(ret, text) : -EINVAL;
	if (r == -EINVAL || (r == 0 && (ret->len == 0 || ret->len > max)))
		return err_set(err, -EBADMSG, "\"%s\" is missing, or no base64 of up to %zu bytes",
			       key, max);
	return r == -ENOMEM ? err_nomem(err) : r;
}

static int put_signed_text(struct oci_bundle *b, struct err *err)
{
	int r = buf_addf(&b->signed_text, "DSSEv1 %zu %s %zu ", strlen(TYPE_STATEMENT),
			 TYPE_STATEMENT, b->statement.len);

	if (r == 0)
		r = buf_add(&b->signed_text, b->statement.data, b->statement.len);
	return r < 0 ? err_nomem(err) : 0;
}

static int read_envelope(const json_t *envelope, struct oci_bundle *b, struct err *err)
{
	const char *type = NULL;
	json_t *signatures = NULL;
	int r = json_get_str(envelope, "payloadType", &type, err);

	if (r == 0)
		r = json_get_array(envelope, "signatures", &signatures, err);
	if (r < 0)
		return r;
	if (!type || !streq(type, TYPE_STATEMENT))
		return err_set(err, -EBADMSG, "its envelope holds \"%.100s\", not " TYPE_STATEMENT,
			       type ? type : "");
	if (json_array_size(signatures) != 1)
		return err_set(err, -EBADMSG, "its envelope must have one signature, and has %zu",
			       json_array_size(signatures));
	b->of_statement = true;
	r = get_bytes(json_array_get(signatures, 0), "sig", OCI_SIGNATURE_MAX_BYTES, &b->signature,
		      err);
	if (r == 0)
		r = get_bytes(envelope, "payload", OCI_BUNDLE_MAX_BYTES, &b->statement, err);
	return r == 0 ? put_signed_text(b, err) : r;
}

static int read_content(const json_t *doc, struct oci_bundle *b, struct err *err)
{
	json_t *message = NULL, *envelope = NULL;
	int r = json_get_object(doc, "messageSignature", &message, err);

	if (r == 0)
		r = json_get_object(doc, "dsseEnvelope", &envelope, err);
	if (r < 0)
		return r;
	if (!message == !envelope)
		return err_set(err, -EBADMSG,
			       "it must have \"messageSignature\" or \"dsseEnvelope\"");
	if (envelope)
		return read_envelope(envelope, b, err);
	return get_bytes(message, "signature", OCI_SIGNATURE_MAX_BYTES, &b->signature, err);
}

int oci_bundle_read(const char *text, size_t len, struct oci_bundle *ret, struct err *err)
{
	cleanup(oci_bundle_reset) struct oci_bundle b = { 0 };
	cleanup_json json_t *doc = NULL;
	const char *type = NULL;
	json_t *material = NULL;
	int r = json_read(text, len, "bundle", &doc, err);

	if (r == 0)
		r = json_get_str(doc, "mediaType", &type, err);
	if (r == 0)
		r = json_get_object(doc, "verificationMaterial", &material, err);
	if (r < 0)
		return r;
	if (!type || !oci_is_bundle(type))
		return err_set(err, -EBADMSG, "it is of type \"%.100s\", not " MEDIA_BUNDLE,
			       type ? type : "");
	b.has_certificate = json_object_get(material, "certificate") ||
			    json_object_get(material, "x509CertificateChain");
	r = read_content(doc, &b, err);
	if (r < 0)
		return r;
	*ret = take_struct(b);
	return 0;
}

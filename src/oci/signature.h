/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "oci/descriptor.h"

/* Signatures as cosign keeps them beside an image: a manifest whose layers are the signed texts,
 * each with its signature in an annotation; or bundles (bundle.h), which hold both. */

#define MEDIA_SIMPLE_SIGNING "application/vnd.dev.cosign.simplesigning.v1+json"
#define MEDIA_SIGNATURES     "application/vnd.dev.cosign.artifact.sig.v1+json"
#define SIGNATURE_PREDICATE  "https://sigstore.dev/cosign/sign/v1"

#define OCI_SIGNATURES_MAX	  64
#define OCI_SIGNATURE_MAX_BYTES	  4096u /* of a signature alone */
#define OCI_SIGNED_TEXT_MAX_BYTES 65536u

struct oci_signature {
	struct oci_descriptor payload; /* the text that was signed, or the bundle */
	bool is_bundle;
	struct buf signature; /* of a text; a bundle holds its own */
	bool has_certificate; /* of a text: made with a certificate's key ("keyless") */
};

struct oci_signatures {
	struct oci_signature *list;
	size_t n;
};

/** oci_may_sign() - may an entry among an image's referrers be signatures?  Most entries say what
 * they are.  @ret_attests: set where it is another statement about the image, in a bundle */
bool oci_may_sign(const struct oci_descriptor *d, bool *ret_attests);

/**
 * oci_signatures_read() - read the signatures of a manifest
 * @ret: oci_signatures_reset()
 *
 * Layers that are no signatures, or of an unknown form, are left out.
 *
 * Return: 0; -EBADMSG for what is no manifest, or for too many, with a message; -ENOMEM.
 */
int oci_signatures_read(const char *text, size_t len, struct oci_signatures *ret, struct err *err);
void oci_signatures_reset(struct oci_signatures *s);

/* What a signature says was signed. */
struct oci_signed {
	struct digest manifest;	    /* digest of the manifest or index */
	struct reference *identity; /* the name it was signed by; may have a tag; NULL: none */
	bool has_tag;		    /* the name had a tag of its own */
};

/** oci_signed_read() - read a signed text.  @ret: oci_signed_reset().  Return: 0; -EBADMSG with a
 * message; -ENOMEM. */
int oci_signed_read(const char *text, size_t len, struct oci_signed *ret, struct err *err);

/**
 * oci_statement_read() - read a signed statement (in-toto attestation, statement.md)
 * @manifest: the wanted one of its subjects; if it is missing, the first counts
 *
 * Statements can say anything about their subjects; one with SIGNATURE_PREDICATE says that they are
 * signed.  cosign's have no name.
 *
 * Return: as oci_signed_read().
 */
int oci_statement_read(const char *text, size_t len, const struct digest *manifest,
		       struct oci_signed *ret, struct err *err);
void oci_signed_reset(struct oci_signed *s);

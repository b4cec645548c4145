/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Sigstore's bundles: a signature and all it takes to check it, in one JSON document
 * (sigstore/protobuf-specs, sigstore_bundle.proto).  cosign keeps them beside an image since its
 * version 3.
 */

#define MEDIA_BUNDLE	     "application/vnd.dev.sigstore.bundle.v0.3+json"
#define OCI_BUNDLE_MAX_BYTES (1u << 20)

struct oci_bundle {
	struct buf signature;
	bool of_statement;	/* the signature is of @statement; else of the manifest itself */
	struct buf statement;	/* of in-toto: what the signer says about what */
	struct buf signed_text; /* the bytes that the signature is made over */
	bool has_certificate;	/* made with the key of a certificate ("keyless") */
};

/** oci_is_bundle() - does oci_bundle_read() read bundles of this media type? */
bool oci_is_bundle(const char *media_type);

/**
 * oci_bundle_read() - read a bundle with a "messageSignature", or a "dsseEnvelope" that holds a
 * statement of in-toto
 * @ret: oci_bundle_reset()
 *
 * Entries of logs, timestamps and hints about the key are ignored.
 *
 * Return: 0; -EBADMSG with a message; -ENOMEM.
 */
int oci_bundle_read(const char *text, size_t len, struct oci_bundle *ret, struct err *err);
void oci_bundle_reset(struct oci_bundle *b);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Sigstore's bundles: a signature, and what else it takes to check it, in one document of JSON
 * (sigstore/protobuf-specs, sigstore_bundle.proto).  cosign keeps them beside an image since its
 * version 3.
 */

#define MEDIA_BUNDLE	     "application/vnd.dev.sigstore.bundle.v0.3+json"
#define OCI_BUNDLE_MAX_BYTES (1u << 20)

struct oci_bundle {
	struct buf signature;
	bool of_statement;	/* else the signature is of the manifest itself */
	struct buf statement;	/* of in-toto: what the signer says, of what */
	struct buf signed_text; /* the statement, as it is put before a signature is made */
	bool has_certificate;	/* made with the key of a certificate ("keyless") */
};

/** oci_is_bundle() - is this a media type of a bundle that oci_bundle_read() reads? */
bool oci_is_bundle(const char *media_type);

/**
 * oci_bundle_read() - a "messageSignature", or a "dsseEnvelope" that holds a statement of in-toto
 * @ret: oci_bundle_reset()
 *
 * Entries of logs, timestamps and what a key is said to be are not looked at.
 *
 * Return: 0; -EBADMSG with a message; -ENOMEM.
 */
int oci_bundle_read(const char *text, size_t len, struct oci_bundle *ret, struct err *err);
void oci_bundle_reset(struct oci_bundle *b);

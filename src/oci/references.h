/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

/* What an index or a manifest refers to, also a manifest of something that is no image. */
struct oci_references {
	struct oci_descriptor *documents; /* manifests and indexes of an index */
	size_t n_documents;
	struct oci_descriptor *blobs; /* config, layers and others of a manifest */
	size_t n_blobs;
};

/** oci_references_read() - read an index or manifest.  @ret: oci_references_reset().  Return: 0;
 * -EBADMSG with a message; -ENOMEM. */
int oci_references_read(const char *text, size_t len, struct oci_references *ret, struct err *err);
void oci_references_reset(struct oci_references *r);

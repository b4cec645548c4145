/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

struct oci_index {
	struct oci_descriptor *manifests;
	size_t n_manifests;
};

/** oci_is_index() - is this the media type of an index or a manifest list? */
bool oci_is_index(const char *media_type);

/** oci_is_manifest() - is this the media type of an image manifest, OCI's or Docker's? */
bool oci_is_manifest(const char *media_type);

/** oci_index_parse() - read an index or manifest list.  @ret: owned.  Return: 0; -EBADMSG with a
 * message; -ENOMEM. */
int oci_index_parse(const char *text, size_t len, struct oci_index **ret, struct err *err);
void oci_index_free(struct oci_index *ix);

/**
 * oci_index_select() - choose the manifest for a platform
 *
 * Attestation entries (platform unknown/unknown) never match. On failure the message names the
 * platforms that exist.
 *
 * Return: 0, @ret borrowed from @ix; -ENOENT with a message.
 */
int oci_index_select(const struct oci_index *ix, const struct platform *want,
		     const struct oci_descriptor **ret, struct err *err);

DEFINE_CLEANUP(struct oci_index, oci_index_free)
#define cleanup_oci_index cleanup(oci_index_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

/* A manifest with OCI's media types, whichever the text has. */
struct oci_manifest {
	bool is_oci; /* all media types in the text are OCI's */
	struct oci_descriptor config;
	struct oci_descriptor *layers;
	size_t n_layers;
};

/** oci_manifest_parse() - read a manifest.  @ret: owned.  Return: 0; -EBADMSG with a message (also
 * schema 1 and artifacts); -ENOMEM. */
int oci_manifest_parse(const char *text, size_t len, struct oci_manifest **ret, struct err *err);
void oci_manifest_free(struct oci_manifest *m);

/** oci_manifest_write() - write a manifest of our own (load, import) as canonical JSON text; owned;
 * NULL when out of memory */
char *oci_manifest_write(const struct oci_manifest *m);

DEFINE_CLEANUP(struct oci_manifest, oci_manifest_free)
#define cleanup_oci_manifest cleanup(oci_manifest_free_cleanup_fn)

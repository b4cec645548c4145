/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/* Pushing to a repository (OCI distribution-spec). */

/**
 * registry_allow_push() - let a client push; no other thread may use it yet
 * @mount_from: other repositories of the registry, that blobs may be mounted from; NULL: none
 *
 * Return: 0; -ENOMEM.
 */
int registry_allow_push(struct registry *reg, char *const *mount_from);

/** registry_has_blob() - does the registry have a blob?  Return: 1; 0, also where it does not tell;
 * as http_send(); -EACCES; with a message. */
int registry_has_blob(struct registry *reg, struct http *h, const struct digest *d,
		      struct err *err);

/* A blob to push; everything is borrowed. */
struct blob_upload {
	const struct digest *digest;
	const struct http_body *content;
	const char *mount_from; /* a repository that may have it; NULL: none */
	struct store *store;	/* remembers the upload for a later push; NULL: none */
};

/** registry_put_manifest() - publish a document under a tag or its digest, after all it leads to.
 * Return: as registry_put_blob(); -EBADMSG where the registry took it for another. */
int registry_put_manifest(struct registry *reg, struct http *h, const char *name,
			  const struct document *doc, struct err *err);

/** registry_push_refused() - turn an answer that is no success into an error.  Return: -errno with
 * a message. */
int registry_push_refused(const struct registry *reg, const struct http_response *rs,
			  struct err *err);

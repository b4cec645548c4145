/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/* The way into a repository: the push half of the OCI distribution-spec. */

/**
 * registry_allow_push() - make a client one that may push; no other thread has it yet
 * @mount_from: other repositories of the registry, that blobs may be mounted from; NULL: none
 *
 * Return: 0; -ENOMEM.
 */
int registry_allow_push(struct registry *reg, char *const *mount_from);

/** registry_has_blob() - is there such a blob?  Return: 1; 0, also where the registry does not say;
 * as http_send(); -EACCES; with a message. */
int registry_has_blob(struct registry *reg, struct http *h, const struct digest *d,
		      struct err *err);

/* A blob to be brought; everything is borrowed. */
struct blob_upload {
	const struct digest *digest;
	const struct http_body *content;
	const char *mount_from; /* a repository that may have it; NULL: none */
	struct store *store; /* keeps in mind, for the next push, where it was; NULL: nobody does */
};

/**
 * registry_put_blob() - bring a blob, by taking it over from another repository or by an upload,
 * which goes on where it was when it is cut, in this push or in the next one
 *
 * Return: 0; 1 where it was mounted; -EACCES; -ENOENT for a repository the registry does not know;
 * -EROFS where it takes nothing; -EPROTO; as http_send(); all with a message.
 */
int registry_put_blob(struct registry *reg, struct http *h, const struct blob_upload *in,
		      struct err *err);

/** registry_put_manifest() - publish a document under a tag or its digest; what it leads to is
 * there.  Return: as registry_put_blob(); -EBADMSG where the registry took it for another. */
int registry_put_manifest(struct registry *reg, struct http *h, const char *name,
			  const struct document *doc, struct err *err);

/** registry_push_refused() - what an answer that is no success means.  Return: -errno with a
 * message. */
int registry_push_refused(const struct registry *reg, const struct http_response *rs,
			  struct err *err);

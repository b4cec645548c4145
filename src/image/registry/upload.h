/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/* The way into a repository: the push half of the OCI distribution-spec. */

/**
 * registry_allow_push() - make a client, before its first request, one that may push
 * @mount_from: another repository of the registry, that blobs may be mounted from; NULL: none
 *
 * Return: 0; -ENOMEM.
 */
int registry_allow_push(struct registry *reg, const char *mount_from);

/** registry_has_blob() - is there such a blob?  Return: 1; 0, also where the registry does not say;
 * as http_send(); -EACCES; with a message. */
int registry_has_blob(struct registry *reg, struct http *h, const struct digest *d,
		      struct err *err);

/** registry_mount_blob() - take a blob over from the other repository.  Return: 1; 0 where that
 * cannot be; as http_send(); with a message. */
int registry_mount_blob(struct registry *reg, struct http *h, const struct digest *d,
			struct err *err);

/**
 * registry_put_blob() - upload a blob, once more where it failed in passing
 * @body: what it holds
 *
 * Return: 0; -EACCES; -ENOENT for a repository the registry does not know; -EROFS where it takes
 * nothing; -EPROTO; as http_send(); all with a message.
 */
int registry_put_blob(struct registry *reg, struct http *h, const struct digest *d,
		      const struct http_body *body, struct err *err);

/** registry_put_manifest() - publish a manifest under a tag; its blobs are there.  Return: as
 * registry_put_blob(); -EBADMSG where the registry took it for another. */
int registry_put_manifest(struct registry *reg, struct http *h, const char *tag,
			  const struct document *doc, struct err *err);

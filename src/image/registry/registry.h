/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"
#include "image/store/document.h"
#include "oci/descriptor.h"

/* A repository of a registry, over the OCI distribution-spec (Docker Registry HTTP API v2). */

struct registry;

/**
 * registry_new() - make a client; no request is sent yet
 * @ref:    borrowed for the client's lifetime
 * @access: what it points to is borrowed likewise
 * @ret:    owned, registry_free(); may be used by several threads, each with its own struct http,
 *          once it has answered the first of them
 *
 * Return: 0; -EINVAL for a user name that HTTP cannot carry; -ENOMEM.
 */
int registry_new(const struct reference *ref, const struct registry_access *access,
		 struct registry **ret, struct err *err);

/** registry_free() - NULL is accepted */
void registry_free(struct registry *reg);

/** registry_host() - get the host that serves a registry: docker.io is served by another */
const char *registry_host(const char *name);

/** registry_tag_digest() - ask for a tag's digest without fetching the manifest, where the registry
 * tells it.  Return: 0; -ENOENT, -errno without a message. */
int registry_tag_digest(struct registry *reg, struct http *h, const char *tag, struct digest *ret);

DEFINE_CLEANUP(struct registry, registry_free)
#define cleanup_registry cleanup(registry_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/**
 * registry_manifest() - fetch a manifest or an index, from the first mirror that has it, or the
 * registry
 * @name: tag or digest
 * @ret:  owned, document_reset()
 *
 * Return: 0; -ENOENT; -EACCES; -EBADMSG when the digest is wrong or the media types disagree;
 * -EPROTO; as http_send(); all with a message.
 */
int registry_manifest(struct registry *reg, struct http *h, const char *name, struct document *ret,
		      struct err *err);

/** registry_blob() - fetch a blob into a sink, resumed where it was cut off, from the server that
 * had the manifest, or those after it.  Return: as registry_manifest(). */
int registry_blob(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		  struct http_sink *sink, struct err *err);
